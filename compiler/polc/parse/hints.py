"""What helps with a token that doesn't fit, in the cases that people run into."""

from attrs import frozen

from polc.parse.foreign import instead
from polc.parse.lexer import TABLES
from polc.parse.words import (
    CIDR,
    COMMA,
    NAME,
    NAMELIKE,
    NUMBER,
    RIGHT,
    STRING,
    UPPER,
    WILDCARD,
    WORDS,
)

_HOMES = {
    **dict.fromkeys(
        ("user", "group", "fs-group", "writes", "capability", "relax"), "the braces of `run`"
    ),
    **dict.fromkeys(("grace", "signal"), "the braces of `stop`"),
    **dict.fromkeys(("cpu", "memory"), "the braces of `resources`"),
    **dict.fromkeys(("base", "builder", "app", "install", "command"), "the braces of `build`"),
    "when": "the braces of `rollout`",
    "host": 'an endpoint, or behind a gateway: `allow from internet via GATEWAY host "…"`',
    "only": "the statement that it narrows",
}
"""Where words stand that people write right into a service."""
_HOST = TABLES.words["host"]
_RPC = TABLES.words["rpc"]
_ORDER = "the order is: peers, `via`, `on`, `{ requests }`, then `only in`, `until`, `because`"
DIRECTIONS = "`allow from …` admits callers, `allow to …` lets this service call"
_COMMAS = "separate the items of a list by commas"
_DATE = "write year, month and day: `2026-12-31`"
CONDITIONS = (
    "as",
    "by",
    "except",
    "for",
    "if",
    "over",
    "through",
    "unless",
    "using",
    "when",
    "where",
    "with",
)
"""Words that people go on with behind the peers of a flow."""
LONGEST = 40
"""So much of the program is repeated in a message."""


@frozen
class Spot:
    """Where a token doesn't fit."""

    found: str
    kind: int
    word: str
    """The word before it."""
    block: str | None
    """The word of the innermost block around it; None outside of all."""
    inside: str | None
    """The word that the statement at hand starts with."""
    fits: frozenset[int]
    """What would fit."""
    starts: bool
    """It starts a line, or an item of the block."""


def hint(spot: Spot) -> str | None:
    """Say what helps at a place, or None."""
    return (
        (_word_hint(spot) if spot.starts else None)
        or (_allow_hint(spot) if spot.inside == "allow" != spot.block else None)
        or _request_hint(spot)
        or _statement_hint(spot)
        or _word_hint(spot)
        or _literal_hint(spot)
    )


def misplaced(word: str, block: str) -> str:
    """Say what to do about a declaration's word inside of a block."""
    if block == "service":
        if word == "role":
            return "write `has role NAME`"
        if word in _HOMES:
            return f"`{word}` stands in {_HOMES[word]}"
    known = instead(word, block)
    return known or "declarations stand side by side: end the one before with `}`"


def _word_hint(spot: Spot) -> str | None:
    """Say what to write for a word that polc has no statement for, or has elsewhere."""
    if RIGHT not in spot.fits:
        return None
    if spot.block == "service" and spot.found in _HOMES:
        return f"`{spot.found}` stands in {_HOMES[spot.found]}"
    return instead(spot.found, spot.block)


def _allow_hint(spot: Spot) -> str | None:
    """Say how a flow is written."""
    found, word = spot.found, spot.word
    if found in ("via", "on", *CONDITIONS) and RIGHT in spot.fits:
        return _ORDER
    if word == "allow" and not any(each.startswith(found) for each in ("from", "to")):
        named = spot.kind in NAMELIKE and not found.startswith('"')
        return f"write `allow from {found}`, or `allow to {found}`" if named else DIRECTIONS
    if spot.kind == CIDR and NAME in spot.fits and word != "on":
        block = found if "/" in found else f"{found}/{128 if ':' in found else 32}"
        return f"declare it as `endpoint NAME {{ cidr {block} }}`, and name that"
    if spot.kind == WILDCARD and NAME in spot.fits:
        return "write `any` for every pod of the cluster, `internet` for all outside of it"
    if RIGHT not in spot.fits:
        return None
    if found in ("at", "port", "ports", "/"):
        return "ports stand behind `on`: `on 8080`"
    if found in ("from", "to"):
        return f"one statement is of one direction: `allow {found} …` is another one"
    if found == "in":
        return "write `only in ENVIRONMENT`; a name of another namespace is `NAMESPACE/NAME`"
    if spot.kind == UPPER:
        return f'requests stand in braces: `{{ {found} "/…" }}`'
    return None


def _request_hint(spot: Spot) -> str | None:
    """Say how requests are written."""
    if spot.block != "allow":
        return None
    if _RPC in spot.fits and spot.kind == WILDCARD:
        return 'write `ANY "/…"`: `ANY` is every method'
    if _RPC in spot.fits and spot.found[0] in '"/':
        return 'methods come first: `GET "/…"`, or `ANY "/…"` for every method'
    if STRING in spot.fits and spot.word.isupper():
        return 'name the paths: `"/v1/**"`, or `"/**"` for every one'
    return None


def _statement_hint(spot: Spot) -> str | None:
    """Say how a statement is written, by what it starts with."""
    found, inside, word = spot.found, spot.inside, spot.word
    if found == "in" and word == "cluster-wide":
        return "a grant holds in one namespace or cluster-wide, not both"
    if found == "on" and inside == "can":
        return "the namespace stands behind `in`"
    if spot.fits & WORDS == {_HOST}:
        return 'say under which name: `host "www.example.com"`'
    if spot.block == "role" and found in ("in", "cluster-wide"):
        return "a role's scope is said where it is used: `has role NAME in NAMESPACE`"
    if inside == "port" and spot.kind == CIDR and found.count("/") == 1:
        return f"write number and protocol apart: `{found.replace('/', ' ').lower()}`"
    if word == "port" and spot.kind == NUMBER and inside == "port":
        return f"a port has a name, too: `port web {found} http`; that of a flow stands behind `on`"
    if word == "until":
        return _DATE
    return None


def _literal_hint(spot: Spot) -> str | None:
    """Say how to write what was probably meant."""
    found, word, fits = spot.found, spot.word, spot.fits
    if word in ("user", "group", "fs-group") and NUMBER in fits:
        return "write a number, such as `10001`: the kubelet can't check names"
    if NUMBER in fits and found[:1].isdigit() and found.count("-") == 1:
        return f"a range has two dots: `{found.replace('-', '..')}`"
    if spot.kind == WILDCARD and NAME in fits:
        return "there are no wildcards: write out each name"
    listed = COMMA in fits and (found[:1].isalnum() or found.startswith('"'))
    if listed and (found[0] == word[:1] == '"' or (found[0].isupper() and word[:1].isupper())):
        return _COMMAS
    if STRING in fits and NAME not in fits and found[:1].isalnum():
        return f'write it in quotes: `"{found}"`' if len(found) <= LONGEST else "write it in quotes"
    if found.startswith('"') and not fits & (NAMELIKE | {RIGHT}):
        return "write it without quotes"
    return _COMMAS if listed else None
