"""What a name in a statement that can't be read may mean, guessed from the words in front of it."""

from collections.abc import Iterator
from typing import get_args

from polc import syntax as s
from polc.lsp.session import View
from polc.lsp.spot import scope_at
from polc.lsp.uses import Kind, Placed, Target, Use, declared_at, owner_key, placed
from polc.parse.lexer import Token, tokens
from polc.resolve.symbols import Space
from polc.source import Span

_MEANT: dict[str, tuple[Kind, ...]] = {
    "allow": ("peer",),
    "role": ("role",),
    "harden": ("profile",),
    "extends": ("profile", "cluster"),
    "cluster": ("cluster",),
    "in": ("environment", "namespace"),
    "namespace": ("namespace",),
    "on": ("port",),
}
"""What is named behind a word, most likely first; before all else that it could be."""
_KINDS: tuple[Kind, ...] = (*get_args(Space), "namespace", "port")
_LAYOUT = ("WHITESPACE", "COMMENT")


def guess_at(view: View, offset: int) -> Use | None:
    """Return the name at an offset with what it may mean; None where the text can be read.

    Fit for a look, but not for an edit.
    """
    piece = view.tree.piece_at(offset)
    if piece is None or not piece.block.diagnostics:
        return None
    at = offset - piece.anchor.offset
    words = [each for each in tokens(piece.block.text) if each.kind not in _LAYOUT]
    for number in reversed(range(len(words))):
        word = words[number]
        if word.start <= at <= word.end and word.kind in ("NAME", "DOTTED"):
            span = Span(piece.anchor, word.start, word.end)
            place = next((each for each in placed(view.tree) if each.piece is piece), None)
            targets = _targets(view, words, number, scope_at(view.tree, offset), place)
            return Use(span, targets) if targets else None
    return None


def _targets(
    view: View, words: list[Token], number: int, scope: str, place: Placed | None
) -> tuple[Target, ...]:
    """Return what word `number` means: of the kinds that it could be, the likeliest."""
    name, behind = words[number].text, words[number + 1 : number + 2]
    if behind and behind[0].text == "/":
        return (Target("namespace", name),)
    span = Span(view.tree.pieces[0].anchor, 0, 0)
    qualified = number > 1 and words[number - 1].text == "/"
    namespace = s.Name(span, words[number - 2].text) if qualified else None
    ref = s.Ref(span, namespace, s.Name(span, name))
    likely = next(
        (_MEANT[each.text] for each in reversed(words[:number]) if each.text in _MEANT), ()
    )
    for kind in (*likely, *_KINDS):
        found = tuple(_of_kind(view, ref, kind, scope, place))
        if found:
            return found
    return ()


def _of_kind(
    view: View, ref: s.Ref, kind: Kind, scope: str, place: Placed | None
) -> Iterator[Target]:
    for space in get_args(Space):
        if space == kind:
            found = view.table.candidates(ref, space, scope)
            yield from (Target(kind, symbol.key) for symbol in found)
    if kind == "namespace" and ref.name.text in view.table.namespaces:
        yield Target(kind, ref.name.text)
    if kind == "port" and place is not None:
        target = Target(kind, ref.name.text, owner_key(place))
        if declared_at(view.table, target, ()):
            yield target
