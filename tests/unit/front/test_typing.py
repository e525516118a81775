"""While something is half typed, what is wrong lies there, and is little.

Programs are typed anew, one statement or declaration of them, and compiled after some key. Their
names and what else others refer to are typed already: where a port or the name of a service goes
missing, whoever uses it is told, and that is right.
"""

from collections.abc import Iterator
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from compiling import compile_text
from parsing import read
from polc import syntax as s
from polc.diagnostics import Diagnostic, Severity
from support import CASES, EXAMPLES, REPO, programs

CLOSES = {"{": "}", "[": "]", '"': '"'}
"""What an editor puts behind the cursor when one of these is typed."""
MOST = 2
"""As a rule there is one error: the brace that is still open is another."""

PROGRAMS = {
    path.parent.relative_to(REPO).as_posix(): path.read_text(encoding="utf-8")
    for root in (EXAMPLES, CASES / "rbac", CASES / "environments", CASES / "knative")
    for path in programs(root)
}
PROGRAMS |= {
    name: (REPO / "tests" / "apps" / name / "policy.svc").read_text(encoding="utf-8")
    for name in ("bookinfo", "language", "platform", "sock-shop")
}

NEW = {
    "service": 'service new {\n  select { app: "new" }\n  port web 8080 http\n  allow from self\n}',
    "endpoint": "endpoint new {\n  cidr 192.0.2.0/24\n  port https 443 tls\n}",
    "group": "group new { any, internet }",
    "role": 'role new {\n  get, list pods, pods/log\n  get path "/metrics"\n}',
    "profile": 'profile new extends restricted {\n  writes "/tmp"\n}',
    "gateway": 'gateway new in edge {\n  select { app: "edge" }\n  account "edge"\n}',
}
"""Declarations that nobody refers to yet."""


def keys(text: str, *, closing: bool) -> Iterator[tuple[str, str]]:
    """Yield what stands before and behind the cursor after each key."""
    typed = behind = ""
    quoted = False
    for key in text:
        typed += key
        if closing and behind.startswith(key) and key in "}]" + '"' * quoted:
            behind = behind[1:]
        elif closing and key in CLOSES and not quoted:
            behind = CLOSES[key] + behind
        quoted ^= key == '"'
        yield typed, behind


def test_an_editor_that_closes_types_the_same() -> None:
    text = 'run { writes "/a", "/b" }'
    assert [*keys(text, closing=True)][-1] == (text, "")
    assert ('run { writes "', '"}') in keys(text, closing=True)


@cache
def found_in(text: str) -> tuple[Diagnostic, ...]:
    return compile_text(text).diagnostics


def news(typed: str, *known: str) -> list[Diagnostic]:
    """Return what is found only while typing."""
    old = {(each.code, each.message) for text in known for each in found_in(text)}
    found = compile_text(typed).diagnostics
    return [each for each in found if (each.code, each.message) not in old]


def statements(text: str) -> list[tuple[s.Declaration, s.Node]]:
    """Return what stands inside of declarations, each with its declaration."""
    return [
        (each, inner)
        for each in read(text).declarations
        for field in ("statements", "items", "settings", "grants", "peers")
        for inner in getattr(each, field, ())
    ]


def count(found: list[Diagnostic]) -> int:
    return sum(each.severity is Severity.ERROR for each in found)


def states(text: str) -> st.SearchStrategy[tuple[str, str]]:
    """Draw what a text is at some moment while it is typed, with the cursor between the two."""
    return st.sampled_from([*keys(text, closing=False), *keys(text, closing=True)])


@given(st.sampled_from(sorted(PROGRAMS)), st.data())
def test_half_a_statement_costs_its_declaration(name: str, data: st.DataObject) -> None:
    text = PROGRAMS[name]
    owner, inner = data.draw(st.sampled_from(statements(text)))
    start, end = inner.span.offset, inner.span.end_offset
    typed, behind = data.draw(states(text[start:end]))
    program = text[:start] + typed + behind + text[end:]
    found = news(program, text, text[:start] + text[end:])
    stop = owner.span.end_offset + len(program) - len(text)
    told = [(each.code.id, each.span.text, each.message) for each in found]
    for each in found:
        assert owner.span.offset <= each.span.offset <= stop, (typed + "|" + behind, told)
    assert count(found) <= MOST, (typed + "|" + behind, told)


@given(st.sampled_from(sorted(PROGRAMS)), st.sampled_from(sorted(NEW)), st.data())
def test_half_a_declaration_costs_no_other(name: str, kind: str, data: st.DataObject) -> None:
    text = PROGRAMS[name]
    services = [each for each in read(text).declarations if isinstance(each, s.Service)]
    place = data.draw(st.sampled_from([*(each.span.offset for each in services), len(text)]))
    typed, behind = data.draw(states(NEW[kind]))
    program = f"{text[:place]}{typed}{behind}\n\n{text[place:]}"
    found = news(program, text, f"{text[:place]}{NEW[kind]}\n\n{text[place:]}")
    stop = place + len(typed) + len(behind)
    told = [(each.code.id, each.span.text, each.message) for each in found]
    for each in found:
        assert place <= each.span.offset <= stop, (typed + "|" + behind, told)
    assert count(found) <= MOST, (typed + "|" + behind, told)
