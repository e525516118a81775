"""Rollouts that an environment replaces: what the service said of its versions still holds."""

from compiling import build, errors, underlined
from polc.ir.nodes import Rollout, Workload

_PROGRAM = """
cluster test {{ mesh istio sidecar  cni kubernetes }}
namespace shop
service api {{
  select {{ app: "api" }}
  port   web 8080 http
  {base}
}}
environment staging {{ cluster test }}
environment prod    {{ cluster test  service shop/api {{ {tuned} }} }}
"""


def api(environment: str, base: str, tuned: str) -> Workload:
    (workload,) = build(_PROGRAM.format(base=base, tuned=tuned), environment).workloads
    return workload


def labels(rollout: Rollout | None) -> dict[str, dict[str, str]]:
    assert rollout is not None
    return {version.name: dict(version.labels) for version in rollout.versions}


def test_versions_are_known_in_every_environment() -> None:
    """Their pods run on wherever the manifests have them, and are hardened there."""
    base, tuned = "rollout { v1 90%  v2 10% }", "rollout { v1 50%  v3 50% }"
    for environment in ("staging", "prod"):
        assert api(environment, base, tuned).versions == ("v1", "v2", "v3")
    assert list(labels(api("prod", base, tuned).rollout)) == ["v1", "v3"]


def test_versions_of_another_environment_are_known_without_a_rollout() -> None:
    workload = api("staging", "", "rollout { v1 100% }")
    assert (workload.versions, workload.rollout) == (("v1",), None)


def test_pods_of_a_version_stay_what_the_service_says() -> None:
    base = 'rollout { v1 90%  v2 10%  version v1 { select { track: "stable" } } }'
    assert labels(api("prod", base, "rollout { v1 100% }").rollout) == {"v1": {"track": "stable"}}


def test_an_environment_may_choose_other_pods() -> None:
    base = 'rollout { v1 100%  version v1 { select { track: "stable" } } }'
    tuned = 'rollout { v1 100%  version v1 { select { track: "new" } } }'
    assert labels(api("prod", base, tuned).rollout) == {"v1": {"track": "new"}}


def test_a_version_may_wait_for_an_environment() -> None:
    base, tuned = 'version v1 { select { track: "stable" } }', "rollout { v1 100% }"
    assert underlined(errors(_PROGRAM.format(base=base, tuned=tuned), "staging")) == []
    assert underlined(errors(_PROGRAM.format(base=base, tuned=""), "staging")) != []
