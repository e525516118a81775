"""`polc harden`: an existing Dockerfile and a service of a program."""

import os

import pytest

from support import polc

DIGEST = "@sha256:" + "3" * 64
DOCKERFILE = f'FROM python:3.13-slim{DIGEST}\nCOPY . /app\nCMD ["python", "-m", "app"]\n'
POLICY = """\
namespace shop
service api { run { user 1000  group 3000 } }
service web { }
namespace debug
service web { }
"""


@pytest.fixture
def files(here):
    (here / "policy.svc").write_text(POLICY)
    (here / "Dockerfile").write_text(DOCKERFILE)
    return here


def harden(*arguments, stdin=None):
    return polc("harden", *arguments, "--policy", "policy.svc", stdin=stdin)


def test_it_is_written_and_then_left_alone(files):
    run = harden("Dockerfile", "--service", "api")
    assert run.status == 0, run.err
    text = (files / "Dockerfile").read_text()
    assert text.startswith(DOCKERFILE)
    assert "USER 1000:3000" in text
    os.utime(files / "Dockerfile", (1, 1))
    run = harden("Dockerfile", "--service", "shop/api")
    assert run.status == 0
    assert "is up to policy" in run.out
    assert (files / "Dockerfile").stat().st_mtime == 1


def test_permissions_and_links_are_kept(files):
    (files / "Dockerfile").chmod(0o640)
    (files / "link").symlink_to("Dockerfile")
    assert harden("link", "--service", "api").status == 0
    assert (files / "link").is_symlink()
    assert (files / "Dockerfile").stat().st_mode & 0o777 == 0o640
    assert "USER 1000:3000" in (files / "Dockerfile").read_text()
    assert sorted(os.listdir(files)) == ["Dockerfile", "link", "policy.svc"]


def test_check_and_diff_write_nothing(files):
    run = harden("Dockerfile", "--service", "api", "--check")
    assert (run.status, run.out) == (1, "")
    run = harden("Dockerfile", "--service", "api", "--diff")
    assert run.status == 1
    assert "+USER 1000:3000\n" in run.out
    assert (files / "Dockerfile").read_text() == DOCKERFILE
    harden("Dockerfile", "--service", "api")
    assert harden("Dockerfile", "--service", "api", "--check").status == 0
    run = harden("Dockerfile", "--service", "api", "--diff")
    assert (run.status, run.out) == (0, "")


def test_standard_input_to_standard_output(files):
    run = harden("-", "--service", "api", stdin=DOCKERFILE)
    assert run.status == 0
    harden("Dockerfile", "--service", "api")
    assert run.out == (files / "Dockerfile").read_text()


def test_a_dockerfile_beyond_help_is_left_as_it_is(files):
    (files / "prod.Dockerfile").write_text("FROM python\n")
    run = harden("prod.Dockerfile", "--service", "api")
    assert run.status == 1
    assert "error[POL804]" in run.err
    assert "prod.Dockerfile:1:6" in run.err
    assert (files / "prod.Dockerfile").read_text() == "FROM python\n"


def test_a_program_with_errors_hardens_nothing(files):
    (files / "policy.svc").write_text("namespace shop\nservice api { allow to nobody }\n")
    run = harden("Dockerfile", "--service", "api")
    assert run.status == 1
    assert "error[POL101]" in run.err
    assert (files / "Dockerfile").read_text() == DOCKERFILE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Dockerfile", "--service", "ap"), "did you mean `api`?"),
        (("Dockerfile", "--service", "zzzzzz"), "the services are `debug/web`, `shop/api`, "),
        (("Dockerfile", "--service", "web"), "`debug/web` or `shop/web`"),
        (("missing", "--service", "api"), "can't read `missing`: no such file"),
        (("latin", "--service", "api"), "not UTF-8 text"),
        (("Dockerfile", "--service", "api", "--check", "--diff"), "not allowed with"),
        (("Dockerfile",), "--service"),
    ],
)
def test_bad_usage(files, arguments, message):
    (files / "latin").write_bytes(b"FROM \xff\n")
    run = harden(*arguments)
    assert run.status == 2
    assert message in run.err
    assert "Traceback" not in run.err
