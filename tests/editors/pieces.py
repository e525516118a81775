"""What the compiler takes every piece of every program here for, as JSON: tests of editors ask.

For each file its name, its text, and for each piece its offset in UTF-16 units, its kind (a type of
Pygments) and its text.
"""

import json
import sys
from pathlib import Path

from polc.highlight import PolcLexer

ROOT = Path(__file__).resolve().parents[2]


def programs() -> list[Path]:
    """Return every program that compiles, and one with all that is hard to tell apart."""
    roots = (ROOT / name for name in ("examples", "stdlib", "tests/apps", "tests/cases"))
    paths = sorted(path for root in roots for path in root.rglob("*.svc"))
    hard = Path(__file__).with_name("words.svc")
    return [hard, *(path for path in paths if "broken" not in path.parts)]


def pieces(text: str) -> list[tuple[int, str, str]]:
    """Return the pieces of a text but layout."""
    found = []
    at = 0
    for _, type_, piece in PolcLexer().get_tokens_unprocessed(text):
        if piece.strip():
            found.append((at, ".".join(type_), piece))
        at += len(piece.encode("utf-16-le")) // 2
    return found


if __name__ == "__main__":
    answer = []
    for path in programs():
        text = path.read_text("utf-8")
        name = path.relative_to(ROOT).as_posix()
        answer.append({"name": name, "text": text, "pieces": pieces(text)})
    json.dump(answer, sys.stdout)
