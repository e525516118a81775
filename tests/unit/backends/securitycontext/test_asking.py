"""No container gets looser than its manifest because another one of its pod needs it."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from attrs import evolve

from ir_build import workload
from oracles import kustomize
from polc.ir.nodes import Level, Relaxation, Security
from polc_backends.securitycontext.asking import ASKS, REFUSES, conditions
from semantics import pss
from unit.backends.securitycontext.manifests import deployment, of_kind
from unit.backends.securitycontext.test_apply import KINDS, api, apply, lay_out, mounts, pod_of

BASE = Security("privileged", Level.PRIVILEGED, 10001, 10001)
HARD = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
STRICT = {**HARD, "readOnlyRootFilesystem": True}


def relaxed(*names: str, capabilities: tuple[str, ...] = (), **more: Any) -> Security:
    return evolve(
        BASE,
        relaxed=tuple(Relaxation(name, "a reason") for name in sorted(names)),
        capabilities=tuple(Relaxation(name, "a reason") for name in sorted(capabilities)),
        **more,
    )


def contexts(folder: Path, security: Security, *given: Any) -> list[dict[str, Any]]:
    """Return what becomes of the security contexts of a pod's containers; None is a plain one."""
    containers = [
        {"name": f"c{index}", "image": "x"} | ({} if each is None else {"securityContext": each})
        for index, each in enumerate(given)
    ]
    applied = apply(
        folder, [deployment("api", "shop", containers=containers)], api(security=security)
    )
    kubernetes_validate.validate(applied["api"], "1.36", strict=True)
    return [each["securityContext"] for each in pod_of(applied["api"])["containers"]]


PRIVILEGED = relaxed("privileged", "read-only-root", "run-as-non-root", user=0, group=0)
AS_ROOT = {**STRICT, "runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001}
LOOSE = {"allowPrivilegeEscalation": True, "privileged": True, "readOnlyRootFilesystem": False}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sidecar_stays_as_hard_as_it_was(kind: str, tmp_path: Path) -> None:
    """In both lists, for all kinds."""
    both = [
        {"name": "proxy", "image": "x", "securityContext": {**HARD, "runAsUser": 65532}},
        {"name": "agent", "image": "x", "securityContext": {"privileged": True}},
        {"name": "plain", "image": "x"},
        {"name": "empty", "image": "x", "securityContext": {}},
    ]
    pod = {
        "containers": both,
        "initContainers": [{**each, "name": f"init-{each['name']}"} for each in both],
    }
    manifest = of_kind(KINDS[kind], "api", pod, "shop")
    found = pod_of(apply(tmp_path, [manifest], api(kind, security=PRIVILEGED))["api"])
    for field in ("containers", "initContainers"):
        assert [each["securityContext"] for each in found[field]] == [
            *(AS_ROOT, LOOSE | {"capabilities": {"drop": ["ALL"]}}, AS_ROOT, AS_ROOT)
        ]
    assert found["securityContext"]["runAsUser"] == 0


SYS = relaxed(capabilities=("NET_ADMIN", "SYS_PTRACE"))
GIVEN = {**STRICT, "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "SYS_PTRACE"]}}


@pytest.mark.parametrize(
    ("add", "gets"),
    [
        (["SYS_PTRACE", "NET_ADMIN"], True),
        (["KILL", "NET_ADMIN", "CHOWN", "SYS_PTRACE", "FOWNER"], True),
        (["ALL"], True),
        (["SYS_PTRACE"], False),
        (["NET_ADMIN"], False),
        (["SYS_PTRACE_", "NET_ADMIN"], False),
        (["X_SYS_PTRACE", "NET_ADMIN"], False),
    ],
)
@pytest.mark.parametrize("more", [{}, {"drop": ["ALL"]}, {"drop": ["KILL", "SYS_PTRACE"]}])
def test_capabilities_go_to_who_adds_all(
    add: list[str], gets: bool, more: Any, tmp_path: Path
) -> None:
    given = {"capabilities": {**more, "add": add}}
    assert contexts(tmp_path, SYS, given, None) == [GIVEN if gets else STRICT, STRICT]


def test_dropping_is_not_adding(tmp_path: Path) -> None:
    given = {"capabilities": {"drop": ["NET_ADMIN", "SYS_PTRACE", "ALL"]}}
    assert contexts(tmp_path, SYS, given) == [STRICT]


@pytest.mark.parametrize(
    ("given", "gets"),
    [
        (None, True),
        ({"capabilities": {"drop": ["NET_RAW"]}}, True),
        ({"capabilities": {"drop": ["NET_RAW", "CHOWN"]}}, False),
        ({"capabilities": {"drop": ["CAP_CHOWN"]}}, False),
        ({"capabilities": {"drop": ["all"]}}, False),
        ({"capabilities": {"drop": ["ALL"], "add": ["KILL"]}}, False),
        ({"capabilities": {"drop": ["ALL"], "add": ["KILL", "CHOWN"]}}, True),
    ],
)
def test_what_runtimes_give_to_everybody_needs_no_asking(
    given: Any, gets: bool, tmp_path: Path
) -> None:
    expected = {**STRICT, "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}
    found = contexts(tmp_path, relaxed(capabilities=("CHOWN",)), given)
    assert found == [expected if gets else STRICT]


@pytest.mark.parametrize(
    ("name", "refusing"),
    [
        ("read-only-root", {"readOnlyRootFilesystem": True}),
        ("privilege-escalation", {"allowPrivilegeEscalation": False}),
        ("drop-capabilities", {"capabilities": {"drop": ["KILL"]}}),
        ("drop-capabilities", {"capabilities": {"drop": ["ALL"], "add": ["KILL"]}}),
        ("seccomp", {"seccompProfile": {"type": "RuntimeDefault"}}),
        ("seccomp", {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}),
    ],
)
def test_who_does_without_goes_on_doing_so(name: str, refusing: Any, tmp_path: Path) -> None:
    strict, loose = contexts(tmp_path, relaxed(name), refusing, {"procMount": "Default"})
    extra = {"seccompProfile": {"type": "RuntimeDefault"}} if name == "seccomp" else {}
    assert strict == {**STRICT, **extra}
    assert loose != strict


@pytest.mark.parametrize(
    ("given", "root"),
    [
        (None, True),
        ({"runAsUser": 0}, True),
        ({"runAsNonRoot": False}, True),
        ({"runAsNonRoot": True}, False),
        ({"runAsUser": 65532}, False),
        ({"runAsUser": 1000000}, False),
    ],
)
def test_root_is_who_does_not_say_otherwise(given: Any, root: bool, tmp_path: Path) -> None:
    found = contexts(tmp_path, relaxed("run-as-non-root", user=0, group=0), given)
    assert found == [STRICT if root else AS_ROOT]


def test_a_privileged_container_asks_for_capabilities(tmp_path: Path) -> None:
    (found,) = contexts(tmp_path, SYS, {"privileged": True})
    assert found == GIVEN


WRITTEN = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      containers:
      - name: server
        image: server
        securityContext:{}
      - &other {{name: other, image: other}}
"""


@pytest.mark.parametrize(
    ("text", "gets"),
    [
        (" {privileged: true, capabilities: {drop: [ALL], add: [SYS_PTRACE]}} # it traces", True),
        (' {"capabilities": {"add": ["SYS_PTRACE"]}, "privileged": true}', True),
        (
            "\n          capabilities:\n            add:\n                - 'SYS_PTRACE'  # x\n"
            "          # y\n          privileged:   true",
            True,
        ),
        ("\n          # privileged: true\n          capabilities: {add: [SYS_PTRACE]}", False),
        (
            ' {seLinuxOptions: {user: "x\\nprivileged: true\\n"}, capabilities: '
            "{add: [SYS_PTRACE]}}",
            False,
        ),
        (" {privileged: false, capabilities: {add: [SYS_PTRACE]}}", False),
        (
            " {privileged: true, readOnlyRootFilesystem: true, capabilities: {add: [SYS_PTRACE]}}",
            False,
        ),
        (" {privileged: true, capabilities: {drop: [SYS_PTRACE]}}", True),
    ],
)
def test_whatever_the_style(text: str, gets: bool, tmp_path: Path) -> None:
    security = relaxed("privileged", "read-only-root", capabilities=("SYS_PTRACE",))
    applied = apply(tmp_path, WRITTEN.format(text), api(security=security))
    server, other = pod_of(applied["api"])["containers"]
    assert ("privileged" in server["securityContext"]) is gets
    assert server["securityContext"]["readOnlyRootFilesystem"] is not gets
    assert other["securityContext"] == STRICT


def test_paths_that_are_written_to_are_mounted_as_ever(tmp_path: Path) -> None:
    security = relaxed("privilege-escalation", writes=("/tmp", "/var/cache"))
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/var"}]}
    containers = [
        {"name": "a", "image": "a", **mount},
        {"name": "b", "image": "b", "securityContext": REFUSES},
    ]
    volumes = [{"name": "data", "emptyDir": {}}]
    manifest = deployment("api", "shop", containers=containers, volumes=volumes)
    a, b = pod_of(apply(tmp_path, [manifest], api(security=security))["api"])["containers"]
    assert a["securityContext"] == {**STRICT, "allowPrivilegeEscalation": True}
    assert b["securityContext"] == STRICT
    assert mounts(a) == {"/var": "data", "/tmp": "polc-tmp"}
    assert mounts(b) == {"/tmp": "polc-tmp", "/var/cache": "polc-var-cache"}


@pytest.mark.parametrize("security", [SYS, PRIVILEGED, relaxed("read-only-root")])
@pytest.mark.parametrize("field", ["containers", "initContainers"])
def test_null_fails_the_build(field: str, security: Security, tmp_path: Path) -> None:
    """It can't be replaced, and must not stay."""
    pod = {
        "containers": [{"name": "server", "image": "server"}],
        field: [{"name": "b", "image": "b", "securityContext": None}],
    }
    folder = lay_out(
        tmp_path, [api(security=security)], [of_kind("Deployment", "api", pod, "shop")]
    )
    done = kustomize.run(folder)
    assert done.returncode != 0
    assert "securityContext" in done.stderr


@pytest.mark.parametrize("given", [{"polc": None}, {"polc": "relaxed"}, {"polc": 5}, {"polc": {}}])
def test_no_context_escapes(given: Any, tmp_path: Path) -> None:
    assert contexts(tmp_path, SYS, given) == [STRICT]


def test_marks_of_the_manifest_count_for_nothing(tmp_path: Path) -> None:
    marks = {each.name: "relaxed" for each in conditions(SYS)}
    assert contexts(tmp_path, SYS, {"polc": marks}) == [STRICT]


def test_neighbours_without_anything_relaxed_are_hardened_as_ever(tmp_path: Path) -> None:
    manifests = [deployment(name, "shop", containers=[ASKING]) for name in ("api", "web")]
    found = apply(tmp_path, manifests, api(security=SYS), workload("shop/web", security=BASE))
    for name, expected in (("api", GIVEN), ("web", STRICT)):
        (container,) = pod_of(found[name])["containers"]
        assert container["securityContext"] == expected
        assert pss.violations(pss.template_of(found[name]), "privileged") == []


ASKING = {"name": "server", "image": "server", "securityContext": ASKS}


def test_the_case_of_an_agent_with_a_proxy(tmp_path: Path) -> None:
    """One container traces others as root; its neighbour must not."""
    text = yaml.safe_dump(
        deployment(
            "api",
            "shop",
            containers=[
                {
                    "name": "agent",
                    "image": "agent:1",
                    "securityContext": {
                        "privileged": True,
                        "capabilities": {"add": ["SYS_PTRACE"]},
                    },
                },
                {"name": "proxy", "image": "proxy:1", "securityContext": {"runAsUser": 65532}},
            ],
        )
    )
    security = evolve(PRIVILEGED, capabilities=(Relaxation("SYS_PTRACE", "it traces"),))
    agent, proxy = pod_of(apply(tmp_path, text, api(security=security))["api"])["containers"]
    assert agent["securityContext"]["privileged"] is True
    assert agent["securityContext"]["capabilities"]["add"] == ["SYS_PTRACE"]
    assert proxy["securityContext"] == AS_ROOT
