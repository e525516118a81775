"""A new name in every place, or a refusal that says why; the program means the same as before."""

import logging
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_support import CURSOR, LINKED, Editor, editor
from polc.diagnostics import has_errors
from polc.driver import Compilation, Options, compile_program
from polc.ir.show import show
from polc.lsp.abilities import Abilities
from polc.lsp.feature import Refusal
from polc.lsp.server import create
from polc.lsp.uses import placed, uses
from polc_backends import registry
from support import CASES, EXAMPLES, TODAY, programs

RENAME = types.TEXT_DOCUMENT_RENAME
PREPARE = types.TEXT_DOCUMENT_PREPARE_RENAME
FRESH = "zz-fresh"

TEXTS = tuple(
    text
    for folder in (CASES, EXAMPLES)
    for path in programs(folder)
    if CURSOR not in (text := path.read_text(encoding="utf-8")) and 'import "' not in text
)


def renamed(one: Editor, new: str) -> dict[str, str]:
    """Return the texts, by name, that a new name changes."""
    found = one.ask(RENAME, new_name=new)
    assert isinstance(found, types.WorkspaceEdit), found
    return one.applied(found)


def refused(one: Editor, new: str) -> str:
    found = one.ask(RENAME, new_name=new)
    assert isinstance(found, Refusal), found
    return found.message


# --- the meaning stays ------------------------------------------------------------------------


def compiled(text: str) -> Compilation:
    return compile_program(
        ("policy.svc",),
        lambda _: text.encode(),
        registry.load(None),
        Options(date.fromisoformat(TODAY)),
    )


def meaning(text: str, name: str) -> object:
    """Return what a program says with a fresh name put back, whatever the order of its parts."""
    done = compiled(text)
    assert done.program is not None
    words = [
        sorted(re.findall(r"[^\s,]+", line.replace(FRESH, name)))
        for line in show(done.program).split("\n")
    ]
    codes = sorted(each.code.id for each in done.diagnostics)
    return sorted(words), codes, len(done.artifacts)


@given(st.sampled_from(TEXTS), st.floats(0, 1, exclude_max=True))
def test_a_fresh_name_changes_nothing_else_and_the_old_one_restores_the_text(
    text: str, which: float
) -> None:
    one = editor({"policy.svc": text}, settled=False)
    view = one.view()
    spans = [use.span for place in placed(view.tree) for use in uses(view.table, place)]
    assume(spans)
    span = spans[int(which * len(spans))]
    name = span.text.strip('"')
    one.cursors[one.name] = [span.offset]
    prepared = one.ask(PREPARE)
    if isinstance(prepared, Refusal):
        assert isinstance(one.ask(RENAME, new_name=FRESH), Refusal)
        return
    assert one.text()[span.offset : span.end_offset].strip('"') == prepared.placeholder == name
    after = renamed(one, FRESH)["policy.svc"]
    assert after != text
    before = compiled(text)
    # A Knative workload's revisions bear its name in the cluster, and it gets new ones: an error.
    revisions = "POL504" in [each.code.id for each in compiled(after).diagnostics]
    if before.program is not None and not has_errors(before.diagnostics) and not revisions:
        assert meaning(after, name) == meaning(text, name)
    if view.tree.diagnostics:
        return  # what is no name can't be restored
    first = re.search(rf'"?{FRESH}', after)
    assert first is not None
    back = editor({"policy.svc": after}, settled=False)
    back.cursors[back.name] = [first.start()]
    assert renamed(back, span.text)["policy.svc"] == text


# --- every kind of name -----------------------------------------------------------------------

NAMES = """\
cluster here { mesh istio sidecar  cni kubernetes }
namespace shop { harden tight }
role reader { get configmaps }
profile tight extends restricted { writes "/tmp" }
endpoint stripe { cidr 198.51.100.0/24  port https 443 tls }
group callers { mobile/bff, web }
service api {
  port rest 80 -> 8080 http
  allow from callers on rest only in live
  allow to stripe
  has role reader
  probe ready GET "/" on rest
  rollout { when method GET -> v2  v1 90%  v2 10%  version v2 { select { track: "v2" } } }
}
service web { allow to api on rest }
namespace mobile
service bff { allow to shop/api on rest }
environment live { cluster here  service shop/api { rollout { v1 50%  v2 50% } } }
"""


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("here", 2),
        ("shop", 3),
        ("reader", 2),
        ("tight", 2),
        ("stripe", 2),
        ("callers", 2),
        ("api", 4),
        ("web", 2),
        ("rest", 5),
        ("https", 1),
        ("mobile", 2),
        ("bff", 2),
        ("live", 2),
        ("v1", 2),
        ("v2", 4),
    ],
)
def test_every_kind_of_name_is_changed_wherever_it_stands(name: str, count: int) -> None:
    places = [match.start() for match in re.finditer(rf"(?<![\"\w]){name}(?![\"\w])", NAMES)]
    assert len(places) == count
    expected = re.sub(rf"(?<![\"\w]){name}(?![\"\w])", "fresh", NAMES)
    for at in places:
        one = editor({"policy.svc": NAMES}, settled=False)
        one.cursors[one.name] = [at]
        assert renamed(one, "fresh") == {"policy.svc": expected}


def test_ports_that_one_line_names_together_are_renamed_together() -> None:
    text = (
        "namespace a\nservice x { port web 80 http }\nservice y { port web 80 http }\n"
        "service z { allow to x, y on |web }\nservice w { port web 80 http }\n"
    )
    [after] = renamed(editor(text), "http").values()
    assert after.count("port http") == 2
    assert "on http" in after
    assert "service w { port web" in after


def test_all_programs_that_share_a_name_are_changed(tmp_path: Path) -> None:
    files = {
        "a.svc": 'import "common.svc"\nnamespace a\nservice x { allow to shop/api }\n',
        "b.svc": 'import "common.svc"\nnamespace b\nservice y { allow to shop/|api }\n',
        "common.svc": LINKED,
    }
    one = editor(files, folder=tmp_path, closed=("a.svc",))
    after = renamed(one, "backend")
    assert sorted(after) == ["a.svc", "b.svc", "common.svc"]
    assert all(text.count("backend") == 1 + (name > "c") for name, text in after.items())
    assert not any("api }" in text or "service api" in text for text in after.values())


def test_edits_say_which_version_they_are_for() -> None:
    one = editor(LINKED.replace("service api", "service |api"))
    one.type("x").type("y")
    [change] = one.ask(RENAME, new_name="z").document_changes
    assert change.text_document.version == 3


def test_a_client_without_versions_gets_plain_changes() -> None:
    one = editor(LINKED.replace("service api", "service |api"))
    one.session.abilities = Abilities(document_changes=False)
    found = one.ask(RENAME, new_name="z")
    assert [len(edits) for edits in found.changes.values()] == [2]


def test_what_can_be_read_of_broken_text_is_renamed() -> None:
    text = LINKED.replace("service api", "service |api").replace("8080 http", "8080 htt on on {")
    [after] = renamed(editor(text), "z").values()
    assert "allow to z" in after
    assert "service z" in after


def test_faults_elsewhere_in_a_declaration_are_no_trouble() -> None:
    text = LINKED.replace("service api", "service |api").replace('"api"', "“api”")
    [after] = renamed(editor(text), "z").values()
    assert "service z {\n  select { app: “api” }" in after


# --- quotes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("api", "2048", '"2048"'),
        ("api", '"in"', '"in"'),
        ("api", '"plain"', "plain"),
        ("api", " spaced ", "spaced"),
        ("api", "grpc", "grpc"),
        ('"api"', "plain", '"plain"'),
        ('"2048"', "plain", "plain"),
        ('"2048"', "4096", '"4096"'),
    ],
)
def test_quotes_stand_where_they_are_needed_or_were(old: str, new: str, written: str) -> None:
    text = "namespace a\nservice {} {{ port web 80 http }}\ngroup g {{ a/{} }}\n"
    one = editor({"policy.svc": text.format(old, old)})
    one.cursors[one.name] = [text.index("{")]
    assert renamed(one, new) == {"policy.svc": text.format(written, written)}


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("", "write a name"),
        ('""', "write a name"),
        (
            "a b",
            "`a b` is not a name; a name has lower-case letters, digits and dashes, and starts",
        ),
        ("My_Name", "for example `my-name`"),
        ("a/b", "`a/b` is not a name"),
        ("a.b", "only names of library modules have dots"),
        ("x" * 64, "has 64 characters"),
        ('"-"', "`-` is not a name"),
        ("service", '`service` is a reserved word; write `"service"` to call it so all the same'),
        ("any", "`any` has a meaning of its own in lists of peers"),
        ('"internet"', "`internet` has a meaning of its own in lists of peers"),
        ("frontend", "there is a service `shop/frontend` already"),
    ],
)
def test_a_name_that_it_cannot_have_is_refused(new: str, message: str) -> None:
    assert message in refused(editor(LINKED.replace("service api", "service |api")), new)


@pytest.mark.parametrize(
    ("mark", "new", "message"),
    [
        ("namespace |shop", "mobile", "there is a namespace `mobile` already"),
        ("namespace |mobile", "kube-system", "there is a namespace `kube-system` already"),
        ("role |reader", "reader2", "there is a role `shop/reader2` already"),
        ("profile |tight", "baseline", "`baseline` is a level of the Pod Security Standards"),
        ("port |rest", "more", "there is a port `more` already"),
        ("-> v2  |v1", "v2", "there is a version `v2` already"),
        ("service |bff", "web", "there is a service `mobile/web` already"),
        ("environment |live", "dead", "there is an environment `dead` already"),
    ],
)
def test_a_name_that_is_taken_is_refused(mark: str, new: str, message: str) -> None:
    text = NAMES.replace("port rest", "port more 81 http\n  port rest")
    text += "service web { }\nenvironment dead { }\nnamespace shop\nrole reader2 { get pods }\n"
    assert text.count(mark.replace("|", "")) >= 1
    one = editor(text.replace(mark.replace("|", ""), mark, 1))
    assert refused(one, new) == message


@pytest.mark.parametrize(
    ("text", "new", "message"),
    [
        # A group outside of namespaces, which a bare name would no longer reach.
        (
            "group |all { a/x }\nnamespace a\nservice x { allow from all }\ngroup some { x }\n",
            "some",
            "`all` in policy.svc:3 would mean something else then",
        ),
        (
            "group all { a/x }\nnamespace a\nservice x { allow from all }\ngroup |some { x }\n",
            "all",
            "`all` in policy.svc:3 would mean something else then",
        ),
        (
            "namespace a\ngroup g { x }\nnamespace b\ngroup |h { a/x }\n"
            "namespace c\nservice x { allow from g }\n",
            "g",
            "`g` in policy.svc:6 would mean something else then",
        ),
    ],
)
def test_a_name_that_would_change_what_others_mean_is_refused(
    text: str, new: str, message: str
) -> None:
    assert refused(editor(text), new).replace("/project/", "") == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import std.platform\nnamespace a\nservice x { allow to |std.platform.prometheus }",
            "std",
        ),
        ("namespace a\nservice x { allow to |kube-system/kube-dns }", "`kube-system` is a name of"),
        ("namespace a\nservice x { allow to kube-system/|kube-dns }", "`kube-dns` is a name of"),
        (
            "import std.platform\nextern service prometheus in |own { }\n"
            "namespace a\nservice x { allow to std.platform.prometheus }",
            "",
        ),
        ("import |std.platform", "files and modules can't be renamed here"),
        ("namespace a\nservice x { allow to |nobody }", "nothing is called `nobody`"),
        ("namespace a\nservice x { harden |baseline }", "a level of the Pod Security Standards"),
        (
            "namespace a\ngroup g { x }\nnamespace b\ngroup g { x }\n"
            "namespace c\nservice x { allow to |g }\n",
            "it is not decided what is meant: `a/g` or `b/g`",
        ),
    ],
)
def test_what_cannot_be_renamed_is_refused_before_a_name_is_asked_for(
    text: str, message: str
) -> None:
    one = editor(text)
    found = one.ask(PREPARE)
    if not message:
        assert not isinstance(found, Refusal)
        return
    assert isinstance(found, Refusal)
    assert message in found.message
    assert message in refused(one, "fresh")


def test_what_replaces_a_name_of_the_library_keeps_it() -> None:
    text = (
        "import std.platform\n"
        "namespace monitoring\nextern service |prometheus { port web 9090 http }\n"
        "namespace a\nservice x { port web 80 http  allow from std.platform.prometheus }\n"
    )
    assert "name of the standard library" in refused(editor(text), "fresh")


@pytest.mark.parametrize("text", ["|", "# |a\n", "service |", "namespace a {|", '"|'])
def test_where_there_is_no_name_nothing_is_offered(text: str) -> None:
    one = editor(text)
    assert one.ask(PREPARE) is None
    assert one.ask(RENAME, new_name="x") is None


def test_the_same_name_again_changes_nothing() -> None:
    one = editor(LINKED.replace("service api", "service |api"))
    assert renamed(one, "api") == {}


def test_an_unknown_name_may_be_what_something_is_now_called() -> None:
    text = LINKED.replace("to api", "to backend").replace("service api", "service |api")
    [after] = renamed(editor(text), "backend").values()
    assert "service backend" in after


# --- on the wire --------------------------------------------------------------------------------


def test_a_refusal_is_an_error_to_the_client_and_none_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = create()
    server.session.open("file:///policy.svc", 1, "namespace a\n")
    params = types.RenameParams(
        text_document=types.TextDocumentIdentifier("file:///policy.svc"),
        position=types.Position(0, 10),
        new_name="in",
    )
    with pytest.raises(JsonRpcException, match="`in` is a reserved word") as refusal:
        server.protocol.fm.features[RENAME](params)
    assert refusal.value.code == types.LSPErrorCodes.RequestFailed
    log = logging.getLogger("pygls.protocol.json_rpc")
    log.error("refused", exc_info=refusal.value)
    log.error("broken", exc_info=ValueError("x"))
    assert [each.message for each in caplog.records] == ["broken"]
