"""Changes as Markdown, for a comment on a pull request."""

import re

from polc.diagnostics import Diagnostic, Severity
from polc.diff.changes import Change, Kind
from polc.diff.render_words import place, remarks, requests_of, sentence, tally


def render(
    changes: tuple[Change, ...], colour: bool = False, left_open: tuple[Diagnostic, ...] = ()
) -> str:
    """Return a table per kind; what is newly permitted stands first, what is open last."""
    lines = [f"**Permissions: {tally(changes, left_open)}.**"]
    for kind in Kind:
        group = [change for change in changes if change.kind is kind]
        if group:
            lines += ["", f"### {kind.value[0].upper()}{kind.value[1:]}", ""]
            lines += ["| | what | requests, remarks | where |", "|---|---|---|---|"]
            lines += map(_row, sorted(group, key=lambda change: not change.gained))
    if left_open:
        lines += ["", "### What is left open", "", *map(_open, left_open)]
    return "".join(f"{line}\n" for line in lines)


def _open(each: Diagnostic) -> str:
    where = place(each.span)
    word = "" if each.severity is Severity.ERROR else f"{each.severity}: "
    text = f"- {word}{_text(each.message.replace('`', ''))}"
    return text + (f" (`{_code(where)}`)" if where else "")


def _row(change: Change) -> str:
    mark = "🔺 new" if change.gained else "🔻 gone"
    mark = "🔀 other share" if change.shifted else mark
    told = [*(f"`{_code(text)}`" for text in requests_of(change)), *map(_text, remarks(change))]
    where = place(change.span)
    cells = (mark, _text(sentence(change)), "<br>".join(told), f"`{_code(where)}`" if where else "")
    return "| " + " | ".join(cells) + " |"


def _text(text: str) -> str:
    """Escape what Markdown or HTML would read in plain words."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)
    return " ".join(escaped.split())


def _code(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("`", "'").split())
