"""Qualifiers: environments, dates and reasons."""

from datetime import date

import pytest
from attrs import evolve

from lowering import CONTEXT, TODAY, Lowered, at, statement
from polc.ir.nodes import Expired
from polc.lower.qualifiers import Active, Context, earlier, judge


def judged(qualifiers: str, context: Context = CONTEXT) -> Lowered:
    done = Lowered()
    q = statement(f"allow from a on p {qualifiers}").qualifiers
    done.value = judge(q, "allow from a", at("allow from a"), context, done.found, done.expired)
    return done


def test_nothing_said() -> None:
    assert judged("").value == Active(None, None)


def test_reason() -> None:
    assert judged('because "INC-1"').value == Active("INC-1", None)
    assert judged('because ""').value == Active(None, None)
    assert judged('because "  "').value == Active(None, None)


def test_environments() -> None:
    assert judged("only in prod").value is not None
    assert judged("only in staging, prod").value is not None
    assert judged("only in staging").value is None
    assert judged("only in staging", evolve(CONTEXT, environment=None)).value is None


def test_unknown_environment() -> None:
    done = judged("only in stagign")
    assert done.marks == [("POL101", "stagign")]
    assert done.only.help == "did you mean `staging`?"
    assert judged("only in qa").only.help == "declare it: `environment qa { cluster … }`"


def test_a_grant_holds_through_its_date() -> None:
    assert judged(f"until {TODAY}").value == Active(None, TODAY)


def test_a_grant_past_its_date() -> None:
    done = judged("until 2026-11-30")
    assert done.value is None
    assert done.marks == [("POL290", "2026-11-30")]
    assert "`allow from a` expired on 2026-11-30" in done.only.message
    assert done.expired == [Expired("allow from a", date(2026, 11, 30))]


def test_what_is_for_elsewhere_does_not_expire() -> None:
    assert judged("only in staging until 2026-11-30").found == []


def test_bad_date() -> None:
    assert judged("until 2026-02-30").marks == [("POL603", "2026-02-30")]


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [(None, None, None), (TODAY, None, TODAY), (None, TODAY, TODAY), (TODAY, date.min, date.min)],
)
def test_earlier(one: date | None, other: date | None, first: date | None) -> None:
    assert earlier(one, other) == first
