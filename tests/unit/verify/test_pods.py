"""Pods and components against a program: every loosening, and every loss, is caught."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from functools import cache
from typing import Any

import pytest

from polc.backend import ComponentPart
from polc.diagnostics import Diagnostic, has_errors
from polc.driver import Compilation, Options, compile_program
from polc.output import kustomize
from polc.output.objects import collect_objects
from polc.semantics.objects.model import Found, Manifests
from polc.verify.pods.compare import compare
from polc_backends.registry import load

IMAGE = "registry.example.com/x/app:1.0@sha256:" + "5" * 64
PROGRAM = f"""
cluster c {{ mesh none  cni kubernetes  api-server 10.0.0.1/32 port 6443 }}
namespace shop
service api {{
  image "{IMAGE}"
  select {{ app: "api" }}
  port web 8080 http
  can get pods
}}
service web {{
  image "{IMAGE}"
  select {{ app: "web" }}
  port web 80 http
  harden baseline
  run {{
    user 1000
    group 1000
    relax run-as-non-root because "it starts as root"
    relax read-only-root because "it writes everywhere"
    capability CHOWN because "it hands files over"
  }}
}}
"""
Objects = dict[str, Any]


@cache
def _compilation() -> Compilation:
    options = Options(date(2026, 12, 1))
    targets = load(("rbac", "securitycontext"))
    done = compile_program(("p.svc",), lambda _: PROGRAM.encode(), targets, options)
    assert not has_errors(done.diagnostics), done.diagnostics
    return done


def objects() -> list[dict[str, Any]]:
    found, _ = collect_objects(_compilation().artifacts)
    return [deepcopy(dict(each.body)) for each in found]


def parts() -> Objects:
    """Return the component's files by name."""
    group = [each for each in _compilation().artifacts if isinstance(each, ComponentPart)]
    body, _ = kustomize.component("shop", group)
    files = {each.name: deepcopy(dict(each.body)) for each in group}
    return {**files, "kustomization.yaml": deepcopy(body)}


def judge(bodies: list[dict[str, Any]], files: Objects) -> tuple[Diagnostic, ...]:
    program = _compilation().program
    assert program is not None
    manifests = Manifests(
        tuple(Found(each, "out.yaml") for each in bodies),
        tuple(Found(each, f"shop/hardening/{name}") for name, each in files.items()),
    )
    return compare(manifests, program).diagnostics


def test_the_component_hardens_whatever_it_is_applied_to() -> None:
    assert judge(objects(), parts()) == ()


# --- the component ------------------------------------------------------------------------------


def _pod(files: Objects, name: str = "api") -> dict[str, Any]:
    spec: dict[str, Any] = files[f"{name}.patch.yaml"]["spec"]["template"]["spec"]
    return spec


def _context(files: Objects, name: str = "api") -> dict[str, Any]:
    context: dict[str, Any] = files[f"{name}.values.yaml"]["spec"]["securityContext"]
    return context


def _target(files: Objects) -> dict[str, Any]:
    entries = files["kustomization.yaml"]["patches"]
    entry: dict[str, Any] = next(each for each in entries if each["path"] == "api.patch.yaml")
    target: dict[str, Any] = entry["target"]
    return target


def _drop_last_copy(files: Objects) -> None:
    files["api.containers.yaml"]["replacements"] = [
        each
        for each in files["api.containers.yaml"]["replacements"]
        if each["source"]["fieldPath"] != "spec.securityContext"
    ]


def _init_containers(files: Objects, keep: bool) -> None:
    for replacement in files["api.containers.yaml"]["replacements"]:
        for target in replacement["targets"]:
            target["fieldPaths"] = [
                path for path in target["fieldPaths"] if ("initContainers" in path) is keep
            ]


COMPONENT: list[tuple[str, Callable[[Objects], Any], str]] = [
    ("token", lambda f: _pod(f, "web").update(automountServiceAccountToken=True), "POL953"),
    ("token unsaid", lambda f: _pod(f, "api").pop("automountServiceAccountToken"), "POL954"),
    ("no token", lambda f: _pod(f, "api").update(automountServiceAccountToken=False), "POL954"),
    ("account", lambda f: _pod(f).update(serviceAccountName="web"), "POL961"),
    ("account unsaid", lambda f: _pod(f).pop("serviceAccountName"), "POL961"),
    ("host network", lambda f: _pod(f).pop("hostNetwork"), "POL960"),
    ("host pid", lambda f: _pod(f).update(hostPID=True), "POL960"),
    ("host path", lambda f: _pod(f)["volumes"].append({"name": "h", "hostPath": {}}), "POL960"),
    ("context kept", lambda f: _pod(f)["securityContext"].pop("$patch"), "POL961"),
    ("non-root", lambda f: _pod(f)["securityContext"].pop("runAsNonRoot"), "POL960"),
    ("root", lambda f: _pod(f)["securityContext"].update(runAsUser=0), "POL960"),
    ("user", lambda f: _pod(f)["securityContext"].update(runAsUser=1), "POL961"),
    ("no user", lambda f: _pod(f)["securityContext"].pop("runAsUser"), "POL961"),
    ("group", lambda f: _pod(f)["securityContext"].update(runAsGroup=0), "POL961"),
    ("groups", lambda f: _pod(f)["securityContext"].update(supplementalGroups=[0]), "POL961"),
    ("fs group", lambda f: _pod(f)["securityContext"].update(fsGroup=0), "POL961"),
    (
        "seccomp",
        lambda f: _pod(f)["securityContext"].update(seccompProfile={"type": "Unconfined"}),
        "POL960",
    ),
    ("no seccomp", lambda f: _pod(f)["securityContext"].pop("seccompProfile"), "POL960"),
    ("sysctl", lambda f: _pod(f, "web")["securityContext"].pop("sysctls"), "POL961"),
    ("privileged", lambda f: _context(f).update(privileged=True), "POL960"),
    ("escalation", lambda f: _context(f).update(allowPrivilegeEscalation=True), "POL960"),
    ("capability", lambda f: _context(f)["capabilities"].update(add=["NET_RAW"]), "POL960"),
    ("no drop", lambda f: _context(f)["capabilities"].pop("drop"), "POL960"),
    ("read-only root", lambda f: _context(f).update(readOnlyRootFilesystem=False), "POL961"),
    ("own user", lambda f: _context(f).update(runAsUser=0), "POL960"),
    ("lost capability", lambda f: _context(f, "web")["capabilities"].pop("add"), "POL961"),
    ("host ports", lambda f: f["api.values.yaml"]["spec"].pop("hostPort"), "POL960"),
    ("no last copy", _drop_last_copy, "POL960"),
    ("init only", lambda f: _init_containers(f, True), "POL960"),
    ("no init", lambda f: _init_containers(f, False), "POL960"),
    ("no patch file", lambda f: f.pop("api.patch.yaml"), "POL964"),
    ("other object", lambda f: _target(f).update(name="^(apl)$"), "POL964"),
    ("other namespace", lambda f: _target(f).update(namespace="^(other)$"), "POL964"),
    ("other kind", lambda f: _target(f).update(kind="DaemonSet"), "POL964"),
    (
        "no transformer",
        lambda f: f["kustomization.yaml"]["transformers"].remove("api.containers.yaml"),
        "POL960",
    ),
    ("no values", lambda f: f.pop("api.values.yaml"), "POL960"),
    ("no component", lambda f: f.clear(), "POL903"),
    (
        "a patch of its own",
        lambda f: f["polc-finish.yaml"].update(patch="- {op: add, path: /x/securityContext}"),
        "POL903",
    ),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(c, k, id=n) for n, c, k in COMPONENT])
def test_a_change_of_the_component_is_caught(change: Callable[[Objects], Any], code: str) -> None:
    files = parts()
    change(files)
    found = [each.code.id for each in judge(objects(), files)]
    assert code in found, found


# --- pods ---------------------------------------------------------------------------------------


def deployment(name: str = "api", **labels: str) -> dict[str, Any]:
    context = {
        **{"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True},
        "capabilities": {"drop": ["ALL"]},
    }
    pod_context = {
        **{"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spec = {
        "serviceAccountName": "api",
        "automountServiceAccountToken": True,
        "securityContext": pod_context,
        "containers": [{"name": "app", "securityContext": context}],
    }
    template = {"metadata": {"labels": labels or {"app": name}}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": template},
    }


def _messages(*more: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.code.id, each.message) for each in judge([*objects(), *more], parts())]


def test_a_pod_as_declared() -> None:
    assert _messages(deployment()) == []


def _first(pod: dict[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = pod["containers"][0]
    return container


POD: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    (
        "privileged",
        lambda p: p["containers"][0]["securityContext"].update(privileged=True),
        "POL960",
    ),
    ("another container", lambda p: p["containers"].append({"name": "x"}), "POL960"),
    ("init container", lambda p: p.update(initContainers=[{"name": "x"}]), "POL960"),
    ("host path", lambda p: p.update(volumes=[{"name": "v", "hostPath": {"path": "/"}}]), "POL960"),
    ("account", lambda p: p.pop("serviceAccountName"), "POL961"),
    ("no token", lambda p: p.pop("automountServiceAccountToken"), "POL954"),
    ("user of the image", lambda p: p["securityContext"].pop("runAsUser"), "POL961"),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(c, k, id=n) for n, c, k in POD])
def test_a_loose_pod_is_caught(change: Callable[[dict[str, Any]], Any], code: str) -> None:
    body = deployment()
    change(body["spec"]["template"]["spec"])
    assert code in [found for found, _ in _messages(body)]


def test_a_token_that_a_volume_brings() -> None:
    body = deployment("web")
    spec = body["spec"]["template"]["spec"]
    spec["automountServiceAccountToken"] = False
    token = {"serviceAccountToken": {"path": "token"}}
    spec["volumes"] = [{"name": "t", "projected": {"sources": [token]}}]
    assert any("it mounts a token" in message for _, message in _messages(body))
    token["serviceAccountToken"]["audience"] = "vault"
    assert not any("it mounts a token" in message for _, message in _messages(body))


def test_pods_that_nobody_declares() -> None:
    [(code, message)] = _messages(deployment("other"))
    assert code == "POL962"
    assert "`shop/other` makes pods that no service of the program selects" in message
    elsewhere = deployment("other")
    elsewhere["metadata"]["namespace"] = "elsewhere"
    assert _messages(elsewhere) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pod-security.kubernetes.io/enforce": "privileged"}, "admits pods that the program does"),
        ({"pod-security.kubernetes.io/enforce": "restricted"}, "refuses declared pods"),
        ({"pod-security.kubernetes.io/enforce": None}, "enforces `privileged`"),
        ({"pod-security.kubernetes.io/enforce-version": "v1.25"}, "checks of `v1.25` only"),
    ],
)
def test_namespaces(change: dict[str, str | None], words: str) -> None:
    bodies = objects()
    [namespace] = [each for each in bodies if each["kind"] == "Namespace"]
    labels = {**namespace["metadata"]["labels"], **change}
    kept = {key: value for key, value in labels.items() if value is not None}
    namespace["metadata"]["labels"] = kept
    [found] = judge(bodies, parts())
    assert found.code.id == "POL963"
    assert words in found.message


def test_a_namespace_that_is_not_there() -> None:
    bodies = [each for each in objects() if each["kind"] != "Namespace"]
    assert [each.code.id for each in judge(bodies, parts())] == ["POL963"]
