"""Which programs a document belongs to: the project's files, its importers, or only itself."""

import os
from pathlib import Path

import pytest

from lsp_support import Editor, editor

SERVICE = "namespace a\nservice x { }\n"


def entries(one: Editor, name: str) -> list[tuple[str, ...]]:
    """Return the entries of each program of a file, as names."""
    found = one.session.projects.programs(one.path(name))
    return [tuple(path.removeprefix(f"{one.root}/") for path in each) for each in found]


def importing(*names: str) -> str:
    return "".join(f'import "{name}"\n' for name in names)


def test_a_lone_file_is_a_program() -> None:
    assert entries(editor(SERVICE), "policy.svc") == [("policy.svc",)]


def test_a_file_belongs_to_whoever_imports_it_however_far_above() -> None:
    files = {"a.svc": importing("b.svc"), "b.svc": importing("sub/c.svc"), "sub/c.svc": SERVICE}
    one = editor(files)
    assert {name: entries(one, name) for name in files} == {name: [("a.svc",)] for name in files}


def test_a_file_may_belong_to_several_programs() -> None:
    files = {"a.svc": importing("c.svc"), "b.svc": importing("./c.svc"), "c.svc": SERVICE}
    one = editor(files)
    assert entries(one, "c.svc") == [("a.svc",), ("b.svc",)]
    assert len(one.session.programs(one.path("c.svc"))) == 2
    assert one.view("c.svc").program.entries == (one.path("a.svc"),)


def test_an_import_may_go_up() -> None:
    files = {"teams/shop/a.svc": importing("../common.svc"), "teams/common.svc": SERVICE}
    assert entries(editor(files), "teams/common.svc") == [("teams/shop/a.svc",)]


def test_files_that_import_each_other_are_programs_of_their_own() -> None:
    files = {"a.svc": importing("b.svc"), "b.svc": importing("a.svc"), "c.svc": importing("c.svc")}
    one = editor(files)
    assert {name: entries(one, name) for name in files} == {name: [(name,)] for name in files}
    for name in files:
        assert "POL011" in [each.code.id for each in one.view(name).program.at_once()]


def test_a_missing_file_is_told_and_the_rest_still_read() -> None:
    one = editor({"a.svc": importing("gone.svc") + SERVICE})
    [error] = one.view("a.svc").program.snapshot().read_errors
    assert (error.code.id, error.span.text) == ("POL010", '"gone.svc"')
    assert [each.key for each in one.view("a.svc").table.of_kind("service")] == ["a/x"]


def test_commented_or_half_typed_imports_count_for_nothing() -> None:
    text = '# import "b.svc"\nimport\nimport ""\nimport b.svc\n'
    one = editor({"a.svc": text, "b.svc": SERVICE})
    assert entries(one, "b.svc") == [("b.svc",)]


def test_an_edit_changes_whose_file_it_is() -> None:
    one = editor({"a.svc": '|import "b.svc"\n', "b.svc": SERVICE})
    assert entries(one, "b.svc") == [("a.svc",)]
    one.type("#")
    assert entries(one, "b.svc") == [("b.svc",)]
    one.type("\n")
    assert entries(one, "b.svc") == [("a.svc",)]


def test_files_that_nobody_opened_count_too(tmp_path: Path) -> None:
    files = {
        "a.svc": importing("b.svc"),
        "b.svc": SERVICE,
        "node_modules/c.svc": importing("b.svc"),
    }
    one = editor(files, folder=tmp_path, closed=("a.svc", "node_modules/c.svc"))
    assert entries(one, "b.svc") == [("a.svc",)]
    (tmp_path / "a.svc").write_text(importing("none.svc"))
    os.utime(tmp_path / "a.svc", ns=(1, 1))
    one.session.projects.refresh()  # as the server does where it hears of it
    assert entries(one, "b.svc") == [("b.svc",)]
    (tmp_path / "a.svc").unlink()
    one.session.projects.refresh()
    assert entries(one, "b.svc") == [("b.svc",)]


def test_a_closed_file_counts_as_it_is_on_the_disk(tmp_path: Path) -> None:
    one = editor({"a.svc": SERVICE, "b.svc": SERVICE}, folder=tmp_path)
    one.session.change(one.uri("a.svc"), 2, [(None, importing("b.svc"))])
    assert entries(one, "b.svc") == [("a.svc",)]
    one.session.close(one.uri("a.svc"))
    assert entries(one, "b.svc") == [("b.svc",)]


@pytest.mark.parametrize("name", ["polc.toml", "pyproject.toml"])
def test_a_projects_files_are_one_program(tmp_path: Path, name: str) -> None:
    table = "[tool.polc]\n" if name == "pyproject.toml" else ""
    files = {
        name: f'{table}files = ["a.svc", "sub/*.svc"]\n',
        "a.svc": importing("common.svc"),
        "common.svc": SERVICE,
        "sub/b.svc": SERVICE,
        "other.svc": importing("a.svc"),
    }
    one = editor(files, folder=tmp_path)
    for each in ("a.svc", "common.svc", "sub/b.svc"):
        assert entries(one, each) == [("a.svc", "sub/b.svc")]
    assert entries(one, "other.svc") == [("other.svc",)]


def test_settings_hold_for_the_programs_of_their_folder(tmp_path: Path) -> None:
    files = {"polc.toml": 'env = "prod"\ntargets = ["networkpolicy"]\n', "a.svc": SERVICE}
    program = editor(files, folder=tmp_path).view("a.svc").program
    assert program.options.environment == "prod"
    assert [each.name for each in program.backends] == ["networkpolicy"]


def test_wrong_settings_are_told_and_count_for_nothing(tmp_path: Path) -> None:
    one = editor({"polc.toml": "files = 7\n", "a.svc": SERVICE}, folder=tmp_path)
    assert entries(one, "a.svc") == [("a.svc",)]
    [fault] = one.session.projects.faults.values()
    assert fault.line == 1
    (tmp_path / "polc.toml").write_text('files = ["a.svc"]\n')
    one.session.projects.refresh()
    assert entries(one, "a.svc") == [("a.svc",)]
    assert one.session.projects.faults == {}


@pytest.mark.parametrize(
    ("settings", "line", "message"),
    [
        ('files = ["a.svc"]\ntargets = ["rbac", "istoi"]\n', 2, "there is no target `istoi`"),
        ('files = ["a.svc", "gone.svc"]\n', 1, "can't read `gone.svc`"),
    ],
)
def test_settings_that_name_what_is_not_there_are_told(
    tmp_path: Path, settings: str, line: int, message: str
) -> None:
    one = editor({"polc.toml": settings, "a.svc": SERVICE}, folder=tmp_path)
    program = one.view("a.svc").program
    [fault] = one.session.projects.faults.values()
    assert (fault.line, message in fault.message) == (line, True)
    assert one.view("a.svc").program is program, "what was compiled has to be kept"
    assert len(program.backends) > 1


def test_the_same_view_serves_all_files_of_a_program() -> None:
    one = editor({"a.svc": importing("b.svc"), "b.svc": SERVICE})
    assert one.view("a.svc").program is one.view("b.svc").program
    assert one.view("a.svc").snapshot is one.view("b.svc").snapshot
