"""Objects with the places that they stand in: as read, or artifacts before they are written.

A place costs nothing until it is asked for: the lines of an object's fields are found by composing
its document again, which happens for the objects of a counterexample only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Protocol

from attrs import field, frozen

from polc.semantics.objects.yaml import line_of
from polc.source import Anchor, Source, Span

Body = Mapping[str, Any]
Key = str | int
KUSTOMIZE_GROUP = "kustomize.config.k8s.io"


@frozen(eq=False)
class Found:
    """One object and where it stands: `text` is the whole file, `document` its number there.

    `item` leads to it within the document where that is a list. `line` is where it starts, if it
    was read from text.
    """

    body: Body
    path: str
    line: int | None = None
    text: str | None = field(default=None, repr=False)
    document: int = 0
    item: tuple[Key, ...] = ()
    home: str = "default"

    @property
    def kind(self) -> str:
        """Its kind, or nothing."""
        return _text(self.body.get("kind"))

    @property
    def group(self) -> str:
        """Its API group; the core group is empty."""
        group, slash, _ = _text(self.body.get("apiVersion")).partition("/")
        return group if slash else ""

    @property
    def version(self) -> str:
        """Its API version, without the group."""
        return _text(self.body.get("apiVersion")).rpartition("/")[2]

    @property
    def metadata(self) -> Body:
        """Its metadata, or nothing."""
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, Mapping) else {}

    @property
    def name(self) -> str:
        """Its name, or nothing."""
        return _text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        """Its namespace; without one it goes to the `home` of the input."""
        return _text(self.metadata.get("namespace")) or self.home

    @property
    def spec(self) -> Body:
        """Its specification, or nothing."""
        spec = self.body.get("spec")
        return spec if isinstance(spec, Mapping) else {}

    def where(self, *keys: Key) -> str:
        """Return the place of a field as `path:line`, or the path alone."""
        line = rule_line(self, *keys)
        return self.path if line is None else f"{self.path}:{line}"

    def span(self, *keys: Key) -> Span:
        """Return a span over the line of a field, for a diagnostic."""
        line = rule_line(self, *keys)
        source = _source(self.path, self.text or "")
        if line is None:
            return Span(Anchor(source), 0, 0)
        start = source.line_starts[line - 1]
        text = source.line_text(line)
        return Span(Anchor(source), start + len(text) - len(text.lstrip()), start + len(text))


@lru_cache(maxsize=64)
def _source(path: str, text: str) -> Source:
    """Return a text as one source for all places in it."""
    return Source(path, text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@frozen(eq=False, slots=False)
class Manifests:
    """All objects. `parts` are what Kustomize makes others from: not objects by themselves.

    They are the files of components (the component's own kustomization among them), and patches.
    """

    objects: tuple[Found, ...] = ()
    parts: tuple[Found, ...] = ()

    @cached_property
    def by_kind(self) -> dict[str, tuple[Found, ...]]:
        """Objects by kind, in their order."""
        groups: dict[str, list[Found]] = {}
        for each in self.objects:
            groups.setdefault(each.kind, []).append(each)
        return {kind: tuple(group) for kind, group in groups.items()}

    def of_kind(self, kind: str, group: str | None = None) -> tuple[Found, ...]:
        """Return the objects of a kind, of one API group or of any."""
        found = self.by_kind.get(kind, ())
        if group is None or not found:
            return found
        known = self._of_group.get((kind, group))
        if known is None:
            known = tuple(each for each in found if each.group == group)
            self._of_group[kind, group] = known
        return known

    def by_name(self, kind: str, group: str | None = None) -> dict[tuple[str, str], Found]:
        """Return the objects of a kind by namespace and name: of one name the last, which holds."""
        return {(each.namespace, each.name): each for each in self.of_kind(kind, group)}

    @cached_property
    def _of_group(self) -> dict[tuple[str, str], tuple[Found, ...]]:
        return {}

    @cached_property
    def namespaces(self) -> dict[str, dict[str, str]]:
        """Labels of the namespaces that stand among the objects."""
        return {
            each.name: {
                key: value
                for key, value in (each.metadata.get("labels") or {}).items()
                if isinstance(key, str) and isinstance(value, str)
            }
            for each in self.of_kind("Namespace", "")
        }

    def __add__(self, other: Manifests) -> Manifests:
        return Manifests(self.objects + other.objects, self.parts + other.parts)


def rule_line(found: Found, *keys: Key) -> int | None:
    """Return the line of a field, such as `"spec", "ingress", 2`, or of what is left of its way."""
    if found.text is None:
        return found.line
    line = line_of(found.text, found.document, (*found.item, *keys))
    return found.line if line is None else line


class Placed(Protocol):
    """What an artifact that is an object looks like."""

    @property
    def path(self) -> str:
        """The file that it is written to."""

    @property
    def body(self) -> Body:
        """The object."""


class Part(Protocol):
    """What a part of a namespace's component looks like."""

    @property
    def namespace(self) -> str:
        """The namespace of the component."""

    @property
    def name(self) -> str:
        """The file in the component's folder."""

    @property
    def body(self) -> Any:
        """The patch or resource."""


def from_artifacts(
    objects: Iterable[Placed],
    files: Mapping[str, str] | None = None,
    parts: Iterable[Part] = (),
    component_folder: str = "hardening",
) -> Manifests:
    """Return objects that were not written yet.

    `objects` are those of a layout, the merged namespaces among them, and `files` its texts, for
    the lines of a counterexample: the objects of a path stand there in the order given here.
    """
    texts = files or {}
    counts: dict[str, int] = {}
    found: list[Found] = []
    for each in objects:
        path = each.path
        number = counts.get(path, 0)
        counts[path] = number + 1
        found.append(Found(each.body, path, None, texts.get(path), number))
    pieces: list[Found] = []
    for part in parts:
        path = f"{part.namespace}/{component_folder}/{part.name}"
        if isinstance(part.body, Mapping):
            pieces.append(Found(part.body, path, None, texts.get(path)))
    return Manifests(tuple(found), tuple(pieces))
