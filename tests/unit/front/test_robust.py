"""Whatever the text, a compilation ends with diagnostics and never with an exception."""

import pytest

from compiling import errors, underlined

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
