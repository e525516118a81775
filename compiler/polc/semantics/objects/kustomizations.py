"""What a kustomization does besides listing files changes the objects: that is not followed.

`kubectl apply -k` applies what a kustomization lists, as it changes it. So objects read from the
files themselves are what is applied only if it changes none and lists all of them. Components
change the objects of others; polc follows the patches of its own (`polc.verify.pods.component`).

Source: kustomize api/types/kustomization.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from polc.semantics.gaps import Gap
from polc.semantics.objects.model import KUSTOMIZE_GROUP, Found

FILES = ("kustomization.yaml", "kustomization.yml")
_PLAIN = frozenset(
    {
        *("apiVersion", "kind", "metadata", "resources", "bases", "images", "replicas"),
        *("configMapGenerator", "generatorOptions", "buildMetadata", "sortOptions", "openapi"),
    }
)
"""Fields that change nothing that is judged."""
_FOLLOWED = frozenset({"apiVersion", "kind", "metadata", "patches", "resources", "transformers"})
"""Fields of a component whose effect is followed."""
_LISTS = ("resources", "bases")
_LOCAL = "config.kubernetes.io/local-config"
"""The annotation of what is there for Kustomize alone, and is never applied."""


def check(read: Sequence[Found]) -> Iterator[Gap]:
    """Yield what the kustomizations among some files make undecidable."""
    paths = {posixpath.normpath(each.path) for each in read}
    files = [each for each in read if is_kustomization(each)]
    for each in files:
        component = each.kind == "Component"
        for field in each.body:
            known = _FOLLOWED if component else _PLAIN
            if field not in known and not (component and field == "replacements" and _marks(each)):
                yield _finding(each, f"its field `{field}` is not followed", str(field))
        names = ("resources", "transformers") if component else ("resources", "bases")
        for field in names:
            for index, name in enumerate(_list(each.body.get(field))):
                place = _place(each, name)
                if place is None or not (place in paths or _within(place, paths)):
                    yield _finding(each, f"`{name}` is not in the input", field, index)
        yield from _settings(each)
    yield from _second(files)
    yield from _patches(files, paths)
    yield from _added(files, read)
    listed = _applied(files)
    yield from _unlisted(read, files, listed)
    yield from _local(read, _applied([each for each in files if each.kind != "Component"]))


def _listed(kustomization: Found) -> set[str]:
    """Return the files and folders that a kustomization applies."""
    names = [name for field in _LISTS for name in _list(kustomization.body.get(field))]
    return {place for name in names if (place := _place(kustomization, name)) is not None}


def _applied(files: Sequence[Found]) -> set[str]:
    """Return what is listed by kustomizations that are applied.

    Those are the outermost ones, components (others add them), and what these list in turn.
    """
    folders = {posixpath.dirname(posixpath.normpath(each.path)): each for each in files}
    todo = [
        each
        for folder, each in folders.items()
        if each.kind == "Component" or not any(up in folders for up in _above(folder))
    ]
    listed: set[str] = set()
    while todo:
        new = _listed(todo.pop()) - listed
        listed |= new
        todo += [folders[place] for place in new if place in folders]
    return listed


def _second(files: Iterable[Found]) -> Iterator[Gap]:
    """Yield kustomizations beside another: Kustomize refuses a folder with two."""
    seen: dict[str, Found] = {}
    for each in files:
        first = seen.setdefault(posixpath.dirname(each.path), each)
        if first is not each:
            yield _finding(each, f"`{first.where()}` is a kustomization of this folder, too")


def _settings(each: Found) -> Iterator[Gap]:
    """Yield a generator that may write the settings of the mesh."""
    for index, entry in enumerate(_list(each.body.get("configMapGenerator"))):
        if str(_get(entry, "name")).startswith("istio"):
            why = "it generates a ConfigMap that may hold the settings of the mesh"
            yield _finding(each, why, "configMapGenerator", index)


def _local(read: Iterable[Found], listed: set[str]) -> Iterator[Gap]:
    """Yield objects that Kustomize leaves out, though a kustomization lists their file.

    Source: kustomize api/resource/factory.go, `DropLocalNodes`: any value but `false` does.
    """
    for found in read:
        annotations = found.metadata.get("annotations")
        value = annotations.get(_LOCAL, "false") if isinstance(annotations, Mapping) else "false"
        if value != "false" and posixpath.normpath(found.path) in listed:
            yield Gap(
                "kustomization",
                f"whether {found.kind} `{found.name}` in `{found.where()}` is applied is not"
                f" decided: Kustomize leaves out what has the annotation `{_LOCAL}`",
                found,
                ("metadata", "annotations"),
                help="take the annotation away, or the object",
            )


def is_kustomization(found: Found) -> bool:
    """Tell whether this is the list that Kustomize reads in a folder."""
    return found.group == KUSTOMIZE_GROUP and found.kind in ("Kustomization", "Component")


def _marks(component: Found) -> bool:
    """Tell whether the replacements of a component only write keys that no API knows."""
    paths = [
        path
        for replacement in _list(component.body.get("replacements"))
        for target in _list(_get(replacement, "targets"))
        for path in _list(_get(target, "fieldPaths"))
    ]
    return all(isinstance(path, str) and path.endswith(".polc") for path in paths)


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else None


def _patches(files: Iterable[Found], paths: set[str]) -> Iterator[Gap]:
    """Yield patches of components that are no file of the input."""
    for each in files:
        if each.kind != "Component":
            continue
        for index, entry in enumerate(_list(each.body.get("patches"))):
            name = entry.get("path") if isinstance(entry, Mapping) else None
            if _place(each, name) not in paths:
                said = f"`{name}` is not in the input" if name else "a patch stands in it as text"
                yield _finding(each, said, "patches", index)


def _added(files: Iterable[Found], read: Iterable[Found]) -> Iterator[Gap]:
    """Yield objects that components add: those are applied where nobody looks for them."""
    adding = [each for each in files if each.kind == "Component"]
    places = {
        _place(each, name): each for each in adding for name in _list(each.body.get("resources"))
    }
    for found in read:
        near = places.get(posixpath.normpath(found.path))
        annotations = found.metadata.get("annotations")
        local = isinstance(annotations, Mapping) and annotations.get(_LOCAL) == "true"
        if near is not None and not local:
            yield _finding(near, f"it adds the {found.kind} `{found.name}`", "resources")


def _unlisted(read: Iterable[Found], files: Sequence[Found], listed: set[str]) -> Iterator[Gap]:
    """Yield files below a kustomization that no kustomization lists, and may not apply."""
    folders = {posixpath.dirname(posixpath.normpath(each.path)): each for each in files}
    used: set[str] = set()
    for each in files:
        for entry in _list(each.body.get("patches")):
            if isinstance(entry, Mapping) and (place := _place(each, entry.get("path"))):
                used.add(place)
        for name in _list(each.body.get("transformers")):
            if place := _place(each, name):
                used.add(place)
    told: set[str] = set()
    for found in read:
        path = posixpath.normpath(found.path)
        if is_kustomization(found) or path in told or path in listed or path in used:
            continue
        near = next((folders[up] for up in _above(path) if up in folders), None)
        if near is not None:
            told.add(path)
            why = f"`{near.path}` does not list it"
            if path in _listed(near):
                why = f"no kustomization above lists the folder of `{near.path}`"
            yield Gap(
                "kustomization",
                f"whether `{path}` is applied is not decided: {why}",
                found,
                help="list it under `resources`, or take it out of the folder",
            )


def _above(path: str) -> Iterator[str]:
    while path not in ("", "/"):
        path = posixpath.dirname(path)
        yield path


def _place(found: Found, name: object) -> str | None:
    """Return the path that a kustomization means by a name, or None: it is none of ours."""
    if not isinstance(name, str) or not name or "://" in name:
        return None
    folder = posixpath.dirname(found.path)
    return posixpath.normpath(posixpath.join(folder, name))


def _within(place: str, paths: Iterable[str]) -> bool:
    return any(posixpath.normpath(f"{place}/{name}") in paths for name in FILES)


def _rendering(found: Found) -> str:
    """Return what renders the folder of a kustomization; one at a git revision has no path."""
    folder = posixpath.dirname(found.path) or "."
    return f"kubectl kustomize {'DIR' if ':' in folder else folder} > rendered.yaml"


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _finding(found: Found, why: str, *keys: str | int) -> Gap:
    return Gap(
        "kustomization",
        f"what `{found.path}` makes of the objects is not decided: {why}",
        found,
        keys,
        help=f"render the folder first, `{_rendering(found)}`, and name that file instead",
    )
