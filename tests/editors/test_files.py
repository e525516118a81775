"""What editors read, without an editor: generated files, snippets, the extension's manifest."""

import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

import polc
from polc.parse import parse
from polc.parse.lexer import TABLES
from polc.source import Source
from support import REPO

EDITORS = REPO / "editors"
VSCODE = EDITORS / "vscode"
GENERATE = runpy.run_path(str(EDITORS / "generate.py"))
STATEMENTS = ("allow", "rollout", "probe", "run", "resources", "build")


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(GENERATE["FILES"]))
def test_what_is_generated_is_up_to_date(name: str) -> None:
    text = (EDITORS / name).read_text("utf-8")
    assert GENERATE["FILES"][name](text) == text, "run `python editors/generate.py`"


def test_every_word_of_the_grammar_is_of_one_kind() -> None:
    kinds = [GENERATE[kind] for kind in ("DECLARATIONS", "STATEMENTS", "CONNECTIVES", "BROAD")]
    assert sorted(word for kind in kinds for word in kind) == sorted(TABLES.words)


def filled(body: list[str]) -> str:
    """Return a snippet as it stands when nobody fills its places in."""
    text = "\n".join(body).replace("$CURRENT_YEAR", "2030")
    text = re.sub(r"\$\{\d+\|(\w+)[^|]*\|\}", r"\1", text)
    while re.search(r"\$\{\d+:", text):
        text = re.sub(r"\$\{\d+:([^${}]*)\}", r"\1", text)
    return re.sub(r"\$\{?\d+\}?", "", text)


SNIPPETS = read(VSCODE / "snippets" / "polc.json")


@pytest.mark.parametrize("name", sorted(SNIPPETS))
def test_a_snippet_parses(name: str) -> None:
    assert SNIPPETS[name]["prefix"] not in TABLES.words, "the server completes those"
    text = filled(SNIPPETS[name]["body"])
    assert "$" not in text
    if SNIPPETS[name]["prefix"].startswith(STATEMENTS):
        text = f"service s {{\n{text}\n}}\n"
    file, found = parse(Source(name, text))
    assert found == ()
    assert file.declarations


def test_the_extension_has_the_version_of_the_compiler() -> None:
    assert read(VSCODE / "package.json")["version"] == polc.__version__
    assert f"## {polc.__version__}" in (VSCODE / "CHANGELOG.md").read_text("utf-8")


def test_every_setting_and_command_is_in_the_readme() -> None:
    contributes = read(VSCODE / "package.json")["contributes"]
    readme = (VSCODE / "README.md").read_text("utf-8")
    assert [each for each in contributes["configuration"]["properties"] if each not in readme] == []
    titles = {f"{each['category']}: {each['title']}" for each in contributes["commands"]}
    assert {each for each in titles if each not in readme} == set()


def test_no_lock_file_names_a_registry() -> None:
    locks = [
        *EDITORS.glob("*/package-lock.json"),
        *(REPO / "tests").glob("editors/*/package-lock.json"),
    ]
    assert locks
    assert [str(path) for path in locks if '"resolved": "http' in path.read_text("utf-8")] == []


def test_helix_starts_the_server_that_there_is() -> None:
    config = tomllib.loads((EDITORS / "helix" / "languages.toml").read_text("utf-8"))
    (language,) = config["language"]
    assert language["file-types"] == ["svc"]
    (server,) = language["language-servers"]
    assert config["language-server"][server] == {"command": "polc", "args": ["lsp"]}


def test_zed_knows_one_language_and_one_version() -> None:
    zed = EDITORS / "zed"
    extension = tomllib.loads((zed / "extension.toml").read_text("utf-8"))
    language = tomllib.loads((zed / "languages" / "polc" / "config.toml").read_text("utf-8"))
    package = tomllib.loads((zed / "Cargo.toml").read_text("utf-8"))
    assert extension["language_servers"]["polc"]["languages"] == [language["name"]]
    assert extension["version"] == package["package"]["version"] == polc.__version__
    assert language["path_suffixes"] == ["svc"]
