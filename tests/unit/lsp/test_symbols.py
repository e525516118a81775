"""Outlines of documents, and names of the whole workspace."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from lsp_support import LINKED, Editor, editor
from polc.lsp.abilities import Abilities
from polc.lsp.features.symbols import nearness
from polc.lsp.text import Encoding
from support import CASES, EXAMPLES, programs

OUTLINE = types.TEXT_DOCUMENT_DOCUMENT_SYMBOL
SEARCH = types.WORKSPACE_SYMBOL

PROGRAM = """
    import std.platform
    cluster prod extends std.platform.kind { mesh none }
    role loner { get pods }

    namespace shop { owner "team" }
    extern service dns in kube-system { port dns 53 udp }
    endpoint office { cidr 10.0.0.0/8  port https 443 tls }
    group all { api, dns }
    service api {
      port web 80 -> 8080 http
      port rtp 20000..20100 udp
      allow from all on web { GET "/v1/**"  POST "/v1" } because "so"
      allow to office
      can get, list pods in jobs
      can get path "/metrics"
      has role loner cluster-wide
      rollout { when method GET and path "/x" -> v2  v1 90%  version v2 { select { a: "b" } } }
    }

    namespace mobile
    service bff { port web 80 http }

    environment live { cluster prod  service shop/api { rollout { v1 100% } } }
"""
TEXTS = tuple(
    path.read_text(encoding="utf-8") for folder in (CASES, EXAMPLES) for path in programs(folder)
)


def lines(symbols: Iterable[types.DocumentSymbol] | None, depth: int = 0) -> list[str]:
    """Return an outline as indented lines: kind, name and detail."""
    found = []
    for each in symbols or ():
        detail = f" ({each.detail})" if each.detail else ""
        found.append(f"{'  ' * depth}{each.kind.name} {each.name}{detail}")
        found += lines(each.children, depth + 1)
    return found


def outline(one: Editor) -> list[types.DocumentSymbol]:
    found = one.ask(OUTLINE)
    assert isinstance(found, list)
    return found


def test_a_document_is_a_tree_of_namespaces_declarations_and_statements() -> None:
    assert lines(outline(editor(PROGRAM))) == [
        "Module std.platform",
        "Constant prod (extends std.platform.kind)",
        "Function loner",
        "  Key can get pods",
        "Namespace shop",
        "  Interface dns (in kube-system)",
        "    Field dns (53 udp)",
        "  Object office (cidr 10.0.0.0/8)",
        "    Field https (443 tls)",
        "  Struct all (api, dns)",
        "  Class api",
        "    Field web (80 -> 8080 http)",
        "    Field rtp (20000..20100 udp)",
        '    Event allow from all (on web { GET "/v1/**"  POST "/v1" })',
        "    Event allow to office",
        "    Key can get, list pods (in jobs)",
        '    Key can get path "/metrics"',
        "    Key has role loner (cluster-wide)",
        "    Enum rollout",
        '      Operator v2 (when method GET and path "/x")',
        "      EnumMember v1 (90%)",
        "      EnumMember v2 (version)",
        "Namespace mobile",
        "  Class bff",
        "    Field web (80 http)",
        "Package live (cluster prod)",
        "  Class shop/api",
        "    Enum rollout",
        "      EnumMember v1 (100%)",
    ]


def within(inner: types.Range, outer: types.Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def assert_nested(symbols: Iterable[types.DocumentSymbol]) -> None:
    """Check what editors rely on: names lie in their ranges, children in their parents."""
    for each in symbols:
        assert each.name
        assert within(each.selection_range, each.range), each
        for child in each.children or ():
            assert within(child.range, each.range), (each.name, child)
        assert_nested(each.children or ())


@given(st.sampled_from(TEXTS), st.floats(0, 1), st.sampled_from(["", "}", "\n", '"', "service "]))
def test_names_lie_in_their_ranges_and_children_in_their_parents(
    text: str, where: float, typed: str
) -> None:
    at = round(where * len(text))
    one = editor({"policy.svc": text.replace("|", "")}, settled=False)
    assert_nested(outline(one))
    one.cursors[one.name] = [min(at, len(one.text()))]
    assert_nested(outline(one.type(typed)))


def places(symbols: Iterable[types.DocumentSymbol]) -> list[tuple[str, object, object]]:
    found: list[tuple[str, object, object]] = []
    for each in symbols:
        found.append((each.name, each.range, each.selection_range))
        found += places(each.children or ())
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("typed", [" \n\n", "x", "# 😀 ", "group 😀 { }", "group é { } "])
def test_an_outline_moves_with_its_text(typed: str, encoding: Encoding) -> None:
    """What was kept of a block is what a fresh look at it gives."""
    for mark in ("namespace mobile", "service api", "import std"):
        text = PROGRAM.replace(mark, f"|{mark}")
        one = editor(text, encoding=encoding, settled=False)
        outline(one)
        one.type(typed)
        fresh = editor({"policy.svc": one.text()}, encoding=encoding, settled=False)
        assert places(outline(one)) == places(outline(fresh))


def test_a_half_typed_declaration_stays_with_what_can_be_read_of_it() -> None:
    text = LINKED.replace("allow from frontend on web\n}", "allow from frontend on\n")
    assert lines(outline(editor(text))) == [
        "Constant test",
        "Namespace shop",
        "  Class frontend",
        "    Event allow to api (on web)",
        "  Class api",
        "    Field web (80 -> 8080 http)",
    ]
    assert outline(editor("service", settled=False)) == []
    assert lines(outline(editor("namespace a\nservice x {\n  port", settled=False)))[1:] == [
        "  Class x"
    ]


def test_a_client_that_knows_no_trees_gets_a_list() -> None:
    one = editor(LINKED)
    one.session.abilities = Abilities(nested_symbols=False)
    found = one.ask(OUTLINE)
    assert [(each.name, each.container_name) for each in found] == [
        ("test", None),
        ("shop", None),
        ("frontend", "shop"),
        ("allow to api", "frontend"),
        ("api", "shop"),
        ("web", "api"),
        ("allow from frontend", "api"),
    ]


# --- the workspace ----------------------------------------------------------------------------


def search(one: Editor, query: str) -> list[str]:
    """Return names and where they are, in order."""
    found = one.ask(SEARCH, types.WorkspaceSymbolParams(query))
    return [
        f"{each.container_name or ''}/{each.name} {one.shown(each.location).split(' ')[0]}"
        for each in found
    ]


FILES = {
    "a.svc": "namespace shop\nservice api { }\nservice shop-api { }\ncluster prod { }\n",
    "sub/b.svc": "namespace shop\nservice capital { }\nendpoint apparition { }\nrole xapix { }\n",
}


def test_names_are_found_in_files_that_nobody_opened(tmp_path: Path) -> None:
    one = editor(FILES, folder=tmp_path, closed=("sub/b.svc",))
    assert search(one, "api") == [
        "shop/api a.svc:2:9",
        "shop/shop-api a.svc:3:9",
        "shop/xapix sub/b.svc:4:6",
        "shop/capital sub/b.svc:2:9",
        "shop/apparition sub/b.svc:3:10",
    ]
    assert search(one, "SHOP/CAP") == ["shop/capital sub/b.svc:2:9"]
    assert search(one, "shop") == [
        *("/shop a.svc:1:11", "/shop sub/b.svc:1:11", "shop/shop-api a.svc:3:9")
    ]
    assert search(one, "prod") == ["/prod a.svc:4:9"]
    assert search(one, "nothing") == []
    assert len(search(one, "")) == 8


def test_a_file_that_went_away_is_no_trouble(tmp_path: Path) -> None:
    one = editor(FILES, folder=tmp_path, closed=("sub/b.svc",))
    search(one, "api")
    (tmp_path / "sub" / "b.svc").unlink()
    assert search(one, "capital") == []


def test_open_documents_count_as_they_are() -> None:
    one = editor("namespace shop\nservice |api { }\n")
    one.type("g", instead=3)
    assert search(one, "g") == ["shop/g policy.svc:2:9"]


@pytest.mark.parametrize(
    ("query", "name", "rank"),
    [
        ("api", "api", 0),
        ("api", "api-two", 1),
        ("two", "api-two", 2),
        ("pi-t", "api-two", 3),
        ("ato", "api-two", 4),
        ("oa", "api-two", None),
        ("", "api", 1),
    ],
)
def test_the_nearest_names_come_first(query: str, name: str, rank: int | None) -> None:
    assert nearness(query, name) == rank
