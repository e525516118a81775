"""Routes in words: one request that goes astray, and why."""

from polc.codes.proof import MISROUTED, NO_SUCH_VERSION, NOT_DECIDED, UNREACHABLE_ROUTE
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Rollout, Workload
from polc.semantics.objects.model import Found
from polc.semantics.routes.targets import Shares
from polc.semantics.sets.products import Box
from polc.semantics.sets.strings import StringSet
from polc.source import Span


def request_words(met: Box) -> str:
    """Return one request of a box in words."""
    method, path, more = "GET", "/", []
    for name, side in met.sides:
        assert isinstance(side, StringSet)
        if name == "method":
            method = "GET" if "GET" in side else side.sample()
        elif name == "path":
            path = "/" if "/" in side else side.sample()
        elif value := side.sample():
            more.append(f"{name} `{value}`")
    return f"`{method} {path}`" + (f" with {' and '.join(more)}" if more else "")


def parts_of(goes: Shares) -> str:
    """Return destinations with their shares."""
    if not goes:
        return "nothing"
    if len(goes) == 1:
        return f"`{goes[0][0]}`"
    return " and ".join(f"{float(part) * 100:g}% `{name}`" for name, part in goes)


def missing(
    workload: Workload, rollout: Rollout, what: str, span: Span | None = None
) -> Diagnostic:
    """Say that requests of a rollout get nowhere."""
    return Diagnostic(
        MISROUTED,
        f"the rollout of `{workload.key}` is not what is routed: {what}",
        span or rollout.span,
    )


def unreachable(found: Found, keys: tuple[str | int, ...]) -> Diagnostic:
    """Say that a route is never tried."""
    return Diagnostic(
        UNREACHABLE_ROUTE,
        f"this route of `{found.namespace}/{found.name}` gets no request: those before it take all",
        found.span(*keys),
        help="put the narrower route first, or remove this one",
    )


def astray(found: Found, keys: tuple[str | int, ...], why: str) -> Diagnostic:
    """Say that a route leads to no version."""
    return Diagnostic(
        NO_SUCH_VERSION,
        f"a route of `{found.namespace}/{found.name}` {why}",
        found.span(*keys),
    )


def not_decided(found: Found, why: str, *keys: str | int) -> Diagnostic:
    """Say what can't be told from the objects."""
    return Diagnostic(
        NOT_DECIDED,
        f"not decided: {why} (`{found.kind}` `{found.namespace}/{found.name}`)",
        found.span(*(keys or ("spec",))),
    )
