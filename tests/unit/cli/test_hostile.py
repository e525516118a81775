"""Paths that lead to anything: refused with a message, at once, by every command."""

import os
import socket
import stat
from pathlib import Path

import pytest

from polc.files import read_file
from support import polc

pytestmark = pytest.mark.skipif(os.name != "posix", reason="NOT CHECKED: no pipes and devices here")

READS = {
    "check": ("check", "{}"),
    "build": ("build", "{}", "-o", "out"),
    "ir": ("ir", "{}"),
    "fmt": ("fmt", "--check", "{}"),
    "graph": ("graph", "{}", "--format", "dot"),
    "why": ("why", "web", "api", "--policy", "{}"),
    "verify": ("verify", "{}"),
    "verify --policy": ("verify", "policy.svc", "--policy", "{}"),
    "diff old": ("diff", "{}", "policy.svc"),
    "diff new": ("diff", "policy.svc", "{}"),
    "harden": ("harden", "{}", "--policy", "policy.svc", "--service", "api"),
    "--config": ("check", "policy.svc", "--config", "{}"),
}
WRITES = {
    "build": ("build", "policy.svc", "-o", "{}"),
    "graph": ("graph", "policy.svc", "--format", "dot", "-o", "{}"),
    "report": ("build", "policy.svc", "-o", "out", "--report", "md", "--report-file", "{}"),
}


@pytest.fixture
def thing(request, here):
    """Make something that is no file, and return its name."""
    kind = request.param
    name = f"{kind}.svc"
    if kind == "pipe":
        os.mkfifo(name)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(name)
    elif kind == "device":
        name = "/dev/zero"
    elif kind == "link":
        Path(name).symlink_to("/dev/zero")
    elif kind == "loop":
        Path(name).symlink_to(name)
    elif kind == "dangling":
        Path(name).symlink_to("nowhere")
    elif kind == "endless":
        with open(name, "wb") as file:
            file.truncate(1 << 40)
    return name


def run(words, name):
    return polc(*(word.replace("{}", name) for word in words))


@pytest.mark.parametrize("command", READS)
@pytest.mark.parametrize(
    "thing", ["pipe", "socket", "device", "link", "loop", "dangling", "endless"], indirect=True
)
def test_nothing_but_files_is_read(thing, command):
    done = run(READS[command], thing)
    assert done.status in (1, 2)
    assert thing in done.err + done.out
    assert "internal error" not in done.err


@pytest.mark.parametrize("command", WRITES)
@pytest.mark.parametrize("thing", ["pipe", "socket", "link", "loop"], indirect=True)
def test_nothing_but_files_is_replaced(thing, command):
    before = os.lstat(thing)
    done = run(WRITES[command], thing)
    assert done.status in (1, 2)
    assert "internal error" not in done.err
    after = os.lstat(thing)
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)


def test_a_device_is_not_replaced(here):
    before = os.stat("/dev/null")
    done = polc("graph", "policy.svc", "--format", "dot", "-o", "/dev/null")
    assert done.status == 2
    assert "it is a device, not a file" in done.err
    assert os.stat("/dev/null").st_rdev == before.st_rdev
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("kind", ["pipe", "link", "loop", "dangling"])
def test_a_folder_is_read_whole_or_not(here, kind):
    folder = here / "manifests"
    folder.mkdir()
    (folder / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    odd = folder / "odd.yaml"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to({"link": "/dev/zero", "loop": "odd.yaml", "dangling": "none"}[kind])
    done = polc("verify", "manifests")
    assert done.status == 2
    assert "can't read `manifests/odd.yaml`" in done.err


def test_a_pipe_that_is_open_already_is_read(here):
    read, write = os.pipe()
    os.write(write, b"namespace shop\n")
    os.close(write)
    try:
        assert read_file(f"/dev/fd/{read}") == b"namespace shop\n"
    finally:
        os.close(read)


def test_limits(here):
    Path("long").write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="longer than"):
        read_file("long", 10)
    assert read_file("long", 11) == b"x" * 11
    Path("junk.svc").write_bytes(b"\0" * (17 << 20))
    assert "longer than 16 megabytes" in polc("check", "junk.svc").out


@pytest.mark.parametrize("name", ["a/" * 3000, "x" * 5000])
def test_paths_that_no_system_takes(here, name):
    done = polc("build", "policy.svc", "-o", name)
    assert done.status in (1, 2)
    assert "internal error" not in done.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="NOT CHECKED: no full device here")
@pytest.mark.parametrize("words", [("ir", "policy.svc"), ("build", "policy.svc", "-o", "-")])
def test_a_full_disk_is_told(here, words):
    import subprocess
    import sys

    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "polc", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "no space left" in done.stderr
    assert "Traceback" not in done.stderr
