"""Hover: what words mean, who may reach what, and what a line compiles to."""

import pytest
from lsprotocol import types

from lsp_support import Editor, editor
from polc.lower.hardening_table import CAPABILITIES, FIELDS
from polc.lower.ports import PROTOCOLS
from polc.lower.resources_table import OTHER_VERBS, VERBS
from polc.lsp.abilities import Abilities
from polc.lsp.explain import words
from polc.lsp.session import Settings
from polc.resolve.symbols import LEVELS

PROGRAM = """\
import std.platform
cluster prod { mesh istio sidecar  cni kubernetes  api-server 10.0.0.1/32 port 443 }
environment staging { cluster prod }

# Reads settings.
role reader { get secrets because "it needs them" }
profile nginx extends restricted { writes "/var/run" }

namespace shop { owner "team-shop" }

# The shop's page.
service web {
  select { app: "web" }
  port http 80 -> 8080 http
  allow from internet via std.platform.istio-ingress host "a.org" on http because "it is public"
  allow to api on rest
  resources { cpu 100m..1500m  memory 128Mi }
  stop { grace 90s  signal SIGTERM }
  run { relax read-only-root because "old" }
}

# Orders.
service api {
  select { app: "api" }
  port rest 8080 http
  allow from web on rest { GET "/v1/**" } until 2026-12-31 because "INC-1"
  can get, list pods, secrets because "x"
  has role reader
  harden nginx
}

endpoint office { cidr 203.0.113.0/24  port https 443 tls }
"""


def at(place: str, program: str = PROGRAM, *, settled: bool = True) -> Editor:
    """Return an editor whose cursor is at the `|` of a piece of the program."""
    bare = place.replace("|", "")
    assert program.count(bare) == 1, f"{bare!r} is not unique"
    return editor(program.replace(bare, place), settled=settled)


def hovered(place: str, program: str = PROGRAM, *, settled: bool = True) -> str:
    found = at(place, program, settled=settled).ask(types.TEXT_DOCUMENT_HOVER)
    return found.contents.value if found else ""


def test_the_program_is_without_a_mistake() -> None:
    here = editor(PROGRAM)
    assert [each.message for each in here.view().program.findings()] == [
        "nothing uses the endpoint `office`"
    ]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("service ap|i {", ["**service** `shop/api`", "Orders.", "owner: team-shop"]),
        ("service ap|i {", ["`spiffe://cluster.local/ns/shop/sa/api`", "`port rest 8080 http`"]),
        (
            "service ap|i {",
            ["reachable by 1 · reaches 0", "profile `nginx`", "can `get, list pods"],
        ),
        ("allow to a|pi on", ["**service** `shop/api`", "Orders."]),
        ("service we|b {", ["reachable by 1 · reaches 1", "relaxes `read-only-root`"]),
        ("port re|st 8080", ["**port** `rest` of `shop/api`", 'only `GET "/v1/**"`']),
        ("port re|st 8080", ["until 2026-12-31", "because INC\\-1", "as `spiffe://"]),
        ("api on re|st\n", ["**port** `rest` of `shop/api`", "- `shop/web`"]),
        ("namespace sh|op {", ["**namespace** `shop`: 2 services", "Pod Security level"]),
        ("role rea|der\n", ["**role** `reader`", "Reads settings.", "`get secrets because"]),
        ("harden ngi|nx", ["**profile** `nginx`", "extends `restricted`"]),
        ("extends restri|cted", ["**profile** `restricted`", "strictest level"]),
        ("environment sta|ging", ["**environment** `staging`", "`cluster prod`"]),
        ("cluster pr|od {", ["**cluster** `prod`", "`mesh istio sidecar`"]),
        (
            "endpoint off|ice",
            ["**endpoint** `shop/office`", "`cidr 203.0.113.0/24`", "reachable by 0"],
        ),
        ("std.platform.istio-in|gress", ["**gateway** `istio-ingress/istio-ingress`", "library"]),
        ("import std.plat|form", ["**module** `std.platform`", "`kube-dns`"]),
        ("from inter|net via", ["**internet**", "On cluster `prod` it leaves out", "`10.0.0.0/8`"]),
        ("al|low from web", ["Admits callers", "Admits\n", "- `shop/web`"]),
        ("al|low to api", ["Lets this service call", "Permits calls to", "- `shop/api`"]),
        ("internet v|ia std", ["through a gateway"]),
        ("un|til 2026", ["up to and including"]),
        ('be|cause "INC', ["Why this is permitted"]),
        ('sel|ect { app: "api" }', ["The labels of its pods"]),
        ("serv|ice api {", ["A workload that the program owns"]),
        ("until 2026-|12-31", ["Expires in 30 days."]),
        ("cpu 10|0m", ["Request: 0.1 of a core."]),
        ("..15|00m", ["Limit: 1.5 cores."]),
        ("memory 12|8Mi", ["Request and limit: 128 MiB."]),
        ("grace 9|0s", ["1 min 30 s."]),
        ("cidr 203.0.|113.0/24", ["256 addresses"]),
        ("80 -> 80|80 http", ["port of the pods"]),
        ("port http 8|0 ->", ["port of the Service"]),
        ("8080 htt|p\n  allow from internet", ["over TCP", "methods and paths"]),
        ("can g|et, list", ["Reads one object", "sees the contents of secrets"]),
        ("pods, secr|ets", ["`secrets` of the API group `core`", "`get` sees the contents"]),
        ("relax read-only|-root", ["write to their root file system"]),
        ("gra|ce 90s", ["time between the signal"]),
        ("port https 44|3 tls", ["The port there."]),
        ('{ GET "/v|1/**" }', ["`/v1`", "everything below"]),
        ("{ G|ET ", ["method of HTTP"]),
        ("mesh ist|io sidecar", ["service mesh"]),
        ("mesh istio side|car", ["proxy of its own"]),
        ("cni kube|rnetes", ["enforces NetworkPolicy"]),
        ("signal SIG|TERM", ["end"]),
        ("ro|le reader {", ["Privileges"]),
        ("role read|er {", ["held by `shop/api`"]),
    ],
)
def test_words_are_explained(place: str, expected: list[str]) -> None:
    found = hovered(place)
    assert [each for each in expected if each not in found] == [], found


@pytest.mark.parametrize(
    "place", ["service web |{", 'app: "we|b"', "# The sh|op's page", "allow  | to"]
)
def test_where_there_is_nothing_to_say_nothing_is_said(place: str) -> None:
    program = PROGRAM.replace("allow to", "allow   to")
    assert hovered(place, program) == ""


def test_the_object_of_a_line_is_shown() -> None:
    found = hovered("al|low from web")
    assert "Compiles to `NetworkPolicy shop/api`, and to" in found
    assert "`AuthorizationPolicy shop/api`" in found
    shown = found.partition("```yaml\n")[2]
    assert shown.startswith("# NetworkPolicy shop/api\nspec:\n  ingress:\n  - from:\n")
    assert "istiod" not in shown, "only what this line opens"
    assert "# AuthorizationPolicy shop/api\nspec:\n  action: ALLOW\n  rules:\n" in shown
    assert "apiVersion" not in shown


def test_of_a_port_there_are_the_rules_that_open_it() -> None:
    program = PROGRAM.replace("port rest", "port admin 9000 http\n  port rest").replace(
        "allow from web on rest", "allow from web on admin\n  allow from staff on rest"
    )
    program = program.replace("allow to api on rest", "allow to api on admin")
    program += 'service staff { select { app: "staff" } }\n'
    shown = hovered("port r|est", program).partition("```yaml\n")[2]
    assert "app: staff" in shown
    assert "app: web" not in shown


def test_requests_of_a_flow_are_told_on_either_end() -> None:
    assert '`shop/api` on `rest 8080 http`, only `GET "/v1/**"`' in hovered("al|low to api")


@pytest.mark.parametrize(
    ("qualifiers", "told"),
    [
        ("only in staging", ""),
        ("only in prod", "Left out: it holds only in `prod`, and this is `staging`."),
        ("until 2026-10-01", "Left out: it expired on 2026-10-01."),
        ('until 2027-10-01 because "x"', ""),
    ],
)
def test_a_statement_that_does_not_hold_says_so(qualifiers: str, told: str) -> None:
    program = PROGRAM.replace(
        "environment staging", "environment prod { cluster prod }\nenvironment staging"
    )
    program = program.replace('until 2026-12-31 because "INC-1"', qualifiers)
    found = at("al|low from web", program, settled=False)
    found.session.settings = Settings(environment="staging")
    found.session.reset()
    shown = found.settle().ask(types.TEXT_DOCUMENT_HOVER).contents.value
    assert ("Left out" in shown) == bool(told)
    assert told in shown


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/a/*/b", "`/a/x/b`"),
        ("/a/**", "`/a`, `/a/` and everything below"),
        ("/**", "every path"),
        ("/a", "`/a` alone"),
    ],
)
def test_patterns_are_explained(path: str, told: str) -> None:
    program = PROGRAM.replace("/v1/**", path)
    assert told in hovered(f'GET "{path[0]}|{path[1:]}"', program)


def test_methods_of_grpc_are_explained() -> None:
    program = PROGRAM.replace("port rest 8080 http", "port rest 8080 grpc")
    program = program.replace('{ GET "/v1/**" }', '{ rpc "shop.Orders/Place" }')
    assert "`POST /shop.Orders/Place`" in hovered('rpc "shop.Or|ders/Place"', program)


def test_a_privilege_has_its_role_first() -> None:
    found = hovered("ca|n get, list")
    assert "Compiles to `Role shop/api`" in found
    assert "```yaml\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n" in found


@pytest.mark.parametrize("part", ["8|0 -> 8080", "8080 htt|p\n  allow from internet"])
def test_parts_of_a_statement_are_explained_without_its_objects(part: str) -> None:
    assert hovered(part)
    assert "Compiles to" not in hovered(part)


def test_a_role_that_is_given_is_in_the_services_own() -> None:
    found = hovered("ha|s role")
    assert "Compiles to `Role shop/api`, and to `RoleBinding shop/api`" in found
    assert "secrets" in found


def test_only_what_comes_of_a_declaration_is_shown_at_its_name() -> None:
    assert "Compiles to" in hovered("service ap|i {")
    assert "Compiles to" not in hovered("serv|ice api {")


def test_what_an_edit_may_have_changed_is_not_shown() -> None:
    here = at("service ap|i {")
    here.type("2")
    found = here.ask(types.TEXT_DOCUMENT_HOVER).contents.value
    assert "**service** `shop/ap2i`" in found
    assert "reachable" not in found
    assert "Compiles to" not in found
    assert "Pod Security" not in found


def test_nothing_is_counted_in_a_program_with_errors() -> None:
    found = hovered(
        "service ap|i {", PROGRAM.replace("allow to api on rest", "allow to api on x y")
    )
    assert "**service** `shop/api`" in found
    assert "reachable" not in found


def test_nothing_is_needed_but_the_text() -> None:
    found = hovered("service ap|i {", settled=False)
    assert "identity: `shop/api`" in found


def test_a_code_in_a_comment_is_explained() -> None:
    found = hovered("# see POL2|01, POL999", "# see POL201, POL999\nnamespace shop\n")
    assert "POL201: only one end of a flow declares it" in found
    assert hovered("POL9|99", "# see POL201, POL999\n") == ""


def test_the_word_is_told() -> None:
    here = at("allow to a|pi on")
    found = here.ask(types.TEXT_DOCUMENT_HOVER)
    assert here.shown(found.range).endswith(" api")


def test_plain_text_has_no_marks() -> None:
    here = at("al|low from web")
    here.session.abilities = Abilities(markdown=False)
    found = here.ask(types.TEXT_DOCUMENT_HOVER).contents
    assert found.kind == types.MarkupKind.PlainText
    assert "`" not in found.value
    assert "**" not in found.value.replace('/v1/**"', "")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("namespace n\nservice web { }\nservice a {\n  allow from we|b, , 7\n}", "`n/web`"),
        ("namespace n\nservice web { }\nservice a { allow from n/we|b on on", "`n/web`"),
        ("namespace n\nservice a { al|low from", "Admits callers"),
        ("service a { allow from an|y, ,", "**any**"),
        ("serv|ice", "A workload that the program owns"),
        ("service a { port web 80 htt|p", "over TCP"),
    ],
)
def test_half_typed_text_is_explained_as_far_as_it_goes(program: str, expected: str) -> None:
    found = editor(program).ask(types.TEXT_DOCUMENT_HOVER)
    assert found is not None
    assert expected in found.contents.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "}}}{{{",
        "service {",
        'service a { select { app "x", : } allow to a/ on on }',
        "service ä { port 端 80 http until 2026-99-99 }",
        "import \"\nimport 'x\n# POL000 é\r\nservice a\r\n{ cidr 1.2.3.4/99 }",
        "service a { port x 80 htp  run { relax what  capability WHAT }  can what whats/why }",
        "service a { workload what  probe what tcp on x  harden what  stop { signal WHAT } }",
        "endpoint e { cidr 300.1.1.1/8, ::/0, ::1 }",
        "namespace n\nservice a { resources { cpu 1x..2  memory 99999999Ei } stop { grace 5 } }",
        PROGRAM,
    ],
)
def test_any_place_of_any_text_is_fine(text: str) -> None:
    here = editor(text)
    for offset in range(len(here.text()) + 1):
        here.cursors[here.name] = [offset]
        here.ask(types.TEXT_DOCUMENT_HOVER)


def test_every_word_that_can_be_meant_has_a_text() -> None:
    assert set(words.WORDS) >= {"any", "internet", "self", "namespace", *LEVELS}
    for name in PROTOCOLS:
        assert words.of_protocol(name)
    for name in FIELDS:
        assert words.of_field(name)
    for name in (*VERBS, *OTHER_VERBS):
        assert words.of_verb(name)
    for name in CAPABILITIES:
        assert words.of_capability(name)
