"""Goldens: `cases/CASE/before.svc` formats to `after.svc`; `pytest --update` rewrites them."""

from pathlib import Path

import pytest

from polc.fmt import format_text

CASES = sorted(Path(__file__).parent.glob("cases/*"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, update: bool) -> None:
    formatted = format_text((case / "before.svc").read_text(encoding="utf-8"))
    golden = case / "after.svc"
    if update:
        golden.write_text(formatted, encoding="utf-8")
    assert formatted == golden.read_text(encoding="utf-8")
    assert format_text(formatted) == formatted
