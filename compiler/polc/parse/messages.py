"""What to say about a token that doesn't fit: what was expected, in words, and what might help."""

from attrs import frozen

from polc.parse.engine import Engine
from polc.parse.hints import DIRECTIONS, LONGEST, Spot, hint, misplaced
from polc.parse.lexer import TABLES
from polc.parse.words import (
    COMMA,
    DECLARATIONS,
    IN_BLOCKS,
    LEFT,
    NAME,
    NUMBER,
    RESERVED,
    RIGHT,
    SPELLING,
    STATEMENTS,
    STRING,
    UPPER,
    WORDS,
)
from polc_grammar.tables import END

_LITERALS = {
    "STRING": "a quoted string",
    "NUMBER": "a number",
    "CIDR": "an address block such as `10.0.0.0/8`",
    "DATE": "a date such as `2026-12-31`",
    "PERCENT": "a percentage such as `90%`",
    "UPPER": "a word in capitals (such as `GET`)",
}
_AFTER = {
    "because": "a reason in quotes",
    "until": "a date such as `2026-12-31`",
    "signal": "a signal such as `SIGTERM`",
    "capability": "a capability such as `NET_BIND_SERVICE`",
    "import": "a module such as `std.platform`, or a file in quotes",
    "can": "a verb such as `get`",
    "host": "a host name in quotes",
    "writes": "a path in quotes",
    "only": "`in`",
    "from": "a peer such as `frontend`",
    "to": "a peer such as `orders-db`",
    "via": "the name of a gateway",
    "on": "the name or number of a port",
    "named": "a name in quotes",
    "image": "an image in quotes",
    "harden": "a profile such as `restricted`",
    "relax": "a field such as `read-only-root`",
    "workload": "a kind such as `statefulset`",
    "probe": "`ready`, `live` or `startup`",
    "scale": "a range such as `2..5`",
    "timeout": "a duration such as `30s`",
    "grace": "a duration such as `30s`",
    "concurrency": "a number such as `80`",
    "cpu": "an amount such as `100m..500m`",
    "memory": "an amount such as `128Mi..256Mi`",
    "user": "a number such as `10001`",
    "fs-group": "a number such as `10001`",
    "mesh": "`none`, `istio sidecar` or `istio ambient`",
    "cni": "`kubernetes` or `cilium`",
    "consent": "`both` or `either`",
    "rpc": 'a method in quotes, such as `"shop.Orders/*"`',
}
_PEERS = "a peer is a service, endpoint or group, `namespace NAME`, `any`, `internet` or `self`"
_MORE = {_AFTER["from"]: _PEERS, _AFTER["to"]: _PEERS, "`from` or `to`": DIRECTIONS}
"""What helps where a line ends before what was expected."""
_ORDER = ("only", "until", "because")
_ORDER_HELP = "qualifiers stand last, in this order: `only in …`, `until …`, `because …`"
_MANY = 5


@frozen
class Text:
    """What a diagnostic says."""

    message: str
    help: str | None = None
    known: bool = False
    """The help is for just this mistake."""


def shown(text: str) -> str:
    """Return a piece of the program for a message, cut where it is long."""
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return f"`{cut}`"


def accepted(engine: Engine) -> frozenset[int]:
    """Return every terminal that could stand here."""
    return frozenset(
        kind for kind in range(1, len(TABLES.terminals)) if engine.accepts(kind) is not None
    )


def previous(engine: Engine, token: int | None = None) -> int | None:
    """Return the token before one, by default that at hand, comments aside."""
    at = (engine.at if token is None else token) - 1
    while at >= 0 and not engine.kinds[at]:
        at -= 1
    return at if at >= 0 else None


def starts_line(engine: Engine, token: int | None = None) -> bool:
    """Tell whether a token, by default that at hand, is the first word of its line."""
    start = engine.at if token is None else token
    known, stop = engine.before
    at = start - 1
    while at >= 0 and not engine.kinds[at] and "\n" not in engine.tokens.pieces[at]:
        # What is junk is passed over as comments are: a line of nothing else costs no square.
        if at == known and (stop < 0 or engine.kinds[stop] or "\n" in engine.tokens.pieces[stop]):
            at = stop
            break
        at -= 1
    engine.before = (start, at)
    return at < 0 or not engine.kinds[at]


def cut_short(engine: Engine) -> bool:
    """Tell whether a line ended before its statement did: then its end is to blame.

    What the next line starts with is right then, and only comes too early.
    """
    if engine.at_frame() or not starts_line(engine) or engine.kinds[engine.at] == END:
        return False
    kind = engine.kinds[engine.at]
    ends = kind == RIGHT or kind in RESERVED or engine.accepts(LEFT) is not None
    return (ends or starts_item(engine, engine.at)) and engine.accepts(RIGHT) is None


def starts_item(engine: Engine, token: int) -> bool:
    """Tell whether an item of the innermost block could start with a token."""
    depth = engine.frame()
    if depth is None:
        return False
    return engine.accepts(engine.kinds[token], engine.states[: depth + 1]) is not None


def opened_by(engine: Engine, depth: int) -> str | None:
    """Return the first word of the statement or declaration that a place in the stack is in."""
    while depth > 1 and not engine.is_frame(depth - 1):
        depth -= 1
    value = engine.values[depth] if depth < len(engine.values) else None
    if isinstance(value, int) and engine.kinds[value] in WORDS:
        return engine.tokens.pieces[value]
    return None


def enclosing(engine: Engine) -> str | None:
    """Return the word of the innermost block around the token at hand."""
    depth = len(engine.states) - 1
    while depth > 0 and TABLES.entered[engine.states[depth]] != "LBRACE":
        depth -= 1
    return opened_by(engine, depth) if depth else None


def unexpected(engine: Engine) -> Text:
    """Say what was expected where the token at hand stands."""
    fits = accepted(engine)
    found = engine.tokens.pieces[engine.at]
    kind = engine.kinds[engine.at]
    before = previous(engine)
    word = "" if before is None else engine.tokens.pieces[before]
    block = enclosing(engine)
    if kind in DECLARATIONS and block and engine.at_frame():
        return Text(f"`{found}` can't stand in `{block}`", misplaced(found, block), known=True)
    if block == "select" and word == "{" and kind != END:
        return Text(
            f"expected a label in `select`, found {shown(found)}",
            'name at least one: `app: "…"`; without any it would mean every pod',
            known=True,
        )
    if found in _ORDER and RIGHT in fits and word not in ("{", "}"):
        return Text(f"`{found}` stands too late", _ORDER_HELP, known=True)
    expected = _wanted(engine, before) or _join(_parts(fits, engine, found))
    message = f"expected {expected}{_place(engine, word, block)}"
    cut = cut_short(engine)
    if kind == END or cut:
        return Text(message, _MORE.get(expected))
    inside = opened_by(engine, len(engine.states) - 1)
    starts = engine.at_frame() or starts_line(engine)
    help = hint(Spot(found, kind, word, block, inside, fits, starts))
    message += f", found {shown(found)}"
    return Text(message, help or _statements(fits, block), known=help is not None)


def _wanted(engine: Engine, before: int | None) -> str | None:
    """Name what is missing by what it is for, where the grammar only knows a name."""
    if engine.at_frame() or before is None:
        return None
    # A word that is on the stack as it is stands for itself, and for no name.
    if engine.values[-1] == before and engine.tokens.pieces[before] in _AFTER:
        return _AFTER[engine.tokens.pieces[before]]
    if engine.tokens.pieces[before] == "in":
        return f"the name of {'an environment' if _follows_only(engine, before) else 'a namespace'}"
    inside = opened_by(engine, len(engine.states) - 1)
    if engine.kinds[before] == NUMBER and inside == "port":
        return "`->`, `..` or a protocol such as `http`"
    if inside == "probe" and engine.accepts(UPPER) is not None:
        return "`GET`, `tcp`, `grpc` or `exec`"
    if engine.kinds[before] == UPPER and engine.accepts(STRING) is not None:
        return "a path in quotes"
    grants = inside == "can" or enclosing(engine) == "role"
    if grants and engine.kinds[before] == NAME and engine.accepts(RIGHT) is None:
        return "a resource such as `pods`"
    return None


def _follows_only(engine: Engine, token: int) -> bool:
    before = previous(engine, token)
    return before is not None and engine.tokens.pieces[before] == "only"


def _place(engine: Engine, word: str, block: str | None) -> str:
    if word in ("", "{", "}") or engine.at_frame():
        return f" in `{block}`" if block else ""
    return f" after {shown(word)}"


def _parts(fits: frozenset[int], engine: Engine, found: str) -> list[str]:
    """Name what fits: literals, then marks, then words."""
    if COMMA in fits and RIGHT in fits and found[:1].isalnum() and NAME not in fits:
        return ["`,`", "the next statement"]
    names = NAME in fits
    parts = ["a name"] if names else []
    parts += [
        text
        for name, text in _LITERALS.items()
        if TABLES.terminals.index(name) in fits and not (names and name == "STRING")
    ]
    ends = RIGHT in fits and not engine.at_frame()
    words = fits & WORDS - (IN_BLOCKS if names else frozenset())
    if ends:
        words -= STATEMENTS
        words = words if len(words & RESERVED) <= _MANY else frozenset()
    elif names and not engine.at_frame():
        words -= RESERVED  # they would be names here, too
    statement = len(words & RESERVED) > _MANY
    marks = fits - WORDS - ({RIGHT, LEFT, COMMA} if ends else {RIGHT})
    parts += [f"`{mark}`" for mark in sorted(SPELLING[kind] for kind in marks if kind in SPELLING)]
    if statement:
        parts.append("a statement")
    else:
        parts += [f"`{SPELLING[kind]}`" for kind in sorted(words, key=SPELLING.__getitem__)]
    if ends:
        parts.append("the next statement")
    elif RIGHT in fits:
        parts.append("`}`")
    return parts


def _join(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts) or "the end"
    return ", ".join(parts[:-1]) + " or " + parts[-1]


def _statements(fits: frozenset[int], block: str | None) -> str | None:
    words = sorted(SPELLING[kind] for kind in fits & STATEMENTS)
    if len(words) <= _MANY or LEFT in fits or COMMA in fits:
        return None
    if block == "environment":
        return "`environment` takes `cluster NAME`, and `service NAME { … }` with what tunes it"
    return f"`{block}` takes " + ", ".join(f"`{word}`" for word in words)
