"""YAML and JSON texts as the API server gets them: values, and the lines that they stand on.

`kubectl` splits a file into documents by its lines (`stream`), and sigs.k8s.io/yaml, which is
go-yaml 2, makes JSON of each. So does the full reader here (`nodes`, `values`, `scalars`). What
polc's own writer writes is read by a strict one (`block`) that knows only that subset and leaves
every other document to the full one; tests hold them against each other and against the original.

What the API server would take and tools take differently is refused: a key that stands twice, what
follows `...`. So is what nobody means: 200 levels, aliases that unfold to themselves.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from polc.semantics.objects.yaml import block
from polc.semantics.objects.yaml.errors import UnreadableError
from polc.semantics.objects.yaml.stream import Part, parts

__all__ = ["UnreadableError", "documents", "line_of"]


def documents(text: str) -> Iterator[tuple[int, Any]]:
    """Yield every document of a text with its first line (from 1), empty ones as None."""
    for part in parts(text):
        if part.json:
            yield part.line, part.value
        else:
            read = block.read(part.text)
            if read is None:
                yield _in_full(part)
            else:
                yield part.line + read[0], read[1]


def _in_full(part: Part) -> tuple[int, Any]:
    from polc.semantics.objects.yaml.nodes import compose
    from polc.semantics.objects.yaml.values import value_of

    root = compose(part.text, part.line)
    return (part.line, None) if root is None else (root.line, value_of(root))


def line_of(text: str, document: int, keys: tuple[str | int, ...]) -> int | None:
    """Return the line (from 1) to which keys lead in a document, or as much of them as is there."""
    from polc.semantics.objects.yaml.nodes import follow

    found = _parts(text)
    if document >= len(found):
        return None
    part = found[document]
    return follow(part.text, part.line, keys)


@lru_cache(maxsize=8)
def _parts(text: str) -> tuple[Part, ...]:
    found: list[Part] = []
    with suppress(UnreadableError):  # What stands before it has lines all the same.
        found.extend(parts(text))
    return tuple(found)
