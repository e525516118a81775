"""What is a name, and what to say about words that are none."""

import re
import unicodedata
from functools import lru_cache

from polc.codes import names as codes
from polc.diagnostics import Diagnostic, Edit, Fix
from polc.parse.lexer import LONGEST_NAME, NUMBER_OF, lex
from polc.parse.words import NAME, RESERVED, WORDS
from polc.source import Span

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?").fullmatch
_OBJECT = re.compile(
    r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
).fullmatch
_LONGEST_OBJECT = 253
_address = re.compile(
    r"[0-9]+(?:\.[0-9]+){3}(?:/[0-9]+)?|[0-9a-f]*:[0-9a-f:]*:[0-9a-f/]*"
).fullmatch
_UNQUOTED = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?").fullmatch

RULE = "a name has lower-case letters, digits and dashes, and starts with a letter"
_QUOTED_RULE = (
    "a name has lower-case letters, digits and dashes, and starts and ends with a letter or digit"
)


@lru_cache(maxsize=10_000)
def spelled(name: str) -> str:
    """Return a name, or one with its namespace, as it is written: in quotes where need be."""
    if "/" in name:
        return "/".join(map(spelled, name.split("/")))
    kind = lex(name).kinds[0]
    bare = kind in (NAME, NUMBER_OF["DOTTED"]) or kind in WORDS - RESERVED
    return name if bare else f'"{name}"'


def quoted_name_problem(text: str, span: Span) -> Diagnostic | None:
    """Check a quoted name; the rule is that of DNS labels (RFC 1123, section 2.1)."""
    if len(text) > LONGEST_NAME:
        return too_long(text, span, LONGEST_NAME)
    if _LABEL(text):
        return None
    help = _elsewhere(text) or _QUOTED_RULE + _foreign_letter(text)
    return Diagnostic(codes.BAD_NAME, f"`{text}` is not a name", span, help=help)


def _elsewhere(text: str) -> str | None:
    """Say what has a place for a text that is no name, where it looks like an address."""
    if text == "*":
        return "write `any` for every pod of the cluster, `internet` for all outside of it"
    if _address(text):
        block = text if "/" in text else f"{text}/{128 if ':' in text else 32}"
        return f"addresses are an `endpoint NAME {{ cidr {block} }}`"
    bare = text.split("://")[-1].partition("/")[0].partition(":")[0]
    if "." in bare and _OBJECT(bare):
        return f'a host outside of the cluster is an `endpoint NAME {{ host "{bare}" }}`'
    return None


def quoted_object_problem(text: str, span: Span) -> Diagnostic | None:
    """Check the quoted name of a Kubernetes object, which may have dots (DNS subdomain)."""
    if len(text) > _LONGEST_OBJECT:
        return too_long(text, span, _LONGEST_OBJECT)
    if _OBJECT(text):
        return None
    return Diagnostic(
        codes.BAD_NAME, f"`{text}` is not a name", span, help=f"{_QUOTED_RULE}; it may have dots"
    )


def too_long(text: str, span: Span, limit: int) -> Diagnostic:
    """Report a name with too many characters."""
    shown = text if len(text) <= 80 else text[:40] + "…"
    return Diagnostic(
        codes.NAME_TOO_LONG,
        f"the name `{shown}` has {len(text)} characters",
        span,
        help=f"a name has at most {limit} characters",
    )


def bad_word(text: str, span: Span) -> Diagnostic:
    """Report a word that stands where a name should and is none."""
    longest = max(text.split("."), key=len)
    if len(longest) > LONGEST_NAME and _LABEL(longest):
        return too_long(longest, span, LONGEST_NAME)
    if _LABEL(text):
        quoted = f'"{text}"'
        return Diagnostic(
            codes.BAD_NAME,
            f"`{text}` is not a name: it starts with a digit",
            span,
            help=f"write it in quotes: `{quoted}`",
            fix=Fix(f"write {quoted}", (Edit(span, quoted),)),
        )
    if "." in text and all(map(_LABEL, text.split("."))):
        return Diagnostic(
            codes.BAD_NAME,
            f"`{text}` is not a name: only names of library modules have dots",
            span,
            help=f"{RULE}; write `namespace/name` for a name of another namespace",
        )
    better = repaired(text)
    return Diagnostic(
        codes.BAD_NAME,
        f"`{text}` is not a name",
        span,
        help=RULE + (f"; for example `{better}`" if better else _foreign_letter(text)),
        fix=Fix(f"write `{better}`", (Edit(span, better),)) if better else None,
    )


def _plain(text: str) -> str:
    """Return a text in ASCII: without accents, and without what ASCII has nothing for."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _foreign_letter(text: str) -> str:
    """Point out a letter of another script, which may look just like one of these."""
    letter = next((each for each in text if each.isalnum() and not _plain(each)), None)
    return f"; `{letter}` (U+{ord(letter):04X}) is none of them" if letter else ""


def repaired(text: str) -> str | None:
    """Return the nearest thing to a word that is a name: `my-service` for `My_Service`."""
    if _foreign_letter(text):
        return None
    plain = _plain(text)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", plain)
    better = re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")
    return better if _UNQUOTED(better) and len(better) <= LONGEST_NAME else None
