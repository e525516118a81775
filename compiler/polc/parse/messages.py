"""What to say about a token that doesn't fit: what was expected, in words, and what might help."""

from attrs import frozen

from polc.parse.engine import Engine
from polc.parse.lexer import TABLES
from polc.parse.words import (
    COMMA,
    DECLARATIONS,
    IN_BLOCKS,
    LEFT,
    NAME,
    NAMELIKE,
    NUMBER,
    RESERVED,
    RIGHT,
    SPELLING,
    STATEMENTS,
    STRING,
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
}
_KNOWN = {
    "replicas": "write `scale 2..5`",
    "labels": 'write `select { app: "…" }`',
    "ingress": "write `allow from …`",
    "egress": "write `allow to …`",
    "permissions": "write `can VERBS RESOURCES`",
    "deny": "what is not allowed is denied: there is no statement for it",
    "*": "write `any` for every pod of the cluster, `internet` for all outside of it",
}
_ORDER = ("only", "until", "because")
_ORDER_HELP = "qualifiers stand last, in this order: `only in …`, `until …`, `because …`"
_HOMES = {
    **dict.fromkeys(("user", "fs-group", "writes", "capability", "relax"), "the braces of `run`"),
    **dict.fromkeys(("grace", "signal"), "the braces of `stop`"),
    **dict.fromkeys(("cpu", "memory"), "the braces of `resources`"),
    **dict.fromkeys(("base", "builder", "app", "install", "command"), "the braces of `build`"),
    "when": "the braces of `rollout`",
    "host": 'an endpoint, or behind a gateway: `allow from internet via GATEWAY host "…"`',
    "only": "the statement that it narrows",
}
"""Where words stand that people write right into a service."""
_HOST = TABLES.words["host"]
_MANY = 5
_SHOWN = 40


@frozen
class Text:
    """What a diagnostic says."""

    message: str
    help: str | None = None
    known: bool = False
    """The help is for just this mistake."""


def shown(text: str) -> str:
    """Return a piece of the program for a message, cut where it is long."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"`{cut}`"


def accepted(engine: Engine) -> frozenset[int]:
    """Return every terminal that could stand here."""
    return frozenset(
        kind for kind in range(1, len(TABLES.terminals)) if engine.accepts(kind) is not None
    )


def previous(engine: Engine) -> int | None:
    """Return the token before the one at hand, comments aside."""
    at = engine.at - 1
    while at >= 0 and not engine.kinds[at]:
        at -= 1
    return at if at >= 0 else None


def starts_line(engine: Engine) -> bool:
    """Tell whether the token at hand is the first word of its line."""
    at = engine.at - 1
    while at >= 0 and not engine.kinds[at]:
        if "\n" in engine.tokens.pieces[at]:
            return True
        at -= 1
    return at < 0


def cut_short(engine: Engine) -> bool:
    """Tell whether a line ended before its statement did: then its end is to blame.

    What the next line starts with is right then, and only comes too early.
    """
    if engine.at_frame() or not starts_line(engine) or engine.kinds[engine.at] == END:
        return False
    kind = engine.kinds[engine.at]
    goes_on = kind != RIGHT and kind not in RESERVED and engine.accepts(LEFT) is None
    return not goes_on and engine.accepts(RIGHT) is None


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
        return Text(
            f"`{found}` can't stand in `{block}`",
            "write `has role NAME`"
            if found == "role" and block == "service"
            else "declarations stand side by side: end the one before with `}`",
            known=True,
        )
    if block == "select" and word == "{":
        return Text(
            f"expected a label in `select`, found {shown(found)}",
            'name at least one: `app: "…"`; without any it would mean every pod',
            known=True,
        )
    if found in _ORDER and RIGHT in fits and word not in ("{", "}"):
        return Text(f"`{found}` stands too late", _ORDER_HELP, known=True)
    expected = _AFTER.get(word) or _wanted(engine, before) or _join(_parts(fits, engine, found))
    message = f"expected {expected}{_place(engine, word, block)}"
    if kind != END and not cut_short(engine):
        message += f", found {shown(found)}"
    if cut_short(engine):
        return Text(message)
    inside = opened_by(engine, len(engine.states) - 1)
    hint = _hint(found, word, block, fits, inside)
    return Text(message, hint or _statements(fits, block), known=hint is not None)


def _wanted(engine: Engine, before: int | None) -> str | None:
    """Name what is missing by what it is for, where the grammar only knows a name."""
    if engine.at_frame() or before is None:
        return None
    inside = opened_by(engine, len(engine.states) - 1)
    if engine.kinds[before] == NUMBER and inside == "port":
        return "`->`, `..` or a protocol such as `http`"
    if inside == "can" and engine.kinds[before] == NAME and engine.accepts(RIGHT) is None:
        return "a resource such as `pods`"
    return None


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
    return f"`{block}` takes " + ", ".join(f"`{word}`" for word in words)


def _hint(
    found: str, word: str, block: str | None, fits: frozenset[int], inside: str | None
) -> str | None:
    """Say what helps in the cases that people run into; `inside` starts the statement at hand."""
    if found in _KNOWN:
        return _KNOWN[found]
    if found in ("via", "on") and RIGHT in fits and inside != "can":
        return (
            "the order is: peers, `via`, `on`, `{ requests }`, then `only in`, `until`, `because`"
        )
    if found == "in" and word == "cluster-wide":
        return "a grant holds in one namespace or cluster-wide, not both"
    if found == "on" and inside == "can":
        return "the namespace stands behind `in`"
    if found == "at" and inside == "allow":
        return "ports stand behind `on`"
    if fits & WORDS == {_HOST}:
        return 'say under which name: `host "www.example.com"`'
    if word == "allow":
        return "`allow from …` admits callers, `allow to …` lets this service call"
    if block == "role" and found in ("in", "cluster-wide"):
        return "a role's scope is said where it is used: `has role NAME in NAMESPACE`"
    if block == "service" and found in _HOMES and RIGHT in fits:
        return f"`{found}` stands in {_HOMES[found]}"
    return _literal_hint(found, word, fits)


def _literal_hint(found: str, word: str, fits: frozenset[int]) -> str | None:
    """Say how to write what was probably meant."""
    if word in ("user", "group", "fs-group") and NUMBER in fits:
        return "write a number, such as `10001`: the kubelet can't check names"
    if NUMBER in fits and found[:1].isdigit() and found.count("-") == 1:
        return f"a range has two dots: `{found.replace('-', '..')}`"
    listed = COMMA in fits and (found[:1].isalnum() or found.startswith('"'))
    if listed and (found[0] == word[:1] == '"' or (found[0].isupper() and word[:1].isupper())):
        return "separate the items of a list by commas"
    if STRING in fits and NAME not in fits and found[:1].isalnum():
        return f'write it in quotes: `"{found}"`' if len(found) <= _SHOWN else "write it in quotes"
    if found.startswith('"') and not fits & NAMELIKE:
        return "write it without quotes"
    return "separate the items of a list by commas" if listed else None
