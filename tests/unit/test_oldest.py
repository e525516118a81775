"""The constraints of the oldest versions are those that pyproject.toml declares."""

import re
import subprocess
import sys

from support import REPO

PINS = REPO / "tests" / "environments"


def test_oldest_versions_are_the_lower_bounds() -> None:
    done = subprocess.run(
        [sys.executable, PINS / "oldest.py"], capture_output=True, text=True, check=True
    )
    written = (PINS / "oldest.txt").read_text("utf-8")
    assert done.stdout == written, "run `make pins`"


def test_pins_are_names_and_versions_alone() -> None:
    for name in ("oldest.txt", "pinned.txt"):
        for line in (PINS / name).read_text("utf-8").splitlines():
            assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line
