"""What a component gives to some containers only: simulated as Kustomize does it, and judged."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from oracles import kustomize as real
from polc.backend import ComponentPart
from polc.diagnostics import Diagnostic, has_errors
from polc.driver import Compilation, Options, compile_program
from polc.ir.nodes import Workload
from polc.output import kustomize
from polc.output.objects import collect_objects
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.pods.components import read_components
from polc.semantics.pods.freedoms import freedoms, looser
from polc.verify.pods.compare import compare
from polc.verify.pods.samples import samples
from polc.verify.pods.worst import BAD_CONTEXT, harden
from polc_backends.registry import load
from semantics import pss

PROGRAM = """
cluster c { mesh none  cni kubernetes }
namespace mon
service agent {
  select { app: "agent" }
  harden privileged
  run {
    user 0
    group 0
    writes "/tmp"
    relax run-as-non-root because "it reads every process"
    relax privileged because "it traces"
    relax seccomp because "it traces"
    relax drop-capabilities because "it traces"
    capability SYS_PTRACE because "it traces"
  }
}
service caps {
  select { app: "caps" }
  harden privileged
  run {
    relax privilege-escalation because "sudo"
    capability NET_ADMIN because "it sets routes"
    capability NET_RAW because "it pings"
    capability CHOWN because "it hands files over"
  }
}
service root {
  select { app: "root" }
  harden baseline
  run {
    user 0
    relax run-as-non-root because "it starts as root"
    relax read-only-root because "it writes everywhere"
  }
}
service plain { select { app: "plain" }  run { writes "/tmp" } }
"""
Parts = dict[str, Any]


@cache
def compilation() -> Compilation:
    options = Options(date(2026, 12, 1))
    targets = load(("rbac", "securitycontext"))
    done = compile_program(("p.svc",), lambda _: PROGRAM.encode(), targets, options)
    assert not has_errors(done.diagnostics), done.diagnostics
    return done


def workload(name: str) -> Workload:
    program = compilation().program
    assert program is not None
    return next(each for each in program.workloads if each.name == name)


def parts() -> Parts:
    """Return the component's files by name."""
    group = [each for each in compilation().artifacts if isinstance(each, ComponentPart)]
    body, _ = kustomize.component("mon", group)
    files = {each.name: deepcopy(dict(each.body)) for each in group}
    return {**files, "kustomization.yaml": deepcopy(body)}


def manifests(files: Parts) -> Manifests:
    objects, _ = collect_objects(compilation().artifacts)
    return Manifests(
        tuple(Found(deepcopy(dict(each.body)), "out.yaml") for each in objects),
        tuple(Found(each, f"mon/hardening/{name}") for name, each in files.items()),
    )


def judge(files: Parts) -> tuple[Diagnostic, ...]:
    program = compilation().program
    assert program is not None
    return compare(manifests(files), program).diagnostics


def test_nothing_is_looser_than_it_was() -> None:
    assert judge(parts()) == ()


# --- the simulation is what Kustomize does ------------------------------------------------------


@pytest.mark.parametrize("name", ["agent", "caps", "root"])
def test_what_is_simulated_is_what_kustomize_does(name: str, tmp_path: Path) -> None:
    """On all containers that the proof looks at, in both lists, and the worst."""
    given = samples(workload(name).security)
    assert len(given) > 10
    components = read_components(manifests(parts()))
    template, problems = harden(workload(name), components.of(workload(name)), given)
    assert problems == []
    containers = [
        {"name": "worst", "securityContext": BAD_CONTEXT},
        {"name": "bare"},
        *(dict(each) for each in given),
    ]
    pod = {"containers": containers, "initContainers": deepcopy(containers)}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "mon"},
        "spec": {"template": {"spec": pod}},
    }
    folder = real.lay_out(tmp_path, compilation().artifacts, yaml.safe_dump(body))
    applied = next(each for each in real.build(folder) if each["kind"] == "Deployment")
    made = pss.template_of(applied)["spec"]
    for field in ("containers", "initContainers"):
        assert {each["name"]: each.get("securityContext") for each in made[field]} == {
            each["name"]: each.get("securityContext") for each in template.spec[field]
        }
    assert len({str(each["securityContext"]) for each in made["containers"]}) == 2


# --- changes ------------------------------------------------------------------------------------


def _values(files: Parts, name: str = "agent") -> dict[str, Any]:
    spec: dict[str, Any] = files[f"{name}.values.yaml"]["spec"]
    return spec


def _drop(files: Parts, name: str, source: str, index: int | None = None) -> None:
    """Take replacements with a source away, or one of those."""
    body = files[f"{name}.containers.yaml"]
    group = [each for each in body["replacements"] if each["source"]["fieldPath"] == source]
    assert group
    gone = group if index is None else [group[index]]
    body["replacements"] = [each for each in body["replacements"] if each not in gone]


def _edit(files: Parts, name: str, old: str, new: str) -> None:
    """Change all field paths."""
    changed = 0
    for replacement in files[f"{name}.containers.yaml"]["replacements"]:
        for target in replacement["targets"]:
            paths = [path.replace(old, new) for path in target["fieldPaths"]]
            changed += paths != target["fieldPaths"]
            target["fieldPaths"] = paths
    assert changed


def _without_plain(files: Parts) -> None:
    files["kustomization.yaml"]["transformers"].remove("polc-plain.yaml")


def _plain_last(files: Parts) -> None:
    transformers = files["kustomization.yaml"]["transformers"]
    transformers.remove("polc-plain.yaml")
    transformers.insert(transformers.index("polc-finish.yaml"), "polc-plain.yaml")


def _for_everybody(files: Parts) -> None:
    """Do what was done before: all containers get what is relaxed."""
    steps = files["agent.containers.yaml"]["replacements"]
    steps[-1]["targets"][0]["fieldPaths"] = [
        f"spec.template.spec.{name}.*.securityContext" for name in ("containers", "initContainers")
    ]
    steps[-1]["targets"][0]["options"] = {"create": True}
    steps[-1]["source"]["fieldPath"] = "spec.securityContext"


CHANGES: list[tuple[str, Callable[[Parts], Any], str]] = [
    ("for everybody", _for_everybody, "POL961"),
    ("relaxed at first", lambda f: _values(f)["marks"].update(privileged="relaxed"), "POL961"),
    (
        "one capability at first",
        lambda f: _values(f, "caps")["marks"].update(NET_RAW="relaxed"),
        "POL961",
    ),
    ("other words", lambda f: _values(f)["words"].update(strict="relaxed"), "POL961"),
    ("strict that is not", lambda f: _values(f)["strictContext"].update(privileged=True), "POL961"),
    (
        "strict that is root",
        lambda f: (
            _values(f, "root")["strictContext"].pop("runAsNonRoot")
            and _values(f, "root")["strictContext"].pop("runAsUser")
        ),
        "POL961",
    ),
    (
        "strict without a profile",
        lambda f: _values(f)["strictContext"].pop("seccompProfile"),
        "POL961",
    ),
    (
        "empty that is not",
        lambda f: _values(f)["scaffold"].update(empty={"privileged": True}),
        "POL961",
    ),
    ("refusals unheard", lambda f: _drop(f, "root", "spec.words.strict"), "POL961"),
    ("no marks", lambda f: _drop(f, "agent", "spec.marks"), "POL960"),
    ("no strict", lambda f: _drop(f, "agent", "spec.strictContext"), "POL961"),
    ("asking unheard", lambda f: _drop(f, "caps", "spec.words.relaxed"), "POL961"),
    (
        "another mark",
        lambda f: _edit(f, "agent", "SYS_PTRACE: relaxed\\n  ", ""),
        "POL961",
    ),
    (
        "another pattern",
        lambda f: _edit(f, "agent", "(?m)^privileged: true$]", "(?m)^privileged: (true|false)$]"),
        "POL903",
    ),
    (
        "any capability",
        lambda f: _edit(f, "caps", "(ALL|NET_RAW)", "(ALL|[A-Z_]+)"),
        "POL903",
    ),
    (
        "less refusals",
        lambda f: _edit(f, "root", "(runAsNonRoot: true|runAsUser: [1-9])", "(runAsUser: [1-9])"),
        "POL903",
    ),
    (
        "by name",
        lambda f: _edit(f, "agent", "[name=^polc-mounted$]", "[name=^proxy$]"),
        "POL903",
    ),
    ("not plain", _without_plain, "POL903"),
    ("plain too late", _plain_last, "POL903"),
    ("empty unwritten", lambda f: _drop(f, "agent", "spec.scaffold.empty", 1), "POL903"),
    (
        "plain for some",
        lambda f: f["polc-plain.yaml"]["target"].update(kind="StatefulSet"),
        "POL903",
    ),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(c, k, id=n) for n, c, k in CHANGES])
def test_a_change_is_caught(change: Callable[[Parts], Any], code: str) -> None:
    files = parts()
    change(files)
    found = judge(files)
    assert code in [each.code.id for each in found], found


def test_the_finding_names_what_is_given_to_others() -> None:
    files = parts()
    _for_everybody(files)
    messages = [each.message for each in judge(files) if "does not ask for" in each.message]
    (message,) = messages
    assert "containers of `mon/agent` get what their manifest does not ask for" in message
    assert "`privileged`" in message
    assert "`capability SYS_PTRACE`" in message


# --- what a context lets a container do -----------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        ({}, {}, ()),
        ({}, {"privileged": True}, ("capability ALL", "privileged")),
        ({"privileged": True}, {"capabilities": {"add": ["BPF"]}}, ()),
        ({"privileged": None}, {"capabilities": {"add": ["BPF"]}}, ("capability BPF",)),
        ({}, {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}, ()),
        ({}, {"capabilities": {"add": ["MKNOD"]}}, ("capability MKNOD",)),
        ({"capabilities": {"add": ["ALL"]}}, {"capabilities": {"add": ["MKNOD"]}}, ()),
        (
            {"capabilities": {"drop": ["NET_RAW"]}},
            {},
            ("capability NET_RAW of the runtime",),
        ),
        ({"allowPrivilegeEscalation": False}, {}, ("allowPrivilegeEscalation",)),
        ({"runAsNonRoot": True}, {"runAsUser": 0}, ("root",)),
        ({"runAsUser": 7}, {"runAsNonRoot": True}, ()),
        ({"seccompProfile": {"type": "Localhost"}}, {}, ("no seccomp profile",)),
        (
            {"seccompProfile": {"type": "RuntimeDefault"}},
            {"seccompProfile": {"type": "Unconfined"}},
            ("no seccomp profile",),
        ),
        (
            {"readOnlyRootFilesystem": True},
            {},
            ("a root file system that can be written to",),
        ),
    ],
)
def test_looser(before: Any, after: Any, more: tuple[str, ...]) -> None:
    assert looser(freedoms(after, {}), freedoms(before, {})) == more


def test_a_pod_speaks_for_its_containers() -> None:
    pod = {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}}
    assert "root" in freedoms({}, pod)
    assert "root" not in freedoms({"runAsUser": 7}, pod)
    assert "no seccomp profile" not in freedoms({}, pod)
