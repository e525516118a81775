"""An independent analyzer reads the emitted policies as they are meant, wildcards included.

It knows no templates (`{*}`), no trust domain but `cluster.local`, and no ambient mode.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ir_build import blocks, flow, port, program, workload
from oracles import nca
from polc.ir.nodes import AllPods, HttpRequest, NamespacePods
from polc.ir.nodes import Path as Pattern
from unit.backends.istio.emitting import SIDECAR, emit

WEB, SQL = port("web", 8080, service=80), port("sql", 5432, "postgres")
API = workload("shop/api", WEB, SQL)
WORKER = workload("shop/worker", WEB)
MOBILE = workload("front/mobile", WEB)
READ = (HttpRequest(("GET",), Pattern(("v1",), rest=True)),)
FLOWS = (
    flow(MOBILE, API, WEB, requests=READ),
    flow(WORKER, API, SQL),
    flow(NamespacePods("front"), WORKER, WEB),
    flow(AllPods(), MOBILE, WEB),
    flow(blocks("office", "203.0.113.0/24"), WORKER, WEB),
)
PODS = ("shop/api", "shop/worker", "shop/stranger", "front/mobile", "front/stranger", "other/api")
OFFICE = "203.0.113.0-203.0.113.255"


def _pod(key: str) -> dict[str, Any]:
    namespace, _, name = key.partition("/")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "serviceAccountName": name,
            "containers": [{"name": "main", "image": "scratch"}],
        },
        "status": {"podIP": "10.1.1.1", "hostIP": "10.0.0.1"},
    }


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def connections(folder: Path) -> set[tuple[str, str, str]]:
    """Return who may open TCP connections to pods of the program's namespaces, and for what."""
    files = {
        "policies.yaml": emit(program([API, WORKER, MOBILE], FLOWS, on=SIDECAR))[0],
        "pods.yaml": [_pod(key) for key in PODS],
        "namespaces.yaml": [_namespace(name) for name in ("shop", "front", "other")],
    }
    for name, found in files.items():
        (folder / name).write_text(yaml.safe_dump_all(found), encoding="utf-8")
    command = [
        nca.find(),
        *("--connectivity", "policies.yaml", "-p", "pods.yaml", "-n", "namespaces.yaml"),
        *("--output_format", "txt_no_fw_rules", "--output_endpoints", "pods"),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tcp = done.stdout.partition("non-TCP Connections")[0]
    lines = (
        re.fullmatch(r"(\S+) => ((?:shop|front)/\S+) : (.+)", line) for line in tcp.splitlines()
    )
    return {(line[1], line[2], line[3].strip("{}")) for line in lines if line}


@pytest.mark.oracle
def test_nca_finds_the_declared_flows_and_no_others(tmp_path: Path) -> None:
    everyone = {(key, "front/mobile", "dst_ports:8080") for key in PODS if key != "front/mobile"}
    assert connections(tmp_path) == everyone | {
        ("front/mobile", "shop/api", "dst_ports:8080,methods:GET,paths:/v1|/v1/*"),
        ("shop/worker", "shop/api", "dst_ports:5432"),
        ("front/mobile", "shop/worker", "dst_ports:8080"),
        ("front/stranger", "shop/worker", "dst_ports:8080"),
        (OFFICE, "shop/worker", "dst_ports:8080"),
    }
