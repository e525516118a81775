"""How findings about manifests speak."""

from collections.abc import Iterable

from polc.codes.proof import LIKELY_MISTAKE
from polc.diagnostics import Code, Diagnostic, Severity
from polc.semantics.objects.model import Found, Key


def mistake(
    found: Found,
    message: str,
    advice: str,
    *keys: Key,
    code: Code = LIKELY_MISTAKE,
    severity: Severity = Severity.WARNING,
) -> Diagnostic:
    """Say what an object does that rarely was meant, and what to write instead."""
    return Diagnostic(
        code, f"{title(found)} {message}", found.span(*keys), help=advice, severity=severity
    )


def title(found: Found) -> str:
    """Name an object by its kind, namespace and name."""
    return f"{found.kind} `{full_name(found)}`"


def full_name(found: Found) -> str:
    """Name an object by its namespace, if it has one, and name."""
    wide = found.kind.startswith("Cluster") or found.kind == "Namespace"
    return found.name if wide else f"{found.namespace}/{found.name}"


def counted_rest(words: Iterable[str], most: int) -> list[str]:
    """Return words, up to a number of them, and how many more there are."""
    all_of_them = list(words)
    rest = len(all_of_them) - most
    return [*all_of_them[:most], *([f"{rest} more"] if rest > 0 else ())]
