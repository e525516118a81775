"""The few things that Kustomize does to an object: match, merge, and write a field."""

import re
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from polc.semantics.objects.values import items, mapping

_MERGED_BY_NAME = frozenset(("containers", "initContainers", "volumes"))


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings(action="ignore"):
            return re.compile(f"^(?:{text})$")
    except re.error:
        return re.compile(r"(?!)")  # Kustomize refuses it, so nothing is patched.


def matches(target: Mapping[str, Any], group: str, kind: str, name: str, namespace: str) -> bool:
    """Tell whether a patch's target takes an object; what it leaves out takes any."""
    facts = (("group", group), ("kind", kind), ("name", name), ("namespace", namespace))
    if target.get("labelSelector") or target.get("annotationSelector"):
        return False  # nothing is known of the labels of a manifest
    return all(
        _pattern(str(target[key])).match(value) is not None
        for key, value in facts
        if target.get(key)
    )


def plain_names(pattern: str) -> tuple[str, ...] | None:
    """Return the names that a pattern like `^(a|b)$` takes, or None for any other pattern."""
    inner = pattern.removeprefix("^").removesuffix("$")
    inner = inner.removeprefix("(").removesuffix(")")
    names = inner.split("|")
    if all(re.fullmatch(r"([A-Za-z0-9-]|\\\.)+", name) for name in names):
        return tuple(dict.fromkeys(name.replace("\\.", ".") for name in names))
    return None


def selected_by(selector: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the one annotation `key=value` that a selector asks for, or None for any other."""
    key, equals, value = str(selector.get("annotationSelector", "")).partition("=")
    plain = equals and "," not in value and "!" not in key and not value.startswith("=")
    return (key, value) if plain else None


def copied(value: Any) -> Any:
    """Copy plain data, its lists and mappings all the way down."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


def merge(target: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """Apply a strategic merge patch."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, Mapping):
            _merge_mapping(target, key, value)
        elif isinstance(value, list) and key in _MERGED_BY_NAME:
            target[key] = _merge_lists(items(target.get(key)), value)
        elif key != "$patch":
            target[key] = copied(value)


def _merge_mapping(target: dict[str, Any], key: str, value: Mapping[str, Any]) -> None:
    directive = value.get("$patch")
    if directive == "delete":
        target.pop(key, None)
        return
    if directive == "replace" or not isinstance(target.get(key), dict):
        target[key] = {}
    merge(target[key], value)


def _merge_lists(old: Any, patches: list[Any]) -> list[Any]:
    merged = [each for each in old if isinstance(each, dict)]
    for patch in map(mapping, patches):
        named = [each for each in merged if each.get("name") == patch.get("name")]
        if patch.get("$patch") == "delete":
            merged = [each for each in merged if each not in named]
        elif named:
            merge(named[0], patch)
        else:
            merged.append(copied(dict(patch)))
    return merged


def write(target: Any, keys: list[str], value: Any, *, create: bool) -> None:
    """Set a field of a Kustomize replacement; `*` is every item of a list."""
    key, rest = keys[0], keys[1:]
    if key == "*":
        for index, item in enumerate(target if isinstance(target, list) else ()):
            if rest:
                write(item, rest, value, create=create)
            else:
                target[index] = copied(value)
        return
    if not isinstance(target, dict) or (key not in target and not create):
        return
    if not rest:
        target[key] = copied(value)
        return
    if rest[0] == "*" and key not in target:
        return
    write(target.setdefault(key, {}), rest, value, create=create)
