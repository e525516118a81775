"""Whole applications, built as their teams would, applied with Kustomize, judged by the result.

Each folder of `tests/apps/` holds a program, manifests that know nothing of polc, and one or more
`expected*.yaml`, which a person wrote from the program: every connection, every admitted request,
every privilege. What is not in there has to be refused, also to pods and accounts that the program
has never heard of.
"""

import itertools
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from oracles import crds, nca
from semantics import authz, netpol, permissions, pss
from semantics.netpol import Endpoint, Pod
from support import REPO, TODAY, kustomize, polc

APPS = REPO / "tests" / "apps"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
STRANGER = "nobody"
Connection = tuple[str, str, str]
"""Caller, callee, and `PORT/PROTOCOL`."""


def _expectations() -> list[Any]:
    return [
        pytest.param(path, id=f"{path.parent.name}{path.stem.removeprefix('expected')}")
        for path in sorted(APPS.glob("*/expected*.yaml"))
    ]


pytestmark = pytest.mark.parametrize("path", _expectations())


class App:
    """An application as applied, and what is expected of it."""

    def __init__(self, path: Path, objects: list[dict[str, Any]], report: str) -> None:
        self.expected: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.objects = objects
        self.report = report
        self.templates = {
            _key(each): (each["metadata"]["namespace"], pss.template_of(each))
            for each in objects
            if each["kind"] in WORKLOADS
        }
        self.ends: dict[str, Endpoint] = {
            name: Pod(namespace, template["metadata"]["labels"], f"10.244.1.{at}")
            for at, (name, (namespace, template)) in enumerate(sorted(self.templates.items()), 1)
        }
        owned = sorted({pod.namespace for pod in self.ends.values() if isinstance(pod, Pod)})
        self.owned = owned
        strangers = {
            STRANGER: {"namespace": "elsewhere", "labels": {"app": STRANGER}},
            **{f"{STRANGER}-{ns}": {"namespace": ns, "labels": {"app": STRANGER}} for ns in owned},
            **self.expected.get("strangers", {}),
        }
        for at, (name, each) in enumerate(sorted(strangers.items()), 1):
            self.ends[name] = Pod(each["namespace"], each["labels"], f"10.244.2.{at}")
        self.ends |= {str(address): str(address) for address in self.expected.get("addresses", ())}

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        return [each for each in self.objects if each["kind"] in kinds]

    def connections(self) -> set[Connection]:
        """Return what has to be let through, DNS included."""
        expected = {
            (source, target, port)
            for source, targets in self.expected["connections"].items()
            for target, ports in targets.items()
            for port in itertools.chain.from_iterable(map(_expand, ports))
        }
        dns = product(self.expected.get("dns", ()), ("dns",), ("53/TCP", "53/UDP"))
        return expected | set(dns)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield every pair of ends of which at least one is owned."""
        for one, other in product(self.ends, repeat=2):
            if one != other and any(self.is_owned(name) for name in (one, other)):
                yield one, other

    def is_owned(self, name: str) -> bool:
        end = self.ends[name]
        return isinstance(end, Pod) and end.namespace in self.owned

    def ports(self) -> list[str]:
        """Return every port that anything speaks on and its neighbours, over all protocols."""
        named = {port for _, _, port in self.connections()}
        named |= {str(each) for each in self.expected.get("closed", ())}
        for _, template in self.templates.values():
            for _, container in pss.containers(template["spec"]):
                named |= {f"{p['containerPort']}/TCP" for p in container.get("ports") or ()}
        numbers = {int(each.partition("/")[0]) for each in named}
        near = {number + by for number in numbers for by in (-1, 0, 1)} | {22, 443, 15008}
        return [f"{n}/{p}" for n in sorted(near) if n for p in ("TCP", "UDP", "SCTP")]


def _expand(ports: str) -> Iterator[str]:
    """Yield `10000/UDP` and `10001/UDP` for `10000-10001/UDP`."""
    numbers, _, protocol = ports.partition("/")
    first, _, last = numbers.partition("-")
    for number in range(int(first), int(last or first) + 1):
        yield f"{number}/{protocol}"


def _key(body: Mapping[str, Any]) -> str:
    return str(body["metadata"]["name"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that builds and applies an application, once for each expectation."""

    @cache
    def build(path: Path) -> App:
        folder = tmp_path_factory.mktemp("app") / path.parent.name
        shutil.copytree(path.parent, folder)
        expected = yaml.safe_load(path.read_text(encoding="utf-8"))
        environment = expected.get("environment")
        choice = ("--env", environment) if environment else ()
        run = polc("build", folder / "policy.svc", "-o", folder / "out", "--today", TODAY, *choice)
        assert run.status == 0, run.err
        return App(path, kustomize(folder), run.err)

    return build


@pytest.fixture
def app(built: Any, path: Path) -> App:
    return built(path)  # type: ignore[no-any-return]  # pytest's fixtures have no types


# --- pods ---------------------------------------------------------------------------------------


def test_pods_are_restricted(app: App) -> None:
    """Every pod passes the level that the expectation names: restricted where it names none."""
    assert app.templates
    for name, (_, template) in app.templates.items():
        level = app.expected.get("levels", {}).get(name, "restricted")
        assert pss.violations(template, level) == [], name
        spec = template["spec"]
        assert spec["serviceAccountName"] == app.expected.get("accounts", {}).get(name, name)
        token = app.expected.get("tokens", {}).get(name, False)
        assert spec["automountServiceAccountToken"] is token, name


def test_mounts_are_sound(app: App) -> None:
    """No mount path twice, no mount without its volume, no volume of polc's without a mount."""
    for name, (_, template) in app.templates.items():
        spec = template["spec"]
        volumes = [volume["name"] for volume in spec.get("volumes") or ()]
        assert len(volumes) == len(set(volumes)), name
        used = set()
        for _, container in pss.containers(spec):
            mounts = container.get("volumeMounts") or []
            paths = [mount["mountPath"].rstrip("/") for mount in mounts]
            assert len(paths) == len(set(paths)), name
            used |= {mount["name"] for mount in mounts}
        claimed = set(app.expected.get("claims", {}).get(name, ()))
        assert used <= set(volumes) | claimed, name


# --- connections --------------------------------------------------------------------------------


def test_connections_are_those_declared(app: App) -> None:
    policies = app.of_kind("NetworkPolicy")
    found = {
        (one, other, port)
        for one, other in app.pairs()
        for port in app.ports()
        if netpol.allowed(policies, app.ends[one], app.ends[other], *_proto(port))
    }
    _compare(found, app.connections())


@pytest.mark.oracle
def test_connections_as_another_tool_reads_them(app: App, tmp_path: Path) -> None:
    pods = [end for end in app.ends.values() if isinstance(end, Pod)]
    answer = nca.ask(app.of_kind("NetworkPolicy"), pods, tmp_path)
    found = {
        (one, other, port)
        for one, other in app.pairs()
        for text in answer.between(app.ends[one], app.ends[other])
        for port in app.ports()
        if nca.lets(text, *_proto(port))
    }
    _compare(found, app.connections())


def _proto(port: str) -> tuple[str, int]:
    number, _, protocol = port.partition("/")
    return protocol, int(number)


def _compare(found: set[Connection], expected: set[Connection]) -> None:
    assert {"too much": sorted(found - expected), "missing": sorted(expected - found)} == {
        "too much": [],
        "missing": [],
    }


def test_no_rule_is_open(app: App) -> None:
    """No peer list, port list or peer is empty; no block is everything, unless expected."""
    for policy in app.of_kind("NetworkPolicy"):
        spec = policy["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(direction, ()):
                assert rule[side], policy["metadata"]
                assert rule["ports"], policy["metadata"]
                for peer in rule[side]:
                    assert peer
                    if "ipBlock" in peer and peer["ipBlock"]["cidr"] in {"0.0.0.0/0", "::/0"}:
                        assert app.expected.get("internet"), policy["metadata"]


def test_namespaces_are_closed(app: App) -> None:
    for namespace in app.owned:
        denies = [
            policy
            for policy in app.of_kind("NetworkPolicy")
            if policy["metadata"]["namespace"] == namespace and policy["spec"]["podSelector"] == {}
        ]
        assert [set(p["spec"]) for p in denies] == [{"podSelector", "policyTypes"}]
        labels = [
            body["metadata"]["labels"]
            for body in app.of_kind("Namespace")
            if _key(body) == namespace
        ]
        levels = set(app.expected.get("levels", {}).values()) or {"restricted"}
        assert [each["pod-security.kubernetes.io/enforce"] in levels for each in labels] == [True]


# --- identities ---------------------------------------------------------------------------------


def test_requests_are_those_declared(app: App) -> None:
    """Each proxy admits the expected principals with the expected requests, and nobody else."""
    if "admitted" not in app.expected:
        pytest.skip("no mesh")
    proxy = app.expected["proxy"]
    samples = [*app.expected["samples"], None]
    for name, by_port in app.expected["admitted"].items():
        namespace, template = app.templates[name]
        labels = tuple(sorted(template["metadata"]["labels"].items()))
        target = authz.Target(namespace, labels, app.expected.get("services", {}).get(name, name))
        for port in sorted({*by_port, 22, 8081}):
            for principal, request in product(_principals(app), samples):
                wanted = by_port.get(port, {}).get(principal, [])
                expects = wanted == "all" or request in wanted
                call = _call(principal, port, request)
                if proxy == "waypoint":
                    admits = authz.admitted_at_waypoint(app.objects, target, call)
                else:
                    admits = authz.admitted_at_pod(app.objects, target, call, "sidecar")
                assert admits is expects, (name, port, principal, request)


def _principals(app: App) -> list[str | None]:
    named = {
        p for ports in app.expected["admitted"].values() for who in ports.values() for p in who
    }
    accounts = {
        f"cluster.local/ns/{ns}/sa/{template['spec']['serviceAccountName']}"
        for ns, template in app.templates.values()
    }
    return [None, "cluster.local/ns/elsewhere/sa/nobody", *sorted(named | accounts)]


def _call(principal: str | None, port: int, request: str | None) -> authz.Call:
    if request is None:
        return authz.Call(principal, "10.244.9.9", port)
    method, _, path = request.partition(" ")
    return authz.Call(principal, "10.244.9.9", port, method, path)


def test_custom_objects_fit_their_crds(app: App) -> None:
    for body in app.objects:
        if any(part in body["apiVersion"] for part in ("istio.io", "knative.dev", "gateway.net")):
            crds.check(body)


# --- privileges ---------------------------------------------------------------------------------


def test_privileges_are_those_declared(app: App) -> None:
    expected = set(app.expected.get("rbac", ()))
    assert set(permissions.permissions(app.objects)) == expected
