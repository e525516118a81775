"""Artifacts to files: `{path relative to out/: text}`, without touching a disk.

    kustomization.yaml                      applies all of it
    <namespace>/namespace.yaml              labels of the namespace
    <namespace>/<target>.yaml               objects for the namespace as a whole
    <namespace>/<service>.<target>.yaml     objects for one service
    <namespace>/<service>.Dockerfile
    <namespace>/hardening/                  a Kustomize component: patches for the workloads

Texts name neither the program's files nor its lines, so that moving a declaration changes no
manifest; the source map says where everything comes from.
"""

import re
from collections.abc import Iterable

from attrs import define, field, frozen

from polc.backend import Artifact, ComponentPart, KubernetesObject, TextFile
from polc.codes.output import CONFLICTING_OBJECTS
from polc.diagnostics import Diagnostic, Label
from polc.output import kustomize, yaml
from polc.output.objects import collect_objects, object_id
from polc.source import Span, nowhere

MARK = "# Written by polc"
HEADER = f"{MARK}; edits are overwritten. What comes from which line: polc.map.json.\n"
_DIRECTIVE = re.compile(r"#\s*(?:syntax|escape|check)\s*=", re.IGNORECASE)


@frozen
class Placed:
    """One object, patch or text: its id, the file that it stands in, and what it comes from."""

    id: str
    path: str
    spans: tuple[Span, ...]


@frozen
class Layout:
    """All files, sorted by path, and what stands in them.

    `documents` has the text of each of the `objects`, which a file joins.
    """

    files: dict[str, str]
    placed: tuple[Placed, ...]
    objects: tuple[KubernetesObject, ...]
    documents: tuple[str, ...]


@define
class _Files:
    """Files as they come together; the first one at a path stays."""

    texts: dict[str, str] = field(factory=dict)
    owners: dict[str, tuple[Span, ...]] = field(factory=dict)
    found: list[Diagnostic] = field(factory=list)

    def add(self, path: str, text: str, spans: tuple[Span, ...] = ()) -> None:
        if path in self.texts:
            before = self.owners[path]
            self.found.append(
                Diagnostic(
                    CONFLICTING_OBJECTS,
                    f"two targets want to write `{path}`",
                    spans[0] if spans else nowhere("<output>"),
                    labels=tuple(
                        Label(span, "the other one comes from here") for span in before[:1]
                    ),
                    help="build the two targets into separate folders",
                )
            )
            return
        self.texts[path] = text
        self.owners[path] = spans


def arrange(artifacts: Iterable[Artifact]) -> tuple[Layout, tuple[Diagnostic, ...]]:
    """Lay out the artifacts of all backends as files."""
    artifacts = tuple(artifacts)
    files = _Files()
    objects, found = collect_objects(artifacts)
    documents = tuple(yaml.dump(item.body) for item in objects)
    placed = _place_objects(objects, documents, files)
    resources = tuple(files.texts)
    components, component_placed = _place_components(artifacts, files)
    placed += component_placed
    for item in artifacts:
        if isinstance(item, TextFile):
            files.add(item.path, _with_header(item.path, item.text), item.spans)
            placed.append(Placed(item.path, item.path, item.spans))
    comment = kustomize.root_comment(components)
    files.add(kustomize.FILE, HEADER + comment + yaml.dump(kustomize.root(resources)))
    texts = {path: files.texts[path] for path in sorted(files.texts)}
    placed.sort(key=lambda item: (item.id, item.path))
    layout = Layout(texts, tuple(placed), objects, documents)
    return layout, (*found, *files.found)


def _place_objects(
    objects: tuple[KubernetesObject, ...], documents: tuple[str, ...], files: _Files
) -> list[Placed]:
    """Write the objects of a path as one multi-document file, in the order of the backends."""
    groups: dict[str, list[tuple[KubernetesObject, str]]] = {}
    for item, document in zip(objects, documents, strict=True):
        groups.setdefault(item.path, []).append((item, document))
    placed = []
    for path, group in groups.items():
        spans = tuple(span for item, _ in group for span in item.spans[:1])
        files.add(path, HEADER + yaml.join(document for _, document in group), spans)
        placed += [Placed(object_id(item), path, item.spans) for item, _ in group]
    return placed


def _place_components(
    artifacts: Iterable[Artifact], files: _Files
) -> tuple[tuple[str, ...], list[Placed]]:
    """Write each namespace's component; return the folders."""
    groups: dict[str, list[ComponentPart]] = {}
    for item in artifacts:
        if isinstance(item, ComponentPart):
            groups.setdefault(item.namespace, []).append(item)
    placed = []
    for namespace, parts in groups.items():
        folder = kustomize.component_folder(namespace)
        body, found = kustomize.component(namespace, parts)
        files.found += found
        files.add(f"{folder}/{kustomize.FILE}", HEADER + yaml.dump(body))
        for part in parts:
            path = f"{folder}/{part.name}"
            files.add(path, HEADER + yaml.dump(part.body), part.spans)
            placed.append(Placed(path, path, part.spans))
    return tuple(map(kustomize.component_folder, groups)), placed


def _with_header(path: str, text: str) -> str:
    """Put the header on a text whose format is known to have such comments.

    A Dockerfile's parser directives must be its very first lines
    (docs.docker.com/reference/dockerfile/#parser-directives).
    """
    if not path.endswith(("Dockerfile", ".yaml", ".yml")) or MARK in text[:400]:
        return text
    lines = text.splitlines(keepends=True)
    directives = 0
    if path.endswith("Dockerfile"):
        while directives < len(lines) and _DIRECTIVE.match(lines[directives]):
            directives += 1
    return "".join(lines[:directives]) + HEADER + "".join(lines[directives:])
