"""YAML to documents with the lines that they start on; the one place that knows the library.

A key that stands twice in one mapping is refused: which of the two values holds is up to the tool
that applies it (YAML 1.2.2, section 3.2.1.3, wants keys to be unique).
"""

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as Base
else:
    Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MERGE = "tag:yaml.org,2002:merge"


class DuplicateKeyError(ValueError):
    """A mapping has one key twice."""

    def __init__(self, key: object, mark: Any) -> None:
        super().__init__(f"the key `{key}` stands twice in one mapping")
        self.problem_mark = mark


class Loader(Base):
    """Reads plain data, and mappings without repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return a mapping, like the base class, unless a key stands twice."""
        own = list(node.value)
        made = super().construct_mapping(node, deep=deep)
        if len(made) != len(own) and not any(key.tag == _MERGE for key, _ in own):
            seen: set[str] = set()
            for key, _ in own:
                if key.value in seen:
                    raise DuplicateKeyError(key.value, key.start_mark)
                seen.add(key.value)
        return made


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
