"""YAML to documents with the lines that they start on; the one place that knows the library.

A key that stands twice in one mapping is refused: which of the two values holds is up to the tool
that applies it (YAML 1.2.2, section 3.2.1.3, wants keys to be unique).
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as Base
else:
    Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MERGE = "tag:yaml.org,2002:merge"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_TRUTH = "tag:yaml.org,2002:bool"
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

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge what a mapping merges (`<<`), unless a key of its own stands twice."""
        seen = self.__dict__.setdefault("_own_keys_seen", {})
        if id(node) not in seen:  # What was merged may repeat a key of the mapping's own.
            seen[id(node)] = node
            _refuse_repeated(node)
        super().flatten_mapping(node)


def _resolvers() -> dict[str | None, list[tuple[str, re.Pattern[str]]]]:
    """Return what tells the types of bare words, by their first letter."""
    found: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}
    for letter, known in Base.yaml_implicit_resolvers.items():
        found[letter] = [
            (tag, re.compile(f"(?!.*:)(?:{pattern.pattern})", pattern.flags))
            if tag in _NUMBERS
            else (tag, pattern)
            for tag, pattern in known
            if tag != _TIMESTAMP
        ]
    for letter in "yYnN":
        found[letter] = [*found.get(letter, ()), (_TRUTH, re.compile(r"[yYnN]$"))]
    return found


Loader.yaml_implicit_resolvers = _resolvers()


def _refuse_repeated(node: yaml.MappingNode) -> None:
    keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    if len({key.value for key in keys}) != len(keys):
        found: set[str] = set()
        for key in keys:
            if key.value in found and key.tag != _MERGE:
                raise DuplicateKeyError(key.value, key.start_mark)
            found.add(key.value)


MOST_NESTED = 1000
"""So deep may lists and mappings stand in each other; the API server takes far less."""
MOST_UNFOLDED = 1_000_000
"""So many values may a document have, with all aliases written out."""
_NESTED = re.compile(rf"^[ \t?-]{{{MOST_NESTED},}}", re.MULTILINE)


def _refuse_nested(text: str) -> None:
    """Raise an error for what is nested so deep that reading it would end the process."""
    try:
        too_deep = _nests_too_deep(text, Loader)
    except yaml.YAMLError:  # The compiled parser may have a limit of its own: ask the other.
        too_deep = _nests_too_deep(text, yaml.SafeLoader)
    if too_deep:
        raise ValueError(f"lists and mappings are nested more than {MOST_NESTED} deep")


def _nests_too_deep(text: str, loader: Any) -> bool:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_NESTED:
            return True
    return False


def _refuse_unfolded(root: yaml.Node) -> None:
    """Raise an error for aliases that unfold to too much, or to themselves."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known == 0:
            raise ValueError("an alias stands within what it means")
        if known is None:
            sizes[id(node)] = 0
            parts = node.value if isinstance(node, yaml.CollectionNode) else ()
            known = 1 + sum(
                sum(map(size, part)) if isinstance(part, tuple) else size(part) for part in parts
            )
            sizes[id(node)] = known
        return known

    if size(root) > MOST_UNFOLDED:
        raise ValueError("aliases unfold to more than a million values")


def documents(text: str) -> Iterator[tuple[int, Any]]:
    """Yield every document of a stream with its first line (from 1), empty ones as None."""
    if _NESTED.search(text) or text.count("[") + text.count("{") > MOST_NESTED:
        _refuse_nested(text)
    aliases = "*" in text and "&" in text
    loader = Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            if aliases:
                _refuse_unfolded(node)
            yield node.start_mark.line + 1, loader.construct_document(node)
    finally:
        loader.dispose()
