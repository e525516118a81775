"""The objects that run a service (language.md 5.8)."""

import pytest

from compiling import build, errors, underlined
from polc.ir.show import show


def test_several_objects_may_run_one_service() -> None:
    program = build("namespace n service pay { workload deployment payment, payment-fix }")
    [pay] = program.workloads
    assert (pay.object_name, pay.more_objects) == ("payment", ("payment-fix",))
    assert "deployment n/pay as payment, payment-fix" in show(program)


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        ("service pay { workload deployment payment, payment }", "payment"),
        ("service pay { workload knative payment, other }", "other"),
    ],
)
def test_each_once_and_of_knative_one(text: str, blamed: str) -> None:
    assert underlined(errors(f"namespace n {text}")) == [("POL103", blamed)]


def test_no_object_runs_two_services() -> None:
    text = (
        'namespace n service a { select { app: "a" } workload deployment x, y }'
        ' service b { select { app: "b" } workload deployment z, y }'
    )
    assert underlined(errors(text)) == [("POL805", "y")]
