"""Pod Security Standards: the verifier against the library behind the admission controller."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.pods import edges, pods, safe_pod
from oracles.referee import Referee, find, start
from polc.ir.nodes import Level
from polc.semantics.objects.model import Found
from polc.semantics.pods.standards import LATEST, breaches
from polc.semantics.workloads.templates import Template

pytestmark = pytest.mark.cluster
find()
# A volume of the host breaks both checks there, and the first alone here.
_FAMILIES = {
    "hostPathVolumes": "volumes",
    "restrictedVolumes": "volumes",
    "capabilities.drop": "capabilities",
}
LEVELS = (Level.BASELINE, Level.RESTRICTED)


@pytest.fixture(scope="module")
def referee() -> Referee:
    return start("podsecurity")


def found(pod: dict[str, Any], level: Level, minor: int) -> list[str]:
    """Return the names of the checks that the verifier sees broken."""
    body = {"apiVersion": "v1", "kind": "Pod", **pod}
    broken = breaches(Template(Found(body, "pod.yaml"), (), body), level, minor)
    return sorted({_FAMILIES.get(each.check, each.check) for each in broken})


def real(referee: Referee, pod: dict[str, Any], level: Level, version: str) -> tuple[bool, Any]:
    answer = referee.ask({"pod": pod, "level": level.value, "version": version})
    names = {name.partition("_")[0] for name in answer["failing"]}
    return answer["allowed"], sorted({_FAMILIES.get(name, name) for name in names})


def is_strange(pod: dict[str, Any], level: Level) -> bool:
    """Tell whether it is a Windows pod with fields of Linux, which no API server takes.

    A check of *restricted* that exempts Windows takes the place of that of *baseline*, which does
    not, so admission would let such a pod into the stricter level only. The verifier never does.
    """
    windows = (pod["spec"].get("os") or {}).get("name") == "windows"
    return windows and level is Level.RESTRICTED


def compare(referee: Referee, pod: dict[str, Any], level: Level, minor: int) -> None:
    allowed, failing = real(referee, pod, level, f"v1.{minor}")
    mine = found(pod, level, minor)
    if allowed and mine:
        assert is_strange(pod, level), (pod, mine)
    assert allowed or mine, (pod, failing)
    if pod["spec"].get("hostNetwork"):
        # The API server makes every port of such a pod a port of the host; the verifier reads what
        # is written, and the pod is refused for its host network all the same.
        failing = [name for name in failing if name != "hostPorts"]
        mine = [name for name in mine if name != "hostPorts"]
    assert mine == failing, pod


@settings(max_examples=800)
@given(pod=pods(), level=st.sampled_from(LEVELS), minor=st.integers(25, LATEST))
def test_random_pods(referee: Referee, pod: dict[str, Any], level: Level, minor: int) -> None:
    compare(referee, pod, level, minor)


@pytest.mark.parametrize("minor", range(25, LATEST + 1))
@pytest.mark.parametrize("level", LEVELS)
def test_every_value_of_every_field(referee: Referee, level: Level, minor: int) -> None:
    for pod in edges():
        compare(referee, pod, level, minor)


@given(pod=pods(), level=st.sampled_from(LEVELS))
def test_latest_is_the_newest_version(referee: Referee, pod: dict[str, Any], level: Level) -> None:
    newest = real(referee, pod, level, f"v1.{LATEST}")
    assert real(referee, pod, level, "latest") == newest
    assert newest[0] or found(pod, level, LATEST)


def test_a_windows_pod_without_seccomp(referee: Referee) -> None:
    pod = safe_pod((1, 0, 0))
    pod["spec"]["os"] = {"name": "windows"}
    pod["spec"]["securityContext"]["seccompProfile"] = {"type": "Unconfined"}
    assert not real(referee, pod, Level.BASELINE, "latest")[0]
    assert real(referee, pod, Level.RESTRICTED, "latest")[0]
    assert found(pod, Level.RESTRICTED, LATEST) == ["seccompProfile"]


def test_a_volume_of_two_types(referee: Referee) -> None:
    """No API server takes such a volume, so neither answer matters; ours is the stricter one."""
    pod = safe_pod((1, 0, 0))
    pod["spec"]["volumes"] = [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}]
    assert real(referee, pod, Level.RESTRICTED, "latest")[0]
    assert found(pod, Level.RESTRICTED, LATEST) == ["volumes"]
