"""What Vim and Neovim colour, character by character, against what the compiler reads."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import REPO

SCRIPT = REPO / "tests" / "editors" / "scopes.vim"
RUNTIME = ("--cmd", "let &runtimepath = $POLC_RUNTIME . ',' . &runtimepath")
START = {
    "nvim": ["nvim", "--headless", "--clean", "-n", *RUNTIME],
    "vim": ["vim", "-es", "-u", "NONE", "-n", *RUNTIME],
}
GROUPS = {
    "Comment": {"Comment", "Remark"},
    "Literal.String.Escape": {"Escape", "String"},
    "Literal.String": {"String", "PortName"},
    "Literal.Number": {"Number", "PortNumber"},
    "Literal.Date": {"Number"},
    "Name.Constant": {"Constant"},
    "Name.Class": {"Definition", "GroupName"},
    "Name": {"Name", "Due", "Listed", "Part", "Key", "PortName", "Kind", "Peer", "Definition"},
    "Keyword.Constant": {"Broad"},
    "Keyword.Declaration": {"Declaration", "Namespace", "HasRole"},
    "Keyword": {"Statement", "Connective"},
    "Operator": {"Operator", "PortMark"},
    "Punctuation": {"Brackets", "Comma"},
}


def programs() -> list[dict[str, object]]:
    """Return the compiler's pieces of every program; a process, as editors' other tests ask it."""
    script = SCRIPT.with_name("pieces.py")
    done = subprocess.run([sys.executable, script], capture_output=True, check=True)
    return json.loads(done.stdout)


def run(editor: str, script: Path, folder: Path, **variables: str) -> None:
    """Run a script of Vim's in an editor with the plug-in."""
    if shutil.which(editor) is None:
        pytest.skip(f"NOT CHECKED: no {editor} here (apt-get install neovim vim)")
    env = os.environ | {"POLC_RUNTIME": str(REPO / "editors" / "neovim")} | variables
    command = [*START[editor], "-S", script]
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize("editor", ["nvim", "vim"])
def test_every_piece_has_the_group_of_its_kind(editor: str, tmp_path: Path) -> None:
    expected = programs()
    answer = tmp_path / "answer.json"
    files = "\n".join(str(each["name"]) for each in expected)
    run(editor, SCRIPT, REPO, POLC_FILES=files, POLC_ANSWER=str(answer))
    seen = json.loads(answer.read_text("utf-8"))
    wrong, compared = [], 0
    for program in expected:
        found = seen[program["name"]]
        units, text = str(program["text"]).encode("utf-16-le"), str(program["text"]).encode()
        flat = [group for line in found for group in (*line, "")]
        for offset, kind, piece in program["pieces"]:
            groups = next(value for key, value in GROUPS.items() if kind.startswith(key))
            start = len(units[: 2 * offset].decode("utf-16-le").encode())
            for at in range(start, start + len(piece.encode())):
                compared += 1
                if flat[at].removeprefix("polc") not in groups:
                    line = text[:at].count(b"\n") + 1
                    wrong.append(f"{program['name']}:{line}: {piece}: {kind}, but {flat[at]}")
                    break
    assert wrong == []
    assert compared > 10_000


@pytest.mark.parametrize("editor", ["nvim", "vim"])
def test_indentation_follows_the_braces(editor: str, tmp_path: Path) -> None:
    text = (REPO / "tests/unit/fmt/cases/statements/after.svc").read_text("utf-8")
    flat, script = tmp_path / "flat.svc", tmp_path / "script.vim"
    flat.write_text("".join(f"{line.lstrip()}\n" for line in text.splitlines()), "utf-8")
    script.write_text("filetype plugin indent on\nlet g:polc_no_server = 1\nedit flat.svc\n"
                      "normal! gg=G\nwrite\nqall!\n")  # fmt: skip
    run(editor, script, tmp_path)
    assert flat.read_text("utf-8") == text
