"""`polc fmt`: files, folders, standard input, and what it says of them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support import polc, polc_process, tree

UGLY = "service   api {}\n"
TIDY = "service api { }\n"
BROKEN = "service   web { port }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with programs in folders, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "ugly.svc": UGLY,
        "tidy.svc": TIDY,
        "more/deep/ugly.svc": UGLY,
        "more/notes.txt": UGLY,
        ".git/ugly.svc": UGLY,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_files_are_rewritten_and_then_left_alone(folder: Path) -> None:
    run = polc("fmt", "ugly.svc", "tidy.svc", "more")
    assert (run.status, run.out) == (0, "")
    assert run.err == "2 files reformatted, 1 left as it is\n"
    assert tree(folder) == {
        ".git/ugly.svc": UGLY,
        "more/deep/ugly.svc": TIDY,
        "more/notes.txt": UGLY,
        "tidy.svc": TIDY,
        "ugly.svc": TIDY,
    }
    os.utime("ugly.svc", (1, 1))
    run = polc("fmt", ".")
    assert run.err == "3 files left as they are\n"
    assert os.stat("ugly.svc").st_mtime == 1


def test_check_names_what_would_change_and_writes_nothing(folder: Path) -> None:
    before = tree(folder)
    run = polc("fmt", "--check", ".")
    assert (run.status, run.out) == (1, f"ugly.svc\n{os.path.join('more', 'deep', 'ugly.svc')}\n")
    assert run.err == "2 files would be reformatted, 1 left as it is\n"
    assert tree(folder) == before
    assert polc("fmt", "--check", "tidy.svc").status == 0


def test_the_diff_is_a_patch(folder: Path) -> None:
    (folder / "crlf.svc").write_bytes("\ufeff# \u2028\r\nservice   a {}".encode())
    before = tree(folder)
    run = polc_process("fmt", "--diff", folder)
    assert run.status == 1
    assert tree(folder) == before
    patch = shutil.which("patch")
    if patch is None:
        pytest.skip("NOT CHECKED: patch(1) is not here")
    command = [patch, "--binary", "-p0", "-d", "/"]
    subprocess.run(command, input=run.out.encode(), check=True, capture_output=True)
    assert polc("fmt", "--check", ".").status == 0
    assert (folder / "ugly.svc").read_text() == TIDY


def test_modes_and_links_are_kept(folder: Path) -> None:
    (folder / "ugly.svc").chmod(0o640)
    (folder / "link.svc").symlink_to("ugly.svc")
    assert polc("fmt", "link.svc", "ugly.svc", "-q").err == ""
    assert (folder / "link.svc").is_symlink()
    assert (folder / "ugly.svc").read_text() == TIDY
    assert (folder / "ugly.svc").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(".")) == [".git", "link.svc", "more", "tidy.svc", "ugly.svc"]


def test_links_in_folders_are_not_followed(folder: Path) -> None:
    outside = folder / ".elsewhere"
    outside.mkdir()
    (outside / "ugly.svc").write_text(UGLY)
    (folder / "more/circle").symlink_to("..")
    (folder / "more/out").symlink_to(outside)
    (folder / "more/file.svc").symlink_to(outside / "ugly.svc")
    assert polc("fmt", "more").err == "1 file reformatted\n"
    assert (outside / "ugly.svc").read_text() == UGLY


def test_each_file_counts_once(folder: Path) -> None:
    assert polc("fmt", ".", "ugly.svc", "more/../ugly.svc").err.startswith("2 files reformatted")


def test_mistakes_are_reported_and_all_else_is_formatted(folder: Path) -> None:
    (folder / "broken.svc").write_text(BROKEN + UGLY)
    run = polc("fmt", "broken.svc", "ugly.svc")
    assert run.status == 1
    assert "error[POL001]: expected a name after `port`" in run.err
    assert "--> broken.svc:1:22" in run.err
    assert run.err.endswith("2 files reformatted\n")
    assert (folder / "broken.svc").read_text() == f"{BROKEN}\n{TIDY}"
    assert (folder / "ugly.svc").read_text() == TIDY
    run = polc("fmt", "--check", "broken.svc")
    assert (run.status, run.out) == (1, "")
    assert run.err.endswith("1 file left as it is\n")


def test_what_is_not_utf_8_is_not_touched(folder: Path) -> None:
    (folder / "latin.svc").write_bytes(b"# \xe9\n" + UGLY.encode())
    run = polc("fmt", "latin.svc", "ugly.svc")
    assert run.status == 1
    assert "error[POL006]: `latin.svc` is not UTF-8" in run.err
    assert run.err.endswith("1 error; `polc explain POL006` tells more\n1 file reformatted\n")
    assert (folder / "latin.svc").read_bytes() == b"# \xe9\n" + UGLY.encode()


def test_what_can_not_be_read_stops_nothing(folder: Path) -> None:
    run = polc("fmt", "missing.svc", "nul\0.svc", "ugly.svc")
    assert run.status == 1
    assert "error[POL010]: can't read `missing.svc`: no such file or directory" in run.err
    assert (folder / "ugly.svc").read_text() == TIDY


def test_what_can_not_be_written_stops_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, text: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("polc.output.write.replace_file", refuse)
    run = polc("fmt", "ugly.svc", "tidy.svc")
    assert run.status == 1
    assert "error[POL806]: can't write `ugly.svc`: permission denied" in run.err
    assert run.err.endswith("1 file left as it is\n")


def test_standard_input_to_standard_output(folder: Path) -> None:
    run = polc("fmt", "-", stdin=f"\ufeff{UGLY}\r\n")
    assert (run.status, run.out, run.err) == (0, TIDY, "")
    run = polc("fmt", "-", "--stdin-filename", "api.svc", stdin=BROKEN)
    assert (run.status, run.out) == (1, BROKEN)
    assert "--> api.svc:1:22" in run.err
    run = polc("fmt", "--check", "-", stdin=UGLY)
    assert (run.status, run.out, run.err) == (1, "<stdin>\n", "")
    run = polc("fmt", "-", "--diff", "--stdin-filename", "api.svc", stdin=UGLY)
    assert run.status == 1
    assert run.out.startswith("--- api.svc\n+++ api.svc\n")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ((), "these are missing: PATH"),
        (("-", "ugly.svc"), "`-` is standard input, and stands alone"),
        (("ugly.svc", "--stdin-filename", "x"), "give `-`, too"),
        (("--check", "--diff", "ugly.svc"), "not allowed with"),
    ],
)
def test_bad_usage(folder: Path, arguments: tuple[str, ...], advice: str) -> None:
    run = polc("fmt", *arguments)
    assert run.status == 2
    assert advice in run.err
    assert (folder / "ugly.svc").read_text() == UGLY


def test_a_folder_without_programs(folder: Path) -> None:
    (folder / "empty").mkdir()
    run = polc("fmt", "empty")
    assert (run.status, run.err) == (0, "there is no *.svc file\n")


def test_only_what_formatting_needs_is_imported(folder: Path) -> None:
    run = polc_process("fmt", "--check", folder / "tidy.svc", env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.split("|")[-1].strip() for line in run.err.splitlines() if "|" in line}
    assert "polc.fmt" in imported
    assert not imported & {"polc.driver", "polc.lower", "polc_backends", "yaml", "jinja2", "lark"}
