"""The table of forms agrees with the grammar, in both directions."""

import re
from collections.abc import Iterator

import pytest

from lsp_support import editor
from parsing import clean
from polc.lsp.forms import FORMS, Form
from polc.lsp.offers.keywords import keywords
from polc.lsp.offers.names import takes_requests
from polc.lsp.spot import spot_at
from polc.parse.lexer import TABLES, lex
from polc.parse.words import SPELLING, STATEMENTS
from polc_grammar.tables import END
from support import EXAMPLES

HOMES = {
    "": "%s",
    "namespace": "namespace n { %s }",
    "cluster": "cluster c { %s }",
    "service": "service s { %s }",
    "tuned": "environment e { service s { %s } }",
    "extern": "extern service s { %s }",
    "gateway": "gateway g { %s }",
    "endpoint": "endpoint e { %s }",
    "environment": "environment e { %s }",
    "role": "role r { %s }",
    "profile": "profile p { %s }",
    "run": "service s { run { %s } }",
    "resources": "service s { resources { %s } }",
    "stop": "service s { stop { %s } }",
    "build": "service s { build { %s } }",
    "rollout": "service s { rollout { %s } }",
    "version": "service s { version v { %s } }",
    "allow": "service s { allow from a { %s } }",
}
INSIDE = {
    "namespace": 'owner "x"',
    "cluster": "mesh none",
    "service": "scale 1",
    "extern service": 'account "x"',
    "gateway": 'uses "a/b"',
    "endpoint": 'host "x.org"',
    "role": "get pods",
    "profile": "user 1",
    "environment": "cluster c",
    "run": "user 1",
    "resources": "cpu 1",
    "stop": "grace 1s",
    "rollout": "v1 100%",
    "build": 'base "x"',
    "version": 'image "x"',
}
"""What stands for "ITEMS", "STATEMENTS" and the like."""
PARTS = {
    "MODULE": "std.platform",
    "NAME": "x",
    "ROLE": "x/y",
    "PROFILE": "std.hardening.java",
    "VERSION": "v1",
    "CAPABILITY": "CHOWN",
    "FIELD": "read-only-root",
    "KIND": "deployment",
    "PROTOCOL": "http",
    "SIGNAL": "SIGTERM",
    "ID": "10001",
    "PORT": "web",
    "NUMBER": "80",
    "DURATION": "30s",
    "PERCENT%": "10%",
    "ADDRESSES": "10.0.0.0/8, fd00::/8,",
    "BLOCKS": "10.0.0.0/8",
    "PEERS": "a, n/b, namespace n, any, internet, self",
    "VERBS": "get, list",
    "RESOURCES": "pods, deployments.apps/scale",
    "METHODS": "GET, HEAD",
    "LOW[..HIGH]": "1..2",
    "REQUEST[..LIMIT]": "100m..1",
    "CONTAINER-PORT[..END]": "80..90",
    "CONDITION [and CONDITION …]": 'header "a" = "b" and cookie "a" = "b" and query "a" = "b"'
    ' and path "/x" and method GET',
    "both|either": "both",
    "none": "none",
    "none|istio": "istio",
    "kubernetes|cilium": "cilium",
    "ready|live|startup": "live",
    "tcp": "tcp",
    "grpc": "grpc",
    "port PORT": "port 6443",
    "on PORT": "on 80",
    "-> VERSION": "-> v2",
    'GET "/path"': 'GET "/path"',
    'path "/…", …': 'path "/a", "/b",',
    'exec ["…", …]': 'exec ["a", "b"]',
    '["…", …]': '["a"]',
    '"/path" …': '"/a" "/b"',
    '"/path", …': '"/a", "/b"',
    '"HOST", …': '"a.org", "b.org"',
    '{ KEY: "VALUE", … }': '{ app: "a", b/c: "d" }',
    "{ PEERS }": "{ a, b }",
    "[{ REQUESTS }]": '{ GET "/" }',
    "[in NAMESPACE]": "in n",
    "[in NAMESPACE | cluster-wide]": "cluster-wide",
    "[extends CLUSTER]": "extends std.platform.gke",
    "[extends PROFILE]": "extends restricted",
    "[sidecar|ambient]": "ambient",
    "[except BLOCKS]": "except 10.0.0.0/9",
    "[NAME, …]": "y, z",
    "[SERVICE-PORT ->]": "80 ->",
    '[via GATEWAY host "…", …]': 'via n/g host "a.org", "b.org"',
    "[on PORTS]": "on web, 90",
    "[plain-text]": "plain-text",
    '[known-as "SERVICE"]': 'known-as "x"',
    '[named "…", …]': 'named "a", "b"',
    "[only in ENVIRONMENT, …]": "only in a, b",
    "[until DATE]": "until 2030-01-01",
    '[because "…"]': 'because "x"',
}
"""What each part of a form may be."""


def ids(form: Form) -> str:
    return f"{form.home[0]}-{form.label}"[:40]


def sample(form: Form, text: str) -> str:
    """Return what a part may be."""
    if text in PARTS:
        return PARTS[text]
    if text.startswith('"'):
        return '"a/b"'
    assert text.strip("[{ }]") in ("STATEMENTS", "ITEMS", "SETTINGS", "FACTS", "GRANTS"), text
    return f"{{ {'scale 1' if 'environment' in form.home else INSIDE[form.word]} }}"


def texts(form: Form) -> Iterator[str]:
    """Return a form with all its parts, and without each of the optional ones."""
    yield " ".join((form.word, *(sample(form, part.text) for part in form.parts)))
    for left_out in form.parts:
        if left_out.text.startswith("[") and not left_out.text.startswith('["'):
            rest = [sample(form, part.text) for part in form.parts if part is not left_out]
            yield " ".join((form.word, *rest))


@pytest.mark.parametrize("form", FORMS, ids=ids)
def test_a_form_can_be_written_in_each_of_its_homes(form: Form) -> None:
    for home in form.home:
        for text in (*texts(form), form.example):
            clean(HOMES[home] % text)


@pytest.mark.parametrize("form", FORMS, ids=ids)
def test_every_word_of_a_form_is_in_its_label(form: Form) -> None:
    words = {SPELLING[TABLES.terminals.index(symbol)] for symbol in form.words}
    shown = " ".join((form.label, *(part.says for part in form.parts)))
    assert not [word for word in words if word not in shown]


@pytest.mark.parametrize("form", FORMS, ids=ids)
def test_symbols_are_those_of_the_grammar(form: Form) -> None:
    for part in form.parts:
        assert part.symbols
        assert set(part.symbols) <= {*TABLES.entered, *TABLES.terminals}, part


@pytest.mark.parametrize("form", FORMS, ids=ids)
def test_a_snippet_is_what_the_form_is(form: Form) -> None:
    text = re.sub(r"\$\{\d+\|([^,|]*)[^}]*\}", r"\1", form.snippet)
    text = re.sub(r"\$\{\d+:([^{}]*)\}", r"\1", text)
    text = re.sub(r"\$\{\d+:([^{}]*)\}", r"\1", text.replace("$0", "").replace("$1", "x"))
    text = text.replace("${3:x}", "x")
    clean(HOMES[form.home[0]] % text)


def spots() -> Iterator[str]:
    """Return programs cut before each of their words."""
    sources = [path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*/policy.svc")]
    sources += [HOMES[home] % text for form in FORMS for home in form.home for text in texts(form)]
    for source in sources:
        tokens = lex(source)
        for kind, at in zip(tokens.kinds, tokens.offsets, strict=False):
            if kind and kind != END:
                yield source[:at]


def test_offered_keywords_are_those_that_the_grammar_takes() -> None:
    """Nothing less, nothing more; but an environment refuses what only a service may say.

    And `via` is only of `internet`, `rpc` only of gRPC, which the grammar leaves to others.
    """
    seen: set[tuple[str, ...]] = set()
    for text in spots():
        here = editor(text, settled=False).view()
        spot = spot_at(here, len(text))
        key = (*spot.parse.symbols, str(spot.starts_line))
        if key in seen or "ENVIRONMENT" in key:
            continue
        seen.add(key)
        accepted = {SPELLING[kind] for kind in spot.parse.keywords()}
        if spot.construct.symbols:
            accepted -= {"any", "internet", "self", "namespace"}
        if spot.starts_line and spot.parse.outside():
            accepted |= {form.word.split()[0] for form in FORMS if "" in form.home}
        depth = spot.parse.frame()
        if (
            spot.starts_line and spot.is_needed and depth is not None
        ):  # the line above is unfinished
            above = spot.parse.states[: depth + 1]
            accepted |= {SPELLING[k] for k in STATEMENTS if spot.parse.accepts(k, above)}
        if not spot.names_broadly("internet"):
            accepted.discard("via")
        if not takes_requests(spot, "rpc"):
            accepted.discard("rpc")
        offered = {each.label.split()[0] for each in keywords(spot)}
        assert offered == accepted, text[-80:]
    assert len(seen) > 150
