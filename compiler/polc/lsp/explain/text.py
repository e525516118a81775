"""Texts for people: Markdown, and the same where a client shows plain text only."""

import re

from lsprotocol import types

from polc.plain import lines

_fence = re.compile(r"^```.*\n", re.MULTILINE)
_rule = re.compile(r"^---\n", re.MULTILINE)
_special = re.compile(r"([\\`*_{}\[\]()#+!<>|~-])")


def block(text: str, language: str = "polc") -> str:
    """Return a text as a block of code."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def escaped(text: str) -> str:
    """Return words of the user's so that Markdown shows them as they are."""
    return _special.sub(r"\\\1", text)


def paragraphs(*texts: str | None) -> str:
    """Join what there is, with empty lines between."""
    return "\n\n".join(text for text in texts if text)


def content(markdown: str, *, is_markdown: bool) -> types.MarkupContent:
    """Return a text as the client shows it."""
    markdown = lines(markdown)
    if is_markdown:
        return types.MarkupContent(types.MarkupKind.Markdown, markdown)
    return types.MarkupContent(types.MarkupKind.PlainText, _plain(markdown))


def _plain(markdown: str) -> str:
    text = _rule.sub("", _fence.sub("", markdown + "\n"))
    unescaped = re.sub(r"\\([\\`*_{}\[\]()#+!<>|~-])", "\x00\\1", text)
    bare = re.sub(r"(?<!\x00)(?:\*\*|`)", "", unescaped)
    return bare.replace("\x00", "").strip()
