"""Hover: what a name, a keyword or a literal means, who may reach it, and what it compiles to."""

import re
from typing import Any, NamedTuple, cast, get_args

from lsprotocol import types

from polc import codes
from polc import syntax as s
from polc.lsp.compiled import comes_of, compiled_at
from polc.lsp.convert import page_uri, range_in
from polc.lsp.explain import keywords, literals, names
from polc.lsp.explain.text import block, content, paragraphs
from polc.lsp.feature import Feature, at_position
from polc.lsp.made import excerpt, text_of, title_of
from polc.lsp.occurrences import use_at
from polc.lsp.session import View
from polc.lsp.spot import scope_at
from polc.lsp.uses import Target, path_to
from polc.parse.lexer import LONGEST_NAME, tokens
from polc.resolve.symbols import Space
from polc.source import nowhere

_MOST_LINES = 30
"""Lines of an object that are shown."""
_MOST_IN_ALL = 50
"""So many, with what other objects say of the same line."""
_code = re.compile(r"\bPOL\d{3}\b").finditer
_namespace_before = re.compile(r"([\w-]+)/\Z").search


class _Word(NamedTuple):
    """A word of a document and its offsets."""

    text: str
    kind: str
    start: int
    end: int


def hover(view: View, offset: int) -> types.Hover | None:
    """Return what there is to know about the word at an offset."""
    word = _word_at(view, offset)
    if word is None:
        return None
    if word.kind == "COMMENT":
        word, text = _of_comment(word, offset)
    else:
        text = _of_word(view, word)
        text = paragraphs(text, _compiled(view, word) if text else None)
    if not text:
        return None
    return types.Hover(
        content(text, is_markdown=view.session.abilities.markdown),
        range_in(view.session, view.text, word.start, word.end),
    )


def _word_at(view: View, offset: int) -> _Word | None:
    """Return the word that an offset is in, or else the one that ends there."""
    found = None
    for piece in dict.fromkeys(map(view.tree.piece_at, (max(0, offset - 1), offset))):
        if piece is None:
            continue
        start = piece.anchor.offset
        for token in tokens(piece.block.text):
            word = _Word(token.text, token.kind, start + token.start, start + token.end)
            is_name = token.text[0].isalnum() or token.text[0] in '"#'
            if is_name and word.start <= offset <= word.end:
                found = word
    return found


def _of_comment(word: _Word, offset: int) -> tuple[_Word, str]:
    """Explain the code of a diagnostic that a comment mentions."""
    for match in _code(word.text):
        here = _Word(match[0], word.kind, word.start + match.start(), word.start + match.end())
        code = codes.find(match[0])
        if code is not None and here.start <= offset <= here.end:
            heading, _, rest = codes.page(code).partition("\n")
            first = rest.strip().partition("\n\n")[0]
            link = f"[{code.id}]({page_uri(code)})"
            return here, paragraphs(f"**{heading.lstrip('# ')}**", first, link)
    return word, ""


def _of_word(view: View, word: _Word) -> str:
    use = use_at(view, word.start)
    if use is not None:
        text = paragraphs(*(_of_target(view, target) for target in use.targets))
        if text:
            return text
    piece = view.tree.piece_at(word.start)
    if piece is None:
        return ""
    for declaration in piece.declarations:
        if declaration.span.offset <= word.start < declaration.span.end_offset:
            path = path_to(declaration, word.start)
            if path[-1].span.offset == word.start and not isinstance(path[-1], s.Declaration):
                leaf = literals.of_leaf(view, path)
                if leaf or path[-1].span.end_offset == word.end:
                    return leaf
    start = word.start - piece.anchor.offset
    return keywords.of_keyword(view, piece, start, start + len(word.text)) or _of_unread(view, word)


def _of_target(view: View, target: Target) -> str:
    """Return what a name stands for."""
    symbols = view.table.symbols
    match target:
        case Target("namespace", name):
            return names.of_namespace(view, name)
        case Target("port", name, owner):
            symbol = symbols.get(("peer", owner))
            return names.of_port(view, symbol, name) if symbol else ""
        case Target("version", name, owner):
            symbol = symbols.get(("peer", owner))
            return names.of_version(symbol, name) if symbol else ""
        case Target("module", name):
            return names.of_module(name)
        case Target("file", path):
            return f"**file** `{path}`"
    symbol = symbols.get(cast(Any, (target.kind, target.key)))
    return names.of_symbol(view, symbol) if symbol else ""


def _of_unread(view: View, word: _Word) -> str:
    """Explain a name in what can't be read, by what has that name."""
    if word.kind not in ("NAME", "DOTTED"):
        return ""
    qualified = _namespace_before(
        view.text.value, max(0, word.start - LONGEST_NAME - 1), word.start
    )
    namespace = s.Name(nowhere(), qualified[1]) if qualified else None
    ref = s.Ref(nowhere(), namespace, s.Name(nowhere(), word.text))
    scope = scope_at(view.tree, word.start)
    spaces: tuple[Space, ...] = get_args(Space)
    found = (each for space in spaces for each in view.table.candidates(ref, space, scope))
    return next((names.of_symbol(view, symbol) for symbol in found), "")


def _compiled(view: View, word: _Word) -> str | None:
    """Return what comes of a name or of a statement, where it starts, and the objects around it."""
    found = compiled_at(view, word.start, whole=False)
    if found is None:
        return None
    if found.node.span.offset != word.start and use_at(view, word.start) is None:
        return None
    first, *others = found.made
    comes = comes_of(view, found.node)
    lines = (excerpt(first, comes) or text_of(first)).splitlines()
    if len(lines) > _MOST_LINES + 1:
        lines = [*lines[:_MOST_LINES], f"# … {len(lines) - _MOST_LINES} more lines"]
    for each in others:
        more = (excerpt(each, comes) or "").splitlines()
        if more and len(lines) + len(more) < _MOST_IN_ALL:
            lines += ("", *more)
    also = ", ".join(f"`{title_of(each)}`" for each in others)
    return paragraphs(
        "---",
        f"Compiles to `{title_of(first)}`" + (f", and to {also}" if also else ""),
        block("\n".join(lines), "yaml"),
    )


FEATURES: tuple[Feature, ...] = (Feature(types.TEXT_DOCUMENT_HOVER, at_position(hover)),)
