"""From the `.lark` files to `Tables`: Lark reads the grammar and builds the LALR table.

Only development needs this module; it is the one place that imports Lark. States are numbered
breadth first from the start, with symbols in alphabetical order, so that the outcome does not
depend on the order in which Lark met them.
"""

from pathlib import Path
from typing import Any

from lark import Lark
from lark.parsers.lalr_analysis import Reduce

from polc_grammar.tables import Production, Tables

HERE = Path(__file__).parent
_END = "$END"


def lark() -> Lark:
    """Return Lark's own parser of the language: the reference that the tables are made from."""
    return Lark.open(
        str(HERE / "policy.lark"), parser="lalr", lexer="basic", maybe_placeholders=True
    )


def generate() -> Tables:
    """Build the tables."""
    reference = lark()
    return _Generator(reference).tables()


class _Generator:
    """Numbers symbols, productions and states, and leaves out states that only reduce."""

    def __init__(self, reference: Lark) -> None:
        parser: Any = reference.parser
        self.table = parser.parser._parse_table
        self.lexemes = [t for t in reference.terminals if t.name not in reference.ignore_tokens]
        names = sorted(t.name for t in self.lexemes)
        self.terminals = {name: n for n, name in enumerate(("", _END, *names))}
        self.rules = sorted(reference.rules, key=self._rule_key)
        left = sorted({rule.origin.name for rule in self.rules})
        self.nonterminals = {str(name): n for n, name in enumerate(left)}
        self.number_of = {rule: n for n, rule in enumerate(self.rules)}

    @staticmethod
    def _rule_key(rule: Any) -> tuple[str, int, list[str]]:
        return str(rule.origin.name), rule.order, [symbol.name for symbol in rule.expansion]

    def _actions(self, state: int) -> dict[str, tuple[Any, Any]]:
        actions: dict[str, tuple[Any, Any]] = self.table.states[state]
        return actions

    def _sole_rule(self, state: int) -> Any | None:
        """Return the rule that is all a state can do, if so."""
        actions = list(self._actions(state).values())
        rules = {argument if action is Reduce else None for action, argument in actions}
        return rules.pop() if len(rules) == 1 else None

    def _target(self, source: int, symbol: str) -> Any:
        """Return the state, or the rule to reduce by, that `symbol` leads to from `source`."""
        state = self._actions(source)[symbol][1]
        rule = self._sole_rule(state)
        if rule is None:
            return state
        return self._target(source, rule.origin.name) if _only_groups(rule) else rule

    def tables(self) -> Tables:
        """Walk the states from the start and write down what each of them does."""
        start = self.table.start_states["start"]
        order = {start: 0}
        entered = [""]
        rows: list[dict[int, int]] = []
        gotos: list[dict[int, int]] = []
        for state in order_growing(order):
            row: dict[int, int] = {}
            goto: dict[int, int] = {}
            for symbol in sorted(self._actions(state)):
                action, argument = self._actions(state)[symbol]
                if symbol == _END and action is not Reduce:
                    continue  # the end of the declaration is where the start symbol leads
                target = argument if action is Reduce else self._target(state, symbol)
                if isinstance(target, int) and target not in order:
                    order[target] = len(order)
                    entered.append(self._entering(state, symbol, target))
                if symbol in self.terminals:
                    row[self.terminals[symbol]] = self._action(action is Reduce, target, order)
                else:
                    number = order[target] if isinstance(target, int) else ~self.number_of[target]
                    goto[self.nonterminals[symbol]] = number
            rows.append(row)
            gotos.append(goto)
        return self._assemble(rows, gotos, entered)

    def _entering(self, source: int, symbol: str, target: int) -> str:
        """Return the symbol that a state is entered by once grouping rules are passed over."""
        state = self._actions(source)[symbol][1]
        while state != target:
            rule = self._sole_rule(state)
            assert rule is not None
            symbol = rule.origin.name
            state = self._actions(source)[symbol][1]
        return str(symbol)

    def _action(self, reduces: bool, target: Any, order: dict[int, int]) -> int:
        if isinstance(target, int):
            return order[target]
        return ~(2 * self.number_of[target] + (0 if reduces else 1))

    def _assemble(
        self, rows: list[dict[int, int]], gotos: list[dict[int, int]], entered: list[str]
    ) -> Tables:
        literal = {t.name: t.pattern.value for t in self.lexemes if t.pattern.type == "str"}
        patterns = sorted(
            (t for t in self.lexemes if t.pattern.type == "re"),
            # Most words are names, which match nowhere that another pattern does.
            key=lambda t: (t.name != "NAME", -t.priority, t.name),
        )
        reserved = {
            symbol.name
            for rule in self.rules
            if rule.origin.name == "reserved"
            for symbol in rule.expansion
        }
        words = {text: self.terminals[name] for name, text in sorted(literal.items())}
        return Tables(
            terminals=tuple(self.terminals),
            words={text: n for text, n in words.items() if text[0].isalpha()},
            punctuation={text: n for text, n in words.items() if not text[0].isalpha()},
            patterns=tuple((self.terminals[t.name], t.pattern.to_regexp()) for t in patterns),
            reserved=frozenset(self.terminals[name] for name in reserved),
            nonterminals=tuple(self.nonterminals),
            productions=tuple(self._production(rule) for rule in self.rules),
            rows=tuple(rows),
            gotos=tuple(gotos),
            entered=tuple(entered),
        )

    def _production(self, rule: Any) -> Production:
        """Describe a rule; its function gets what Lark's own tree would have."""
        empty = rule.options.empty_indices or (False,) * len(rule.expansion)
        keep: list[int] = []
        position = 0
        for absent in empty:
            if absent:
                keep.append(-1)
                continue
            symbol = rule.expansion[position]
            if position and not (symbol.is_term and symbol.filter_out):
                keep.append(position)
            position += 1
        name = "same" if _only_groups(rule) else rule.alias or str(rule.origin.name)
        left = self.nonterminals[str(rule.origin.name)]
        return Production(name, left, len(rule.expansion), tuple(keep))


def order_growing(order: dict[int, int]) -> Any:
    """Yield the keys of a dictionary that grows meanwhile."""
    done = 0
    while done < len(order):
        keys = list(order)[done:]
        done = len(order)
        yield from keys


def _only_groups(rule: Any) -> bool:
    return bool(rule.options.expand1 and not rule.alias and len(rule.expansion) == 1)
