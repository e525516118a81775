"""What could be struck out of a rule: entries of `from`, `to` and `when`, and values of lists.

Of a `from`, a `to` and a list something always stays: Istio reads an empty one as if it were not
there, so the rule would ask for less.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

Body = Mapping[str, Any]
Keys = tuple[str | int, ...]
"""The way from a rule to one of its parts; the empty one leads to the rule itself."""
_WORDS = (("from", "source"), ("to", "operation"), ("when", ""))
_PLAIN_FIELDS = frozenset({"principals", "ports", "methods", "paths"})


@frozen
class Part:
    """A part of a rule. `rivals` are the places in its list of the values that may hold it as well.

    None: it is not one of several values of which any will do, so only whole rules can be compared.
    """

    keys: Keys
    rivals: tuple[int, ...] | None = None

    @property
    def restricts(self) -> bool:
        """Whether it keeps something from being matched: a condition, or what must not be."""
        keys = self.keys
        return self.rivals is None and len(keys) > 1 and (keys[0] == "when" or len(keys) > 2)


def parts(rule: Body) -> Iterator[Part]:
    """Yield the rule itself, then its entries and then values of lists, each from the last on."""
    yield Part(())
    for name, word in _WORDS:
        entries = rule.get(name) or ()
        if len(entries) > 1 or (entries and not word):
            yield from (Part((name, index)) for index in reversed(range(len(entries))))
    for name, word in _WORDS:
        entries = rule.get(name) or ()
        for index in reversed(range(len(entries))):
            body = (entries[index].get(word) or {}) if word else entries[index]
            at: Keys = (name, index, word) if word else (name, index)
            for field, values in body.items():
                if isinstance(values, list) and len(values) > 1:
                    yield from _values((*at, field), values)


def _values(at: Keys, values: Sequence[str]) -> Iterator[Part]:
    field = str(at[-1])
    if field.startswith("not"):
        yield from (Part((*at, index)) for index in reversed(range(len(values))))
        return
    plain = field in _PLAIN_FIELDS
    same: dict[str | None, list[int]] = {}
    for index, value in enumerate(values):
        same.setdefault(_text(value) if plain else None, []).append(index)
    wild = same.get(None, [])
    for index in reversed(range(len(values))):
        text = _text(values[index]) if plain else None
        rivals = range(len(values)) if text is None else (*wild, *same[text])
        yield Part((*at, index), tuple(each for each in rivals if each != index))


def _text(value: str) -> str | None:
    """Return what two values have in common if they mean the same; None: it means many texts.

    A principal may name the trust domain of the mesh in two ways.
    """
    return None if "*" in value or "{" in value else value.partition("/")[2] or value


def change(rule: Body, gone: frozenset[Keys], part: Part) -> tuple[Body, Body | None]:
    """Return two rules that differ by a part, where some are `gone` already; None: no rule.

    Of several values the first rule holds the one in question, and nothing else that its entry or
    another one may add; the second holds the rivals, and all other entries.
    """
    if not part.keys:
        return without(rule, gone), None
    if part.rivals is None:
        return without(rule, gone), without(rule, gone | {part.keys})
    at, index, entry = part.keys[:-1], part.keys[-1], part.keys[:2]
    values = _at(rule, at)
    elsewhere = frozenset(each for each in gone if each[:-1] != at)
    beside = _beside(rule, entry) if entry[0] != "when" else set()
    one = without(_listing(rule, at, [values[index]]), elsewhere | beside)
    rivals = [values[each] for each in part.rivals if (*at, each) not in gone]
    if rivals:
        return one, without(_listing(rule, at, rivals), elsewhere)
    return one, without(rule, gone | {entry}) if beside - gone else None


def _beside(rule: Body, entry: Keys) -> set[Keys]:
    """Return the ways to the other entries of the same list."""
    name, index = entry
    return {(name, each) for each in range(len(rule[str(name)])) if each != index}


def may_go(rule: Body, gone: frozenset[Keys], part: Part) -> bool:
    """Tell whether a part is still there, and anything beside it."""
    keys, at = part.keys, part.keys[:-1]
    if not keys:
        return True
    if any(keys[: len(each)] == each for each in gone):
        return False
    left = len(_at(rule, at)) - sum(1 for each in gone if each[:-1] == at)
    return left > 1 or (at == ("when",))


def without(rule: Body, gone: frozenset[Keys]) -> Body:
    """Return a rule without some parts."""
    left: Body = _without(rule, gone, ())
    return left if left.get("when") != [] else {k: v for k, v in left.items() if k != "when"}


def _without(value: Any, gone: frozenset[Keys], at: Keys) -> Any:
    if not any(each[: len(at)] == at for each in gone):
        return value
    if isinstance(value, list):
        return [
            _without(each, gone, (*at, index))
            for index, each in enumerate(value)
            if (*at, index) not in gone
        ]
    return {name: _without(each, gone, (*at, name)) for name, each in value.items()}


def _at(rule: Body, keys: Keys) -> Any:
    found: Any = rule
    for key in keys:
        found = found[key]
    return found


def _listing(value: Any, keys: Keys, values: Sequence[str]) -> Any:
    """Return a rule with the list at the end of a way replaced."""
    if not keys:
        return list(values)
    inner: Any = _listing(value[keys[0]], keys[1:], values)
    if isinstance(value, list):
        return [inner if index == keys[0] else each for index, each in enumerate(value)]
    return {**value, keys[0]: inner}
