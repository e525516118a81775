"""The door to the disk: what is written, what is left alone, what a crash leaves."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polc.backend import KubernetesObject
from polc.codes.output import FOREIGN_FILE, STALE_OUTPUT, UNWRITABLE
from polc.output import sourcemap, write
from polc.output.disk import STAGE, is_safe
from polc.output.layout import HEADER, arrange
from polc.output.write import check_folder, write_folder
from polc.source import Anchor, Source, Span

SOURCE = Source("policy.svc", "namespace shop\n\nservice api {\n}\n")


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


def test_unchanged_files_keep_their_time(tmp_path):
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


def test_removes_what_it_wrote_and_emptied_folders_only(tmp_path):
    put(tmp_path, build(shop__a=1, web__deep__b=1, kept__c=1))
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    done = put(tmp_path, build(shop__a=1))
    assert done.removed == 2
    assert set(tree(tmp_path)) == {
        "shop/a.yaml", "kept/mine.txt", "kustomization.yaml", sourcemap.FILE
    }  # fmt: skip
    assert not (tmp_path / "web").exists()


def test_edited_files_of_polc_are_overwritten_and_removed(tmp_path):
    put(tmp_path, build(shop__a=1, shop__b=1))
    (tmp_path / "shop/a.yaml").write_text("edited")
    (tmp_path / "shop/b.yaml").write_text("edited")
    put(tmp_path, build(shop__a=1))
    assert tree(tmp_path) == build(shop__a=1)


def test_a_file_deleted_by_hand_comes_back(tmp_path):
    put(tmp_path, build(shop__a=1))
    (tmp_path / "shop/a.yaml").unlink()
    assert put(tmp_path, build(shop__a=1)).written == 1
    assert tree(tmp_path) == build(shop__a=1)


def test_a_foreign_file_in_the_way_stops_everything(tmp_path):
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


def test_out_may_itself_be_a_link(tmp_path):
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


def break_after(monkeypatch, calls, error, place=write, name="_put"):
    """Let a function fail from its n-th call on."""
    real, left = getattr(place, name), [calls]

    def failing(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(place, name, failing)


@pytest.mark.parametrize("calls", range(4))
def test_no_space_left_changes_nothing(tmp_path, monkeypatch, calls):
    put(tmp_path, build(shop__a=1))
    before = tree(tmp_path)
    with monkeypatch.context() as patch:
        break_after(patch, calls, OSError(28, "No space left on device"))
        written, found = write_folder(str(tmp_path), build(shop__a=2, web__b=1, web__c=1))
    assert written is None
    assert [each.code for each in found] == [UNWRITABLE]
    assert "no space left" in found[0].message
    assert tree(tmp_path) == before
    assert not (tmp_path / "web").exists()


@pytest.mark.parametrize("calls", range(7))
def test_a_killed_build_is_made_good_by_the_next(tmp_path, monkeypatch, calls):
    put(tmp_path, build(shop__a=1, old__x=1))
    (tmp_path / "mine.txt").write_text("mine")

    class Killed(BaseException):
        pass

    with monkeypatch.context() as patch:
        break_after(patch, calls, Killed(), os, "replace")
        # A real kill runs no clean-up either.
        break_after(patch, 1, Killed(), write, "_clear")
        with pytest.raises(Killed):
            write_folder(str(tmp_path), build(shop__a=2, web__b=1, web__c=1))
    assert (tmp_path / STAGE).is_dir()
    put(tmp_path, build(shop__a=3))
    assert tree(tmp_path) == {**build(shop__a=3), "mine.txt": "mine"}
    assert sorted(os.listdir(tmp_path)) == [
        "kustomization.yaml", "mine.txt", sourcemap.FILE, "shop"
    ]  # fmt: skip


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
