"""The tables are those of the grammar, and the loop that drives them does what Lark does."""

import re
import subprocess
import sys
from itertools import pairwise
from operator import itemgetter
from typing import Any

import pytest
from lark import Lark, Token, Tree
from lark.utils import logger

from parsing import EXAMPLES, example
from polc.parse import engine, lexer
from polc.parse.builder import ACTIONS
from polc.parse.scan import blocks
from polc.source import Anchor, Source
from polc_grammar import load
from polc_grammar.generate import HERE, generate, lark
from polc_grammar.tables import FILE, to_json

DECLARATIONS = """
import std.platform
import "../x.svc"
cluster a { mesh istio ambient cni cilium trust-domain "x" dns kube-system/kube-dns
            api-server 10.0.0.1/32, ::1/128 port 6443 internal 10.0.0.0/8, }
cluster b extends std.platform.openshift
extern service p in monitoring { select { "a/b": "c", app: "d" } account "x" port web 9 http }
gateway g in istio-ingress { select { istio: "x" } uses "a/b" }
endpoint e { host "a", "b" cidr 1.2.3.0/24 except 1.2.3.4/32 port https 443 tls }
group h { a, b/c, std.x.y, any, self, internet, namespace z, "any", }
role r { get configmaps named "x" list, watch pods, pods/log because "y" get path "/metrics" }
profile p extends restricted { writes "/a", "/b" user 1 relax x because "y" capability NET_RAW }
environment e { cluster c service shop/api { image "x" host "y" scale 1..2 } scale 1 }
"""

RESERVED = """
import namespace cluster service extern gateway endpoint group role profile environment image
select account workload port allow can has harden run resources probe stop rollout build scale
concurrency timeout version from to on via host in named because until only and
"""


def test_tables_are_fresh() -> None:
    with open(FILE, encoding="utf-8") as file:
        assert file.read() == to_json(generate()), "run `python -m polc_grammar`"


def test_tables_do_not_depend_on_the_order_of_sets() -> None:
    command = [sys.executable, "-m", "polc_grammar", "--check"]
    for seed in ("0", "1"):
        done = subprocess.run(command, env={"PYTHONHASHSEED": seed}, check=False)
        assert done.returncode == 0


def test_lark_is_not_imported_to_parse() -> None:
    code = "import sys, polc.parse; assert 'lark' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_production_has_its_function_and_no_function_is_idle() -> None:
    assert {production.name for production in load().productions} == set(ACTIONS)


def test_patterns_have_no_groups_of_their_own() -> None:
    for _, pattern in load().patterns:
        assert re.compile(pattern).groups == 0, pattern


def test_reserved_words_are_those_of_the_language() -> None:
    tables = load()
    spelling = {number: word for word, number in tables.words.items()}
    assert {spelling[number] for number in tables.reserved} == set(RESERVED.split())


def test_grammar_has_no_conflict(caplog: pytest.LogCaptureFixture) -> None:
    logger.addHandler(caplog.handler)
    try:
        Lark.open(str(HERE / "policy.lark"), parser="lalr", lexer="basic", debug=True)
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.messages == []


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", EXAMPLES)
def test_lexer_agrees_with_lark(name: str) -> None:
    assert_same_tokens(example(name))


def test_lexer_agrees_with_lark_on_literals() -> None:
    assert_same_tokens(
        "80->8080 0..20 100m..500m 1.5Gi 1e3 90% 2026-12-31 2026-13-40 10.0.0.0/33 300.1.2.3/8 "
        '10.0.0.1 2001:db8::/200 ::/0 fd00::1 dead:beef::/32 a:b a-b std.x-y.z a->b {a:"x"} '
        'NET_BIND_SERVICE GET "a\\"b" deployments.apps/scale * pods/* *.x pod* # "no" {'
    )


def assert_same_tokens(text: str) -> None:
    theirs = [(token.type, str(token)) for token in lark().lex(text)]
    ours = [
        (token.kind, token.text)
        for token in lexer.tokens(text)
        if token.kind not in ("WHITESPACE", "COMMENT")
    ]
    assert ours == theirs


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", EXAMPLES)
def test_trees_agree_with_lark(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same_trees(example(name), monkeypatch)


def test_trees_agree_with_lark_on_declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same_trees(DECLARATIONS, monkeypatch)


def assert_same_trees(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare what is reduced to what, declaration by declaration, with Lark's own trees."""
    monkeypatch.setattr(engine, "STEPS", tuple(map(_tree_step, load().productions)))
    reference = Lark.open(
        str(HERE / "policy.lark"),
        parser="lalr",
        lexer="basic",
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
    starts = blocks(text)
    compared = 0
    for start, end in pairwise(starts):
        block = text[start:end]
        run = engine.Engine(Anchor(Source("x", block)), lexer.lex(block))
        if not run.run():
            continue
        assert _ours(run.take(), run.tokens.pieces) == _theirs(reference.parse(block))
        compared += 1
    assert compared >= 5


def _tree_step(production: Any) -> engine.Step:
    def reduce(builder: Any, *parts: Any) -> Any:
        return parts[0] if production.name == "same" else (production.name, *parts)

    size = production.size
    picks = itemgetter(*range(size)) if size > 1 else None
    return size, production.left, reduce, picks, False


def _ours(tree: Any, pieces: list[str]) -> Any:
    if isinstance(tree, int):
        return pieces[tree]
    return [tree[0], *(_ours(part, pieces) for part in tree[1:])]


def _theirs(tree: Any) -> Any:
    if isinstance(tree, Token):
        return str(tree)
    assert isinstance(tree, Tree)
    return [str(tree.data), *map(_theirs, tree.children)]
