"""What the tests of the command line share."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test the same surroundings, and the garbage collector back."""
    for name in ("NO_COLOR", "FORCE_COLOR", "SOURCE_DATE_EPOCH", "POLC_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.svc").write_text(POLICY)
    return tmp_path


POLICY = """\
namespace shop
# Sells.
service api {
  port web 80 -> 8080 http
  allow from web on web until 2026-12-31 because "trial"
}
service web { }
"""
