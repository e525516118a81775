"""All objects as one text, for `polc build -o -` and a pipe into `kubectl apply -f -`.

Patches and Dockerfiles are no objects of a cluster, so they are left out.
"""

from polc.output.layout import Layout
from polc.output.yaml import dump_all


def stream(layout: Layout) -> str:
    """Return every object, namespaces first, then in the order of the files."""
    objects = sorted(layout.objects, key=lambda item: (item.body["kind"] != "Namespace", item.path))
    return dump_all(item.body for item in objects)
