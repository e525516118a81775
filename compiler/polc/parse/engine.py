"""The loop that drives the parse table over the tokens of one block.

It knows nothing of what the language looks like: rows and gotos come from the grammar, functions
from the productions' names. What it can't go on with it hands to `recover`, which reports, mends
the tokens or the stack, and says where to take up again.
"""

from operator import itemgetter
from typing import Any

from polc.parse import declarations, grants, qualifiers, running, statements
from polc.parse.builder import ACTIONS, Action, Builder
from polc.parse.lexer import TABLES, Tokens
from polc.source import Anchor
from polc_grammar.tables import END, Production

_REGISTERED = declarations, grants, qualifiers, running, statements
"""Imported for the functions that they register."""

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
ENTERED = TABLES.entered
_RIGHT = TABLES.punctuation["}"]
_START = TABLES.nonterminals.index("start")
DONE = GOTOS[0][_START]
"""The state in which a declaration is complete."""


class Engine:
    """The stack of one parse, and where in the tokens it stands."""

    __slots__ = ("at", "before", "builder", "kinds", "states", "tokens", "values")

    def __init__(self, anchor: Anchor, tokens: Tokens) -> None:
        self.builder = Builder(anchor, tokens)
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.states = [0]
        self.values: list[Any] = [None]
        self.at = 0
        """The token to look at next."""
        self.before = (0, -1)
        """A token that was asked for what stands before it on its line, and where that is."""

    def take(self) -> Any:
        """Take the declaration that is complete off the stack."""
        declaration = self.values[-1]
        self.clear()
        return declaration

    def clear(self) -> None:
        """Start anew with the token at hand."""
        self.states = [0]
        self.values = [None]
        self.builder.restart()

    def cut_back(self, depth: int) -> None:
        """Forget what stands above a place in the stack."""
        del self.states[depth + 1 :]
        del self.values[depth + 1 :]

    def run(self) -> bool:
        """Parse on; stop at a complete declaration (True), or before what doesn't fit (False).

        Nearly all of a parse is spent here, so shifts and reductions are written out in place.
        """
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
                else:
                    parts = values[-size:]
                    del values[1 - size :]
                    del states[1 - size :]
                    if picks is None:
                        values[-1] = function(builder, parts[0])
                    else:
                        if pad:
                            parts.append(None)
                        values[-1] = function(builder, *picks(parts))
                state = gotos[states[-2]][left]
                if state >= 0:
                    states[-1] = state
                    row = rows[state]
                    break
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

    def feed(self, kind: int) -> None:
        """Take a terminal that is not written, for one that `accepts` allows."""
        while True:
            action = ROWS[self.states[-1]][kind]
            if action >= 0:
                self._push(action, self.builder.last)
                return
            shifts = not action & 1
            if shifts:
                self._push(-1, self.builder.last)
            self._reduce(~action >> 1)
            if shifts:
                return

    def complete(self, kind: int) -> None:
        """Reduce what a terminal that `accepts` allows would end, without taking it."""
        while (action := ROWS[self.states[-1]][kind]) < 0 and action & 1:
            self._reduce(~action >> 1)

    def _push(self, state: int, value: Any) -> None:
        self.states.append(state)
        self.values.append(value)

    def _reduce(self, production: int) -> None:
        """Reduce as `run` does, which has this inlined."""
        while True:
            size, left, function, picks, pad = STEPS[production]
            parts = self.values[-size:] + [None] * pad
            del self.values[-size:]
            del self.states[-size:]
            rest = picks(parts) if picks and size > 1 else parts[:1]
            value = function(self.builder, *rest)
            state = GOTOS[self.states[-1]][left]
            if state >= 0:
                self._push(state, value)
                return
            self._push(-1, value)
            production = ~state

    def is_frame(self, depth: int) -> bool:
        """Tell whether a place in the stack is between the items of a block."""
        state = self.states[depth]
        action = ROWS[state].get(_RIGHT)
        if action is None or (action < 0 and action & 1):
            return False
        return ENTERED[state] == "LBRACE" or ENTERED[state].startswith("items{")

    def at_frame(self) -> bool:
        """Tell whether the token at hand stands between the items of a block."""
        return self.is_frame(len(self.states) - 1)

    def frame(self) -> int | None:
        """Return the depth in the stack of the innermost block, or None outside of any."""
        for depth in range(len(self.states) - 1, 0, -1):
            if self.is_frame(depth):
                return depth
        return None

    def ended(self) -> bool:
        """Tell whether nothing is left."""
        return self.kinds[self.at] == END
