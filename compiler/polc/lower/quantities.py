"""Kubernetes quantities: `100m`, `128Mi`, `1.5`, `1e3`.

The grammar is that of `resource.Quantity` (k8s.io/apimachinery, quantity.go), without a sign: no
amount that a program states can be negative.
"""

import re
from fractions import Fraction
from functools import lru_cache

from polc import syntax
from polc.codes import values as codes
from polc.diagnostics import Diagnostic
from polc.lower.words import replaceable

_QUANTITY = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?:(?P<binary>[KMGTPE])i|(?P<decimal>[numkMGTPE]?)|[eE](?P<exponent>[-+]?[0-9]{1,2}))"
)
_BINARY = {suffix: Fraction(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)}
_DECIMAL = {
    suffix: Fraction(1000) ** power
    for power, suffix in enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), start=-3)
}
LARGEST = 2**63 - 1
"""Kubernetes caps what is larger, so a larger one never means what it says."""


@lru_cache(maxsize=4096)
def amount(text: str) -> Fraction | None:
    """Return the value of a quantity, or None where the text is none."""
    match = _QUANTITY.fullmatch(text)
    if match is None or len(text) > 40:
        return None
    whole, _, part = match["number"].partition(".")
    number = Fraction(int(whole + part or "0"), 10 ** len(part))
    if match["binary"]:
        number *= _BINARY[match["binary"]]
    elif match["exponent"]:
        number *= Fraction(10) ** int(match["exponent"])
    else:
        number *= _DECIMAL[match["decimal"]]
    return number if number <= LARGEST else None


def quantity(n: syntax.Number, found: list[Diagnostic]) -> str | None:
    """Read a quantity and return it as written."""
    if amount(n.text) is not None:
        return n.text
    message = f"`{n.text}` is not a Kubernetes quantity"
    number, unit = _split(n.text)
    better = [] if _QUANTITY.fullmatch(n.text) else _meant(number, unit)
    if len(better) == 1:
        found.append(replaceable(codes.BAD_QUANTITY, message, n.span, better[0]))
    elif better:
        hint = f"did you mean `{better[0]}` or `{better[1]}`?"
        found.append(Diagnostic(codes.BAD_QUANTITY, message, n.span, help=hint))
    else:
        hint = "write a number with one of `m k M G T P E Ki Mi Gi Ti Pi Ei`, or with none"
        if _QUANTITY.fullmatch(n.text):
            hint = "a quantity is at most 2^63 - 1"
        found.append(Diagnostic(codes.BAD_QUANTITY, message, n.span, help=hint))
    return None


def quantity_range(r: syntax.Range, found: list[Diagnostic]) -> tuple[str, str] | None:
    """Read `low..high`, or one quantity that is both."""
    low = quantity(r.low, found)
    high = quantity(r.high, found) if r.high is not None else low
    if low is None or high is None:
        return None
    if compare(low, high) > 0:
        found.append(
            replaceable(
                codes.BAD_RANGE,
                f"the range `{low}..{high}` ends before it starts",
                r.span,
                f"{high}..{low}",
            )
        )
        return None
    return low, high


@lru_cache(maxsize=4096)
def compare(low: str, high: str) -> int:
    """Return -1, 0 or 1 as `low` is less than, equal to or more than `high` (both quantities)."""
    left, right = amount(low), amount(high)
    assert left is not None
    assert right is not None
    return (left > right) - (left < right)


def _split(text: str) -> tuple[str, str]:
    match = re.match(r"[0-9.]*", text)
    number = match[0] if match else ""
    return number, text[len(number) :]


def _meant(number: str, unit: str) -> list[str]:
    """Return what was probably meant by a unit that Kubernetes does not have."""
    if amount(number) is None:
        return []
    letter = unit[:1].upper()
    if letter in _BINARY:
        decimal = "k" if letter == "K" else letter
        if re.fullmatch(r".(ib|IB|iB|I)", unit):
            return [f"{number}{letter}i"]
        if unit == "K":
            return [f"{number}Ki", f"{number}k"]
        if re.fullmatch(r".[bB]?", unit):
            return [f"{number}{decimal}", f"{number}{letter}i"]
        if unit.lower() == f"{letter.lower()}i":
            return [f"{number}{letter}i"]
    return [number] if unit.lower() in ("b", "byte", "bytes", "core", "cores", "cpu") else []
