"""Ask network-config-analyzer what NetworkPolicies let through: pair by pair, port by port.

It is an independent implementation that reads the YAML alone. It pins its libraries, so it lives in
an environment of its own: `make oracles` makes it; `NCA` or `POLC_NCA` may name another one.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen

from semantics.netpol import NAME_LABEL, Endpoint, Pod
from support import REPO

_LINE = re.compile(r"(?P<source>\S+) => (?P<target>\S+) : (?P<open>.+)")
_OPEN = re.compile(r"protocols:(?P<protocols>[A-Z, ]+?)(?:,dst_ports:(?P<ports>[0-9,-]+))?[,}]?$")
_EVERYTHING = "All connections"


def find() -> str:
    """Return the program; skip, loudly, where it is not installed."""
    named = os.environ.get("POLC_NCA") or os.environ.get("NCA")
    if named:
        return str(REPO / named)
    ours = REPO / ".venv-oracles/bin/nca"
    found = str(ours) if ours.exists() else shutil.which("nca")
    if found is None:
        pytest.skip("NOT CHECKED: network-config-analyzer is not here; run `make oracles`")
    return found


@frozen
class Answer:
    """What it says: pairs of pods or address ranges, each with open protocols and ports."""

    names: Mapping[str, Pod]
    lines: tuple[tuple[str, str, str], ...]

    def allows(self, source: Endpoint, target: Endpoint, protocol: str, port: int) -> bool:
        return any(lets(text, protocol, port) for text in self.between(source, target))

    def between(self, source: Endpoint, target: Endpoint) -> list[str]:
        """Return what is open between two ends, as the lines say it."""
        return [
            text
            for one, other, text in self.lines
            if self._is(one, source) and self._is(other, target)
        ]

    def _is(self, name: str, end: Endpoint) -> bool:
        if isinstance(end, Pod):
            return self.names.get(name) is end
        if "/" in name:
            return False
        first, _, last = name.partition("-")
        wanted, low, high = ip_address(end), ip_address(first), ip_address(last or first)
        return wanted.version == low.version and int(low) <= int(wanted) <= int(high)


def ask(policies: Iterable[Mapping[str, Any]], pods: Iterable[Pod], folder: Path) -> Answer:
    """Run it over policies and pods; files go to `folder`."""
    program = find()
    named = {f"p{at}": pod for at, pod in enumerate(pods)}
    namespaces = sorted({pod.namespace for pod in named.values()})
    _write(folder / "policies.yaml", policies)
    _write(folder / "pods.yaml", [_pod(name, pod) for name, pod in named.items()])
    _write(folder / "namespaces.yaml", map(_namespace, namespaces))
    command = [
        program,
        *("--connectivity", "policies.yaml", "-p", "pods.yaml", "-n", "namespaces.yaml"),
        *("--output_format", "txt_no_fw_rules", "--output_endpoints", "pods", "--print_ipv6"),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = filter(None, map(_LINE.fullmatch, done.stdout.splitlines()))
    return Answer(
        {f"{pod.namespace}/{name}": pod for name, pod in named.items()},
        tuple((line["source"], line["target"], line["open"]) for line in lines),
    )


def lets(text: str, protocol: str, port: int) -> bool:
    """Tell whether what a line says holds for a port."""
    if text == _EVERYTHING:
        return True
    for part in text.strip("{}").split("},{"):
        found = _OPEN.fullmatch(part)
        assert found is not None, f"not understood: {part}"
        if protocol not in found["protocols"].replace(" ", "").split(","):
            continue
        if found["ports"] is None:
            return True
        for ports in found["ports"].split(","):
            first, _, last = ports.partition("-")
            if int(first) <= port <= int(last or first):
                return True
    return False


def _write(path: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    path.write_text(yaml.safe_dump_all(list(objects), sort_keys=False), encoding="utf-8")


def _pod(name: str, pod: Pod) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": pod.namespace, "labels": dict(pod.labels)},
        "spec": {"containers": [{"name": "main", "image": "scratch"}]},
        "status": {"podIP": pod.ip, "hostIP": "10.0.0.1"},
    }


def _namespace(name: str) -> dict[str, Any]:
    labels = {NAME_LABEL: name}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
