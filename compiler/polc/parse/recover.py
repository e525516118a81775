"""Going on after an error: one mistake gives one diagnostic and costs as little as can be.

What can't be mended (see `mend`) costs the statement that it stands in: the stack goes back to
the innermost block, the tokens on to the next statement. The declaration stays in the tree,
marked as broken; only one whose name can't be read is dropped.
"""

from bisect import bisect_right

from attrs import evolve

from polc.codes import syntax as codes
from polc.diagnostics import Diagnostic, Edit, Fix, Label
from polc.parse import lexer
from polc.parse.engine import ENTERED, ROWS
from polc.parse.foreign import instead
from polc.parse.lexer import Tokens
from polc.parse.mend import Mender
from polc.parse.messages import cut_short, shown, starts_line, unexpected
from polc.parse.scan import doc
from polc.parse.words import (
    DECLARATIONS,
    DOTTED,
    EXTERN,
    IMPORT,
    LEFT,
    NAME,
    NAMELIKE,
    NAMESPACE,
    RESERVED,
    RIGHT,
    SERVICE,
    SPELLING,
    STATEMENTS,
    STRING,
)
from polc.source import Anchor
from polc.suggest import nearest
from polc.syntax import Declaration, Import
from polc_grammar.tables import END

_SYNONYMS = {
    **dict.fromkeys(
        ("svc", "app", "deployment", "statefulset", "daemonset", "workload"), "service"
    ),
    **dict.fromkeys(("cronjob", "job", "pod", "microservice", "component"), "service"),
    "env": "environment",
    "clusterrole": "role",
    "serviceentry": "endpoint",
    "external": "extern",
    "ingress": "gateway",
    "ns": "namespace",
    "include": "import",
}
"""What people write who come from elsewhere."""
_AFTER_NAME = frozenset({LEFT, lexer.TABLES.words["in"], lexer.TABLES.words["extends"]})


class Recovery(Mender):
    """An engine that goes on after an error."""

    __slots__ = ("_declarations",)

    def __init__(self, anchor: Anchor, tokens: Tokens) -> None:
        super().__init__(anchor, tokens)
        self._declarations: list[Declaration] = []

    def declarations(self) -> list[Declaration]:
        """Parse to the end of the block."""
        opened: list[int] = []
        if lexer.OPEN_STRING in self.kinds:
            opened = [at for at, kind in enumerate(self.kinds) if kind == lexer.OPEN_STRING]
        self._read_doc()
        self._parse()
        # One that a string without its first quote ends with was reported with that.
        opened = [at for at in opened if self.kinds[at]]
        if opened:
            self._blame_quotes(opened)
        return self._declarations

    def _blame_quotes(self, opened: list[int]) -> None:
        """Report each quote without partner, instead of all that it brought about on its line."""
        builder = self.builder
        lines = [self._line_of(token) for token in opened]
        kept = []
        for diagnostic in builder.found:
            nth = bisect_right(lines, diagnostic.span.start) - 1
            if nth < 0 or diagnostic.span.start > builder.offsets[opened[nth]]:
                kept.append(diagnostic)
        message = "this string has no closing quote"
        help = 'a string ends on its line; a quote inside of it is written `\\"`'
        quotes = (
            Diagnostic(codes.OPEN_STRING, message, builder.token_span(token), help=help)
            for token in opened
        )
        builder.found = sorted([*kept, *quotes], key=lambda each: each.span.start)

    def _line_of(self, token: int) -> int:
        """Return where the line of a token starts."""
        while token > 0 and "\n" not in self.builder.pieces[token - 1]:
            token -= 1
        return self.builder.offsets[token]

    def _parse(self) -> None:
        while True:
            if self.run() or self._ends_before():
                self._declarations.append(self.take())
                if self.kinds[self.at] not in DECLARATIONS and not self.ended():
                    self._stray()
            elif self.states != [0]:
                if not self.mend():
                    self._give_up()
            elif self.ended():
                return
            else:
                self._stray()

    def _ends_before(self) -> bool:
        """Take a declaration that may end here for complete, before a line that can't be of it."""
        kind = self.kinds[self.at]
        if kind in (LEFT, END) or not starts_line(self) or ROWS[self.states[-1]].get(END) is None:
            return False
        self.kinds[self.at] = END
        complete = self.run()
        self.kinds[self.at] = kind
        return complete

    def _read_doc(self) -> None:
        """Take the comment that the block starts with for the declaration's."""
        first = next(at for at, kind in enumerate(self.kinds) if kind)
        if first and "#" in self.tokens.pieces[0] + self.tokens.pieces[min(1, first - 1)]:
            self.builder.doc = doc("".join(self.tokens.pieces[:first]))

    # --- inside a declaration -------------------------------------------------------------------

    def _give_up(self) -> None:
        """Report the token at hand and drop the statement, or the declaration, that it is in."""
        if starts_line(self) and not self.at_frame() and self.accepts(RIGHT) is not None:
            self.complete(RIGHT)  # nothing is wrong with the statement above
        self._report_unexpected()
        depth = self.frame()
        if depth is not None:
            self._drop_statement(depth)
        elif not self._skip_to_brace():
            self._drop_declaration()

    def _report_unexpected(self) -> None:
        self.builder.broken = True
        if self.quiet():
            return
        text = unexpected(self)
        span = self.place()
        known = (text.known and not self.is_begun()) or cut_short(self)
        meant = None if known else self.meant()
        help = f"did you mean `{meant}`?" if meant else text.help
        fix = Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None
        self.report(codes.SYNTAX_ERROR, text.message, span, help, fix)

    def _drop_statement(self, depth: int) -> None:
        """Go back to a block and on to its next statement, or its end."""
        states = self.states[: depth + 1]
        # INVARIANT: a drop takes something off the stack, or goes on in the tokens.
        stuck = self.at if len(states) == len(self.states) else -1
        inside = sum(ENTERED[state] == "LBRACE" for state in self.states[depth + 1 :])
        self.cut_back(depth)
        self.builder.spoilt = False
        starts: dict[int, bool] = {}
        while not self.ended():
            kind = self.kinds[self.at]
            if kind == LEFT:
                inside += 1
            elif kind == RIGHT:
                if not inside:
                    return
                inside -= 1
            elif kind:
                if kind not in starts:
                    starts[kind] = self.accepts(kind, states) is not None
                if self.at != stuck and self._takes_up(kind, starts[kind], inside):
                    self.use_up(missing=inside)
                    return
            self.at += 1

    def _takes_up(self, kind: int, fits: bool, inside: int) -> bool:
        """Tell whether to go on at a token, so many braces deep in what is dropped."""
        if not inside and fits:
            return True
        if kind in DECLARATIONS and self.declares(self.at):
            return bool(self.missing()) or self.starts_column()
        if not self.missing():
            return False
        if inside and fits and kind in RESERVED:
            return True
        return kind in STATEMENTS and not inside and starts_line(self)

    # --- between declarations -------------------------------------------------------------------

    def _skip_to_brace(self) -> bool:
        """Go on to the brace of a declaration whose header can be read; False if there is none."""
        if self.accepts(LEFT) is None:
            return False
        at = self.at
        while self.kinds[at] not in (LEFT, RIGHT, END) and not self.declares(at):
            at += 1
        if self.kinds[at] != LEFT:
            return False
        self.at = at
        return True

    def _drop_declaration(self) -> None:
        """Drop all up to the next declaration."""
        self.clear()
        self._skip_outside()

    def _skip_outside(self) -> int | None:
        """Go on to the next declaration; return the first brace that closes nothing."""
        inside, extra = 0, None
        while not self.ended():
            kind = self.kinds[self.at]
            if kind == LEFT:
                inside += 1
            elif kind == RIGHT and inside:
                inside -= 1
            elif kind == RIGHT:
                extra = self.at if extra is None else extra
            elif self.declares(self.at) and (not inside or self.starts_column() or self.missing()):
                self.use_up(missing=inside)
                return extra
            self.at += 1
        self.use_up(missing=inside)
        return extra

    def _stray(self) -> None:
        """Deal with what stands outside of declarations."""
        if self.mend_piece() and self.kinds[self.at] != STRING:
            return
        if self.kinds[self.at] == RIGHT:
            self._report_extra()
            self.at += 1
        elif not self._mend_starter():
            self._report_outside()

    def _report_extra(self) -> None:
        help = "remove it, or add the `{` that it belongs to"
        self.report(codes.OPEN_BRACE, "this `}` closes nothing", self.here(), help)

    def _mend_starter(self) -> bool:
        """Take a misspelt word that starts a declaration for the one that was meant."""
        word = self.piece().lower()
        meant = _SYNONYMS.get(word)
        if meant is None and instead(word, None) is None:
            meant = nearest(word, (SPELLING[kind] for kind in DECLARATIONS))
        if meant is None or self.mended == self.at or self.kinds[self.at] in RESERVED:
            return False
        kind, self.kinds[self.at] = self.kinds[self.at], lexer.TABLES.words[meant]
        if not self.declares(self.at):
            self.kinds[self.at] = kind
            return False
        span, found = self.here(), shown(self.piece())
        self.report(
            codes.SYNTAX_ERROR,
            f"expected a declaration, found {found}",
            span,
            f"did you mean `{meant}`?",
            Fix(f"write `{meant}`", (Edit(span, meant),)),
        )
        self.mended = self.at
        return True

    def _report_outside(self) -> None:
        """Report statements that stand outside of a declaration, or that a brace too many left."""
        start, before = self.at, self.at - 1
        span, found = self.here(), shown(self.piece())
        quiet = self.quiet()
        extra = self._skip_outside()
        while before >= 0 and not self.kinds[before]:
            before -= 1
        lost = extra is not None or self.kinds[start] in STATEMENTS
        if lost and self._declarations and not isinstance(self._declarations[-1], Import):
            self._declarations[-1] = evolve(self._declarations[-1], broken=True)
        if quiet or (self.mark is not None and self.mark.token == before):
            return
        end, self.at = self.at, start
        if extra is not None and before >= 0 and self.kinds[before] == RIGHT:
            self.report(
                codes.OPEN_BRACE,
                "this `}` ends the declaration, but more of it follows",
                self.builder.token_span(before),
                "remove it, or move what follows before it",
                labels=(Label(span, "this stands outside of any declaration"),),
            )
        else:
            message = f"expected a declaration, found {found}"
            self.report(codes.SYNTAX_ERROR, message, span, self._outside_help(start))
        self.at = end

    def _outside_help(self, at: int) -> str:
        """Say what to write instead of what stands outside of all declarations."""
        word = self.tokens.pieces[at]
        if self.kinds[at] in STATEMENTS:
            return f"write it in a service: `service NAME {{ {word} … }}`"
        starters = ", ".join(f"`{SPELLING[kind]}`" for kind in sorted(DECLARATIONS))
        return instead(word, None) or f"declarations start with {starters}"

    def declares(self, at: int) -> bool:
        """Tell whether a declaration starts at a token, by the two or three words there."""
        kind = self.kinds[at]
        if kind not in DECLARATIONS:
            return False
        first = self.following(at)
        second = self.following(first)
        after = self.kinds[second]
        match kind:
            case _ if kind == IMPORT:
                return self.kinds[first] in (NAME, DOTTED, STRING)
            case _ if kind == EXTERN:
                return self.kinds[first] == SERVICE
            case _ if self.kinds[first] not in NAMELIKE | lexer.NOT_A_WORD:
                return False
            case _ if kind == NAMESPACE:
                return after in DECLARATIONS or after in (LEFT, END)
            case _:
                return after in _AFTER_NAME
