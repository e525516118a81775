"""The project's own programs are formatted: `polc fmt examples stdlib tests/apps`."""

import re
from pathlib import Path

import pytest

from polc.fmt import format_text
from support import REPO

PROGRAMS = [
    path
    for folder in ("examples", "stdlib", "tests/apps")
    for path in sorted((REPO / folder).rglob("*.svc"))
]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.relative_to(REPO).as_posix())
def test_program_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(text) == text, "run `polc fmt`"


def test_the_page_shows_what_fmt_does() -> None:
    page = (REPO / "docs/formatting.md").read_text(encoding="utf-8")
    [before] = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    [after] = re.findall(r"^```svc statements\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert format_text(f"service api {{\n{before}}}\n") == f"service api {{\n{after}}}\n"
