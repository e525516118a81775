"""From YAML to objects: files, documents, lists, and what Kustomize makes objects from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from polc.semantics.gaps import Gap
from polc.semantics.objects import kustomizations, wellformed
from polc.semantics.objects.model import KUSTOMIZE_GROUP, Body, Found, Manifests
from polc.semantics.objects.yaml import UnreadableError, documents
from polc.source import Source

UNREADABLE = 1 << 30
"""The number of a document that can't be had: its line stands for it."""


def read_files(
    files: Mapping[str, str], namespace: str = "default"
) -> tuple[Manifests, tuple[Gap, ...]]:
    """Read a folder of YAML, `{path: text}`; what Kustomize makes objects from is set apart.

    Objects that name no namespace are taken to be of `namespace`, as `kubectl apply -n` does it.
    What is not of the shape that the API gives it is reported and left out.
    """
    read: list[Found] = []
    diagnostics: list[Gap] = []
    for path in sorted(files):
        found, problems = read_yaml(path, files[path], namespace)
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


def read_yaml(
    path: str, text: str, namespace: str = "default"
) -> tuple[tuple[Found, ...], tuple[Gap, ...]]:
    """Read the objects of one file; lists of objects are unpacked.

    A document that is no object (such as a list of JSON patches or Helm's values) is left out. What
    can't be read, or looks like an object and is none, is reported: it might permit something.
    """
    found: list[Found] = []
    problems: list[Gap] = []
    try:
        for number, (line, value) in enumerate(documents(text)):
            for each in _unpack(value, Found({}, path, line, text, number, home=namespace)):
                if isinstance(each, Found):
                    found.append(each)
                else:
                    problems.append(each)
    except UnreadableError as problem:
        problems.append(_unreadable(path, text, problem))
    return tuple(found), tuple(problems)


def _unpack(value: object, at: Found, outer: Body | None = None) -> Iterable[Found | Gap]:
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


def _no_object(at: Found, why: str) -> Gap:
    return Gap(
        "no-object",
        f"what is in `{at.where()}` is no object: {why}",
        at,
        help="write it as an object with `apiVersion` and `kind`, or take it out of the input",
    )


def _unreadable(path: str, text: str, problem: UnreadableError) -> Gap:
    line = min(problem.line, len(Source(path, text).line_starts))
    return Gap(
        "unreadable",
        f"`{path}` can't be read as YAML: {problem.reason}",
        Found({}, path, line, text, UNREADABLE),
        help="render templates first (`helm template`, `kubectl kustomize`), then verify that",
    )
