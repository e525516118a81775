"""Label selectors of the Kubernetes API to conditions on labels.

Source: apimachinery, pkg/apis/meta/v1, LabelSelector ("The result of matchLabels and
matchExpressions are ANDed. An empty label selector matches all objects") and its validation in
pkg/apis/meta/v1/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polc.semantics.sets.labels import ABSENT, EXISTS, Axis, Values

_FIELDS = frozenset({"matchLabels", "matchExpressions"})
_EXPRESSION = frozenset({"key", "operator", "values"})


def plain_labels(selector: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """Return the labels of a selector that names nothing else, or None: ask `read_selector`."""
    if not selector:
        return ()
    if len(selector) != 1 or "matchLabels" not in selector:
        return None
    labels = selector["matchLabels"]
    if type(labels) is not dict:
        return None
    for key, value in labels.items():
        if type(value) is not str or type(key) is not str:
            return None
    pairs = tuple(labels.items())
    return pairs if len(pairs) < 2 else tuple(sorted(pairs))


def read_selector(side: str, selector: object) -> tuple[dict[Axis, Values], tuple[str, ...]]:
    """Return the conditions of a selector, and what is wrong with it."""
    conditions: dict[Axis, Values] = {}
    problems: list[str] = []
    for key, values in _conditions(selector, problems):
        before = conditions.get((side, key))
        conditions[side, key] = values if before is None else before & values
    return conditions, tuple(problems)


def _conditions(selector: object, problems: list[str]) -> Iterator[tuple[str, Values]]:
    if not isinstance(selector, Mapping):
        problems.append("a selector is a mapping")
        return
    problems += [f"a selector has no field `{key}`" for key in selector if key not in _FIELDS]
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    if labels is not None and not isinstance(labels, Mapping):
        problems.append("`matchLabels` is a mapping")
    elif labels:
        for key, value in labels.items():
            if isinstance(key, str) and isinstance(value, str):
                yield key, Values(frozenset({value}))
            else:
                problems.append(f"the label `{key}: {value}` is no text: quote it")
    if expressions is not None and not isinstance(expressions, list):
        problems.append("`matchExpressions` is a list")
    for expression in expressions if isinstance(expressions, list) else ():
        condition = _expression(expression)
        if isinstance(condition, str):
            problems.append(condition)
        else:
            yield condition


def _expression(expression: object) -> tuple[str, Values] | str:
    """Return the key and values of one expression, or what is wrong with it."""
    if not isinstance(expression, Mapping) or not expression.keys() <= _EXPRESSION:
        return "an expression of a selector has `key`, `operator` and `values`, nothing else"
    key, values = expression.get("key"), expression.get("values") or []
    if not isinstance(key, str) or not key:
        return "an expression of a selector needs a `key`"
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return f"the values for `{key}` are a list of texts"
    match expression.get("operator"):
        case "In" | "NotIn" if not values:
            return f"the selector for `{key}` names no values"
        case "Exists" | "DoesNotExist" if values:
            return f"the selector for `{key}` must not name values"
        case "In":
            return key, Values(frozenset(values))
        case "NotIn":
            return key, Values(frozenset(values), True)
        case "Exists":
            return key, EXISTS
        case "DoesNotExist":
            return key, ABSENT
        case other:
            return f"there is no operator `{other}`"
