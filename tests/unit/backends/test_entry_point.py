"""A target from outside: a package is installed for real, and `--target` finds it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support import REPO, polc_process

PACKAGE = REPO / "tests" / "data" / "polc-sealed"
POLICY = """\
namespace shop
service api { port web 8080 http  allow from web on web }
service web { }
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which the package is installed; without a builder, as an installer would."""
    folder = tmp_path_factory.mktemp("site")
    if not install_with_pip(folder):
        install_by_hand(folder)
    assert list(folder.glob("*.dist-info/entry_points.txt"))
    return folder


def install_with_pip(folder):
    try:
        import hatchling  # noqa: F401  # the build backend, which only `dev` environments hold
    except ImportError:
        return False
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--target", str(folder), str(PACKAGE)),
        ],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def install_by_hand(folder):
    """Do what a wheel's installer does (packaging.python.org, "Recording installed projects")."""
    import shutil
    import tomllib

    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    shutil.copytree(PACKAGE / "src" / "polc_sealed", folder / "polc_sealed")
    info = folder / "polc_sealed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = project["entry-points"]["polc.backends"]
    rows = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[polc.backends]", *rows, ""]))


@pytest.fixture
def run(site, tmp_path):
    (tmp_path / "policy.svc").write_text(POLICY)
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))

    def run(*arguments):
        return polc_process(*arguments, env={"PYTHONPATH": path})

    return run


def test_it_is_listed_with_its_package(run):
    rows = [row.split(None, 1) for row in run("targets").out.splitlines()]
    assert ["sealed", "polc-sealed 1.0"] in rows
    assert ["rbac", "built in"] in rows


def test_it_is_used(run, tmp_path):
    out = tmp_path / "out"
    done = run("build", tmp_path / "policy.svc", "-o", out, "--target", "networkpolicy,sealed")
    assert done.status == 0, done.err
    (found,) = yaml.safe_load_all((out / "shop/api.sealed.yaml").read_text())
    assert found["data"] == {"callers": "shop/web"}
    assert (out / "sealed.txt").read_text() == "2 services\n"
    assert (out / "shop/api.networkpolicy.yaml").exists()
    kustomization = yaml.safe_load((out / "kustomization.yaml").read_text())
    assert "shop/api.sealed.yaml" in kustomization["resources"]
    assert "sealed.txt" not in kustomization["resources"]


def test_it_is_never_used_unasked(run, tmp_path):
    out = tmp_path / "out"
    done = run("build", tmp_path / "policy.svc", "-o", out)
    assert done.status == 0, done.err
    assert not list(Path(out).rglob("*sealed*"))
    done = run("build", tmp_path / "policy.svc", "-o", out, "--target", "default,sealed")
    assert done.status == 0, done.err
    assert len(list(Path(out).rglob("*sealed*"))) == 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "No module named 'polc_sealed.missing'"),
        ("broken", "has no attribute 'NOTHING'"),
        ("wrong", "must be an object with `name`, `features` and `emit`"),
        ("rude", "failed in `emit`: KeyError: 'no manners'"),
        ("seald", "did you mean `sealed`?"),
    ],
)
def test_one_that_fails_is_told_from_polc(run, tmp_path, name, reason):
    done = run("build", tmp_path / "policy.svc", "-o", tmp_path / "out", "--target", name)
    assert done.status == 2
    assert f"target `{name}`" in done.err
    assert reason in done.err
    if name != "seald":
        assert "polc-sealed 1.0" in done.err
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    assert not (tmp_path / "out").exists()
