"""Strings with a grammar of their own: paths, host names, names of Kubernetes objects."""

import re
from urllib.parse import quote

from polc import syntax
from polc.codes import values as codes
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Path
from polc.lower.words import replaceable

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# What may stand in a segment (RFC 3986, section 3.3, pchar), without `*`, which is a pattern here.
_SEGMENT = re.compile(r"(?:[-A-Za-z0-9._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})*")
_ENCODED_PLAIN = re.compile(r"%(?:2[dDeE]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9aA]|5[fF]|7[eE])")


def is_dns_label(text: str) -> bool:
    """Tell whether a text can name a namespace or a Service (RFC 1123, section 2.1)."""
    return _DNS_LABEL.fullmatch(text) is not None


# --- paths ------------------------------------------------------------------------------------


def path(s: syntax.String, found: list[Diagnostic]) -> Path | None:
    """Read a path pattern: literal segments, `*` for one segment, a final `**` for any rest."""
    segments = s.value.removeprefix("/").split("/")
    rest = segments[-1] == "**"
    if rest:
        segments.pop()
    problem = _path_problem(s.value, segments)
    if problem is None:
        return Path(tuple(segments), rest)
    message, hint = problem
    found.append(Diagnostic(codes.BAD_PATH, message, s.span, help=hint))
    return None


def _path_problem(text: str, segments: list[str]) -> tuple[str, str] | None:
    if not text:
        return "the path is empty", "write `/`, or `/**` for every path"
    if not text.startswith("/"):
        return f"the path `{text}` does not start with `/`", f"write `/{text}`"
    if "**" in segments:
        return f"`**` stands in the middle of `{text}`", "`**` is the last segment, or none"
    for segment in segments:
        if "*" in segment and segment != "*":
            return (
                f"`{segment}` mixes `*` with other characters",
                "`*` stands for one whole segment, a final `**` for any rest",
            )
        if segment != "*" and (problem := _segment_problem(segment)):
            return f"`{text}` is not a path: {problem[0]}", problem[1]
    # One empty segment at the end is a final slash; any other one no client would send.
    if "" in segments[:-1] or (text.endswith("//**")):
        return f"`{text}` has an empty segment", "write one `/` between two segments"
    return None


def _segment_problem(segment: str) -> tuple[str, str] | None:
    if segment in (".", ".."):
        return (
            f"clients and proxies resolve `{segment}` before they compare",
            "write the path that is left then",
        )
    if encoded := _ENCODED_PLAIN.search(segment):
        plain = chr(int(encoded[0][1:], 16))
        return f"`{encoded[0]}` is another spelling of `{plain}`", f"write `{plain}`"
    if _SEGMENT.fullmatch(segment):
        return None
    for sign, name in (("?", "query"), ("#", "fragment")):
        if sign in segment:
            return f"from `{sign}` on it would be a {name}", f"a path ends before its {name}"
    if "{" in segment or "}" in segment:
        return "`{` and `}` have no meaning here", "write `*` for one whole segment"
    bad = next(c for c in segment if not re.fullmatch(r"[-A-Za-z0-9._~!$&'()+,;=:@]", c))
    shown = f"`{bad}`" if bad.isprintable() else f"U+{ord(bad):04X}"
    if bad == " ":
        shown = "a space"
    return f"{shown} can't stand in one", f"write it percent-encoded: `{quote(bad)}`"


# --- host names -------------------------------------------------------------------------------


def host(
    s: syntax.String, found: list[Diagnostic], *, wildcard: bool = False, dotted: bool = True
) -> str | None:
    """Read a DNS host name in lower case (RFC 1123, section 2.1).

    `wildcard` admits a leading `*.`; without `dotted` one label is enough, as in a trust domain.
    """
    name = s.value
    bare = name.removeprefix("*.") if wildcard else name
    problem = _host_problem(bare, dotted)
    if problem is None:
        return name
    better, hint = problem
    message = f"`{name}` is not a host name"
    if better is not None and _host_problem(better, dotted) is None:
        shown = name.replace(bare, better)
        found.append(replaceable(codes.BAD_HOST, message, s.span, f'"{shown}"', help=hint))
    else:
        found.append(Diagnostic(codes.BAD_HOST, message, s.span, help=hint))
    return None


def _host_problem(name: str, dotted: bool) -> tuple[str | None, str] | None:
    """Return None for a good name, else a better one, if there is one, and the help."""
    if not name:
        return None, "write it in full, with its domain: `api.example.com`"
    if "://" in name:
        bare = re.split(r"[/:]", name.split("://", 1)[1])[0]
        return bare, f"leave out the scheme: `{bare}`"
    if "/" in name:
        bare = name.split("/")[0]
        return bare, f"leave out the path: `{bare}`"
    if re.fullmatch(r"[0-9.]+", name) or name.count(":") > 1:
        return None, "an address is no name: write an endpoint with `cidr` instead"
    if match := re.fullmatch(r"([^:]*):[0-9]+", name):
        return match[1], f"the port stands apart: write `{match[1]}`, and the number after `port`"
    if name.startswith("*."):
        return None, "no pattern can stand here: write out each name"
    if "*" in name:
        return None, "`*` stands for a whole first label, as in `*.example.com`, or not at all"
    if not name.isascii():
        return _punycode(name)
    if name != name.lower():
        return name.lower(), f"write it in lower case: `{name.lower()}`"
    if name.endswith("."):
        return name.rstrip("."), f"leave out the final dot: `{name.rstrip('.')}`"
    if len(name) > 253:
        return None, f"a host name has at most 253 characters; this one has {len(name)}"
    bad = next((label for label in name.split(".") if not is_dns_label(label)), None)
    if bad is not None:
        return None, _label_help(bad)
    if dotted and "." not in name:
        return None, "write it in full, with its domain: `api.example.com`"
    return None


def _label_help(label: str) -> str:
    if not label:
        return "between two dots stands at least one character"
    if len(label) > 63:
        return f"between two dots stand at most 63 characters; `{label[:12]}…` has {len(label)}"
    return f"`{label}` has other characters than letters, digits and `-` inside"


def _punycode(name: str) -> tuple[str | None, str]:
    try:
        encoded = name.encode("idna").decode("ascii")
    except UnicodeError:
        return None, "a host name has letters, digits, `-` and `.` only"
    return encoded, f"write it as the DNS has it: `{encoded}`"
