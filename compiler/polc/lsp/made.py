"""What a program compiles to, one by one: objects of the cluster, patches, files."""

from polc.backend import ComponentPart, KubernetesObject, TextFile
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
