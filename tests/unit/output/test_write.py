"""The door to the disk: what is written, what is left alone, what a crash leaves."""

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polc.backend import KubernetesObject
from polc.codes.output import EDITED_FILE, FOREIGN_FILE, STALE_OUTPUT, UNWRITABLE
from polc.output import exchange, inplace, replace, sourcemap
from polc.output.disk import STAGE, is_safe
from polc.output.layout import HEADER, MARK, arrange
from polc.output.write import check_folder, write_folder
from polc.source import Anchor, Source, Span

SOURCE = Source("policy.svc", "namespace shop\n\nservice api {\n}\n")


BOTH = pytest.mark.parametrize("way", ["exchange", "renames", "in place"], indirect=True)


@pytest.fixture
def way(request, monkeypatch):
    """Write as systems do that can't do better."""
    if request.param == "renames":
        monkeypatch.setattr(replace, "exchange", lambda one, other: False)
    if request.param == "in place":
        monkeypatch.setattr(replace, "replace", lambda *_: False)
    return request.param


def build(**contents):
    """Return the files of an output with one object per path; `__` stands for `/`."""
    objects = []
    for name, value in contents.items():
        path = name.replace("__", "/") + ".yaml"
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": path}, "data": value}
        at = SOURCE.text.index("service")
        objects.append(KubernetesObject(path, body, (Span(Anchor(SOURCE), at, at + 7),)))
    layout, found = arrange(objects)
    assert found == ()
    return {**layout.files, sourcemap.FILE: sourcemap.render_map(layout, lambda name: name)}


def put(out, files):
    written, found = write_folder(str(out), files)
    assert found == ()
    return written


def refused(out, files):
    written, found = write_folder(str(out), files)
    assert written is None
    return [(each.code, os.path.relpath(each.span.source.name, out)) for each in found]


def tree(out):
    return {
        path.relative_to(out).as_posix(): path.read_text()
        for path in Path(out).rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_writes_and_says_what_it_did(tmp_path):
    out = tmp_path / "deep" / "out"
    files = build(shop__a=1, shop__b=1)
    done = put(out, files)
    assert (done.written, done.removed, done.unchanged) == (3, 0, 0)
    assert tree(out) == files


@BOTH
def test_unchanged_files_keep_their_time(tmp_path, way):
    put(tmp_path, build(shop__a=1, shop__b=1))
    for path in tmp_path.rglob("*.*"):
        os.utime(path, (1, 1))
    done = put(tmp_path, build(shop__a=2, shop__b=1))
    assert (done.written, done.removed, done.unchanged) == (1, 0, 2)
    assert (tmp_path / "shop/b.yaml").stat().st_mtime == 1
    assert (tmp_path / "kustomization.yaml").stat().st_mtime == 1
    assert (tmp_path / "shop/a.yaml").stat().st_mtime != 1
    os.utime(tmp_path / sourcemap.FILE, (1, 1))
    done = put(tmp_path, build(shop__a=2, shop__b=1))
    assert (done.written, done.unchanged) == (0, 3)
    assert (tmp_path / sourcemap.FILE).stat().st_mtime == 1


@BOTH
def test_removes_what_it_wrote_and_emptied_folders_only(tmp_path, way):
    put(tmp_path, build(shop__a=1, web__deep__b=1, kept__c=1))
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    done = put(tmp_path, build(shop__a=1))
    assert done.removed == 2
    assert set(tree(tmp_path)) == {
        "shop/a.yaml", "kept/mine.txt", "kustomization.yaml", sourcemap.FILE
    }  # fmt: skip
    assert not (tmp_path / "web").exists()


@BOTH
def test_edited_files_of_polc_are_overwritten_but_not_removed(tmp_path, way):
    put(tmp_path, build(shop__a=1, shop__b=1))
    (tmp_path / "shop/a.yaml").write_text("edited")
    with (tmp_path / "shop/b.yaml").open("a") as file:
        file.write("# edited\n")
    edited = (tmp_path / "shop/b.yaml").read_text()
    [stale, *_] = [
        each for each in check_folder(str(tmp_path), build(shop__a=1)) if each.code is EDITED_FILE
    ]
    written, found = write_folder(str(tmp_path), build(shop__a=1))
    assert written.removed == 0
    assert [each.message for each in found] == [stale.message]
    assert tree(tmp_path) == {**build(shop__a=1), "shop/b.yaml": edited}
    assert put(tmp_path, build(shop__a=1)).written == 0


@pytest.mark.parametrize("text", ["notes", f"{MARK}, but not by polc\n"])
def test_a_map_that_lists_foreign_files_removes_none(tmp_path, text):
    """The map is a file like any other: somebody may have written it to have others removed."""
    put(tmp_path, build(shop__a=1))
    (tmp_path / "notes.txt").write_text(text)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("[core]")
    data = json.loads((tmp_path / sourcemap.FILE).read_text())
    right = sourcemap.digest(text.encode())
    data["files"] |= {
        "notes.txt": right if text == "notes" else "sha256:0",
        ".git/config": sourcemap.digest(b"[core]"),
        "shop": right,
        "x" * 5000: right,
        "list": [right],
        "number": 1,
        "none": None,
        "deep": {"a": right},
    }
    (tmp_path / sourcemap.FILE).write_text(json.dumps(data))
    written, _ = write_folder(str(tmp_path), build(shop__a=2))
    assert written.removed == 0
    assert tree(tmp_path) == {**build(shop__a=2), "notes.txt": text, ".git/config": "[core]"}


@BOTH
def test_a_file_deleted_by_hand_comes_back(tmp_path, way):
    put(tmp_path, build(shop__a=1))
    (tmp_path / "shop/a.yaml").unlink()
    assert put(tmp_path, build(shop__a=1)).written == 1
    assert tree(tmp_path) == build(shop__a=1)


@BOTH
def test_a_foreign_file_in_the_way_stops_everything(tmp_path, way):
    put(tmp_path, build(shop__a=1))
    (tmp_path / "shop/b.yaml").write_text("mine")
    before = tree(tmp_path)
    assert refused(tmp_path, build(shop__a=2, shop__b=1)) == [(FOREIGN_FILE, "shop/b.yaml")]
    assert tree(tmp_path) == before


def test_a_foreign_file_with_the_right_text_is_adopted(tmp_path):
    files = build(shop__a=1)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/a.yaml").write_text(files["shop/a.yaml"])
    put(tmp_path, files)
    put(tmp_path, build())
    assert not (tmp_path / "shop").exists()


def test_a_lost_map_is_no_catastrophe(tmp_path):
    put(tmp_path, build(shop__a=1))
    (tmp_path / sourcemap.FILE).unlink()
    put(tmp_path, build(shop__a=2))
    assert tree(tmp_path) == build(shop__a=2)


@pytest.mark.parametrize(
    "text", ["mine", "[]", "{}", '{"format": "x"}', "\xff", "<<<<<<< HEAD\n{}"]
)
def test_a_foreign_map_stops_everything(tmp_path, text):
    (tmp_path / sourcemap.FILE).write_text(text, encoding="latin-1")
    assert (FOREIGN_FILE, sourcemap.FILE) in refused(tmp_path, build(shop__a=1))
    assert set(os.listdir(tmp_path)) == {sourcemap.FILE}


@pytest.mark.parametrize("path", ["../victim", "/etc/passwd", "a/../../victim", "", "a//b", "a\\b"])
def test_a_map_that_points_outside_stops_everything(tmp_path, path):
    out = tmp_path / "out"
    put(out, build(shop__a=1))
    victim = tmp_path / "victim"
    victim.write_text("keep")
    data = json.loads((out / sourcemap.FILE).read_text())
    data["files"][path] = ""
    (out / sourcemap.FILE).write_text(json.dumps(data))
    assert refused(out, build()) == [(UNWRITABLE, sourcemap.FILE)]
    assert victim.read_text() == "keep"


def test_a_target_that_writes_outside_is_refused(tmp_path):
    out = tmp_path / "out"
    files = {**build(), "../evil.yaml": HEADER}
    assert refused(out, files) == [(UNWRITABLE, "../evil.yaml")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("a/b.yaml", True),
        ("..a", True),
        ("a/..", False),
        (".", False),
        ("c:/x", False),
        ("a\0", False),
    ],
)
def test_safe_paths(path, safe):
    assert is_safe(path) is safe


def test_links_are_not_followed(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    out.mkdir()
    (out / "shop").symlink_to(elsewhere)
    assert refused(out, build(shop__a=1)) == [(UNWRITABLE, "shop")]
    (out / "shop").unlink()
    put(out, build(shop__a=1, web__b=1))
    # Somebody replaced a file and a folder by links: neither is followed, written or removed.
    target = elsewhere / "b.yaml"
    target.write_text("keep")
    (out / "web/b.yaml").unlink()
    (out / "web").rmdir()
    (out / "web").symlink_to(elsewhere)
    put(out, build(shop__a=1))
    assert target.read_text() == "keep"
    (out / "shop/a.yaml").unlink()
    (out / "shop/a.yaml").symlink_to(target)
    assert refused(out, build(shop__a=1)) == [(FOREIGN_FILE, "shop/a.yaml")]


@BOTH
def test_out_may_itself_be_a_link(tmp_path, way):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    put(tmp_path / "out", build(shop__a=1))
    assert tree(tmp_path / "real") == build(shop__a=1)


def test_out_that_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert refused(tmp_path / "file", build()) == [(UNWRITABLE, ".")]
    assert refused(tmp_path / "file" / "out", build()) == [(UNWRITABLE, ".")]
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert refused(tmp_path / "dangling", build()) == [(UNWRITABLE, ".")]
    assert set(os.listdir(tmp_path)) == {"file", "dangling"}


def test_folders_and_files_in_each_others_place(tmp_path):
    (tmp_path / "shop").write_text("mine")
    assert refused(tmp_path, build(shop__a=1)) == [(FOREIGN_FILE, "shop")]
    (tmp_path / "shop").unlink()
    (tmp_path / "shop" / "a.yaml").mkdir(parents=True)
    assert refused(tmp_path, build(shop__a=1)) == [(FOREIGN_FILE, "shop/a.yaml")]


@pytest.mark.skipif(os.name != "posix", reason="no pipes in the file system here")
def test_a_pipe_in_the_way_is_not_opened(tmp_path):
    (tmp_path / "shop").mkdir()
    os.mkfifo(tmp_path / "shop/a.yaml")
    assert refused(tmp_path, build(shop__a=1)) == [(FOREIGN_FILE, "shop/a.yaml")]


def break_after(monkeypatch, calls, error):
    """Let everything that writes fail from the n-th call on."""
    left = [calls]
    for place, name in ((inplace, "_put"), (os, "link"), (os, "mkdir")):
        real = getattr(place, name)

        def failing(*args, real=real, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                raise error
            return real(*args, **kwargs)

        monkeypatch.setattr(place, name, failing)


@pytest.mark.parametrize("calls", range(4))
@BOTH
def test_no_space_left_changes_nothing(tmp_path, monkeypatch, way, calls):
    out = tmp_path / "out"
    put(out, build(shop__a=1))
    (out / "mine.txt").write_text("mine")
    before = tree(tmp_path)
    with monkeypatch.context() as patch:
        break_after(patch, calls, OSError(28, "No space left on device"))
        written, found = write_folder(str(out), build(shop__a=2, web__b=1, web__c=1))
    assert written is None
    assert [each.code for each in found] == [UNWRITABLE]
    assert "no space left" in found[0].message
    assert tree(tmp_path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert not (out / "web").exists()


WRITES = ("open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir", "os.chmod")


def killed(calls, out, files):
    """Write in a process of its own, which is killed before its n-th call that may write.

    Return whether it was killed before it ended.
    """
    child = os.fork()
    if child == 0:
        left = [calls]

        def hook(event, args):
            if event in WRITES:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        write_folder(str(out), files)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


FOREIGN = {"mine.txt": "mine", "shop/mine.txt": "mine", "own/deep/mine.txt": "mine"}


def with_foreign(out):
    put(out, build(shop__a=1, old__x=1))
    for path, text in FOREIGN.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text)
    (out / "empty").mkdir()
    (out / "own" / "link").symlink_to("nowhere")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="NOT CHECKED: no fork here")
@BOTH
def test_a_killed_build_leaves_the_old_folder_or_the_new_one(tmp_path, way):
    """At every call that writes; file by file that can't be, and the next build makes it good."""
    files = build(shop__a=2, web__b=1, web__c=1)
    states = set()
    for calls in count():
        out = tmp_path / str(calls) / "out"
        with_foreign(out)
        old, new = tree(out), {**files, **FOREIGN}
        was_killed = killed(calls, out, files)
        if out.exists() or way != "renames":
            found = tree(out)
            assert FOREIGN.items() <= found.items()
            assert way == "in place" or found in (old, new)
            states.add(found == new)
        put(out, build(shop__a=3))
        assert tree(out) == {**build(shop__a=3), **FOREIGN}
        assert sorted(os.listdir(out)) == [
            "empty", "kustomization.yaml", "mine.txt", "own", sourcemap.FILE, "shop"
        ]  # fmt: skip
        assert os.readlink(out / "own" / "link") == "nowhere"
        assert os.listdir(out.parent) == ["out"]
        if not was_killed:
            break
    assert calls > 10
    assert states == {False, True}


def test_the_first_build_is_all_or_nothing(tmp_path):
    for calls in count():
        out = tmp_path / str(calls) / "out"
        was_killed = killed(calls, out, build(shop__a=1, web__b=1))
        assert not out.exists() or tree(out) == build(shop__a=1, web__b=1)
        put(out, build(shop__a=2))
        assert tree(out.parent) == {f"out/{path}": text for path, text in build(shop__a=2).items()}
        if not was_killed:
            break
    assert calls > 5


def test_what_others_write_meanwhile_is_kept(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with_foreign(out)

    def late(one, other):
        (out / "late").mkdir()
        (out / "late/new.txt").write_text("late")
        (out / "other").write_text("saved by an editor")
        os.replace(out / "other", out / "mine.txt")
        return exchange.exchange(one, other)

    monkeypatch.setattr(replace, "exchange", late)
    put(out, build(shop__a=2))
    changed = {"late/new.txt": "late", "mine.txt": "saved by an editor"}
    assert tree(out) == {**build(shop__a=2), **FOREIGN, **changed}
    assert os.listdir(tmp_path) == ["out"]


def test_a_folder_that_somebody_stands_in_stays_that_folder(tmp_path, monkeypatch):
    out = tmp_path / "out"
    put(out, build(shop__a=1))
    monkeypatch.chdir(out / "shop")
    put("..", build(shop__a=2))
    assert (Path.cwd() / "a.yaml").read_text() == build(shop__a=2)["shop/a.yaml"]
    monkeypatch.chdir(tmp_path)
    (out / ".git").mkdir()
    before = out.stat().st_ino
    put(out, build(shop__a=3))
    assert out.stat().st_ino == before
    assert tree(out) == build(shop__a=3)


def test_folders_keep_their_permissions(tmp_path):
    out = tmp_path / "out"
    with_foreign(out)
    out.chmod(0o750)
    (out / "own").chmod(0o700)
    put(out, build(shop__a=2))
    assert out.stat().st_mode & 0o7777 == 0o750
    assert (out / "own").stat().st_mode & 0o7777 == 0o700


def test_what_lies_in_the_place_of_the_staging_folder_is_not_followed(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    put(out, build(shop__a=1))
    elsewhere.mkdir()
    (elsewhere / "keep").write_text("keep")
    stage = tmp_path / f"{STAGE}-out"
    stage.symlink_to(elsewhere)
    put(out, build(shop__a=2))
    assert tree(out) == build(shop__a=2)
    assert tree(elsewhere) == {"keep": "keep"}
    stage.mkdir()
    (stage / "1").symlink_to(elsewhere)
    (stage / "2").mkdir()
    (stage / "2" / "link").symlink_to(elsewhere / "keep")
    put(out, build(shop__a=3))
    assert tree(out) == build(shop__a=3)
    assert tree(elsewhere) == {"keep": "keep"}


def test_every_way_to_exchange(tmp_path, monkeypatch):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "x").touch()
    if not exchange.exchange(str(one), str(other)):
        pytest.skip("NOT CHECKED: this system can't exchange two folders")
    assert (other / "x").exists()
    with pytest.raises(OSError, match=r"[Nn]o such file"):
        exchange.exchange(str(one), str(tmp_path / "nothing"))
    monkeypatch.setattr(sys, "platform", "sunos")
    assert not exchange.exchange(str(one), str(other))


def test_check_reports_each_difference_and_changes_nothing(tmp_path):
    put(tmp_path, build(shop__a=1, shop__old=1))
    before = tree(tmp_path)
    found = check_folder(str(tmp_path), build(shop__a=2, shop__new=1))
    assert {each.code for each in found} == {STALE_OUTPUT}
    told = {os.path.relpath(each.span.source.name, tmp_path): each.message for each in found}
    assert set(told) == {
        "shop/a.yaml", "shop/new.yaml", "shop/old.yaml", "kustomization.yaml", sourcemap.FILE
    }  # fmt: skip
    assert "missing" in told["shop/new.yaml"]
    assert "no longer" in told["shop/old.yaml"]
    assert tree(tmp_path) == before
    put(tmp_path, build(shop__a=2, shop__new=1))
    assert check_folder(str(tmp_path), build(shop__a=2, shop__new=1)) == ()


def test_check_of_no_folder_makes_none(tmp_path):
    assert check_folder(str(tmp_path / "out"), build(shop__a=1))
    assert list(tmp_path.iterdir()) == []


def test_map_names_objects_lines_and_digests(tmp_path):
    data = json.loads(build(shop__a=1)[sourcemap.FILE])
    assert data["objects"] == {
        "v1/ConfigMap shop/a.yaml": {"file": "shop/a.yaml", "source": ["policy.svc:3"]}
    }
    assert list(data["files"]) == ["kustomization.yaml", "shop/a.yaml"]
    assert all(digest.startswith("sha256:") for digest in data["files"].values())


NAMES = st.sampled_from(["shop__a", "shop__b", "web__a", "x", "web__deep__a"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(NAMES, st.integers(0, 2), max_size=4), max_size=4))
def test_any_series_of_builds_ends_as_the_last_alone(tmp_path_factory, series):
    out = tmp_path_factory.mktemp("out")
    (out / "mine.txt").write_text("mine")
    for contents in series:
        put(out, build(**contents))
        assert tree(out) == {**build(**contents), "mine.txt": "mine"}
