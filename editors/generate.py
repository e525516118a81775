"""Writes what editors colour by, from the grammar's own words: `python editors/generate.py`.

`vscode/syntaxes/polc.tmLanguage.json` is for TextMate's engine (VS Code, and others), and
`neovim/syntax/polc.vim` for Vim and Neovim. Both colour a word by its neighbours, line by line; the
language server's semantic tokens, which know the syntax tree, have the last word where they exist.

A word that starts something in one block may be a name in another: `app`, `path`. So the rules look
for the places where a name is due: behind the words that the parse table says so of, behind a
comma, a slash and an arrow. `tests/editors` holds the result against the compiler's own reading.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from polc.parse import words
from polc.parse.lexer import NUMBER_OF, TABLES

HERE = Path(__file__).parent


def _spell(kinds: frozenset[int]) -> frozenset[str]:
    return frozenset(words.SPELLING[kind] for kind in kinds)


BROAD = frozenset({"any", "internet", "self"})
DECLARATIONS = _spell(words.DECLARATIONS)
CONNECTIVES = _spell(words.CONNECTIVES)
STATEMENTS = _spell(words.WORDS) - DECLARATIONS - CONNECTIVES - BROAD
ALWAYS_STATEMENTS = STATEMENTS - {"nodes"}
"""`nodes` are also resources, and a statement only before addresses."""
RESERVED = _spell(words.RESERVED)
IN_BLOCKS = _spell(words.IN_BLOCKS) - BROAD
_A_WORD_IN_BLOCK = NUMBER_OF["APP"]
BEFORE_NAMES = frozenset(
    word
    for word, kind in TABLES.words.items()
    for entered, row in zip(TABLES.entered, TABLES.rows, strict=True)
    if entered == TABLES.terminals[kind] and _A_WORD_IN_BLOCK in row
)
"""Words behind which any word that is not reserved is a name, as the parse table has it."""


# --- TextMate: https://macromates.com/manual/en/language_grammars; its engine is Oniguruma --------

_START = r"(?<![-\w*]|\w\.)"
_END = r"(?![\w*]|-(?!>)|\.[\w*]|:[0-9a-fA-F]*:)"
_LABEL = r"[a-z](?:[-a-z0-9]*[a-z0-9])?"
_NAME = rf"{_LABEL}(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*{_END}"
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\w*"
_PATTERN = dict(TABLES.patterns)


def _any(some: Iterable[str]) -> str:
    longest_first = sorted(some, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"


def _word(some: Iterable[str]) -> str:
    return f"{_START}({_any(some)}){_END}"


_NO_NAME = f"(?!{_any(RESERVED | BROAD)}{_END})"
_INNER_NAME = f"{_NO_NAME}({_NAME})"


def _captures(*scopes: str | None) -> dict[str, Any]:
    return {
        str(number): {"name": f"{scope}.polc"} for number, scope in enumerate(scopes, 1) if scope
    }


def _pattern(terminal: str) -> str:
    return f"{_START}(?:{_PATTERN[NUMBER_OF[terminal]]})"


def _name_due(begin: str, keyword: str, name: str, guard: str = "") -> dict[str, Any]:
    """Match a word and, behind layout and comments, the name that is due; or give up at once."""
    return {
        "begin": begin,
        "beginCaptures": _captures(keyword),
        "end": rf"(?:{_NO_NAME}{guard}({_NAME})(?:\s*(/)\s*({_LABEL}{_END}))?)|(?=[^\s#])",
        "endCaptures": _captures(name, "keyword.operator", name),
        "patterns": [{"include": "#comment"}],
    }


_VARIABLE, _DEFINITION, _CONSTANT = "variable.other", "entity.name.type", "constant.numeric"


def _leaves() -> dict[str, Any]:
    """Return the rules of what is the same everywhere."""
    return {
        "comment": {"name": "comment.line.number-sign.polc", "match": "#.*$"},
        "string": {
            "name": "string.quoted.double.polc",
            "begin": '"',
            "end": r'"|(?=$)',
            "patterns": [
                {
                    "name": "constant.character.escape.polc",
                    "match": r'\\(?:["\\nt]|u\{[0-9a-fA-F]{1,6}\})',
                },
                {"name": "invalid.illegal.escape.polc", "match": r"\\."},
            ],
        },
        "literal": {
            "patterns": [
                {"name": f"{_CONSTANT}.address.polc", "match": _pattern("CIDR")},
                {"name": f"{_CONSTANT}.percent.polc", "match": _pattern("PERCENT")},
                {"name": "constant.other.date.polc", "match": _pattern("DATE")},
                {"name": f"{_CONSTANT}.polc", "match": f"{_START}{_NUMBER}"},
                {"name": "variable.other.constant.polc", "match": _pattern("UPPER")},
            ]
        },
        "broad": {"name": "constant.language.polc", "match": _word(BROAD)},
        "key": {
            "match": rf"{_START}({_NAME})(?:(/)({_NAME}))?(?=\s*:)",
            "captures": _captures(
                "variable.other.property", "keyword.operator", "variable.other.property"
            ),
        },
    }


def _group() -> dict[str, Any]:
    """Return the rule of a group, in whose braces every word is a name."""
    return {
        "begin": rf"{_word({'group'})}\s+{_INNER_NAME}\s*(\{{)",
        "beginCaptures": _captures(
            "keyword.control.declaration", _DEFINITION, "punctuation.section.block"
        ),
        "end": r"\}",
        "endCaptures": {"0": {"name": "punctuation.section.block.polc"}},
        "patterns": [
            {"include": "#comment"},
            {"include": "#string"},
            {"include": "#broad"},
            {"include": "#declaration"},
            {"include": "#name"},
            {"include": "#punctuation"},
        ],
    }


def _places() -> dict[str, Any]:
    """Return the rules of places where a name is due."""
    name, definition, number = _VARIABLE, _DEFINITION, _CONSTANT
    return {
        "port": {
            "match": rf"{_word({'port'})}\s+(?:{_INNER_NAME}|(\"[^\"]*\"))\s+({_NUMBER})"
            rf"(?:\s*(->)\s*({_NUMBER}))?(?:\s*(\.\.)\s*({_NUMBER}))?\s+{_INNER_NAME}",
            "captures": _captures(
                *("keyword.control", name, "string.quoted.double", number),
                *("keyword.operator", number, "keyword.operator", number, name),
            ),
        },
        "workload": {
            "match": rf"{_word({'workload'})}\s+{_INNER_NAME}(?:\s+{_INNER_NAME})?",
            "captures": _captures("keyword.control", name, name),
        },
        "group": _group(),
        "role": {
            "match": rf"{_START}(has)\s+(role)\s+{_INNER_NAME}",
            "captures": _captures("keyword.control", "keyword.control", name),
        },
        "weight": {
            "match": rf"{_START}{_INNER_NAME}(?=\s+[0-9.]+%)",
            "captures": _captures(name),
        },
        "declaration": _name_due(
            _word(DECLARATIONS & BEFORE_NAMES), "keyword.control.declaration", definition
        ),
        "statement": _name_due(_word(STATEMENTS & BEFORE_NAMES), "keyword.control", name),
        "connective": _name_due(
            _word(CONNECTIVES & BEFORE_NAMES), "keyword.control.connective", name
        ),
        "comma": _name_due(
            "(,)", "punctuation.separator", name, rf"(?!{_any(IN_BLOCKS)}{_END}\s*[\"0-9])"
        ),
        "arrow": _name_due("(->)", "keyword.operator", name),
        "part": {
            "match": rf"(/)\s*({_NAME})",
            "captures": _captures("keyword.operator", name),
        },
    }


def _others() -> dict[str, Any]:
    """Return the rules of what no other rule took."""
    return {
        "keyword": {
            "patterns": [
                {"name": "keyword.control.declaration.polc", "match": _word(DECLARATIONS)},
                {"name": "keyword.control.polc", "match": _word(ALWAYS_STATEMENTS)},
                {
                    "name": "keyword.control.polc",
                    "match": rf"{_START}nodes(?=\s+[0-9a-fA-F]*[.:])",
                },
                {"name": "keyword.control.connective.polc", "match": _word(CONNECTIVES)},
            ]
        },
        "name": {"name": f"{_VARIABLE}.polc", "match": rf"{_START}{_NAME}"},
        "punctuation": {
            "patterns": [
                {"name": "punctuation.section.block.polc", "match": r"[{}\[\]]"},
                {"name": "punctuation.separator.polc", "match": ","},
                {"name": "keyword.operator.polc", "match": r"->|\.\.|[:=/]"},
            ]
        },
    }


def textmate() -> str:
    """Return the TextMate grammar."""
    repository = _leaves() | _places() | _others()
    grammar = {
        "$comment": "Written by editors/generate.py: change that.",
        "name": "polc",
        "scopeName": "source.polc",
        "patterns": [{"include": f"#{rule}"} for rule in repository],
        "repository": repository,
    }
    return json.dumps(grammar, indent=2) + "\n"


# --- Vim: its file is written by hand, but for the lists of words -------------------------------


def vim(text: str) -> str:
    """Return Vim's syntax file with its lists of words brought up to date."""
    lists = {
        "declarations": DECLARATIONS,
        "statements": ALWAYS_STATEMENTS,
        "connectives": CONNECTIVES,
        "before_names": BEFORE_NAMES,
        "reserved": RESERVED,
        "in_blocks": IN_BLOCKS,
    }
    for name, some in lists.items():
        line = f"let s:{name} = '{' '.join(sorted(some))}'"
        text, count = re.subn(rf"^let s:{name} = '.*'$", line, text, flags=re.MULTILINE)
        assert count == 1, name
    return text


FILES = {
    "vscode/syntaxes/polc.tmLanguage.json": lambda _: textmate(),
    "neovim/syntax/polc.vim": vim,
}
"""How to make the new text of each file of its old one."""

if __name__ == "__main__":
    for name, text_of in FILES.items():
        path = HERE / name
        path.write_text(text_of(path.read_text(encoding="utf-8")), encoding="utf-8")
