"""Keywords: what the statement is for that they belong to, or the part of it that they start."""

from polc import syntax as s
from polc.lower.values import date_of
from polc.lsp.explain import names, words
from polc.lsp.explain.text import paragraphs
from polc.lsp.session import View
from polc.lsp.spot import Construct, constructs
from polc.lsp.trees import Piece
from polc.lsp.uses import path_to
from polc.parse.lexer import TABLES, lex
from polc.parse.unfinished import Unfinished

_READ_ON = 4
"""So many words behind a keyword may tell which of several statements it starts."""


def of_keyword(view: View, piece: Piece, start: int, end: int) -> str:
    """Return what the keyword between two offsets of a block does; "" if it is none there."""
    word = piece.block.text[start:end]
    if word not in TABLES.words:
        return ""
    construct = _read(piece, end)
    symbol = TABLES.terminals[TABLES.words[word]]
    if word in words.WORDS and construct is not None and construct.symbols[-1:] == ("list{peer}",):
        return paragraphs(f"**{word}**", words.WORDS[word])
    # A name that looks like a keyword is not on top of the stack as one.
    if construct is None or symbol not in (*construct.symbols[-1:], *_CLOSES.get(word, ())):
        return ""
    forms = construct.forms
    for further in _following(piece, end):
        if len(forms) < 2:
            break
        longer = _read(piece, further)
        if longer is not None and longer.at == construct.at and longer.forms:
            forms = longer.forms
    if not forms:
        return ""
    form = forms[0]
    if word in form.word.split():
        return paragraphs(words.of_form(form), _effect(view, piece, piece.anchor.offset + start))
    active = form.active(construct.symbols)
    return words.of_form(form) if active is None else words.of_part(form, form.parts[active])


_CLOSES = {"cluster-wide": (TABLES.terminals[TABLES.words["cluster-wide"]],)}
"""Keywords that complete what they stand in."""


def _read(piece: Piece, end: int) -> Construct | None:
    """Return what is open behind a word of a block."""
    text = piece.block.text
    parse = Unfinished(piece.anchor, text[:end], text[end:])
    return None if parse.dropped is not None else list(constructs(parse.symbols))[-1]


def _following(piece: Piece, end: int) -> list[int]:
    """Return where the next words end."""
    tokens = lex(piece.block.text[end:])
    ends = [end + at for at, kind in zip(tokens.offsets[1:], tokens.kinds, strict=False) if kind]
    return ends[:_READ_ON]


def _effect(view: View, piece: Piece, offset: int) -> str:
    """Return why the statement at an offset has no effect, or of an `allow`, which flows it has."""
    for declaration in piece.declarations:
        if declaration.span.offset <= offset < declaration.span.end_offset:
            for node in reversed(path_to(declaration, offset)):
                qualifiers = getattr(node, "qualifiers", None)
                if qualifiers is not None:
                    left_out = _left_out(view, qualifiers)
                    if left_out:
                        return left_out
                    if isinstance(node, s.Allow) and isinstance(declaration, s.Service):
                        return names.of_allow(view, declaration, node)
    return ""


def _left_out(view: View, qualifiers: s.Qualifiers) -> str:
    environment = view.snapshot.options.environment
    named = [each.text for each in qualifiers.only_in]
    if named and environment is not None and environment not in named:
        where = ", ".join(f"`{each}`" for each in named)
        return f"Left out: it holds only in {where}, and this is `{environment}`."
    day = date_of(qualifiers.until, []) if qualifiers.until else None
    if day is not None and day < view.session.today():
        return f"Left out: it expired on {day.isoformat()}."
    return ""
