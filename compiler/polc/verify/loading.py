"""YAML to documents with the lines that they start on; the one place that knows the library.

A key that stands twice in one mapping is refused: which of the two values holds is up to the tool
that applies it (YAML 1.2.2, section 3.2.1.3, wants keys to be unique).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as Base
else:
    Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MERGE = "tag:yaml.org,2002:merge"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class DuplicateKeyError(ValueError):
    """A mapping has one key twice."""

    def __init__(self, key: object, mark: Any) -> None:
        super().__init__(f"the key `{key}` stands twice in one mapping")
        self.problem_mark = mark


class Loader(Base):
    """Reads plain data as `kubectl` does, and mappings without repeated keys.

    Its library (go-yaml 2, resolve.go) knows no numbers to the base 60 such as `1:30`, leaves dates
    as texts, and reads a bare `y` or `n` as true or false.
    """

    bool_values: ClassVar = {**Base.bool_values, "y": True, "n": False}

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """Return the tag of a node."""
        resolve: Any = super().resolve
        tag: str = resolve(kind, value, implicit)
        if kind is yaml.ScalarNode and implicit[0]:
            if tag == _TIMESTAMP or (tag in _NUMBERS and ":" in value):
                return "tag:yaml.org,2002:str"
            if value in ("y", "Y", "n", "N"):
                return "tag:yaml.org,2002:bool"
        return tag

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge what a mapping merges (`<<`), unless a key of its own stands twice."""
        seen = self.__dict__.setdefault("_own_keys_seen", {})
        if id(node) not in seen:  # What was merged may repeat a key of the mapping's own.
            seen[id(node)] = node
            _refuse_repeated(node)
        super().flatten_mapping(node)


def _refuse_repeated(node: yaml.MappingNode) -> None:
    keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    if len({key.value for key in keys}) != len(keys):
        found: set[str] = set()
        for key in keys:
            if key.value in found and key.tag != _MERGE:
                raise DuplicateKeyError(key.value, key.start_mark)
            found.add(key.value)


def documents(text: str) -> Iterator[tuple[int, Any]]:
    """Yield every document of a stream with its first line (from 1), empty ones as None."""
    loader = Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            yield node.start_mark.line + 1, loader.construct_document(node)
    finally:
        loader.dispose()
