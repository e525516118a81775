"""Which brace lacks its partner: counting says that one does, indentation says which."""

from collections.abc import Sequence

from polc.parse.lexer import Tokens
from polc.parse.words import LEFT, RIGHT


def balance(kinds: Sequence[int]) -> tuple[int, int]:
    """Return how many braces nothing closes, and how many close nothing."""
    opened = surplus = 0
    for kind in kinds:
        if kind == LEFT:
            opened += 1
        elif kind == RIGHT and opened:
            opened -= 1
        elif kind == RIGHT:
            surplus += 1
    return opened, surplus


def left_open(tokens: Tokens, brace: int, end: int) -> int:
    """Return the brace that was left open, where counting up to `end` blames `brace`.

    A brace at the start of a line ends what started on a line with its indentation. So one further
    in, which took it for its own, is to blame.
    """
    home = _indentation(tokens, brace)
    opened: list[int] = []
    for at in range(brace + 1, end):
        if tokens.kinds[at] == LEFT:
            opened.append(at)
        elif tokens.kinds[at] == RIGHT and opened:
            last = opened.pop()
            ends_home = _starts_line(tokens, at) and _indentation(tokens, at) <= home
            if ends_home and _indentation(tokens, last) > home:
                return last
    return brace


def _starts_line(tokens: Tokens, token: int) -> bool:
    return token > 0 and not tokens.kinds[token - 1] and "\n" in tokens.pieces[token - 1]


def _indentation(tokens: Tokens, token: int) -> int:
    """Return how far in the line of a token starts."""
    while token > 0 and (tokens.kinds[token - 1] or "\n" not in tokens.pieces[token - 1]):
        token -= 1
    return len(tokens.pieces[token - 1].rpartition("\n")[2]) if token else 0
