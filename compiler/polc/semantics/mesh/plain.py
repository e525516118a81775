"""A quick look at rules as they are written: of most of them nothing can be left out.

Such a rule lists plain callers, ports, methods and paths, each once. Taken apart, it is a set of
quadruples of these, where `*` may end a caller or a path, or a path be a template. Of what such a
quadruple means some requests are so unlike all texts that another one can only hold them if it
holds the whole quadruple; so to look at them pair by pair is enough.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import permutations
from typing import Any

from attrs import frozen

from polc.semantics.mesh.authorization import Policy
from polc.semantics.sets.intervals import IntSet

Body = Mapping[str, Any]
Texts = tuple[str, ...]
Ref = tuple[Policy, int]
"""A policy, and the number of a rule of it."""

_NOTHING: Body = {}
_LOCAL = "cluster.local"
_PRINCIPAL = re.compile(r"[^/*]+/ns/[^/*]+/sa/[^/*]+|[^/*]+/(ns/[^/*]+/sa/)?\*")
_SHAPES = {
    "ports": re.compile(r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}"),
    "methods": re.compile(r"[A-Za-z-]+"),
    "paths": re.compile(r"/([^*{}?# \t\r\n]*\*?|([^*{}?# \t\r\n]|\{\*\})*(\{\*\*\})?)"),
}


@frozen
class Ask:
    """Ports, methods and paths of one `to`; None: it does not say."""

    ports: Texts | None
    methods: Texts | None
    paths: Texts | None


@frozen
class Handle:
    """What a rule lists. Not `plain`: it says more, or in another way, and may mean less."""

    who: Texts | None
    asks: tuple[Ask, ...]
    plain: bool


def handle(rule: Body, trust: str) -> Handle:
    """Return what a rule lists, in a mesh with a trust domain."""
    sources = [each.get("source") or {} for each in rule.get("from") or (_NOTHING,)]
    bodies = [each.get("operation") or {} for each in rule.get("to") or (_NOTHING,)]
    asks = tuple(
        Ask(*(tuple(body[name]) if body.get(name) else None for name in _SHAPES)) for body in bodies
    )
    plain = (
        not rule.keys() - {"from", "to"}
        and all(each.keys() == {"principals"} for each in sources)
        and not any(each.keys() - _SHAPES.keys() for each in bodies)
    )
    who: Texts | None = None
    if all(each.get("principals") for each in sources):
        who = tuple(name for each in sources for name in each["principals"])
        renamed = trust != _LOCAL and any(each.startswith(f"{_LOCAL}/") for each in who)
        if renamed or not all(map(_PRINCIPAL.fullmatch, who)):
            who = None
    return Handle(who, asks, plain and who is not None and all(map(_shaped, asks)))


def _shaped(ask: Ask) -> bool:
    listed = zip((ask.ports, ask.methods, ask.paths), _SHAPES.values(), strict=True)
    return all(_shaped_as(texts, shape) for texts, shape in listed if texts is not None)


@lru_cache(maxsize=1 << 12)
def _shaped_as(texts: Texts, shape: "re.Pattern[str]") -> bool:
    return all(map(shape.fullmatch, texts))


# --- one rule and others ----------------------------------------------------------------------


def rivals(handles: Mapping[Ref, Handle], refs: Iterable[Ref]) -> Iterator[tuple[Ref, ...]]:
    """Yield for each of some rules those among all that may hold a part of it."""
    by_caller: dict[str | None, list[Ref]] = {}
    wild: dict[str, list[Ref]] = {}
    for ref, each in handles.items():
        for name in (None,) if each.who is None else each.who:
            by_caller.setdefault(name, []).append(ref)
            if name is not None and name.endswith("*"):
                wild.setdefault(name[:-1], []).append(ref)
    for ref in refs:
        mine = handles[ref]
        if not mine.plain:
            yield tuple(each for each in handles if each != ref)
            continue
        near = [by_caller.get(None, [])]
        for name in mine.who or ():
            near.append(by_caller[name])
            near += (some for head, some in wild.items() if name.startswith(head))
        other = dict.fromkeys(each for some in near for each in some if each != ref)
        yield tuple(each for each in other if _may_hold(handles[each], mine))


def _may_hold(wide: Handle, narrow: Handle) -> bool:
    return any(_asks_more(one, other) for one in wide.asks for other in narrow.asks)


def _asks_more(wide: Ask, narrow: Ask) -> bool:
    """Tell whether some triple of a plain `to` may lie within one of another `to`."""
    if not _meet(wide.ports, narrow.ports) or not _meet(wide.methods, narrow.methods):
        return False
    if wide.paths is None:
        return True
    return any(_path_holds(one, other) for one in wide.paths for other in narrow.paths or ())


def _meet(wide: Texts | None, narrow: Texts | None) -> bool:
    if wide is None:
        return True
    return narrow is not None and any(each in narrow or "*" in each for each in wide)


def _path_holds(wide: str, narrow: str) -> bool:
    """Tell whether a path may hold all that a well-shaped one means."""
    if wide == narrow or not wide.startswith("/"):
        return True
    head, brace, _ = wide.partition("{")
    if brace:
        tail = wide.rpartition("}")[2]
        return narrow[-1:] != "*" and narrow.startswith(head) and narrow.endswith(tail)
    return wide.endswith("*") and narrow.startswith(wide[:-1])


# --- one rule ---------------------------------------------------------------------------------


def tidy(one: Handle, unread: IntSet) -> bool:
    """Tell whether no part of a rule holds another; on `unread` ports no requests are read.

    In doubt it says no.
    """
    if not one.plain or one.who is None or not _apart(one.who):
        return False
    for ask in one.asks:
        if ask.ports is None or not all(map(_once, (ask.ports, ask.methods))):
            return False
        if ask.paths is not None and not _paths_apart(ask.paths):
            return False
        reads = ask.methods is not None or ask.paths is not None
        if reads and any(int(port) in unread for port in ask.ports):
            return False
    return not any(_asks_more(wide, narrow) for wide, narrow in permutations(one.asks, 2))


def _once(texts: Texts | None) -> bool:
    return texts is None or len(set(texts)) == len(texts)


def _apart(texts: Sequence[str]) -> bool:
    """Tell whether no text, perhaps with a `*` at its end, holds another one."""
    wild = [each[:-1] for each in texts if each.endswith("*")]
    held = any(each.startswith(head) and each != f"{head}*" for head in wild for each in texts)
    return len(set(texts)) == len(texts) and not held


@lru_cache(maxsize=1 << 12)
def _paths_apart(paths: Texts) -> bool:
    plain = tuple(each for each in paths if "{" not in each)
    templates = [each for each in paths if "{" in each]
    heads = [each[:-1] for each in plain if each.endswith("*")]
    return (
        _apart(plain)
        and len(set(templates)) == len(templates)
        and not any(each.startswith(head) for head in heads for each in templates)
        and not any(_path_holds(wide, each) for wide in templates for each in paths if wide != each)
    )
