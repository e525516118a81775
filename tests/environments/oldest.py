"""Print the constraints of the oldest versions that polc declares: its own at their lower bounds.

Everything else, the tools of the tests among it, is as in `pinned.txt`.
"""

import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
BOUND = re.compile(r"([A-Za-z0-9._-]+)>=([0-9.]+)")


def oldest() -> list[str]:
    """Return lines `name==version`, sorted."""
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    bounds = dict(
        match.groups() for each in project["dependencies"] if (match := BOUND.match(each))
    )
    if len(bounds) != len(project["dependencies"]):
        sys.exit("every dependency in pyproject.toml needs a lower bound: `name>=version`")
    pinned = [
        line
        for line in (HERE / "pinned.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    rest = [line for line in pinned if _plain(line.partition("==")[0]) not in map(_plain, bounds)]
    # What they bring themselves has to fit them.
    kept = [line for line in rest if _plain(line.partition("==")[0]) not in BROUGHT]
    return sorted([*kept, *(f"{name}=={version}" for name, version in bounds.items())])


BROUGHT = frozenset({"cattrs", "lsprotocol", "markupsafe"})
"""What polc's dependencies bring: pip chooses it."""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    print("\n".join(oldest()))
