"""Options and fixtures for all tests."""

import os

import hypothesis
import pytest

from support import REPO, SHARED

# CI looks harder than a developer who waits; neither may flake on a slow machine.
hypothesis.settings.register_profile("dev", max_examples=25, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
hypothesis.settings.register_profile("deep", max_examples=2000, deadline=None)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
hypothesis.settings.load_profile(PROFILE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="rewrite the goldens instead of comparing with them"
    )


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.fixture
def shared() -> object:
    """The folder of design pages, examples and CRDs beside the clone."""
    if not SHARED.is_dir():
        pytest.skip(f"NOT CHECKED: no {SHARED.name}/ beside {REPO.name}/")
    return SHARED
