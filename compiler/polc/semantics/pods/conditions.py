"""Writes of Kustomize replacements under a condition: `containers.[FIELD=PATTERN].REST`.

Kustomize looks for the pattern in the text of the field. What is meant is read back from the few
patterns that polc writes, and decided on data; any other pattern is not followed. On text they
mean the same only where it is plain: after a JSON Patch, which leaves neither flow style nor
comments, and after empty contexts were written out (`EMPTY`).

Source: `kyaml/yaml/match.go` of kustomize.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.objects.values import items, mapping

Condition = Callable[[Mapping[str, Any]], bool]
"""Tells whether a container meets it."""
EMPTY = "^(\\{\\}|null|procMount: Default)$"
MARKED = "(?m)^polc:"
_PATH = re.compile(r"([\w.]+)\.\[(\w+)=(.*)\]\.([\w.-]+)", re.DOTALL)
_NAME = re.compile(r"\^(polc-[a-z]+)\$")
_ADDS = re.compile(
    re.escape("(?m)^(privileged: true|capabilities:\\n  add:(\\n *- [A-Z_]+)*\\n *- (ALL|")
    + "([A-Z_]+)"
    + re.escape("))$")
)
_DROPS = re.compile(
    re.escape("(?m)^ {2}drop:(\\n *- [^\\n]+)*\\n *- (?i:(CAP_)?(ALL|")
    + "([A-Z_]+)"
    + re.escape("))$")
)


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and value > 0


_MARKS = re.compile(re.escape(MARKED) + r"((?:\\n  [\w-]+: [a-z]+)+)\$")
_FIXED: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    EMPTY: lambda context: dict(context) in ({}, {"procMount": "Default"}),
    MARKED: lambda context: "polc" in context,
    "(?m)^privileged: true$": lambda context: context.get("privileged") is True,
    "(?m)^ {2}drop:\\n": lambda context: bool(_listed(context, "drop")),
    "(?m)^allowPrivilegeEscalation: false$": (
        lambda context: context.get("allowPrivilegeEscalation") is False
    ),
    "(?m)^readOnlyRootFilesystem: true$": (
        lambda context: context.get("readOnlyRootFilesystem") is True
    ),
    "(?m)^seccompProfile:(\\n  localhostProfile: [^\\n]+)?\\n  type: (Localhost|RuntimeDefault)$": (
        lambda context: (
            mapping(context.get("seccompProfile")).get("type") in ("Localhost", "RuntimeDefault")
        )
    ),
    "(?m)^(runAsNonRoot: true|runAsUser: [1-9])": (
        lambda context: context.get("runAsNonRoot") is True or _positive(context.get("runAsUser"))
    ),
}


@frozen
class Conditional:
    """A path with one condition in it; `condition` is None where it is not followed."""

    containers: str
    field: str
    pattern: str
    rest: str
    condition: Condition | None


def conditional(path: str) -> Conditional | None:
    """Read a path; None: it says nothing of the fields of containers below a condition."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    containers, field, pattern, rest = found.groups()
    return Conditional(containers, field, pattern, rest, _condition(field, pattern))


def _condition(field: str, pattern: str) -> Condition | None:
    if field == "name" and (name := _NAME.fullmatch(pattern)):
        wanted = name[1]
        return lambda container: container.get("name") == wanted
    decide = _of_context(pattern) if field == "securityContext" else None
    if decide is None:
        return None
    return lambda container: (
        "securityContext" in container and decide(mapping(container["securityContext"]))
    )


def _of_context(pattern: str) -> Condition | None:
    if pattern in _FIXED:
        return _FIXED[pattern]
    if added := _ADDS.fullmatch(pattern):
        names = {"ALL", added[1]}
        return lambda context: (
            context.get("privileged") is True or not names.isdisjoint(_listed(context, "add"))
        )
    if dropped := _DROPS.fullmatch(pattern):
        gone = {"ALL", dropped[1]}
        return lambda context: (
            not gone.isdisjoint(
                name.upper().removeprefix("CAP_") for name in _listed(context, "drop")
            )
        )
    if marks := _MARKS.fullmatch(pattern):
        pairs = [tuple(line.split(": ")) for line in marks[1].split("\\n  ")[1:]]
        return lambda context: (
            [(key, value) for key, value in mapping(context.get("polc")).items()][: len(pairs)]
            == pairs
        )
    return None


def _listed(context: Mapping[str, Any], word: str) -> list[str]:
    return [str(each) for each in items(mapping(context.get("capabilities")).get(word))]
