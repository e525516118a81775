"""Hypothesis strategies for texts as people leave them: laid out at random, commented, broken."""

import random
from itertools import pairwise

from attrs import frozen
from hypothesis import strategies as st

from polc.codes.syntax import CONTROL_CHARACTER
from polc.parse import parse
from polc.parse.engine import DONE, ROWS, Engine
from polc.parse.lexer import TABLES, Token, lex, tokens
from polc.parse.scan import blocks
from polc.source import Anchor, Source
from polc.syntax import Declaration
from polc_grammar.tables import END

SPACES = (" ", "  ", "   ", "\t", "\n", "\n\n", "\n\n\n\n", "\r\n", "\r\n\r\n", "\n   ", " \n\t")
COMMENTS = (
    " # c\n",
    "# \t \r\n",
    "\n# own\n",
    "\n\n# one\n  # two\n\n#three\n\n",
    '#  "{ } service x {\u2028 y \x0c \n',
    "\n#\n",
)
BREAKS = ("\x0c", "\u2028", "\x00", "\u00a0", '"a\u2028b"')
JUNK = r"""
{ } { } [ ] , : = / -> .. * " ' ; # \ // service namespace extern group role import environment
cluster gateway endpoint profile allow from to on via host in can get port image select run user
rollout when v1 90% 80 0..2 a b/c std.x GET "x" "open 'y' My_X 2048-x 10.0.0.0/8 ::/0 until only
because 2026-01-01 and probe build stop account harden has external
"""
VOCABULARY = (*JUNK.split(), *BREAKS, "\n", "\r\n", "", "")

_SPELLING = {kind: word for word, kind in (TABLES.words | TABLES.punctuation).items()}
_SAMPLES = {
    "NAME": ("a", "api", "orders-db"),
    "DOTTED": ("std.platform.x", "jobs.batch"),
    "UPPER": ("GET", "NET_RAW"),
    "STRING": ('"x"', r'"a \"b\" # {"', '"a\u2028b"', f'"{"long " * 14}"'),
    "CIDR": ("10.0.0.0/8", "::/0"),
    "PERCENT": ("90%",),
    "DATE": ("2026-01-01",),
    "NUMBER": ("80", "100m", "1.5Gi"),
    "WILDCARD": ("*", "*.x"),
}


# --- what a text says -----------------------------------------------------------------------------


@frozen
class Meaning:
    """All of a text that formatting may not touch."""

    declarations: tuple[Declaration, ...]
    docs: tuple[str, ...]
    codes: tuple[str, ...]
    words: tuple[str, ...]
    comments: tuple[str, ...]


def meaning(text: str) -> Meaning:
    text = text.removeprefix("\ufeff")
    file, found = parse(Source("policy.svc", text))
    pieces = [token for start, end in pairwise(blocks(text)) for token in tokens(text[start:end])]
    return Meaning(
        file.declarations,
        tuple(getattr(each, "doc", "") for each in file.declarations),
        # An odd space is told (POL060), and formatting takes it away.
        tuple(each.code.id for each in found if each.code is not CONTROL_CHARACTER),
        tuple(each.text for each in pieces if not is_layout(each)),
        tuple(each.text.rstrip() for each in pieces if each.kind == "COMMENT"),
    )


def is_layout(token: Token) -> bool:
    return token.kind in ("WHITESPACE", "COMMENT")


# --- random layouts -------------------------------------------------------------------------------


def mangled(text: str, pick: random.Random) -> str:
    """Return a text with another layout, and with comments wherever there may be some."""
    rate = pick.choice((0.1, 0.3, 1.0))
    fillers = pick.sample((*SPACES, *COMMENTS), pick.randint(1, 5))
    written: list[str] = []
    for token in tokens(text):
        changes = pick.random() < (rate if is_layout(token) else rate / 4)
        if token.kind == "COMMENT":
            written.append(f"{token.text}\n")
        elif not is_layout(token) or not changes:
            written.append(token.text)
        if changes:
            written.append(pick.choice(fillers))
    return "\ufeff" * (pick.random() < 0.1) + "".join(written)


def damaged(text: str, pick: random.Random) -> str:
    """Return a text in which some pieces are replaced, added or lost."""
    pieces = [token.text for token in tokens(text)]
    for _ in range(pick.randint(1, 8)):
        at = pick.randrange(len(pieces) + 1)
        pieces[at : at + pick.randint(0, 2)] = [pick.choice(VOCABULARY)]
    return "".join(pieces)


def sentence(pick: random.Random, length: int) -> list[str]:
    """Return the words of a declaration, walking the parse table at random."""
    engine = Engine(Anchor(Source("x", "")), lex(""))
    states: list[int] = [0]
    words: list[str] = []
    while True:
        following = {
            kind: behind
            for kind in range(END + 1, len(TABLES.terminals))
            if (behind := engine.accepts(kind, states)) is not None
        }
        ended = states[-1] == DONE or END in ROWS[states[-1]]
        if not following or (ended and (len(words) > length or pick.random() < 0.3)):
            return words
        closing = [kind for kind in following if _SPELLING.get(kind) in ("}", "]")]
        kind = pick.choice(closing if closing and len(words) > length else sorted(following))
        states = following[kind]
        words.append(_SPELLING.get(kind) or pick.choice(_SAMPLES[TABLES.terminals[kind]]))


def laid_out(words: list[str], pick: random.Random) -> str:
    """Return words in a random layout."""
    fillers = pick.sample((*SPACES, *COMMENTS), pick.randint(1, 4))
    gaps = (pick.choice(fillers) if pick.random() < 0.9 else " " for _ in words)
    return "".join(part for pair in zip(words, gaps, strict=True) for part in pair)


randoms = st.integers(0, 2**32).map(random.Random)


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """Draw declarations with every statement that the grammar knows, whether it makes sense."""
    pick = draw(randoms)
    return "\n".join(
        laid_out(sentence(pick, pick.choice((5, 20, 80))), pick) for _ in range(pick.randint(1, 4))
    )
