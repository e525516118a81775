"""Nodes to values, as go-yaml 2 decodes them and sigs.k8s.io/yaml makes JSON of that.

Keys become texts, also `1` and `on`. Tags on lists and mappings say nothing. What is merged (`<<`)
may be overridden by keys that stand after it; of keys before it that it brings again readers keep
one or the other, so that is refused, and so is a key that stands twice.
"""

from typing import Any

from polc.semantics.objects.yaml import scalars
from polc.semantics.objects.yaml.errors import UnreadableError, shown
from polc.semantics.objects.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence
from polc.semantics.objects.yaml.stream import MOST_NESTED, TOO_DEEP

_MERGE = "tag:yaml.org,2002:merge"
_SMALL, _LARGE = 400_000, 4_000_000


def value_of(root: Node) -> Any:
    """Return the value of a document."""
    return _Reader().read(root)


class _Reader:
    """What was read so far: the original allows aliases so much of it, and no more."""

    def __init__(self) -> None:
        self.count = 1  # The document itself is counted, too.
        self.aliased = 0
        self.aliases: list[Alias] = []
        self.depth = 0

    def read(self, node: Node) -> Any:
        """Return the value of a node."""
        self._counted()
        if isinstance(node, Scalar):
            return _scalar(node)
        if isinstance(node, Alias):
            return self._aliased(node)
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise _wrong(TOO_DEEP, node)
        found: Any
        if isinstance(node, Sequence):
            found = []
            for each in node.items:
                found.append(self.read(each))
        else:
            found = self._mapping(node)
        self.depth -= 1
        return found

    def _counted(self) -> None:
        self.count += 1
        if self.aliases:
            self.aliased += 1
            large = self.count > 1000 and self.aliased > 100
            if large and self.aliased / self.count > _allowed(self.count):
                raise _wrong("aliases unfold to too much", self.aliases[0])

    def _aliased(self, node: Alias) -> Any:
        if node in self.aliases:
            raise _wrong("an alias stands within what it means", node)
        self.aliases.append(node)
        found = self.read(node.target)
        self.aliases.pop()
        return found

    def _mapping(self, node: Mapping) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own: set[str] = set()
        for key, value in node.pairs():
            if _merges(key):
                self._merge(key, value, found, own)
                continue
            name = self._key(key)
            if name in own:
                raise _wrong(f"the key {shown(name)} stands twice in one mapping", key)
            own.add(name)
            found[name] = self.read(value)
        return found

    def _merge(self, key: Node, value: Node, found: dict[str, Any], own: set[str]) -> None:
        for each in reversed(value.items) if isinstance(value, Sequence) else (value,):
            target = each.target if isinstance(each, Alias) else each
            if not isinstance(target, Mapping):
                raise _wrong("only mappings can be merged with `<<`", each)
            merged = self.read(each)
            again = next((name for name in merged if name in own), None)
            if again is not None:
                why = (
                    f"`<<` brings the key {shown(again)} again: write `<<` before the mapping's own"
                )
                raise _wrong(why, key)
            found |= merged

    def _key(self, node: Node) -> str:
        self._counted()
        target = node.target if isinstance(node, Alias) else node
        if isinstance(node, Alias):
            self.count += 1
            self.aliased += 1
        if not isinstance(target, Scalar):
            raise _wrong("a list or mapping stands where a key has to be", node)
        try:
            return scalars.as_key(_meaning(target))
        except ValueError as problem:
            raise _wrong(str(problem), node) from None


def _merges(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == "<<" and (node.bare or node.tag == _MERGE)


def _scalar(node: Scalar) -> scalars.Scalar:
    try:
        return scalars.as_json(_meaning(node))
    except ValueError as problem:
        raise _wrong(str(problem), node) from None


def _meaning(node: Scalar) -> scalars.Scalar:
    found: scalars.Scalar
    if node.tag is not None:
        found = scalars.resolve_tagged(node.tag, node.text)
    else:
        found = scalars.resolve(node.text) if node.bare else node.text
    if isinstance(found, str) and not found.isascii():
        scalars.refuse_halves(found)
    return found


def _allowed(count: int) -> float:
    """Return the part of a document's nodes that may come of aliases, by their number."""
    if count <= _SMALL:
        return 0.99
    return 0.1 if count >= _LARGE else 0.99 - 0.89 * (count - _SMALL) / (_LARGE - _SMALL)


def _wrong(why: str, node: Node) -> UnreadableError:
    return UnreadableError(why, node.line, node.column)
