"""The plug-in for Neovim, in each Neovim there is: the newest one comes with the test group."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import REPO

HERE = REPO / "tests" / "editors"
EDITORS = dict.fromkeys(
    path
    for path in (shutil.which("nvim", path=str(Path(sys.executable).parent)), shutil.which("nvim"))
    if path
)
PROGRAM = """namespace shop

service frontend {
  select { app: "frontend" }
  port   http 8080 http
}

# Takes orders.
service api {
  select { app: "api" }
  port   web 8080 http
  allow from frontent on web
}
"""


def neovim(editor: str, folder: Path, script: Path, *arguments: str, **variables: str) -> Any:
    """Run a script in Neovim with the plug-in, and return what it wrote."""
    answer = folder / "answer.json"
    variables["POLC_RUNTIME"] = str(REPO / "editors" / "neovim")
    variables["POLC_ANSWER"] = str(answer)
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    runtime = "let &runtimepath = $POLC_RUNTIME . ',' . &runtimepath"
    command = [editor, "--headless", "--clean", "-n", "--cmd", runtime, *arguments, "-S", script]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, timeout=120
    )
    assert answer.exists(), done.stdout + done.stderr
    return json.loads(answer.read_text("utf-8"))


@pytest.fixture(params=EDITORS or [None])
def editor(request: pytest.FixtureRequest) -> str:
    if request.param is None:
        pytest.skip("NOT CHECKED: no Neovim here (apt-get install neovim)")
    return str(request.param)


def test_the_server_serves_neovim(editor: str, tmp_path: Path) -> None:
    (tmp_path / "polc.toml").write_text("")
    program = tmp_path / "deep" / "policy.svc"
    program.parent.mkdir()
    program.write_text(PROGRAM, "utf-8")
    seen = neovim(editor, tmp_path, HERE / "neovim.lua", str(program))
    assert "error" not in seen, seen
    assert seen["filetype"] == "polc"
    assert seen["clients"] == 1
    assert Path(seen["root"]) == tmp_path
    assert seen["diagnostics"] == [{"code": "POL101", "line": 11}]
    assert seen["mended"] == []
    assert seen["definition"] == 2
    assert "shop/frontend" in seen["hover"]
    assert "frontend" in seen["completion"]
    assert seen["lenses"] >= 2
    assert seen["formatted"] == '  select { app: "frontend" }'
    assert "kind: NetworkPolicy" in seen["compiled"]
    assert [each.split("(")[0] for each in seen["functions"]] == [
        "v:lua.vim.lsp.omnifunc",
        "v:lua.vim.lsp.tagfunc",
        "v:lua.vim.lsp.formatexpr",
    ]
    assert seen["source"] == "  allow from frontend on web"


def test_a_missing_program_is_said_once_and_breaks_nothing(editor: str, tmp_path: Path) -> None:
    script = tmp_path / "missing.lua"
    script.write_text(
        "vim.lsp.start, vim.lsp.start_client = nil, nil\n"
        "local said = {}\n"
        "vim.notify = function(text) table.insert(said, text) end\n"
        "require('polc').setup({ cmd = { 'polc-of-nowhere', 'lsp' } })\n"
        "vim.cmd('edit one.svc')\nvim.cmd('edit two.svc')\n"
        "vim.fn.writefile({ vim.fn.json_encode(said) }, vim.env.POLC_ANSWER)\n"
        "vim.cmd('qall!')\n"
    )
    (said,) = neovim(editor, tmp_path, script)
    assert '"polc-of-nowhere" was not found' in said
    assert "pip install polc" in said
