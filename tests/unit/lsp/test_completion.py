"""Completion: what is offered where, in programs that are being written."""

from pathlib import Path

import pytest
from lsprotocol import types

from lsp_support import Editor, editor
from polc.lsp.abilities import Abilities
from polc.lsp.session import Settings

AROUND = """\
import std.roles
cluster prod { mesh none  cni kubernetes }
cluster test { mesh none  cni kubernetes }
environment staging { cluster test }
role reader { get configmaps }
profile nginx extends restricted { writes "/var/run" }
namespace billing
# Sends invoices.
service invoices { select { app: "invoices" }  port grpc 9000 grpc }
namespace shop
service web { select { app: "web", tier: "front" }  port http 8080 http }
service db { select { app: "db" }  port sql 5432 postgres  port metrics 9090 http }
extern service prometheus in monitoring { select { app: "p" }  port ui 9090 http }
gateway public in ingress { select { app: "g" } }
endpoint office { cidr 203.0.113.0/24  port https 443 tls }
group stores { db, office }
"""


def offered(text: str, **more: object) -> types.CompletionList:
    found = editor(AROUND + text, settled=False).ask(types.TEXT_DOCUMENT_COMPLETION, **more)
    assert isinstance(found, types.CompletionList)
    return found


def labels(text: str) -> list[str]:
    found = offered(text)
    return [item.label for item in sorted(found.items, key=lambda item: item.sort_text or "")]


def item(text: str, label: str) -> types.CompletionItem:
    [found] = [each for each in offered(text).items if each.label == label]
    return found


def applied(text: str, label: str) -> str:
    """Return the last line after an item was taken, what follows the cursor replaced."""
    here = editor(AROUND + text, settled=False)
    [found] = [
        each for each in here.ask(types.TEXT_DOCUMENT_COMPLETION).items if each.label == label
    ]
    edits = [types.TextEdit(_range(here).replace, written(found))]
    return here.edited([*edits, *(found.additional_text_edits or ())])


def _range(here: Editor) -> types.EditRangeWithInsertReplace:
    """Return where the items go."""
    defaults = here.ask(types.TEXT_DOCUMENT_COMPLETION).item_defaults
    assert isinstance(defaults.edit_range, types.EditRangeWithInsertReplace)
    return defaults.edit_range


def written(found: types.CompletionItem) -> str:
    """Return what an item writes."""
    return found.text_edit_text or found.label


OTHERS = ["db", "office", "stores", "billing/invoices", "ingress/public"]
PEERS = ["db", "office", "stores", "web", "billing/invoices", "ingress/public"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("service a { allow from | }", [*PEERS, "monitoring/prometheus", "any", "internet"]),
        ("service a { allow to |", PEERS),
        ("service a {\n  allow from web,|", OTHERS),
        ("service a {\n  allow from web,\n    |\n}\nservice b { }", ["b", *OTHERS]),
        ("group g { |", PEERS),
        ("group g { web, | }", OTHERS),
        ("service a { allow to db on |", ["metrics", "sql"]),
        ("service a { allow to stores on |", ["https", "metrics", "sql"]),
        ("service a { allow to db on metrics, |", ["sql"]),
        ("service a { port web 80 http  allow from db on |", ["web"]),
        ("service a { allow from db on |\n port web 80 http }", ["web"]),
        ("service a { port web 80 http  probe live tcp on |", ["web"]),
        ("service a { allow from internet via |", ["ingress/public", "std.platform.istio-ingress"]),
        ("service a { allow from web only in |", ["staging"]),
        ("service a { allow from namespace |", ["billing", "shop", "ingress", "monitoring"]),
        ("service a { can get pods in |", ["billing", "shop"]),
        ("extern service a in |", ["billing", "shop"]),
        ("service a { has role |", ["reader", "std.roles.leader-election"]),
        ("service a { harden |", ["restricted", "baseline", "privileged", "nginx"]),
        ("namespace x { harden |", ["restricted", "baseline", "privileged", "nginx"]),
        ("profile p extends |", ["restricted", "baseline", "privileged", "nginx"]),
        ("cluster c extends |", ["prod", "test", "std.platform.aks"]),
        ("environment e { cluster |", ["prod", "test"]),
        ("environment e { service |", ["db", "web", "billing/invoices"]),
        ("cluster c { mesh |", ["none", "istio"]),
        ("cluster c { mesh istio |", ["sidecar", "ambient"]),
        ("cluster c { cni |", ["kubernetes", "cilium"]),
        ("cluster c { dns |", ["std.platform.dns-default"]),
        ("namespace x { consent |", ["both", "either"]),
        ("service a { can |", ["get", "list", "watch", "create", "update", "patch", "delete"]),
        ("service a { can get, |", ["list", "watch"]),
        ("role r { |", ["get", "list"]),
        ("role r { get pods\n  |", ["get", "list"]),
        ("service a { can get |", ["pods", "configmaps", "secrets", "services"]),
        ("service a { can get pods, |", ["configmaps", "secrets"]),
        ("service a { workload |", ["deployment", "statefulset"]),
        ("service a { workload deployment |", ["a"]),
        ("service a { account |", ['"a"']),
        ("service a { port web 80 |", ["http", "http2", "grpc"]),
        ("service a { port web 80 -> 8080 |", ["http"]),
        ("service a { probe |", ["ready", "live", "startup"]),
        ("service a { probe live |", ["GET", "exec", "grpc", "tcp"]),
        ("service a { run { capability |", ["NET_BIND_SERVICE", "AUDIT_WRITE"]),
        ("service a { run { relax |", ["read-only-root", "drop-capabilities"]),
        ("service a { stop { signal |", ["SIGTERM"]),
        ("service a { allow from web on x { |", ["GET", "HEAD", "POST"]),
        ("service a { allow from web on x { GET, |", ["HEAD", "POST"]),
        ("service a { rollout { when method |", ["GET", "HEAD"]),
        ("service a { rollout { v1 90%  | } }", ["v1", "version", "when"]),
        ('service a { rollout { v1 90%  when path "/" -> | } }', ["v1"]),
        ("service a { select { |", ["app", "tier", "app.kubernetes.io/component"]),
        ("service a { select { app: |", ['"a"']),
        ('service b { select { "My_Key": "x" } }\nservice a { select { M|', ['"My_Key"']),
        ("service a { allow from web until |", ["2026-12-31", "2027-03-01", "2027-12-01"]),
        ("import |", ["std.hardening", "std.platform", "std.roles"]),
    ],
)
def test_names_are_those_that_a_place_means(text: str, first: list[str]) -> None:
    assert labels(text)[: len(first)] == first


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ('service a { select { app: "x" }  allow from web |', ["via"]),
        ("service a { allow from web, |", ["web"]),
        ("service a { allow to billing/invoices, |", ["billing/invoices"]),
        ("service a { can get pods, |", ["pods"]),
        ('service a { select { app: "x", |', ["app"]),
        ("service a { allow to web { |", ["GET", "rpc"]),
        ("service a { port g 80 grpc  allow from web on g { |", ["GET"]),
        ("service a { port h 80 http  allow from web on h { |", ["rpc"]),
        ("namespace sh|", ["sh"]),
        ("extern service y in m|", ["m"]),
        ("profile p extends |", ["p"]),
        ("cluster c extends |", ["c"]),
    ],
)
def test_what_would_be_wrong_or_is_said_is_not_offered(text: str, absent: list[str]) -> None:
    assert not set(absent) & set(labels(text))


def test_requests_are_those_of_the_ports() -> None:
    service = "service a { port g 80 grpc  port h 81 http  allow from web on {} {{ |"
    assert labels(service.replace("{}", "g").replace("{{", "{"))[0] == "rpc"
    assert labels(service.replace("{}", "h").replace("{{", "{"))[0] == "GET"
    assert {"GET", "rpc"} <= set(labels(service.replace("on {}", "").replace("{{", "{")))


def test_what_stands_once_comes_last_behind_a_statement() -> None:
    found = labels('service a { select { app: "a" }  allow from web | }')
    assert found[-1] == "select"


def test_the_narrower_scope_comes_first() -> None:
    assert labels("service a { can get pods |")[:3] == ["named", "in", "cluster-wide"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('service a { select { app: "| } }', 'service a { select { app: "a" } }'),
        ('service a { account "|\n}', 'service a { account "a"\n}'),
        ('service a { account "|" }', 'service a { account "a" }'),
    ],
)
def test_an_open_string_is_closed(text: str, expected: str) -> None:
    assert applied(text, "a").endswith(expected)


SAID = """\
gateway g in x { select { app: "g" } }
service said {
  port web 80 http
  port rpc 81 grpc
  probe ready GET "/readyz" on web
  allow from internet via g host "shop.example.com" on web { GET "/v1/**", "/v2" } because "x"
  allow from web on rpc { rpc "shop.Orders/Place" }
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("service a { port h 80 http  allow from web on h { GET |", ['"/readyz"', '"/v1/**"']),
        ('service a { allow from web on h { GET "/v|', ["/v1/**", "/v2"]),
        ("service a { allow from web on h { rpc |", ['"shop.Orders/Place"']),
        ('service a { allow from internet via g host "|', ["shop.example.com"]),
        ("service a { probe ready GET |", ['"/readyz"', '"/v1/**"']),
    ],
)
def test_strings_that_the_program_says_elsewhere(text: str, expected: list[str]) -> None:
    assert labels(SAID + text)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("service a { allow |", ["from", "to"]),
        ("service a { has |", ["role"]),
        ("service a { allow from web only |", ["in"]),
        ("extern |", ["service"]),
        ("service a { stop { |", ["grace", "signal"]),
        ("environment e { service web { |", ["image", "resources", "stop", "rollout", "scale"]),
        ("# a comment |", []),
        ("service a { scale 1|", []),
        ("service |", []),
        ("service a { port |", []),
        ('service a { image "reg|', []),
        ('service a { image "reg|"', []),
        ('endpoint e { host "a.|" }', []),
        ("service a { image 'reg|", []),
        ("service a { allow from 7 8 |", []),
        ("cluster c { trust-domain |", ['"cluster.local"']),
        ('cluster c { trust-domain "|" }', ["cluster.local"]),
        ('service a { select { app: "|', ["a"]),
    ],
)
def test_nothing_else_is_offered(text: str, expected: list[str]) -> None:
    found = labels(text)
    assert set(expected) <= set(found)
    if len(expected) < 5:
        assert found == expected


def test_an_empty_file_takes_declarations() -> None:
    here = editor("|", settled=False).ask(types.TEXT_DOCUMENT_COMPLETION)
    assert {"namespace", "service", "extern service", "import"} <= {x.label for x in here.items}


def test_on_a_new_line_statements_come_first() -> None:
    found = labels("service a {\n  allow from web\n  |\n}")
    assert found[:3] == ["image", "select", "account"]
    assert found.index("allow from") < found.index("on")
    on_the_line = labels("service a {\n  allow from web |\n}")
    assert on_the_line[:4] == ["on", "plain-text", "only in", "until"]
    assert labels("service a {\n  allow from internet |\n}")[0] == "via"


@pytest.mark.parametrize(
    "above", ["allow to web on", "allow from", "port x", "probe live GET", "can"]
)
def test_a_new_line_may_start_anew_below_an_unfinished_one(above: str) -> None:
    found = labels(f"service a {{\n  {above}\n  |\n}}")
    assert {"select", "allow from", "port"} <= set(found)
    assert "select" in labels(f"service a {{\n  {above}\n  sel|\n}}")
    assert "select" not in labels(f"service a {{\n  {above} sel|\n}}")


def test_what_stands_already_and_may_not_repeat_comes_late() -> None:
    found = labels('service a {\n  select { app: "a" }\n  |\n  port web 80 http\n}')
    assert found.index("select") > found.index("port")


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("service a { allow from w| }", "web", "service a { allow from web }"),
        ("service a { allow from w|eb }", "web", "service a { allow from web }"),
        (
            "service a { allow to bill| }",
            "billing/invoices",
            "service a { allow to billing/invoices }",
        ),
        (
            "service a { allow to billing/i| }",
            "billing/invoices",
            "service a { allow to billing/invoices }",
        ),
        ("service a { has role rea| }", "reader", "service a { has role reader }"),
        ("role r { get deploy| }", "deployments.apps", "role r { get deployments.apps }"),
        ("role r { get pods/l| }", "pods/log", "role r { get pods/log }"),
        ("profile p { relax host-n| }", "host-network", "profile p { relax host-network }"),
        ('service a { select { app: "|y" } }', "a", 'service a { select { app: "a" } }'),
        ("service a { select { app: | } }", '"a"', 'service a { select { app: "a" } }'),
    ],
)
def test_an_item_replaces_the_half_typed_word(text: str, label: str, expected: str) -> None:
    assert applied(text, label).splitlines()[-1] == expected


def test_all_items_start_where_the_word_does() -> None:
    """Neovim asks for that: it takes the first item's start for all of them."""
    here = editor(AROUND + "service a { allow from billing/in|", settled=False)
    here.session.abilities = Abilities(shared_ranges=False)
    starts = {
        each.text_edit.insert.start.character
        for each in here.ask(types.TEXT_DOCUMENT_COMPLETION).items
        if isinstance(each.text_edit, types.InsertReplaceEdit)
    }
    assert starts == {len("service a { allow from ")}


def test_what_follows_the_cursor_is_the_users_choice() -> None:
    found = _range(editor(AROUND + "service a { allow from w|eb }", settled=False))
    assert found.insert.end.character + 2 == found.replace.end.character
    here = editor(AROUND + "service a { allow from |web }", settled=False)
    here.session.abilities = Abilities(insert_replace=False)
    defaults = here.ask(types.TEXT_DOCUMENT_COMPLETION).item_defaults
    assert defaults.edit_range == types.Range(here.position(), here.position())


def test_names_that_need_quotes_get_them() -> None:
    found = labels('service "2048-game" { }\nservice "in" { }\nservice a { allow from |')
    assert {'"2048-game"', '"in"'} <= set(found)


def test_snippets_have_tab_stops_where_the_client_has() -> None:
    found = item("service a {\n  allo|", "allow from")
    assert found.insert_text_format == types.InsertTextFormat.Snippet
    assert written(found) == "allow from ${1:frontend} on ${2:web}"
    here = editor("service a {\n  allo|", settled=False)
    here.session.abilities = Abilities(snippets=False, insert_replace=False, shared_ranges=False)
    [plain] = [x for x in here.ask(types.TEXT_DOCUMENT_COMPLETION).items if x.label == "allow from"]
    assert plain.insert_text_format is None
    assert isinstance(plain.text_edit, types.TextEdit)
    assert plain.text_edit.new_text == "allow from"


def test_before_what_is_there_only_the_word_is_written() -> None:
    assert written(item("service a { po| web 80 http }", "port")) == "port"
    assert written(item('service a { select { ti|: "x" } }', "tier")) == "tier"
    assert written(item("service a { po| }", "port")).startswith("port ${1:")
    assert written(item("service a { po| # later\n}", "port")).startswith("port ${1:")


def test_ports_have_documentation() -> None:
    here = editor(AROUND + "service a { allow to billing/invoices on |", settled=False)
    [found] = here.ask(types.TEXT_DOCUMENT_COMPLETION).items
    assert (
        "`port grpc 9000 grpc`"
        in here.ask(types.COMPLETION_ITEM_RESOLVE, found).documentation.value
    )


def test_a_date_is_near() -> None:
    found = item("service a { allow from web |", "until")
    assert written(found) == "until ${1:2026-12-31}"


def test_a_module_is_imported_with_what_it_declares() -> None:
    text = applied("service a { harden std.h| }", "std.hardening.nginx")
    assert text.startswith("import std.roles\nimport std.hardening\n")
    assert text.endswith("harden std.hardening.nginx }")


def test_documentation_comes_when_asked_for() -> None:
    here = editor(AROUND + "service a { allow from |", settled=False)
    items = here.ask(types.TEXT_DOCUMENT_COMPLETION).items
    [invoices] = [each for each in items if each.label == "billing/invoices"]
    assert invoices.documentation is None
    resolved = here.ask(types.COMPLETION_ITEM_RESOLVE, invoices)
    assert "Sends invoices." in resolved.documentation.value
    assert "`port grpc 9000 grpc`" in resolved.documentation.value


@pytest.mark.parametrize(
    "text",
    [
        "service a {\n  |",
        "service a { allow from |",
        "service a { can get |",
        "service a { can |",
        "service a { harden |",
        "service a { run { relax |",
        "service a { run { capability |",
        "service a { has role |",
        "service a { port x 80 |",
        "service a { allow from namespace |",
        "service a { allow from web |",
        "cluster c { |",
        "|",
    ],
)
def test_every_documentation_can_be_had(text: str) -> None:
    here = editor(AROUND + text)
    for each in here.ask(types.TEXT_DOCUMENT_COMPLETION).items:
        if each.data:
            resolved = here.ask(types.COMPLETION_ITEM_RESOLVE, each)
            if each.detail != "verb":
                assert resolved.documentation, each


@pytest.mark.parametrize(
    ("text", "is_offered"),
    [
        ("service a { allow from |", True),
        ("service a { allow |", True),
        ("service a { allow from web on |", True),
        ("service a { allow from web, |", True),
        ("service a {\n  |", False),
        ("service a { allow from web |", False),
        ("service a { allow from web on http |\n}", False),
        (" |", False),
    ],
)
def test_a_space_asks_only_where_a_word_has_to_follow(text: str, is_offered: bool) -> None:
    """Else the next line break would take an item that nobody wanted."""
    here = editor(AROUND + text, settled=False)
    params = types.CompletionParams(
        types.TextDocumentIdentifier(here.uri()),
        here.position(),
        context=types.CompletionContext(
            types.CompletionTriggerKind.TriggerCharacter, trigger_character=" "
        ),
    )
    assert (here.ask(types.TEXT_DOCUMENT_COMPLETION, params) is not None) is is_offered


def test_paths_are_those_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "shared.svc").write_text("", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")

    def paths(text: str) -> list[str]:
        here = editor({"policy.svc": text, "other.svc": ""}, folder=tmp_path, settled=False)
        return [each.label for each in here.ask(types.TEXT_DOCUMENT_COMPLETION).items]

    assert paths('import "|') == ["other.svc", "lib/", "../"]
    assert paths('import "lib/|"') == ["lib/shared.svc"]
    assert paths('import "nowhere/|"') == []
    assert '"other.svc"' in paths("import |")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("service a {\n  al|", ["allow from", "allow to", "scale", "has role"]),
        ("service a { allow from in|", ["ingress/public", "internet", "billing/invoices"]),
        ("service a { allow from shop/|", ["shop/db", "shop/office", "shop/stores", "shop/web"]),
        ("service a { allow from web b|", ["because", "build"]),
        ("service a { harden NG|", ["nginx", "std.hardening.nginx"]),
        ("service a { allow from xyz|", []),
    ],
)
def test_only_what_is_like_the_word_is_sent_the_nearest_first(
    text: str, expected: list[str]
) -> None:
    """Neovim shows all that it is sent, in this order."""
    assert labels(text)[: len(expected) or None] == expected


def test_of_many_names_those_like_the_word_are_sent() -> None:
    many = "".join(f'service s{n} {{ select {{ app: "{n}" }} }}\n' for n in range(300))
    here = editor(f"namespace n\n{many}service a {{ allow from s29| }}", settled=False)
    found = here.ask(types.TEXT_DOCUMENT_COMPLETION)
    assert not found.is_incomplete
    assert {"s29", "s290", "s299"} <= {each.label for each in found.items}
    everything = editor(f"namespace n\n{many}service a {{ allow from | }}", settled=False)
    assert everything.ask(types.TEXT_DOCUMENT_COMPLETION).is_incomplete


def _anywhere(here: Editor) -> None:
    text = here.session.documents.open[here.path()].text
    for offset in range(len(text.value) + 1):
        here.cursors[here.name] = [offset]
        found = here.ask(types.TEXT_DOCUMENT_COMPLETION)
        assert found is None or isinstance(found, types.CompletionList)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "}}}{{{",
        "service {",
        "allow from , , on",
        'service a { select { app "x", : } allow to a/ on on }',
        "namespace\nservice\nrole\n",
        "service ä { port 端 80 http }",
        "import \"\nimport 'x\n# é\r\nservice a\r\n{ allow from b\r\n}",
        "environment e { service { } } group g { namespace, any/ }",
        "service a { rollout { when header and -> 90% } build { install [ , ] } }",
        AROUND + "service a { allow from web, db on",
    ],
)
def test_any_place_of_any_text_is_fine(text: str) -> None:
    _anywhere(editor(text, settled=False, settings=Settings()))
