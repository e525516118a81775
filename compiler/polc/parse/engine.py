"""The loop that drives the parse table over the tokens of one block.

It knows nothing of what the language looks like: rows and gotos come from the grammar, functions
from the productions' names. What it can't go on with it hands to `recover`, which reports, mends
the tokens or the stack, and says where to take up again.
"""

from operator import itemgetter
from typing import Any

from polc.parse import declarations, statements
from polc.parse.builder import ACTIONS, Action, Builder
from polc.parse.lex import TABLES, Tokens
from polc.source import Anchor
from polc_grammar.tables import END, Production

assert declarations and statements, "imported for the functions that they register"

Step = tuple[int, int, Action, Any, bool]
"""Of a production: size, nonterminal, function, what picks its arguments, and if None is one."""


def _step(production: Production) -> Step:
    function = ACTIONS[production.name]
    if production.size == 1 and production.keep:
        function = _padded(function, len(production.keep))
    picks = itemgetter(0, *production.keep) if production.keep else None
    return production.size, production.left, function, picks, -1 in production.keep


def _padded(function: Action, missing: int) -> Action:
    """Give a function of one symbol the None that stands for each absent part."""
    absent = (None,) * missing
    return lambda builder, first: function(builder, first, *absent)


STEPS: tuple[Step, ...] = tuple(map(_step, TABLES.productions))
ROWS = TABLES.rows
GOTOS = TABLES.gotos
_START = TABLES.nonterminals.index("start")
DONE = GOTOS[0][_START]
"""The state in which a declaration is complete."""


class Engine:
    """The stack of one parse, and where in the tokens it stands."""

    __slots__ = ("at", "builder", "kinds", "states", "tokens", "values")

    def __init__(self, anchor: Anchor, tokens: Tokens) -> None:
        self.builder = Builder(anchor, tokens)
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.states = [0]
        self.values: list[Any] = [None]
        self.at = 0
        """The token to look at next."""

    def restart(self) -> Any:
        """Take the declaration that is complete off the stack."""
        declaration = self.values[-1]
        self.states = [0]
        self.values = [None]
        return declaration

    def run(self) -> bool:
        """Parse on; stop at a complete declaration (True), or before what doesn't fit (False)."""
        builder, kinds, states, values = self.builder, self.kinds, self.states, self.values
        rows, gotos, steps = ROWS, GOTOS, STEPS
        row = rows[states[-1]]
        at = self.at
        while True:
            kind = kinds[at]
            if not kind:
                at += 1
                continue
            action = row.get(kind)
            if action is None:
                self.at = at
                return states[-1] == DONE
            if action >= 0:
                builder.last = at
                values.append(at)
                states.append(action)
                row = rows[action]
                at += 1
                continue
            if not action & 1:
                builder.last = at
                values.append(at)
                states.append(-1)
                at += 1
            production = ~action >> 1
            while True:
                size, left, function, picks, pad = steps[production]
                if size == 1:
                    values[-1] = function(builder, values[-1])
                    states.pop()
                else:
                    parts = values[-size:]
                    del values[-size:]
                    del states[-size:]
                    if picks is None:
                        values.append(function(builder, parts[0]))
                    else:
                        if pad:
                            parts.append(None)
                        values.append(function(builder, *picks(parts)))
                state = gotos[states[-1]][left]
                if state >= 0:
                    states.append(state)
                    row = rows[state]
                    break
                states.append(-1)
                production = ~state

    def accepts(self, kind: int, states: list[int] | None = None) -> list[int] | None:
        """Return the states after a terminal, or None if it can't come here; changes nothing."""
        stack = list(self.states if states is None else states)
        while True:
            action = ROWS[stack[-1]].get(kind)
            if action is None:
                return None
            if action >= 0:
                stack.append(action)
                return stack
            shifts = not action & 1
            if shifts:
                stack.append(-1)
            production = ~action >> 1
            while True:
                size, left, *_ = STEPS[production]
                del stack[-size:]
                state = GOTOS[stack[-1]][left]
                if state >= 0:
                    stack.append(state)
                    break
                stack.append(-1)
                production = ~state
            if shifts:
                return stack

    def ended(self) -> bool:
        """Tell whether nothing is left."""
        return self.kinds[self.at] == END
