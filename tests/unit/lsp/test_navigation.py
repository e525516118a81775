"""From names to declarations and to all their uses, in one file and across several."""

from pathlib import Path

import pytest
from lsprotocol import types

import polc_stdlib
from lsp_support import LINKED, Editor, editor
from polc.lsp.documents import path_of

DEFINITION = types.TEXT_DOCUMENT_DEFINITION
REFERENCES = types.TEXT_DOCUMENT_REFERENCES
HIGHLIGHT = types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT

EVERYTHING = """\
import std.platform
cluster main { mesh istio sidecar  cni kubernetes }
cluster spare extends main { }

namespace shop { harden tight }
role reader { get configmaps }
profile tight extends restricted { writes "/tmp" }
endpoint stripe { cidr 198.51.100.0/24  port https 443 tls }
group callers { mobile/bff, web }

service api {
  select { app: "api" }
  port rest 80 -> 8080 http
  port extra 9090 http
  allow from callers, std.platform.prometheus on rest
  allow from namespace mobile on extra only in live because "it is so"
  allow to stripe on https
  has role reader
  harden tight
  probe ready GET "/" on rest
  rollout { when method GET -> v2  v1 90%  v2 10%  version v2 { select { track: "v2" } } }
}

service web { select { app: "web" }  allow to api on rest }

namespace mobile
service bff { select { app: "bff" }  allow to shop/api on rest }

environment live { cluster spare  service shop/api { rollout { v1 50%  v2 50% } } }
"""


def at(text: str, mark: str) -> str:
    """Put the cursor where the bar of `mark` is; what `mark` says must stand in the text once."""
    plain = mark.replace("|", "")
    assert text.count(plain) == 1, plain
    return text.replace(plain, mark)


def defined(one: Editor) -> list[str]:
    return one.listed(one.ask(DEFINITION))


def used(one: Editor, *, declared: bool = True) -> list[str]:
    return one.listed(one.ask(REFERENCES, context=types.ReferenceContext(declared)))


@pytest.mark.parametrize(
    ("mark", "place"),
    [
        ("extends ma|in", "2:9 main"),
        ("{ cluster |spare", "3:9 spare"),
        ("{ harden tight| }", "7:9 tight"),
        ("  harden |tight\n", "7:9 tight"),
        ("{ mobi|le/bff", "26:11 mobile"),
        ("mobile/|bff,", "27:9 bff"),
        ("mobile/bff, we|b }", "24:9 web"),
        ("allow from |callers", "9:7 callers"),
        ("namespace |mobile on", "26:11 mobile"),
        ("prometheus on re|st", "13:8 rest"),
        ("mobile on |extra", "14:8 extra"),
        ("only in |live", "29:13 live"),
        ("to |stripe", "8:10 stripe"),
        ("on |https", "8:46 https"),
        ("role |reader\n", "6:6 reader"),
        ('"/" on rest|', "13:8 rest"),
        ("-> |v2", "21:60 v2"),
        ("90%  |v2 10%", "21:60 v2"),
        ("50%  |v2 50%", "21:60 v2"),
        ('bff" }  allow to |shop/', "5:11 shop"),
        ('bff" }  allow to shop/api| on', "11:9 api"),
        ("allow to |api on", "11:9 api"),
        ("service shop/|api {", "11:9 api"),
        ("service |api {", "11:9 api"),
    ],
)
def test_a_name_leads_to_its_declaration(mark: str, place: str) -> None:
    one = editor(at(EVERYTHING, mark))
    assert defined(one) == [f"policy.svc:{place}"]
    assert one.listed(one.ask(types.TEXT_DOCUMENT_DECLARATION)) == defined(one)


def test_the_library_is_a_file_that_can_be_opened() -> None:
    [found] = editor(at(EVERYTHING, "std.platform.|prometheus")).ask(DEFINITION)
    assert path_of(found.uri) == polc_stdlib.path("std.platform")
    lines = Path(path_of(found.uri)).read_text(encoding="utf-8").split("\n")
    assert "extern service prometheus" in lines[found.range.start.line]


def test_imports_lead_to_their_files(tmp_path: Path) -> None:
    [found] = editor(at(EVERYTHING, "import std.|platform")).ask(DEFINITION)
    assert path_of(found.uri) == polc_stdlib.path("std.platform")
    files = {"a.svc": 'import "sub/|b.svc"\n', "sub/b.svc": "namespace b\n"}
    for closed in ((), ("sub/b.svc",)):
        one = editor(files, folder=tmp_path, closed=closed)
        assert defined(one) == ["sub/b.svc:1:1"]
    assert defined(editor('import "go|ne.svc"\n')) == []


@pytest.mark.parametrize(
    "text",
    ["|", "service a|", "namespace a\nservice b { allow from |nobody }", "# comm|ent", '"|', "|}}"],
)
def test_where_there_is_no_name_there_is_no_place(text: str) -> None:
    one = editor(text)
    assert [each for each in defined(one) if not each.endswith(" a")] == []
    assert used(one) in ([], ["policy.svc:1:9 a"])


def test_a_name_that_means_several_things_leads_to_each() -> None:
    groups = "namespace a\ngroup g { x }\nnamespace b\ngroup g { x }\n"
    text = groups + "namespace c\nservice x { allow to |g }\n"
    assert defined(editor(text)) == ["policy.svc:2:7 g", "policy.svc:4:7 g"]


@pytest.mark.parametrize(
    ("mark", "lines"),
    [
        ("service |web {", [9, 24]),
        ("port |rest", [13, 15, 20, 24, 27]),
        ("v1 90%  |v2 10%", [21, 21, 21, 29]),
        ("namespace |mobile\n", [9, 16, 26]),
        ("import std.|platform", [1]),
        ("environment |live", [16, 29]),
        ("profile |tight", [5, 7, 19]),
    ],
)
def test_all_uses_are_found(mark: str, lines: list[int]) -> None:
    one = editor(at(EVERYTHING, mark))
    found = used(one)
    assert [int(each.split(":")[1]) for each in found] == lines
    assert {each.split(" ", 1)[1] for each in found} == {found[0].split(" ", 1)[1]}


def test_uses_without_the_declaration() -> None:
    one = editor(at(EVERYTHING, "role |reader\n"))
    assert used(one, declared=False) == ["policy.svc:18:12 reader"]


def test_uses_are_found_across_files_from_either_end() -> None:
    files = {
        "a.svc": 'import "common.svc"\nnamespace a\nservice x { allow to shop/api }\n',
        "b.svc": 'import "common.svc"\nnamespace b\nservice y { allow to shop/api }\n',
        "common.svc": LINKED,
    }
    expected = [
        "a.svc:3:27 api",
        "b.svc:3:27 api",
        *("common.svc:7:12 api", "common.svc:10:9 api"),
    ]
    for name, mark in (("common.svc", "service api"), ("a.svc", "shop/api"), ("b.svc", "shop/api")):
        text = files[name].replace(mark, f"{mark[:-2]}|{mark[-2:]}")
        assert used(editor(files | {name: text})) == expected


def test_the_library_counts_among_the_uses() -> None:
    found = used(editor(at(EVERYTHING, "std.platform.|prometheus")))
    assert [each.rpartition(" ")[2] for each in found] == ["std.platform.prometheus", "prometheus"]
    assert found[1].startswith(str(polc_stdlib.path("std.platform")))


def test_highlights_are_of_this_document_and_tell_the_declaration() -> None:
    files = {"a.svc": LINKED.replace("allow to api", "allow to |api"), "b.svc": 'import "a.svc"\n'}
    found = editor(files).ask(HIGHLIGHT)
    kinds = types.DocumentHighlightKind
    assert [(each.range.start.line, each.kind) for each in found] == [
        (6, kinds.Read),
        (9, kinds.Write),
    ]


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ("allow from fro|ntend on", "5:9 frontend"),
        ("allow from frontend, sh|op/api on on", "3:11 shop"),
        ("allow from shop/frontend| to", "5:9 frontend"),
        ("has role read|er in", "16:6 reader"),
        ("probe ready GET on |web web", "12:8 web"),
    ],
)
def test_names_in_statements_that_cannot_be_read_are_guessed(broken: str, place: str) -> None:
    text = LINKED.replace("  allow from frontend on web", f"  {broken}")
    one = editor(f"{text}\nrole reader {{ get pods }}\n")
    assert defined(one) == [f"policy.svc:{place}"]
    assert f"policy.svc:{place}" in used(one)


def test_a_missing_brace_loses_no_names() -> None:
    text = LINKED.replace("on web\n}\n\nservice api", "on web\n\nservice api")
    one = editor(text.replace("allow from frontend", "allow from |frontend"))
    assert defined(one) == ["policy.svc:5:9 frontend"]
    assert len(used(one)) == 2


def test_a_file_by_itself_has_its_names_though_nobody_settled() -> None:
    one = editor(LINKED.replace("allow to api", "allow to |api"), settled=False)
    assert defined(one) == ["policy.svc:10:9 api"]
