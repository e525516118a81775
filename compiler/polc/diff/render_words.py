"""The words that every format of a difference uses."""

from polc.diagnostics import Diagnostic, Severity
from polc.diff.changes import Change, Kind, gained, lost, shifted
from polc.ir.nodes import HTTP_PROTOCOLS
from polc.source import Span


def sentence(change: Change) -> str:
    """Return a change as one phrase, without requests."""
    flow = change.flow
    subject = change.subject
    if flow is not None and flow.hosts:
        subject = f"internet via {subject} ({', '.join(change.hosts)})"
    return " ".join(filter(None, (subject, change.what, change.target)))


def requests_of(change: Change) -> tuple[str, ...]:
    """Return the requests that a change is about, in words where it is all of them."""
    if change.requests or change.flow is None or change.what != "may call":
        return change.requests
    return ("every request",) if change.flow.port.protocol in HTTP_PROTOCOLS else ()


def remarks(change: Change) -> tuple[str, ...]:
    """Return what else is to be known of a change, a phrase each."""
    already = "already permitted" if change.gained else "still permitted"
    found = []
    if change.beyond is not None:
        word = "permitted until then already" if change.gained else "permitted until then still"
        found.append(f"after {change.beyond.isoformat()}; {word}")
    if change.besides:
        found.append(f"{already}: {', '.join(change.besides)}")
    if change.until is not None:
        found.append(f"until {change.until.isoformat()}")
    if change.because:
        text = "; ".join(change.because)
        found.append(f"needed for {text}" if change.kind is Kind.ADDED else f"because {text}")
    return (*found, *change.notes)


def place(span: Span) -> str | None:
    """Return `file:line`, or None for what no text says."""
    return f"{span.source.name}:{span.line}" if span.source.text else None


def tally(changes: tuple[Change, ...], left_open: tuple[Diagnostic, ...] = ()) -> str:
    """Return how many things are gained, lost, shifted and not compared."""
    uncompared = sum(each.severity is Severity.ERROR for each in left_open)
    found = [f"{len(gained(changes))} newly permitted, {len(lost(changes))} taken away"]
    if not changes:
        word = "what was compared permits and takes away nothing"
        found = [word if uncompared else "nothing is permitted or taken away"]
    if moved := len(shifted(changes)):
        found.append(f"{moved} in another share")
    if uncompared:
        found.append(f"{uncompared} not compared")
    return ", ".join(found)
