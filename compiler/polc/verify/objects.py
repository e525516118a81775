"""Objects with the places that they stand in: from YAML, or from artifacts before they are written.

A place costs nothing until it is asked for: the lines of an object's fields are found by composing
its document again, which happens for the objects of a counterexample only.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Protocol

from attrs import evolve, field, frozen

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
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
        """Its namespace; without one it goes to `default`, as `kubectl apply` does it."""
        return _text(self.metadata.get("namespace")) or "default"

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
        source = Source(self.path, self.text or "")
        if line is None:
            return Span(Anchor(source), 0, 0)
        start = source.line_starts[line - 1]
        text = source.line_text(line)
        return Span(Anchor(source), start + len(text) - len(text.lstrip()), start + len(text))


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
        return found if group is None else tuple(each for each in found if each.group == group)

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


# --- from artifacts ----------------------------------------------------------------------------


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


# --- from YAML ---------------------------------------------------------------------------------


def read_files(files: Mapping[str, str]) -> tuple[Manifests, tuple[Diagnostic, ...]]:
    """Read a folder of YAML, `{path: text}`; what Kustomize makes objects from is set apart.

    What is not of the shape that the API gives it is reported and left out.
    """
    from polc.verify import kustomizations, wellformed

    read: list[Found] = []
    diagnostics: list[Diagnostic] = []
    for path in sorted(files):
        found, problems = read_yaml(path, files[path])
        read += found
        diagnostics += problems
    diagnostics += kustomizations.check(read)
    folders, patches = _kustomized(read)
    objects: list[Found] = []
    parts: list[Found] = []
    for each in read:
        apart = (
            posixpath.dirname(each.path) in folders
            or posixpath.normpath(each.path) in patches
            or each.group == KUSTOMIZE_GROUP
        )
        problem = wellformed.problem_of(each, part=apart)
        if problem is not None:
            diagnostics.append(problem)
        else:
            (parts if apart else objects).append(each)
    diagnostics += wellformed.twins(objects)
    return Manifests(tuple(objects), tuple(parts)), tuple(diagnostics)


def _kustomized(read: Iterable[Found]) -> tuple[set[str], set[str]]:
    """Return the folders of components, and the files that kustomizations use as patches."""
    folders: set[str] = set()
    patches: set[str] = set()
    for each in read:
        if each.group != KUSTOMIZE_GROUP:
            continue
        folder = posixpath.dirname(each.path)
        if each.kind == "Component":
            folders.add(folder)
        entries = [*_list(each.body.get("patches")), *_list(each.body.get("patchesJson6902"))]
        named = [entry.get("path") for entry in entries if isinstance(entry, Mapping)]
        for name in (*named, *_list(each.body.get("patchesStrategicMerge"))):
            if isinstance(name, str) and "\n" not in name:
                patches.add(posixpath.normpath(posixpath.join(folder, name)))
    return folders, patches


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def read_yaml(path: str, text: str) -> tuple[tuple[Found, ...], tuple[Diagnostic, ...]]:
    """Read the objects of one file; lists of objects are unpacked.

    A document that is no object (such as a list of JSON patches or Helm's values) is left out. What
    can't be read, or looks like an object and is none, is reported: it might permit something.
    """
    import yaml

    from polc.verify.loading import DuplicateKeyError, documents

    found: list[Found] = []
    problems: list[Diagnostic] = []
    try:
        for number, (line, value) in enumerate(documents(text)):
            for each in _unpack(value, Found({}, path, line, text, number)):
                if isinstance(each, Found):
                    found.append(each)
                else:
                    problems.append(each)
    except (yaml.YAMLError, DuplicateKeyError, ValueError, RecursionError) as problem:
        problems.append(_unreadable(path, text, problem))
    return tuple(found), tuple(problems)


def _unpack(value: object, at: Found, outer: Body | None = None) -> Iterable[Found | Diagnostic]:
    """Yield the objects of a document, or of an item of a list of the kind `outer`, if any."""
    if not isinstance(value, Mapping):
        among = value if isinstance(value, list) else ()
        objects = any(isinstance(each, Mapping) and "kind" in each for each in among)
        if objects or outer is not None or not isinstance(value, list | None):
            yield _no_object(at, "it is no mapping")
        return
    # The items of a typed list may leave out what the list says (`kubectl get -o json`).
    body = value if outer is None or "kind" in value else {**outer, **value}
    if "kind" not in body and posixpath.basename(at.path) in _KUSTOMIZATIONS:
        body = {"apiVersion": f"{KUSTOMIZE_GROUP}/v1beta1", "kind": "Kustomization", **body}
    kind, items = body.get("kind"), body.get("items")
    if not isinstance(kind, str) or not kind:
        named = posixpath.basename(at.path) in _NO_OBJECTS
        if outer is not None or "kind" in body or ("apiVersion" in body and not named):
            yield _no_object(at, "it has no `kind`")
    elif kind.endswith("List") and ("items" in body or kind == "List"):
        if not isinstance(items, list | None):
            yield _no_object(at, "its `items` are no list")
            return
        typed = {key: body[key] for key in ("apiVersion",) if key in body and kind != "List"}
        typed |= {"kind": kind.removesuffix("List")} if kind != "List" else {}
        for index, item in enumerate(items or ()):
            yield from _unpack(item, evolve(at, item=(*at.item, "items", index)), typed)
    else:
        yield evolve(at, body=body)


_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml")
_NO_OBJECTS = ("Chart.yaml",)
"""Files that have an `apiVersion` and are no objects."""


def _no_object(at: Found, why: str) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"what is in `{at.where()}` is no object: {why}",
        at.span(),
        help="write it as an object with `apiVersion` and `kind`, or take it out of the input",
    )


def _unreadable(path: str, text: str, problem: Exception) -> Diagnostic:
    source = Source(path, text)
    mark = getattr(problem, "problem_mark", None)
    line = min(mark.line if mark else 0, len(source.line_starts) - 1)
    start = source.line_starts[line]
    why = getattr(problem, "problem", None) or str(problem).partition("\n")[0]
    return Diagnostic(
        NOT_DECIDED,
        f"`{path}` can't be read as YAML: {why}",
        Span(Anchor(source), start, start + len(source.line_text(line + 1))),
        help="render templates first (`helm template`, `kubectl kustomize`), then verify that",
    )


def rule_line(found: Found, *keys: Key) -> int | None:
    """Return the line of a field, such as `"spec", "ingress", 2`, or of what is left of its way."""
    if found.text is None:
        return found.line
    nodes = _compose(found.text)
    if found.document >= len(nodes):
        return found.line
    line, node = nodes[found.document].start_mark.line, nodes[found.document]
    for key in (*found.item, *keys):
        value = node.value
        if isinstance(key, int) and isinstance(value, list) and node.id == "sequence":
            if key >= len(value):
                break
            node = value[key]
            line = node.start_mark.line
            continue
        if node.id != "mapping":
            break
        pair = next((pair for pair in value if pair[0].value == key), None)
        if pair is None:
            break
        line, node = pair[0].start_mark.line, pair[1]
    return int(line) + 1


@lru_cache(maxsize=8)
def _compose(text: str) -> tuple[Any, ...]:
    import yaml

    from polc.verify.loading import Loader

    try:
        return tuple(yaml.compose_all(text, Loader=Loader))
    except yaml.YAMLError:
        return ()
