"""All objects as one text, for `polc build -o -` and a pipe into `kubectl apply -f -`.

Patches and Dockerfiles are no objects of a cluster, so they are left out.
"""

from polc.output.layout import Layout
from polc.output.yaml import join


def stream(layout: Layout) -> str:
    """Return every object, namespaces first, then in the order of the files."""
    pairs = zip(layout.objects, layout.documents, strict=True)
    ordered = sorted(pairs, key=lambda it: (it[0].body["kind"] != "Namespace", it[0].path))
    return join(document for _, document in ordered)
