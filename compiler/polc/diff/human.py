"""Changes as text for a terminal: `+` newly permitted, `-` taken away, `~` in another share."""

from polc.diagnostics import Diagnostic
from polc.diff.changes import Change, Kind
from polc.diff.render_words import place, remarks, requests_of, sentence, tally
from polc.plain import harmless

_GAIN, _LOSS, _DIM, _BOLD, _OFF = "\x1b[33m", "\x1b[36m", "\x1b[2m", "\x1b[1m", "\x1b[0m"


def render(
    changes: tuple[Change, ...], colour: bool = False, left_open: tuple[Diagnostic, ...] = ()
) -> str:
    """Return a section per kind, then the tally; what was not compared is on standard error."""
    lines: list[str] = []
    for kind in Kind:
        group = [change for change in changes if change.kind is kind]
        if group:
            lines += [_paint(kind.value, _BOLD, colour), *_rows(group, colour), ""]
    lines.append(tally(changes, left_open))
    return "".join(f"{line}\n" for line in lines)


def _rows(changes: list[Change], colour: bool) -> list[str]:
    rows = []
    for change in changes:
        mark, paint = ("+", _GAIN) if change.gained else ("-", _LOSS)
        mark, paint = ("~", _BOLD) if change.shifted else (mark, paint)
        where = place(change.span)
        tail = _paint(f"  {harmless(where)}", _DIM, colour) if where else ""
        rows.append(_paint(f"  {mark} {harmless(sentence(change))}", paint, colour) + tail)
        rows += [f"      {harmless(text)}" for text in requests_of(change)]
        rows += [_paint(f"      {harmless(text)}", _DIM, colour) for text in remarks(change)]
    return rows


def _paint(text: str, paint: str, colour: bool) -> str:
    return f"{paint}{text}{_OFF}" if colour else text
