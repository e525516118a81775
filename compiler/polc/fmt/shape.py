"""What of a declaration is an item of what: found with the grammar's own table, without a tree.

This drives the parse table as `parse.engine` does, but only remembers where each item of a block
or list starts. What the table refuses has no shape, and stays as it is written.
"""

from polc.parse.lexer import TABLES
from polc_grammar.tables import END

_ROWS, _GOTOS = TABLES.rows, TABLES.gotos
_SIZES = tuple(production.size for production in TABLES.productions)
_LEFT = tuple(production.left for production in TABLES.productions)
_DONE = _GOTOS[0][TABLES.nonterminals.index("start")]


def _listed(production: int) -> str | None:
    """Return the list that a production adds its last symbol to, if it does."""
    name = TABLES.nonterminals[_LEFT[production]]
    adds = TABLES.productions[production].name in ("first", "more")
    return name if adds else None


_LISTS = tuple(map(_listed, range(len(TABLES.productions))))


def shape(kinds: list[int]) -> dict[int, str] | None:
    """Return, for each word that starts an item, the list that it is an item of.

    `kinds` are those of the words of one block, without comments and layout. Of several lists
    that start with one word it is the outermost. None: this is no declaration of the language.
    """
    found: dict[int, str] = {}
    states = [0]
    starts = [0]
    at = 0
    kinds = [*kinds, END]
    while True:
        action = _ROWS[states[-1]].get(kinds[at])
        if action is None:
            return found if states[-1] == _DONE and kinds[at] == END else None
        if action >= 0:
            states.append(action)
            starts.append(at)
            at += 1
            continue
        if not action & 1:
            states.append(-1)
            starts.append(at)
            at += 1
        production = ~action >> 1
        while True:
            name = _LISTS[production]
            if name is not None:
                found[starts[-1]] = name
            size = _SIZES[production]
            del states[-size:]
            del starts[len(starts) - size + 1 :]
            state = _GOTOS[states[-1]][_LEFT[production]]
            if state >= 0:
                states.append(state)
                break
            states.append(-1)
            production = ~state
