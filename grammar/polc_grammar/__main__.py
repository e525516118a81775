"""`python -m polc_grammar`: build tables.json anew; with `--check` only tell whether it is fresh."""

import sys

from polc_grammar.generate import TABLES, generate
from polc_grammar.tables import to_json


def main(arguments: list[str]) -> int:
    """Write or check the tables; 1 means that they were stale."""
    text = to_json(generate())
    fresh = TABLES.exists() and TABLES.read_text(encoding="utf-8") == text
    if "--check" not in arguments:
        TABLES.write_text(text, encoding="utf-8")
        return 0
    if not fresh:
        print("tables.json is stale: run `python -m polc_grammar`", file=sys.stderr)
    return 0 if fresh else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
