"""Where a common tutorial's network policies go wrong, ours differ.

Its routes, Knative Service and Dockerfile are looked at beside the backends that write them.
"""

from pathlib import Path

import pytest

from support import documents, polc

PROGRAM = """
namespace frontend
service frontend { select { app: "frontend" }  allow to backend/api }
namespace backend
service api {
  select { app: "api" }
  port web 80 -> 8080 http
  allow from frontend/frontend on web
  allow to database/postgres
}
namespace database
service postgres {
  select { app: "postgres" }
  port sql 5432 postgres
  allow from backend/api on sql
}
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The spec of the network policy of `backend/api`."""
    program = Path(tmp_path_factory.mktemp("tutorial")) / "policy.svc"
    program.write_text(PROGRAM, encoding="utf-8")
    objects = documents(polc("build", program, "-o", "-").out)
    (found,) = [
        each
        for each in objects
        if each["kind"] == "NetworkPolicy" and each["metadata"]["name"] == "api"  # type: ignore[index]
    ]
    return found["spec"]  # type: ignore[return-value]


def test_namespace_and_labels_are_one_peer_not_two(policy: dict[str, object]) -> None:
    assert policy["ingress"] == [
        {
            "from": [
                {
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "frontend"}
                    },
                    "podSelector": {"matchLabels": {"app": "frontend"}},
                }
            ],
            "ports": [{"protocol": "TCP", "port": 8080}],
        }
    ]


def test_egress_names_pods_and_their_port_and_dns(policy: dict[str, object]) -> None:
    database, dns = policy["egress"]  # type: ignore[misc]
    assert database["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "database"}},
            "podSelector": {"matchLabels": {"app": "postgres"}},
        }
    ]
    assert dns["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]
    assert {(port["protocol"], port["port"]) for port in dns["ports"]} == {("TCP", 53), ("UDP", 53)}
