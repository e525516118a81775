"""Who may reach whom in whole clusters: how much is asked, and what gaps the answers depend on."""

from unittest.mock import patch

import pytest

from polc.semantics.cluster import Cluster
from polc.semantics.mesh.reachability import Inbound
from polc.semantics.network.reachability import Reachability
from polc.semantics.objects.reading import read_files

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: s{0}, namespace: {space}, labels: {{app: s{0}}}}}
spec: {{serviceAccountName: s{0}, containers: [{{name: c}}]}}
---
"""
OWN = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: s{0}, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: s{0}}}}}
  ingress: [{{from: [{{podSelector: {{matchLabels: {{app: s{1}}}}}}}]}}]
---
"""
NO_EGRESS = OWN.replace("ingress", "policyTypes: [Egress]\n  egress").replace("from", "to")
MESH = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: s{0}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: s{0}}}}}
  rules: [{{from: [{{source: {{principals: [cluster.local/ns/shop/sa/s{1}]}}}}]}}]
---
"""
UNREAD = """
apiVersion: projectcalico.org/v3
kind: {kind}
metadata: {{name: p, namespace: shop}}
spec: {{selector: all()}}
"""


def cluster(text: str) -> Cluster:
    manifests, found = read_files({"x.yaml": text})
    assert not found, [each.message for each in found]
    return Cluster(manifests)


def shop(count: int, policy: str) -> Cluster:
    """Return pods each of which only the next one may reach."""
    parts = (POD + policy).format
    return cluster("".join(parts(at, (at + 1) % count, space="shop") for at in range(count)))


def pairs(found: Cluster) -> set[tuple[str, str]]:
    return {
        (source.id, target.id)
        for each in found.connections
        if "TCP" in dict(each.ports)
        for source in each.sources
        for target in each.targets
        if source is not target and source.kind == target.kind == "pods"
    }


@pytest.mark.parametrize(
    ("policy", "method", "of"),
    [
        (OWN, "between", Reachability),
        (NO_EGRESS, "between", Reachability),
        (MESH, "_lets_in", Inbound),
    ],
    ids=["ingress", "egress", "mesh"],
)
def test_what_is_asked_grows_with_the_pods_and_not_with_their_pairs(
    policy: str, method: str, of: type
) -> None:
    counts = []
    for count in (10, 40):
        found = shop(count, policy)
        with patch.object(of, method, autospec=True, side_effect=getattr(of, method)) as calls:
            wanted = {(f"shop/s{(at + 1) % count}", f"shop/s{at}") for at in range(count)}
            assert {each[::-1] if policy is NO_EGRESS else each for each in pairs(found)} == wanted
        counts.append(calls.call_count)
        assert len(found.connections) < 8 * count
    assert counts[1] < 5 * counts[0]


@pytest.mark.parametrize(
    ("kind", "everywhere"), [("NetworkPolicy", False), ("GlobalNetworkPolicy", True)]
)
def test_a_gap_of_a_namespace_is_one_of_its_pods_only(kind: str, everywhere: bool) -> None:
    text = "".join(POD.format(at, space=space) for at, space in enumerate(("shop", "jobs", "ops")))
    found = cluster(text + UNREAD.format(kind=kind))
    unsure = {
        (source.id, target.id): bool(each.gaps)
        for each in found.connections
        for source in each.sources
        for target in each.targets
        if source.kind == target.kind == "pods"
    }
    assert unsure["jobs/s1", "ops/s2"] is everywhere
    assert unsure["jobs/s1", "shop/s0"] is unsure["shop/s0", "ops/s2"] is True
