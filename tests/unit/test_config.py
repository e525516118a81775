"""The settings of a project: which file counts, what it says, and what is wrong with it."""

import os
from pathlib import Path

import pytest

from polc.config import Config, ConfigError, fault, find_config, read_config

ROOT = os.path.abspath(os.sep)


def at(*parts: str) -> str:
    return os.path.join(ROOT, *parts)


class Disk:
    """Files that exist only here; remembers what was asked for."""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        self.files = {
            at(*path.split("/")): text.encode() if isinstance(text, str) else text
            for path, text in files.items()
        }
        self.asked: list[str] = []

    def read(self, path: str) -> bytes:
        self.asked.append(path)
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.files[path]

    def list(self, folder: str) -> set[str]:
        below = [path for path in self.files if path.startswith(folder + os.sep)]
        if not below:
            raise NotADirectoryError(20, "Not a directory", folder)
        return {path[len(folder) + 1 :].split(os.sep)[0] for path in below}


def find(folder: str, files: dict[str, str | bytes]) -> Config:
    disk = Disk(files)
    return find_config(at(*folder.split("/")), disk.read, disk.list)


def refused(files: dict[str, str | bytes], folder: str = "p") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        find(folder, files)
    return caught.value


def test_nothing_said() -> None:
    disk = Disk({})
    config = find_config(at("p", "q"), disk.read, disk.list)
    assert config == Config(None, at("p", "q"))
    assert (config.files, config.out, config.targets, config.env) == ((), None, None, None)
    names = ("polc.toml", "pyproject.toml")
    folders = (("p", "q"), ("p",), ())
    assert disk.asked == [at(*folder, name) for folder in folders for name in names]


def test_everything_said() -> None:
    text = """
files = ["policies/b.svc", "policies/a.svc", "../shared.svc"]
out = "build/../out"
targets = ["rbac", "default"]
env = "prod"
fail-level = "note"
format = "github"
"""
    assert find("x/p", {"x/p/polc.toml": text}) == Config(
        path=at("x", "p", "polc.toml"),
        root=at("x", "p"),
        files=(
            at("x", "p", "policies", "a.svc"),
            at("x", "p", "policies", "b.svc"),
            at("x", "shared.svc"),
        ),
        out=at("x", "p", "out"),
        targets=("rbac", "default"),
        env="prod",
        fail_level="note",
        format="github",
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"p/q/polc.toml": "", "p/polc.toml": ""}, "p/q/polc.toml"),
        ({"p/polc.toml": "", "p/pyproject.toml": "[tool.polc]"}, "p/polc.toml"),
        ({"p/polc.toml": "", "p/q/pyproject.toml": "[tool.polc]"}, "p/q/pyproject.toml"),
        ({"p/polc.toml": "", "p/q/pyproject.toml": "[tool.ruff]"}, "p/polc.toml"),
        ({"p/polc.toml": "", "p/q/pyproject.toml": "[project]\nname = 'polc'"}, "p/polc.toml"),
        ({"p/polc.toml": "", "p/q/pyproject.toml": "not TOML"}, "p/polc.toml"),
        ({"p/polc.toml": "", "p/q/pyproject.toml": "tool = 'polc'"}, "p/polc.toml"),
        ({"p/polc.toml": "", "p/q/.git/config": ""}, "p/polc.toml"),
        ({"polc.toml": ""}, "polc.toml"),
    ],
)
def test_the_nearest_file_with_settings_counts(files: dict[str, str], expected: str) -> None:
    config = find("p/q", dict(files))
    assert config.path == at(*expected.split("/"))
    assert config.root == os.path.dirname(config.path)


@pytest.mark.parametrize(
    "text",
    ["[tool.polc]\nenv = 'x'", "[tool]\npolc = {env = 'x'}", "tool.polc.env = 'x'"],
)
def test_any_spelling_of_the_table(text: str) -> None:
    assert find("p", {"p/pyproject.toml": text}).env == "x"


def test_settings_are_not_merged() -> None:
    files: dict[str, str | bytes] = {"p/q/polc.toml": "env = 'a'", "p/polc.toml": "out = 'b'"}
    assert find("p/q", files) == Config(at("p", "q", "polc.toml"), at("p", "q"), env="a")


def test_a_byte_order_mark_is_no_text() -> None:
    assert find("p", {"p/polc.toml": b"\xef\xbb\xbfenv = 'x'"}).env == "x"


TREE: dict[str, str | bytes] = {
    "p/one/policy.svc": "",
    "p/two/policy.svc": "",
    "p/two/other.svc": "",
    "p/.hidden/policy.svc": "",
    "p/[x]/a.svc": "",
    "p/readme": "",
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*/policy.svc", ["one/policy.svc", "two/policy.svc"]),
        ("t*/*.svc", ["two/other.svc", "two/policy.svc"]),
        ("two/[!p]*.svc", ["two/other.svc"]),
        ("./two/pol?cy.svc", ["two/policy.svc"]),
        (".h*/*.svc", [".hidden/policy.svc"]),
        ("../p/o*/*.svc", ["one/policy.svc"]),
    ],
)
def test_patterns(pattern: str, expected: list[str]) -> None:
    config = find("p", {**TREE, "p/polc.toml": f"files = ['{pattern}']"})
    assert config.files == tuple(at("p", *path.split("/")) for path in expected)


def test_a_pattern_means_nothing_outside_the_setting() -> None:
    config = find("p/[x]", {**TREE, "p/[x]/polc.toml": "files = ['*.svc', 'a.svc']"})
    assert config.files == (at("p", "[x]", "a.svc"),)


def test_the_disk_is_listed_where_nobody_says_otherwise(tmp_path: Path) -> None:
    for name in ("b.svc", "a.svc", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "polc.toml").write_text("files = ['*.svc']")
    config = find_config(str(tmp_path), lambda path: Path(path).read_bytes())
    assert config.files == (str(tmp_path / "a.svc"), str(tmp_path / "b.svc"))


@pytest.mark.parametrize(
    ("text", "line", "message", "advice"),
    [
        ("out = 'x'\nfils = []", 2, "there is no setting `fils`", "did you mean `files`?"),
        ("target = []", 1, "there is no setting `target`", "did you mean `targets`?"),
        ("fail_level = 'x'", 1, "there is no setting `fail_level`", "did you mean `fail-level`?"),
        ("zzz = 1", 1, "there is no setting `zzz`", "settings: `files`, `out`,"),
        ("[polc]\nenv = 'x'", 1, "there is no setting `polc`", "settings: "),
        ("files = 'policy.svc'", 1, "`files` must be a list of str", 'files = ["policy.svc"]'),
        ("files = [\n 'a.svc',\n 1\n]", 1, "`files` must be a list of strings", "policy.svc"),
        ("files = ['-']", 1, "standard input is no file of a project", "name a file"),
        ("files = ['**/*.svc']", 1, "`**/*.svc`: there is no `**` in patterns", "services/*/"),
        ("files = ['*.svc']", 1, "no file is called as `*.svc` says", "a file that exists"),
        ("files = ['a/*.svc']", 1, "no file is called as `a/*.svc` says", "a file that exists"),
        ('files = ["a\\u0000"]', 1, "`files` must be a list of strings", "policy.svc"),
        ("# out\n\nout = ['x']", 3, "`out` must be a string", "out = "),
        ("out = ' '", 1, "`out` must be a string", "out = "),
        ("out = '-'", 1, "`out` is a folder", "polc build -o -"),
        # No target at all would hold nothing back.
        ("targets = []", 1, "`targets` must be a list of strings", "networkpolicy"),
        ("targets = ['rbac,istio']", 1, "`rbac,istio` is no target", "a string of its own"),
        ("env = true", 1, "`env` must be a string", "env = "),
        ("fail-level = 'warnin'", 1, "no value of `fail-level`", "did you mean `warning`?"),
        ("fail-level = 'x'", 1, "`x` is no value", "one of: error, warning, note, hint"),
        ("format = 'svg'", 1, "`svg` is no value of `format`", "one of: full, concise"),
        ('out = """\nenv = 1\n"""\nenv = 1', 4, "`env` must be a string", "env = "),
        ("env = 'x'\nenv = 'y'", 2, "this is not TOML: cannot overwrite a value", None),
        ("env", 1, "this is not TOML: expected '='", None),
        ("env = 'x'\nout = [\n\n", 2, "this is not TOML: ", None),
        (b"# ok\n\xff", 2, "this is not UTF-8 text", None),
        ("x = " + "[" * 50_000, None, "this is nested too deeply", None),
        ("x = " + "9" * 5_000, 1, "this is not TOML: exceeds the limit", None),
    ],
)
def test_faults(text: str | bytes, line: int | None, message: str, advice: str | None) -> None:
    error = refused({"p/polc.toml": text})
    assert (error.path, error.line) == (at("p", "polc.toml"), line)
    assert message in error.message
    assert advice in error.help if advice and error.help else advice is error.help
    assert str(error) == error.message


def test_a_fault_inside_pyproject() -> None:
    before = "[project]\nname = 'x'\nenv = 3\n\n[tool.ruff]\nformat = 1\n"
    error = refused({"p/pyproject.toml": f"{before}[tool.polc]\nformat = 'ful'\n"})
    assert (error.path, error.line) == (at("p", "pyproject.toml"), 8)
    assert error.help == "did you mean `full`?"
    assert refused({"p/pyproject.toml": "[tool]\npolc = 1"}).line == 2
    assert refused({"p/pyproject.toml": "[tool.polc\n"}).message.startswith("this is not TOML")


def test_what_is_there_and_cannot_be_read_is_not_passed_over() -> None:
    def read(path: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    with pytest.raises(ConfigError) as caught:
        find_config(at("p"), read)
    assert caught.value.message == "can't be read: permission denied"
    assert (caught.value.path, caught.value.line) == (at("p", "polc.toml"), None)


def test_a_folder_called_like_the_file_is_no_file() -> None:
    def read(path: str) -> bytes:
        raise IsADirectoryError(21, "Is a directory", path)

    assert find_config(at("p"), read).path is None


def test_a_file_that_somebody_named() -> None:
    disk = Disk({"p/ci.toml": "env = 'x'", "p/pyproject.toml": "[project]", "p/polc.toml": "env=1"})
    assert read_config(at("p", "ci.toml"), disk.read) == Config(
        at("p", "ci.toml"), at("p"), env="x"
    )
    with pytest.raises(ConfigError, match=r"there is no `\[tool.polc\]` in it"):
        read_config(at("p", "pyproject.toml"), disk.read)
    with pytest.raises(ConfigError, match="can't be read: no such file"):
        read_config(at("p", "no.toml"), disk.read)


def test_a_fault_that_shows_later_has_its_line() -> None:
    disk = Disk({"p/polc.toml": "env = 'x'\ntargets = [\n  'istoi',\n]"})
    config = find_config(at("p"), disk.read)
    error = fault(config, "targets", "there is no target `istoi`", disk.read)
    assert (error.path, error.line) == (at("p", "polc.toml"), 2)
    assert fault(config, "out", "x", disk.read).line is None
