"""Stars that mean nothing but themselves, and methods that nobody sends.

A value matches as a whole, by its beginning (`/a/*`), by its end (`*/a`), or with `*` alone
whatever is there; a star elsewhere is a character like any other. Paths also take the templates
`{*}` and `{**}`. Methods are compared as they are, and are in capitals (RFC 9110, section 9.1).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.survey.mistakes import mistake

METHODS = frozenset({
    *("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
})  # fmt: skip
_STARRED = ("principals", "requestPrincipals", "hosts", "methods", "paths")
_FIELDS = (("from", "source"), ("to", "operation"))


def literal_mistakes(
    found: Found, rule: Mapping[str, Any], keys: tuple[Key, ...]
) -> Iterator[Diagnostic]:
    """Report values of a rule that are compared otherwise than they look."""
    for field, word in _FIELDS:
        for index, entry in enumerate(items(rule.get(field))):
            for name, values in mapping(mapping(entry).get(word)).items():
                plain = name[3:4].lower() + name[4:] if name.startswith("not") else name
                place = (*keys, field, index, word, name)
                for value in map(str, items(values)):
                    if plain in _STARRED and _is_literal(value):
                        yield literal(found, value, name, "of `{*}`, or list what is meant", place)
                    if plain == "methods":
                        yield from lower_case(found, value, place)
    for index, condition in enumerate(map(mapping, items(rule.get("when")))):
        for name in ("values", "notValues"):
            for value in map(str, items(condition.get(name))):
                key = str(condition.get("key"))
                if _is_literal(value) and not key.startswith("experimental."):
                    place = (*keys, "when", index, name)
                    yield literal(found, value, name, "only at one end, or list them", place)


def _is_literal(value: str) -> bool:
    """Tell whether a value has a star that is a character."""
    if "{*}" in value or "{**}" in value:
        return "*" in value.replace("{**}", "").replace("{*}", "")
    inner = value.removeprefix("*") if value.startswith("*") else value.removesuffix("*")
    return "*" in inner


def literal(
    found: Found, value: str, name: str, instead: str, place: tuple[Key, ...]
) -> Diagnostic:
    """Report a star that is a character like any other."""
    message = f"has `{value}` in `{name}`, where that star is a character like any other"
    return mistake(found, message, f"make use {instead}", *place)


def lower_case(found: Found, value: str, place: tuple[Key, ...]) -> Iterator[Diagnostic]:
    """Report a method that nobody sends, since methods are in capitals."""
    if value not in METHODS and value.upper() in METHODS:
        message = f"names the method `{value}`, which nobody sends: methods are in capitals"
        yield mistake(found, message, f"write `{value.upper()}`", *place)
