"""`python -m polc_grammar`: build tables.json; `--check` only tells whether it is fresh."""

import sys
from pathlib import Path

from polc_grammar.generate import generate
from polc_grammar.tables import FILE, to_json


def main(arguments: list[str]) -> int:
    """Write or check the tables; 1 means that they were stale."""
    text = to_json(generate())
    file = Path(FILE)
    fresh = file.exists() and file.read_text(encoding="utf-8") == text
    if "--check" not in arguments:
        file.write_text(text, encoding="utf-8")
        return 0
    if not fresh:
        print("tables.json is stale: run `python -m polc_grammar`", file=sys.stderr)
    return 0 if fresh else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
