"""Whatever is typed: every feature answers, and texts stay what the editor has."""

import json
import os
import random
from collections.abc import Iterator
from contextlib import suppress

import pytest
from lsprotocol import types
from pygls.protocol import default_converter

from lsp_support import LINKED, Editor, editor
from polc.lsp.feature import CommandError
from polc.lsp.features import COMMANDS, FEATURES
from polc.lsp.text import Encoding, Text
from support import REPO

EDITS = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 120
PIECES = [
    *"{}\"'#,/.-> \n\t:=[]|😀é\u2028\x0c\r",
    "\r\n",
    "service ",
    "service api {\n",
    "namespace ",
    "namespace pay { consent both }\n",
    "allow from ",
    "allow to api on web",
    "any",
    "internet",
    "self",
    "port web 80 -> 8080 http\n",
    "can get, list pods\n",
    'because "so"',
    "until 2026-12-31",
    "only in prod",
    "environment prod { cluster test }\n",
    'rollout { when header "x" = "y" -> v2\n v1 100% }',
    'import "policy.svc"\n',
    "import std.roles\n",
    "group all { api, frontend }\n",
    "# a comment\n",
    "\ud800",
]
"""What is typed: words of the language, and what editors and people send besides."""

converter = default_converter()


def edits(seed: int, count: int) -> Iterator[tuple[float, float, str]]:
    """Return edits as shares of the text, for it changes under them."""
    chance = random.Random(seed)
    for _ in range(count):
        start = chance.random()
        length = chance.choice([0, 0, 0, 0.002, 0.01, 0.1])
        pieces = (chance.choice(PIECES) for _ in range(chance.choice([0, 1, 1, 1, 2])))
        yield start, length, "".join(pieces)


def slow_offset(text: str, line: int, character: int, encoding: Encoding) -> int:
    """Return the offset of a position, counted as the protocol's text says and no faster."""
    at = 0
    while line > 0 and at < len(text):
        if text.startswith("\r\n", at):
            at += 2
            line -= 1
        else:
            line -= text[at] in "\r\n"
            at += 1
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    name = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    units = 0
    while at < len(text) and text[at] not in "\r\n" and units < character:
        units += len(text[at].encode(name, "surrogatepass")) // width
        at += 1
    return at


def ask_everything(one: Editor, chance: random.Random) -> None:
    """Ask every feature about some place; the answers must fit on the wire."""
    text = one.session.documents.open[one.path()].text
    start, end = sorted(chance.randrange(len(text.value) + 1) for _ in range(2))
    here = one.position(start)
    span = types.Range(here, one.position(end))
    document = types.TextDocumentIdentifier(one.uri())
    options = types.FormattingOptions(2, True)
    fields = {
        "textDocument": document,
        "position": here,
        "positions": [here],
        "range": span,
        "ranges": [span],
        "newName": chance.choice(["fresh", "any", "", "a b", "2048-game"]),
        "context": {
            "includeDeclaration": True,
            "diagnostics": [],
            "triggerKind": 1,
            "isRetrigger": False,
        },
        "options": options,
        "query": chance.choice(["", "a", "api"]),
        "previousResultId": "1",
        "item": types.CallHierarchyItem(
            "api",
            types.SymbolKind.Class,
            one.uri(),
            span,
            span,
            data={"name": chance.choice(["shop/api", "internet", "x"]), "uri": one.uri()},
        ),
    }
    given = json.loads(json.dumps(converter.unstructure(fields)))
    for feature in FEATURES:
        kind = types.METHOD_TO_TYPES[feature.method][2]
        if feature.method.endswith("/resolve") or kind is None or "Item" in kind.__name__:
            continue
        answer = feature.answer(one.session, converter.structure(given, kind))
        json.dumps(converter.unstructure(answer))
    command = chance.choice(COMMANDS)
    if "graph" not in command.name.lower() and "show" not in command.name:
        with suppress(CommandError):
            command.run(one.session, one.uri(), converter.unstructure(here))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_every_feature_answers_whatever_is_typed(encoding: Encoding) -> None:
    seed = {"utf-8": 1, "utf-16": 2, "utf-32": 3}[encoding]
    chance = random.Random(seed)
    boutique = (REPO / "examples" / "boutique" / "policy.svc").read_text(encoding="utf-8")
    files = {"policy.svc": LINKED, "other.svc": 'import "policy.svc"\n' + boutique}
    one = editor(files, encoding=encoding)
    expected = {name: one.text(name) for name in files}
    for number, (where, length, new) in enumerate(edits(seed, EDITS)):
        one.name = chance.choice(list(files))
        text = expected[one.name]
        start = int(where * len(text))
        end = min(len(text), start + int(length * len(text)))
        first, last = (one.position(at) for at in (start, end))
        a, b = (slow_offset(text, each.line, each.character, encoding) for each in (first, last))
        expected[one.name] = f"{text[:a]}{new}{text[b:]}"
        document = one.session.documents.open[one.path()]
        span = ((first.line, first.character), (last.line, last.character))
        one.session.change(one.uri(), document.version + 1, [(span, new)])
        assert one.text() == expected[one.name]
        assert document.text.starts == Text.of(document.text.value).starts
        for program in one.session.all_programs():
            program.findings()
        if number % 5 == 0:
            ask_everything(one, chance)
        if number % 25 == 0:
            one.settle()
        if len(text) > 40_000 or not text:  # start over, as when a file is reverted
            expected[one.name] = files[one.name]
            one.session.change(one.uri(), document.version + 1, [(None, files[one.name])])
