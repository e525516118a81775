"""What takes pods out of the mesh, or makes another waypoint, without touching a policy."""

import pytest

from polc.verify.decide import verify
from unit.verify.meshed import Body, build, compiled, get, manifests, told


def _waypoint(change: Body, **metadata: Body) -> list[str]:
    bodies, program = build("ambient")
    gateway = get(bodies, "Gateway", "waypoint")
    gateway["spec"].update(change)
    for key, values in metadata.items():
        gateway["metadata"].setdefault(key, {}).update(values)
    return told(verify(manifests(bodies), program, ["mesh"]).diagnostics)


WAYPOINTS = {
    "no listener for HBONE": (
        {"listeners": [{"name": "mesh", "port": 15008, "protocol": "HTTP"}]},
        "a waypoint without a listener for `HBONE` on port 15008",
    ),
    "another class": ({"gatewayClassName": "istio-waypoint-x"}, "another class than"),
    "labels for its pods": (
        {"infrastructure": {"labels": {"app": "api"}}},
        "whose `infrastructure` can make other pods of it",
    ),
    "an address": ({"addresses": [{"value": "192.0.2.1"}]}, "whose `addresses` can make"),
}


@pytest.mark.parametrize("name", WAYPOINTS)
def test_a_waypoint_that_is_none_of_istios_own_is_not_decided(name: str) -> None:
    change, why = WAYPOINTS[name]
    assert any(each.startswith("POL903") and why in each for each in _waypoint(change))


def test_a_waypoint_with_another_account_is_not_decided() -> None:
    found = _waypoint({}, annotations={"gateway.istio.io/service-account": "evil"})
    assert any(each.startswith("POL903") and "another identity" in each for each in found)
    assert _waypoint({}, annotations={"example.com/team": "x"}) == []


def test_a_namespace_whose_waypoint_is_elsewhere_is_not_decided() -> None:
    bodies, program = build("ambient")
    labels = get(bodies, "Namespace", "shop")["metadata"]["labels"]
    labels["istio.io/use-waypoint-namespace"] = "evil"
    found = told(verify(manifests(bodies), program, ["mesh"]).diagnostics)
    assert any("a waypoint of another namespace" in each for each in found)


@pytest.mark.parametrize(
    ("labels", "annotations", "admitted"),
    [
        ({}, {"sidecar.istio.io/inject": "false"}, True),
        ({"sidecar.istio.io/inject": "true"}, {"sidecar.istio.io/inject": "false"}, False),
        ({}, {"sidecar.istio.io/inject": "true"}, False),
        ({"sidecar.istio.io/inject": "false"}, {}, True),
    ],
)
@pytest.mark.parametrize("kind", ["Deployment", "ReplicationController"])
def test_pods_without_a_sidecar_are_seen(
    labels: Body, annotations: Body, admitted: bool, kind: str
) -> None:
    bodies, program = build()
    metadata = {"labels": {"app": "api", **labels}, "annotations": annotations}
    template = {"metadata": metadata, "spec": {"containers": []}}
    bodies.append(
        {
            "apiVersion": "apps/v1" if kind == "Deployment" else "v1",
            "kind": kind,
            "metadata": {"name": "api", "namespace": "shop"},
            "spec": {"template": template},
        }
    )
    found = told(verify(manifests(bodies), program, ["mesh"]).diagnostics)
    assert any("its pods are not in the mesh" in each for each in found) == admitted


DIGEST = "5" * 64
BEHIND_ACTIVATOR = f"""
cluster test {{ mesh istio ambient  cni kubernetes }}
namespace red
service fn {{
  select {{ app: "fn" }}
  workload knative
  port http 8080 http
  image "registry.example.com/x/app:1.0@sha256:{DIGEST}"
  allow from any on http because "behind the activator"
}}
service api {{
  select {{ app: "api" }}
  port http 80 -> 8080 http
  allow from fn on http {{ GET "/v1/**" }}
}}
"""


def test_pods_that_ask_for_no_waypoint_are_no_way_around() -> None:
    bodies, program = compiled(BEHIND_ACTIVATOR)
    labels = get(bodies, "Service", "fn", "red")["spec"]["template"]["metadata"]["labels"]
    assert labels["istio.io/use-waypoint"] == "none"
    assert told(verify(manifests(bodies), program, ["bystanders"]).diagnostics) == []
    labels["istio.io/use-waypoint"] = "other"
    found = told(verify(manifests(bodies), program, ["bystanders"]).diagnostics)
    assert any("ask for the waypoint `other`" in each for each in found)
