"""The summary at the end of a build: a few aligned lines on standard error."""

from collections.abc import Iterable, Sequence

from polc.report.summary import Added, Item, Summary, counted

_SHOWN = 10
_WIDTH = 10


def render_text(summary: Summary, files: str | None) -> str:
    """Return the lines; `files` says what became of files, None where none were written."""
    total = sum(number for _, number in summary.objects)
    rows = [
        _row("compiled", f"{counted(summary.services, 'service')} in"
             f" {counted(summary.namespaces, 'namespace')},"
             f" {counted(summary.flows, 'flow')} -> {_made(summary, total)}")
    ]  # fmt: skip
    rows += _rows("added", _added_lines(summary.added))
    rows += _rows("broad", map(_line, summary.broad))
    rows += _rows("relaxed", map(_line, summary.relaxed))
    rows += _rows("privileged", map(_line, summary.privileged))
    rows += _rows("level", (f"namespace {item.subject}: {item.what}" for item in summary.levels))
    rows += _rows("expires", map(_dated, summary.expires))
    rows += _rows("expired", map(_dated, summary.expired))
    if files is not None:
        rows.append(_row("files", files))
    return "\n".join(rows) + "\n"


def _made(summary: Summary, total: int) -> str:
    parts = [counted(total, "object")]
    if summary.patches:
        parts.append(counted(summary.patches, "component file"))
    if summary.texts:
        parts.append(counted(summary.texts, "Dockerfile"))
    return ", ".join(parts)


def _added_lines(added: Sequence[Added]) -> Iterable[str]:
    """Tell of each purpose for how many services, and of few services which."""
    by_purpose: dict[str, dict[str, None]] = {}
    peers: dict[str, dict[str, None]] = {}
    for each in added:
        by_purpose.setdefault(each.purpose, {})[each.service] = None
        peers.setdefault(each.purpose, {})[f"{each.direction} {each.peer}"] = None
    for purpose, services in by_purpose.items():
        names = ", ".join(services) if len(services) <= 2 else f"{len(services)} services"
        yield f"{purpose}: {names}, {_few(tuple(peers[purpose]), 4)}"


def _few(names: Sequence[str], limit: int) -> str:
    if len(names) <= limit:
        return ", ".join(names)
    return ", ".join(names[: limit - 1]) + f" and {len(names) - limit + 1} others"


def _line(item: Item) -> str:
    because = f" because {item.because}" if item.because else ""
    until = f" (until {item.until})" if item.until else ""
    return f"{item.subject} {item.what}{because}{until}"


def _dated(item: Item) -> str:
    return f"{item.until} {item.subject} {item.what}"


def _rows(head: str, lines: Iterable[str]) -> list[str]:
    shown = list(lines)
    more = len(shown) - _SHOWN
    if more > 0:
        shown[_SHOWN:] = [f"and {more} others: see --report md"]
    return [_row(head if number == 0 else "", line) for number, line in enumerate(shown)]


def _row(head: str, text: str) -> str:
    return f"{head:>{_WIDTH}}  {' '.join(text.split())}"
