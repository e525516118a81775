"""Whatever the text, a compilation ends with diagnostics and never with an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiling import compile_text, errors, underlined
from parsing import words
from polc.ir.check import check
from support import CASES, programs

HUGE = "9" * 5000
"""More digits than Python turns into a number (`sys.get_int_max_str_digits`)."""

PORT = "service a { port w 1 tcp "
HUGE_NUMBERS = {
    "of a port that is admitted": f"{PORT} allow from self on {HUGE} }}",
    "of a port of the internet": f'{PORT} allow to internet on {HUGE} because "x" }}',
    "of a probe's port": f"{PORT} probe ready tcp on {HUGE} }}",
    "of a port": f"service a {{ port w {HUGE} tcp }}",
    "of a service port": f"service a {{ port w {HUGE} -> 1 tcp }}",
    "of a user": f"service a {{ run {{ user {HUGE} }} }}",
    "of a share": f"service a {{ {PORT} rollout {{ v1 {HUGE}% }} }}",
    "of seconds": f"service a {{ stop {{ grace {HUGE}s }} }}",
    "of days": f"service a {{ stop {{ grace {HUGE}d }} }}",
    "of bytes": f"service a {{ resources {{ memory {HUGE}Mi }} }}",
    "of leading zeros": f"service a {{ resources {{ memory {HUGE.replace('9', '0')}1 }} }}",
    "of bytes that are none": f"service a {{ resources {{ memory {HUGE * 10}Q }} }}",
    "of instances": f"service a {{ scale 0..{HUGE} }}",
    "in a date": f"{PORT} allow from self until {HUGE}-01-01 }}",
    "in an address block": f"endpoint e {{ cidr 10.0.0.0/{HUGE}  port w 1 tcp }}",
}


@pytest.mark.parametrize("program", HUGE_NUMBERS.values(), ids=HUGE_NUMBERS)
def test_a_number_of_any_length_is_only_wrong(program: str) -> None:
    found = errors(f"namespace n {program}")
    assert found
    assert all(len(each.message) < 500 for each in found)


def test_a_name_with_a_slash_outside_of_any_namespace() -> None:
    assert underlined(errors('service "a/b" { }')) == [("POL106", '"a/b"')]


@pytest.mark.parametrize("text", ['role r { T "*" T to', 'role r { get "*"\n  get }'])
def test_nothing_is_left_of_a_block_whose_items_were_refused(text: str) -> None:
    assert errors(text)


PROGRAMS = [
    path.read_text(encoding="utf-8")
    for topic in ("knative", "environments", "rbac", "istio-sidecar", "networkpolicy", "dockerfile")
    for path in programs(CASES / topic)
]
ODD = [
    *(
        '"a/b"',
        '"a.b"',
        '""',
        f'"{"a" * 63}"',
        f'"{"a" * 300}"',
        '"\\u{0}"',
        '"\\u{d800}"',
        '"any"',
    ),
    *("a/b", "a/b/c", "a/", "std.x", "any", "self", "internet", "namespace", "in", "app", "*"),
    *("0", "65536", "1e99", ".5", f"{HUGE}", f"{HUGE}%", "101%", "5..1", "1..", "10 seconds"),
    *("2026-02-30", "31.12.2026", "0.0.0.0/0", "::/0", "fe80::1%eth0/64", "10.0.0.0/33"),
    *("{", "}", "{}", "[", "]", ",", ":", "->", "://x", "/a/**", "GET", "#", '"', "\0", "\r", ""),
]


@given(st.sampled_from(PROGRAMS), st.data())
def test_odd_words_anywhere(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        token = data.draw(st.sampled_from(words(text)))
        odd = data.draw(st.sampled_from(ODD))
        text = f"{text[: token.start]}{odd} {text[token.end :]}"
    done = compile_text(text, data.draw(st.sampled_from([None, "prod", "staging"])))
    if done.artifacts:
        assert done.program is not None
        check(done.program)
