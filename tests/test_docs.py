"""What the documentation shows is true: every program in it compiles, every command in it runs.

A fence `svc` holds a whole program without errors, `svc error=POLnnn` one with exactly these
errors, `svc env=NAME` one for an environment, and `svc statements` the inside of a service
(`WRAPPER`). In a code's page the first program triggers exactly this code and the last one does
without it. A fence `toml` about configuration is a project's, which `polc build` compiles. Of a
fence `console` the lines that start with `$ polc` or `$ kubectl` are run.
"""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from attrs import frozen

from polc.codes import all_codes, page
from polc.diagnostics import Code
from polc.fmt import format_text
from support import REPO, TODAY, Run, codes_of, polc, polc_process, tool

PAGES = sorted(
    path
    for folder, pattern in (
        (REPO, "*.md"),
        (REPO / "docs", "**/*.md"),
        (REPO / "examples", "*/*.md"),
    )
    for path in folder.glob(pattern)
)

WRAPPER = """
cluster test {{ mesh istio sidecar  cni kubernetes }}
namespace shop
service frontend {{ select {{ app: "frontend" }}  port http 8080 http }}
service orders-db {{ select {{ app: "orders-db" }}  port sql 5432 postgres }}
service api {{
{statements}
}}
"""


@frozen
class Fence:
    """One fenced block: where it is, the words behind the backticks, and its text."""

    place: str
    words: tuple[str, ...]
    text: str

    def setting(self, name: str) -> str | None:
        prefix = f"{name}="
        return next((w.removeprefix(prefix) for w in self.words if w.startswith(prefix)), None)


def fences(text: str, name: str) -> list[Fence]:
    found = []
    for match in re.finditer(r"^```(\w+)([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start()) + 1
        found.append(Fence(f"{name}:{line}", (match[1], *match[2].split()), match[3]))
    return found


DOCUMENTED = [
    fence
    for path in PAGES
    for fence in fences(path.read_text(encoding="utf-8"), path.relative_to(REPO).as_posix())
]
PROGRAMS = [fence for fence in DOCUMENTED if fence.words[0] == "svc"]
CONSOLE = [fence for fence in DOCUMENTED if fence.words[0] == "console"]
SETTINGS = [
    fence
    for fence in DOCUMENTED
    if fence.words[0] == "toml" and fence.place.startswith("docs/configuration.md")
]
PAGED = list(all_codes())


def compile_text(text: str, folder: Path, *arguments: str) -> Run:
    program = folder / "policy.svc"
    program.write_text(text, encoding="utf-8")
    return polc("check", program, "--today", TODAY, "--color", "never", *arguments)


@pytest.mark.parametrize("fence", PROGRAMS, ids=lambda fence: fence.place)
def test_program_compiles_as_documented(fence: Fence, tmp_path: Path) -> None:
    text = fence.text
    if "statements" in fence.words:
        text = WRAPPER.format(statements=text)
    env = fence.setting("env")
    run = compile_text(text, tmp_path, *(("--env", env) if env else ()))
    expected = fence.setting("error")
    assert codes_of(run) == (tuple(expected.split(",")) if expected else ()), run.err
    assert run.status == (1 if expected else 0), run.err


@pytest.mark.parametrize("fence", PROGRAMS, ids=lambda fence: fence.place)
def test_program_is_formatted(fence: Fence) -> None:
    inside = "statements" in fence.words
    text = f"service api {{\n{fence.text}}}\n" if inside else fence.text
    assert format_text(text) == text


@pytest.mark.parametrize("fence", CONSOLE, ids=lambda fence: fence.place)
def test_command_runs(fence: Fence, tmp_path: Path) -> None:
    shutil.copytree(REPO / "examples", tmp_path / "examples")
    for line in fence.text.splitlines():
        match line.removeprefix("$ ").split():
            case ["polc", *_] if line.startswith("$ "):
                command = [tool("python"), "-m", "polc", *shlex.split(line)[2:]]
            case ["kubectl", *_] if line.startswith("$ "):
                command = [tool("kubectl"), *shlex.split(line)[2:]]
            case _:
                continue
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("fence", SETTINGS, ids=lambda fence: fence.place)
def test_project_builds_as_configured(
    fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_table = fence.text.startswith("[tool.polc]")
    (tmp_path / ("pyproject.toml" if is_table else "polc.toml")).write_text(fence.text)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/shop.svc").write_text(
        "cluster test { mesh istio sidecar  cni kubernetes }\n"
        "namespace shop\nservice api { }\nenvironment prod { }\n"
    )
    (tmp_path / "services/web").mkdir(parents=True)
    (tmp_path / "services/web/policy.svc").write_text("namespace web\nservice web { }\n")
    monkeypatch.chdir(tmp_path / "services/web")
    run = polc("build", "--today", TODAY)
    assert run.status == 0, run.err
    assert (tmp_path / "out/shop/api.networkpolicy.yaml").exists()


@pytest.mark.parametrize("code", PAGED, ids=lambda code: code.id)
def test_code_page(code: Code, tmp_path: Path) -> None:
    text = page(code)
    assert text.startswith(f"# {code.id}: "), "the title names the code"
    shown = [fence for fence in fences(text, code.id) if fence.words[0] == "svc"]
    if not shown:
        return  # what no text alone can trigger is told in `text` and `console`
    assert len(shown) >= 2, "show what is wrong, then what to write instead"
    bad = compile_text(shown[0].text, tmp_path, *env_of(shown[0]))
    assert found_codes(bad) >= {code.id}, bad.err
    assert errors_besides(bad, code) == set(), bad.err
    good = compile_text(shown[-1].text, tmp_path, *env_of(shown[-1]))
    assert code.id not in found_codes(good), good.err
    assert good.status == 0, good.err


def env_of(fence: Fence) -> tuple[str, ...]:
    env = fence.setting("env")
    return ("--env", env) if env else ()


def found_codes(run: Run) -> set[str]:
    return set(re.findall(r"^\w+\[(POL\d+)\]", run.err + run.out, re.MULTILINE))


def errors_besides(run: Run, code: Code) -> set[str]:
    return set(codes_of(run)) - {code.id}


def test_links_lead_somewhere() -> None:
    for path in PAGES:
        text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if not target.startswith(("http:", "https:")):
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_explain_prints_the_page() -> None:
    run = polc_process("explain", "POL201")
    assert run.status == 0
    assert "POL201" in run.out
