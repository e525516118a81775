"""What a program compiles to, one by one: objects of the cluster, patches, files."""

from collections.abc import Callable, Iterator
from textwrap import indent
from typing import Any

from polc.backend import ComponentPart, Item, KubernetesObject, TextFile
from polc.driver import Compilation
from polc.output import yaml
from polc.output.kustomize import component_folder
from polc.output.objects import collect_objects
from polc.source import Anchor, Span

Made = KubernetesObject | ComponentPart | TextFile
"""What one document or file of the output holds; labels of namespaces are objects already."""


def made_of(compilation: Compilation) -> dict[Anchor, list[tuple[Span, Made]]]:
    """Return all that a program compiles to, by the declarations that it comes of."""
    objects, _ = collect_objects(compilation.artifacts)
    others = (x for x in compilation.artifacts if isinstance(x, ComponentPart | TextFile))
    found: dict[Anchor, list[tuple[Span, Made]]] = {}
    for each in (*objects, *others):
        for span in each.spans:
            found.setdefault(span.anchor, []).append((span, each))
    return found


def title_of(made: Made) -> str:
    """Return what it is called: `NetworkPolicy shop/api`, or the path of a file."""
    if not isinstance(made, KubernetesObject):
        return path_of(made)
    meta = made.body["metadata"]
    place = f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else meta["name"]
    return f"{made.body['kind']} {place}"


def path_of(made: Made) -> str:
    """Return the file below `out/` in which it stands."""
    if isinstance(made, ComponentPart):
        return f"{component_folder(made.namespace)}/{made.name}"
    return made.path


def text_of(made: Made) -> str:
    """Return its text, without the header of the file."""
    return made.text if isinstance(made, TextFile) else yaml.dump(made.body)


def excerpt(made: Made, comes: Callable[[Span], bool]) -> str | None:
    """Return those items of an object's lists that come of some lines, under their keys.

    None where no item does: then the lines are in other parts of it.
    """
    if not isinstance(made, KubernetesObject):
        return None
    listed: dict[tuple[str, ...], set[int]] = {}
    others = 0
    for (keys, number), spans in made.items():
        kept = listed.setdefault(keys, set())
        if any(map(comes, spans)):
            kept.add(number)
        else:
            others += 1
    if not any(listed.values()):
        return None
    left = f"# … {others} other rule{'s' if others > 1 else ''}\n" if others else ""
    return f"# {title_of(made)}\n{yaml.dump(_kept(made.body, (), listed))}{left}"


def _kept(value: Any, keys: tuple[str, ...], listed: dict[tuple[str, ...], set[int]]) -> Any:
    """Return what leads to the items that are kept, and the words beside it."""
    if keys in listed:
        return [each for number, each in enumerate(value) if number in listed[keys]]
    found: dict[str, Any] = {}
    for key, each in value.items():
        here = (*keys, key)
        if any(listed[path] for path in listed if path[: len(here)] == here):
            found[key] = _kept(each, here, listed)
        elif keys and isinstance(each, str):
            found[key] = each
    return found


def lines_of(made: Made, text: str) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
    """Return where in the text of an object, in lines, its items stand, and what they come of."""
    if not isinstance(made, KubernetesObject):
        return
    for item, spans in made.items():
        at = text.find(block := _block(made, item))
        if at >= 0:
            line = text.count("\n", 0, at)
            yield line, line + block.count("\n"), spans


def _block(made: KubernetesObject, item: Item) -> str:
    """Return an item as it stands in the object's text."""
    keys, number = item
    value: Any = made.body
    for key in keys:
        value = value[key]
    return indent(yaml.dump([value[number]]), "  " * (len(keys) - 1))
