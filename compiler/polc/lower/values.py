"""Literals: numbers, durations, address blocks, dates and labels, each checked at its own place.

A converter appends what it finds to `found` and returns the value, or None if there is none.
"""

import ipaddress
import re
from datetime import date

from polc import syntax
from polc.codes import values as codes
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Labels
from polc.lower.quantities import compare, quantity, quantity_range
from polc.lower.texts import host, is_dns_label, path
from polc.lower.words import replaceable
from polc.suggest import as_date

__all__ = (
    "cidr",
    "compare",
    "date_of",
    "duration",
    "host",
    "integer",
    "is_dns_label",
    "labels",
    "path",
    "percent",
    "port_number",
    "port_of",
    "port_range",
    "quantity",
    "quantity_range",
)

_DIGITS = re.compile(r"[0-9]{1,18}")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LABEL_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


# --- numbers ----------------------------------------------------------------------------------


def integer(n: syntax.Number, found: list[Diagnostic], what: str) -> int | None:
    """Read a whole number; `what` names what it is, with its article: "a user id"."""
    if _DIGITS.fullmatch(n.text):
        return int(n.text)
    found.append(
        Diagnostic(codes.BAD_VALUE, f"{what} is a whole number, and `{n.text}` is none", n.span)
    )
    return None


def percent(p: syntax.Percent, found: list[Diagnostic]) -> int | None:
    """Read a percentage: a whole number from 0 to 100."""
    if _DIGITS.fullmatch(p.text) and int(p.text) <= 100:
        return int(p.text)
    found.append(
        Diagnostic(
            codes.BAD_VALUE,
            f"`{p.text}%` is not a whole percentage from 0% to 100%",
            p.span,
        )
    )
    return None


def port_of(n: syntax.Number) -> int | None:
    """Return the port that a number can be, or None; nothing is reported."""
    return int(n.text) if _DIGITS.fullmatch(n.text) and 1 <= int(n.text) <= 65535 else None


def port_number(n: syntax.Number, found: list[Diagnostic]) -> int | None:
    """Read a port number: 1 to 65535 (RFC 6335, section 6; 0 can't be connected to)."""
    number = port_of(n)
    if number is not None:
        return number
    found.append(
        Diagnostic(
            codes.BAD_PORT,
            f"`{n.text}` is not a port number",
            n.span,
            help="a port is a whole number from 1 to 65535",
        )
    )
    return None


def port_range(r: syntax.Range, found: list[Diagnostic]) -> tuple[int, int] | None:
    """Read a port, or a range of ports: the first and the last of them."""
    low = port_number(r.low, found)
    high = port_number(r.high, found) if r.high is not None else low
    if low is None or high is None:
        return None
    if high < low:
        found.append(backwards(r, f"{high}..{low}"))
        return None
    return low, high


def backwards(r: syntax.Range, better: str) -> Diagnostic:
    """Report a range whose end comes before its start."""
    assert r.high is not None
    return replaceable(
        codes.BAD_RANGE,
        f"the range `{r.low.text}..{r.high.text}` ends before it starts",
        r.span,
        better,
    )


def duration(n: syntax.Number, found: list[Diagnostic]) -> int | None:
    """Read a duration in whole seconds: `30s`, `5m`, `1h`, or a bare `0`."""
    match = re.fullmatch(r"([0-9]{1,12})([smh])", n.text)
    if match:
        return int(match[1]) * _SECONDS[match[2]]
    if n.text == "0":
        return 0
    message = f"`{n.text}` is not a duration"
    if _DIGITS.fullmatch(n.text):
        found.append(replaceable(codes.BAD_DURATION, message, n.span, f"{n.text}s"))
        return None
    if word := re.fullmatch(r"([0-9]{1,12})(secs?|seconds?|mins?|minutes?|hrs?|hours?)", n.text):
        found.append(replaceable(codes.BAD_DURATION, message, n.span, f"{word[1]}{word[2][0]}"))
        return None
    hint = "a duration is a whole number with `s`, `m` or `h`: `30s`, `5m`, `1h`"
    if re.fullmatch(r"[0-9]+(ms|us|ns)", n.text):
        hint = "Kubernetes counts in whole seconds: the shortest duration is `1s`"
    elif days := re.fullmatch(r"([0-9]{1,6})d", n.text):
        hint = f"a day has 24 hours: write `{int(days[1]) * 24}h`"
    found.append(Diagnostic(codes.BAD_DURATION, message, n.span, help=hint))
    return None


# --- addresses and dates ----------------------------------------------------------------------


def cidr(c: syntax.Cidr, found: list[Diagnostic]) -> str | None:
    """Read an address block and return it in canonical form.

    Bits behind the prefix are an error, as they are for an `ipBlock` of a NetworkPolicy in strict
    validation (KEP-4858): nobody can tell whether the host or its network was meant.
    """
    address, slash, prefix = c.text.partition("/")
    message = f"`{c.text}` is not an address block"
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        hint = "write four numbers up to 255 and a prefix: `10.0.0.0/8`"
        if ":" in address:
            hint = "write an IPv6 prefix: `2001:db8::/32`"
        found.append(Diagnostic(codes.BAD_CIDR, message, c.span, help=hint))
        return None
    if not slash:
        whole = f"{ip}/{ip.max_prefixlen}"
        hint = f"for this one address write `{whole}`"
        found.append(replaceable(codes.BAD_CIDR, message, c.span, whole, help=hint))
        return None
    if not re.fullmatch(r"0|[1-9][0-9]{0,2}", prefix) or int(prefix) > ip.max_prefixlen:
        hint = f"an IPv{ip.version} prefix has 0 to {ip.max_prefixlen} bits"
        found.append(Diagnostic(codes.BAD_CIDR, message, c.span, help=hint))
        return None
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped or ip.scope_id):
        hint = "write the IPv4 block itself" if ip.ipv4_mapped else "leave out the zone"
        found.append(Diagnostic(codes.BAD_CIDR, message, c.span, help=hint))
        return None
    network = ipaddress.ip_network(f"{ip}/{prefix}", strict=False)
    if network.network_address != ip:
        found.append(
            replaceable(
                codes.BAD_CIDR,
                f"`{c.text}` has bits set behind its prefix",
                c.span,
                str(network),
                help=f"the network is `{network}`, this one address is `{ip}/{ip.max_prefixlen}`",
            )
        )
        return None
    return str(network)


def date_of(d: syntax.Date, found: list[Diagnostic]) -> date | None:
    """Read a calendar date, year first (RFC 3339, full-date)."""
    message = f"`{d.text}` is not a date"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", d.text):
        try:
            return date.fromisoformat(d.text)
        except ValueError:
            hint = "the calendar has no such day"
    elif better := as_date(d.text):
        found.append(replaceable(codes.BAD_DATE, message, d.span, better))
        return None
    else:
        hint = "write year, month and day: `2026-12-31`"
    found.append(Diagnostic(codes.BAD_DATE, message, d.span, help=hint))
    return None


# --- labels -----------------------------------------------------------------------------------


def labels(entries: tuple[syntax.Entry, ...], found: list[Diagnostic]) -> Labels:
    """Read label pairs, sorted by key (Kubernetes, "Labels and Selectors", syntax)."""
    first: dict[str, syntax.Entry] = {}
    for entry in entries:
        key = entry.key.text
        if key in first:
            found.append(
                Diagnostic(
                    codes.BAD_LABEL,
                    f"the label `{key}` is given twice",
                    entry.key.span,
                    (Label(first[key].key.span, "first given here"),),
                    help="a pod has one value per label: keep one of the two",
                )
            )
            continue
        first[key] = entry
        if problem := label_key_problem(key):
            found.append(
                Diagnostic(
                    codes.BAD_LABEL, f"`{key}` is not a label key", entry.key.span, help=problem
                )
            )
        if problem := label_value_problem(entry.value.value):
            found.append(
                Diagnostic(
                    codes.BAD_LABEL,
                    f"`{entry.value.value}` is not a label value",
                    entry.value.span,
                    help=problem,
                )
            )
    return tuple(sorted((key, entry.value.value) for key, entry in first.items()))


def label_value_problem(value: str) -> str | None:
    """Return what is wrong with a label's value, or None."""
    if len(value) > 63:
        return f"a label value has at most 63 characters; this one has {len(value)}"
    if value and not _LABEL_PART.fullmatch(value):
        return "use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
    return None


def label_key_problem(key: str) -> str | None:
    """Return what is wrong with the key of a label, or None."""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return "before the `/` stands a DNS name in lower case, such as `app.kubernetes.io`"
    if not name:
        return "a label key needs a name"
    if len(name) > 63:
        return f"the name of a label has at most 63 characters; this one has {len(name)}"
    return label_value_problem(name)
