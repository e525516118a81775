"""Trees that follow a text, against the parser that reads it from its start."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from lsp_support import LINKED
from polc.diagnostics import Diagnostic
from polc.lsp.trees import Tree, grow
from polc.lsp.uses import children
from polc.parse import parse
from polc.source import Source
from polc.syntax import Declaration, Node
from support import EXAMPLES

BOUTIQUE = (EXAMPLES / "boutique" / "policy.svc").read_text(encoding="utf-8")
SNIPPETS = (
    *("{", "}", "\n", "\r\n", "#", "# c\n", '"', " ", "a", "->", ",", "service b { }\n"),
    *("service", "port x 1 http\n", "extern ", "namespace x\n", "allow from a on x\n", "import"),
)
edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.lists(st.sampled_from(SNIPPETS), max_size=2)),
    max_size=8,
)
texts = st.one_of(
    st.just(LINKED),
    st.just(LINKED * 2),
    st.floats(0, 1).map(lambda at: BOUTIQUE[round(at * 2000) :]),
)


def places(node: Node) -> Iterator[tuple[str, int, int]]:
    """Return the type and place of a node and of all inside of it."""
    yield type(node).__name__, node.span.offset, node.span.end_offset
    for each in children(node):
        yield from places(each)


def told(found: Diagnostic) -> object:
    """Return all that a diagnostic says, with its places as offsets."""
    return (
        found.sort_key(),
        found.help,
        found.severity,
        [(label.span.key(), label.message) for label in found.labels],
        [(edit.span.key(), edit.text) for edit in found.fix.edits] if found.fix else None,
    )


def assert_fresh(tree: Tree) -> None:
    file, found = parse(Source("policy.svc", tree.source.text))
    assert tree.file == file
    for one, other in zip(tree.file.declarations, file.declarations, strict=True):
        assert list(places(one)) == list(places(other))
        assert one.span.source is tree.source
    assert list(map(told, tree.diagnostics)) == list(map(told, found))


@given(texts, edits)
def test_a_tree_that_followed_edits_is_a_fresh_one(
    text: str, changes: list[tuple[float, int, list[str]]]
) -> None:
    tree = grow("policy.svc", text, None, None)
    assert_fresh(tree)
    for where, length, new in changes:
        at = round(where * len(text))
        text = text[:at] + "".join(new) + text[at + length :]
        tree = grow("policy.svc", text, None, tree)
        assert_fresh(tree)


@given(texts, st.floats(0, 1))
def test_every_offset_has_the_piece_around_it(text: str, where: float) -> None:
    tree = grow("policy.svc", text, None, None)
    at = round(where * (len(text) - 1))
    piece = tree.piece_at(at)
    assert piece is not None
    assert piece.anchor.offset <= at < piece.anchor.offset + len(piece.block.text)
    assert text.startswith(piece.block.text, piece.anchor.offset)


def named(tree: Tree) -> dict[str, Declaration]:
    return {each.name.text: each for each in tree.file.declarations if hasattr(each, "name")}


def test_what_did_not_change_is_the_very_same_as_before() -> None:
    before = grow("policy.svc", LINKED, None, None)
    after = grow("policy.svc", f"\n\n{LINKED.replace('app: ', 'tier: ', 1)}", None, before)
    old, new = named(before), named(after)
    assert new["api"] is old["api"]
    assert new["api"].span.offset == LINKED.index("service api") + 3
    assert new["frontend"] is not old["frontend"]


def test_places_of_what_is_gone_are_known_as_such() -> None:
    before = grow("policy.svc", LINKED, None, None)
    spans = {name: each.span for name, each in named(before).items()}
    after = grow("policy.svc", LINKED.replace('"frontend"', '"web"'), None, before)
    assert after.holds(spans["api"].anchor)
    assert not after.holds(spans["frontend"].anchor)


def test_twins_keep_their_places() -> None:
    twice = "service a { }\n" * 2
    before = grow("policy.svc", twice, None, None)
    after = grow("policy.svc", f"group g {{ a }}\n{twice}service a {{ }}\n", None, before)
    assert [each.span.offset for each in after.file.declarations] == [0, 14, 28, 42]


def test_an_empty_text_has_a_tree() -> None:
    tree = grow("policy.svc", "", None, None)
    assert (tree.file.declarations, tree.diagnostics) == ((), ())
