"""Reading plain data that anybody may have written: no shape is taken for granted."""

from collections.abc import Mapping, Sequence
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping as it is, and an empty one for anything else."""
    if type(value) is dict:  # nearly always; the general question costs much more
        return value
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list | tuple) else ()


def matches_selector(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a `metav1.LabelSelector` matches labels; an empty one matches all."""
    for key, value in mapping(selector.get("matchLabels")).items():
        if labels.get(key) != value:
            return False
    return all(
        _holds(mapping(expression), labels)
        for expression in items(selector.get("matchExpressions"))
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = str(expression.get("key")), items(expression.get("values"))
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return True  # unknown: the API server refuses it; the wider reading is the safe one
