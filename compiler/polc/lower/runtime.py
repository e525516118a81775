"""How a service runs: resources, stopping, and the settings of Knative workloads."""

from functools import lru_cache
from posixpath import normpath

from polc import syntax
from polc.codes import names, routes, values
from polc.diagnostics import Diagnostic, Label
from polc.ir import nodes as ir
from polc.lower.images import check_image
from polc.lower.probes import lower_probes
from polc.lower.quantities import amount
from polc.lower.values import backwards, duration, integer, quantity_range
from polc.lower.words import first_word, replaceable, unknown
from polc.prose import listed
from polc.source import Span

__all__ = (
    "lower_build",
    "lower_concurrency",
    "lower_probes",
    "lower_resources",
    "lower_scale",
    "lower_stop",
    "lower_timeout",
)

SIGNALS = (
    *("SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP"),
    *("SIGILL", "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF"),
    *("SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP"),
    *("SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM"),
    *("SIGWINCH", "SIGXCPU", "SIGXFSZ"),
)
"""Signals that a container can be stopped by (core/v1, Signal), without the real-time ones."""

_LARGEST = 2**31 - 1


# --- resources and stopping -------------------------------------------------------------------


def lower_resources(r: syntax.Resources | None, found: list[Diagnostic]) -> ir.Resources | None:
    """Read requests and limits."""
    if r is None:
        return None
    amounts: dict[str, tuple[str, str]] = {}
    first: dict[str, syntax.ResourceRange] = {}
    for item in r.items:
        if item.kind in first:
            found.append(
                Diagnostic(
                    names.DUPLICATE_STATEMENT,
                    f"`{item.kind}` stands twice",
                    item.span,
                    (Label(first[item.kind].span, "it stands here already"),),
                    help="keep one of them",
                )
            )
            continue
        first[item.kind] = item
        read = quantity_range(item.amount, found)
        if read is not None and _sensible(item, found):
            amounts[item.kind] = read
    return ir.Resources(amounts.get("cpu"), amounts.get("memory"), r.span)


def _sensible(item: syntax.ResourceRange, found: list[Diagnostic]) -> bool:
    """Report amounts that parse and can't have been meant."""
    bounds = (item.amount.low, item.amount.high or item.amount.low)
    if amount(bounds[1].text) == 0:
        found.append(
            Diagnostic(
                values.BAD_VALUE,
                f"a {item.kind} limit of 0 would be no limit at all",
                bounds[1].span,
                help=f"write what it may use at most: `{item.kind} 100m..500m`"
                if item.kind == "cpu"
                else "write what it may use at most: `memory 64Mi..128Mi`",
            )
        )
        return False
    for bound in dict.fromkeys(bounds):
        problem = _unit_problem(item.kind, bound.text)
        if problem is not None:
            message, better = problem
            found.append(replaceable(values.BAD_QUANTITY, message, bound.span, better))
            return False
    return True


@lru_cache(maxsize=4096)
def _unit_problem(kind: str, text: str) -> tuple[str, str] | None:
    """Return the message for a unit of the other resource, and what was meant."""
    value = amount(text)
    number = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if kind == "cpu" and text.endswith("i"):
        return f"`{text}` counts bytes, and `cpu` counts cores", f"{number}m"
    if kind == "memory" and value is not None and value.denominator != 1:
        return f"`{text}` is a fraction of a byte", f"{number}Mi"
    if kind == "memory" and value is not None and 0 < value < 2**20 and text.isdigit():
        return f"`memory` counts bytes, and no process runs in {text} of them", f"{number}Mi"
    return None


def lower_stop(s: syntax.Stop | None, found: list[Diagnostic]) -> ir.Stop | None:
    """Read the grace period and the signal."""
    if s is None:
        return None
    grace = duration(s.grace, found) if s.grace is not None else None
    signal = s.signal.text if s.signal is not None else None
    if s.signal is not None and signal not in SIGNALS:
        message = f"`{signal}` is not a signal"
        if f"SIG{s.signal.text.upper()}" in SIGNALS:
            better = f"SIG{s.signal.text.upper()}"
            found.append(replaceable(values.UNKNOWN_WORD, message, s.signal.span, better))
        else:
            found.append(
                unknown(values.UNKNOWN_WORD, message, s.signal.span, s.signal.text, SIGNALS)
            )
        signal = None
    return ir.Stop(grace, signal, s.span)


# --- Knative ----------------------------------------------------------------------------------


SCALABLE = ("deployment", "statefulset")
"""Kinds that have a scale which polc leaves to whoever owns the object."""


def lower_scale(
    s: syntax.Scale | None, kind: str, found: list[Diagnostic]
) -> tuple[int, int] | None:
    """Read the least and the largest number of pods; only Knative scales for us."""
    if s is None or (kind not in SCALABLE and not _only_knative("scale", s, kind, found)):
        return None
    low = integer(s.amount.low, found, "a number of pods")
    high = low
    if s.amount.high is not None:
        high = integer(s.amount.high, found, "a number of pods")
    if low is None or high is None:
        return None
    if high < low:
        found.append(backwards(s.amount, f"{high}..{low}"))
        return None
    if high == 0:
        # Knative reads `max-scale: "0"` as no limit (knative.dev, "Configuring scale bounds").
        found.append(
            Diagnostic(
                routes.BAD_SCALE,
                "a service that scales to at most 0 pods never runs",
                s.amount.span,
                help="write the largest number behind `..`: `scale 0..20`",
            )
        )
        return None
    if high > _LARGEST:
        message = f"a scale is at most {_LARGEST}"
        found.append(Diagnostic(routes.BAD_SCALE, message, s.amount.span))
        return None
    if kind in SCALABLE:
        found.append(
            Diagnostic(
                routes.SCALE_NOT_COMPILED,
                f"no target compiles the scale of a {kind}",
                s.span,
                help="Knative scales what polc writes; scale others where they are defined",
            )
        )
        return None
    return low, high


def lower_concurrency(
    c: syntax.Concurrency | None, kind: str, found: list[Diagnostic]
) -> int | None:
    """Read `containerConcurrency`: 0 (no limit) to 1000 (Knative's default bound)."""
    if c is None or not _only_knative("concurrency", c, kind, found):
        return None
    value = integer(c.value, found, "a concurrency")
    if value is not None and value > 1000:
        found.append(
            Diagnostic(
                values.BAD_VALUE,
                f"Knative hands at most 1000 requests at once to a pod, not {value}",
                c.value.span,
                help="write 1 to 1000, or 0 for no limit",
            )
        )
        return None
    return value


def lower_timeout(t: syntax.Timeout | None, kind: str, found: list[Diagnostic]) -> int | None:
    """Read `timeoutSeconds`: 1 second to Knative's default bound of 10 minutes."""
    if t is None or not _only_knative("timeout", t, kind, found):
        return None
    value = duration(t.value, found)
    if value is not None and not 1 <= value <= 600:
        found.append(
            Diagnostic(
                values.BAD_VALUE,
                f"Knative gives a request 1 second to 10 minutes, not `{t.value.text}`",
                t.value.span,
                help="write `1s` to `600s`",
            )
        )
        return None
    return value


def _only_knative(word: str, node: syntax.Node, kind: str, found: list[Diagnostic]) -> bool:
    if kind == "knative":
        return True
    found.append(
        Diagnostic(
            routes.NOT_KNATIVE,
            f"only knative workloads take `{word}`, and this is a {kind}",
            node.span,
            help=f"delete `{word}`, or write `workload knative`",
        )
    )
    return False


# --- images that polc builds ------------------------------------------------------------------


def lower_build(
    b: syntax.Build | None, span: Span, found: list[Diagnostic], *, whole: bool = True
) -> ir.Build | None:
    """Read what a Dockerfile is made from; `span` is the service that it is for.

    Without `whole`, what is missing may be what the parser could not read.
    """
    if b is None:
        return None
    base = check_image(b.base, found) if b.base is not None else None
    builder = check_image(b.builder, found) if b.builder is not None else None
    app = _folder(b.app, found) if b.app is not None else None
    missing = [
        word
        for word, given in (("base", b.base), ("app", b.app), ("command", b.command))
        if not given
    ]
    if missing and whole:
        samples = {"base": 'base "…"', "app": 'app "/app"', "command": 'command ["…"]'}
        found.append(
            Diagnostic(
                names.MISSING_STATEMENT,
                f"`build` needs {listed(missing)}",
                first_word(b.span, "build"),
                (Label(span, "of this service"),),
                help=f"add `{'  '.join(samples[word] for word in missing)}`",
            )
        )
    if base is None or app is None or not b.command:
        return None
    return ir.Build(
        base,
        app,
        tuple(each.value for each in b.command),
        builder,
        tuple(each.value for each in b.install or ()),
        b.span,
    )


def _folder(s: syntax.String, found: list[Diagnostic]) -> str | None:
    text = s.value
    if text.startswith("/") and text == normpath("/" + text.lstrip("/")) and text != "/":
        return text
    found.append(
        Diagnostic(
            values.BAD_VALUE,
            f"`{text}` is not the folder of an application",
            s.span,
            help="write it from the root on, without `..` and without a final `/`: `/app`",
        )
    )
    return None
