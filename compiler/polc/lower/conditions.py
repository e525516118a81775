"""Conditions of routes: what each says, and which of them say the same."""

import re

from polc import syntax
from polc.codes import routes, values
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Condition, Path
from polc.ir.paths import covers, intersect
from polc.lower.requests import method
from polc.lower.values import path

# RFC 9110, section 5.6.2: what names of fields, and by RFC 6265 those of cookies, are made of.
_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_EVERYTHING = Path((), rest=True)


def lower_conditions(
    conditions: tuple[syntax.Condition, ...], found: list[Diagnostic]
) -> tuple[Condition, ...] | None:
    """Read the conditions of one rule, each once and in the order written, or None."""
    read = [_condition(each, found) for each in conditions]
    kept = [each for each in read if each is not None]
    return tuple(dict.fromkeys(kept)) if len(kept) == len(read) else None


def _condition(c: syntax.Condition, found: list[Diagnostic]) -> Condition | None:
    if c.kind == "path":
        if isinstance(c.value, syntax.Word):
            found.append(_bad_value(c, "a path is a string"))
            return None
        pattern = path(c.value, found)
        return Condition("path", "", pattern) if pattern is not None else None
    if c.kind == "method":
        verb = method(c.value, found)
        return Condition("method", "", verb) if verb is not None else None
    key = c.key.value if c.key is not None else ""
    value = c.value.text if isinstance(c.value, syntax.Word) else c.value.value
    if not _check_key(c, key, found) or not _check_value(c, value, found):
        return None
    # Names of headers are the same in upper and lower case (RFC 9110, section 5.1).
    return Condition(c.kind, key.lower() if c.kind == "header" else key, value)


def _check_key(c: syntax.Condition, key: str, found: list[Diagnostic]) -> bool:
    token = c.kind in ("header", "cookie")
    if key and key.isprintable() and (not token or _TOKEN.fullmatch(key)):
        return True
    hint = f"write the name of the {c.kind}"
    if key.startswith(":"):
        hint = "use `path` and `method` for these"
    found.append(
        Diagnostic(
            values.BAD_VALUE,
            f"`{key}` can't be the name of a {_noun(c.kind)}",
            c.key.span if c.key is not None else c.span,
            help=hint,
        )
    )
    return False


def _check_value(c: syntax.Condition, value: str, found: list[Diagnostic]) -> bool:
    if not value:
        # Istio reads an empty value as "the header is there", which is wider.
        found.append(_bad_value(c, "an empty value can't be compared by every mesh"))
        return False
    if not value.isprintable() or value != value.strip():
        found.append(_bad_value(c, f"no client can send `{value}` as it stands"))
        return False
    return True


def _bad_value(c: syntax.Condition, message: str) -> Diagnostic:
    hint = f'values are compared as a whole: `{c.kind} "…" = "always"`'
    if c.kind == "path":
        hint = 'write a pattern: `path "/v1/**"`'
    return Diagnostic(values.BAD_VALUE, message, c.value.span, help=hint)


def _noun(kind: str) -> str:
    return "query parameter" if kind == "query" else kind


# --- what conditions say of each other -----------------------------------------------------------


def implies(given: tuple[Condition, ...], wanted: tuple[Condition, ...]) -> bool:
    """Tell whether every request that meets all of `given` meets all of `wanted`."""
    paths = [_EVERYTHING]
    for condition in given:
        if isinstance(condition.value, Path):
            both = intersect(paths[0], condition.value)
            if both is None:
                return True
            paths = [both]
    return all(
        covers(each.value, paths[0]) if isinstance(each.value, Path) else each in given
        for each in wanted
    )


def contradiction(
    written: tuple[syntax.Condition, ...], conditions: tuple[Condition, ...]
) -> Diagnostic | None:
    """Report two conditions of one rule that no request can meet together."""
    read: list[tuple[syntax.Condition, Condition]] = []
    silent: list[Diagnostic] = []
    for each in written:
        lowered = _condition(each, silent)
        if lowered is None:
            continue
        for other, earlier in read:
            if _exclude(earlier, lowered):
                return Diagnostic(
                    routes.UNREACHABLE_ROUTE,
                    "no request meets both conditions, so the rule is never reached",
                    each.span,
                    (Label(other.span, "the other condition"),),
                    help="write a rule for each of them",
                )
        read.append((each, lowered))
    return None


def _exclude(one: Condition, other: Condition) -> bool:
    if (one.kind, one.key) != (other.kind, other.key):
        return False
    if isinstance(one.value, Path) and isinstance(other.value, Path):
        return intersect(one.value, other.value) is None
    # A query may carry one parameter twice, with a value for each condition.
    return one.kind != "query" and one.value != other.value
