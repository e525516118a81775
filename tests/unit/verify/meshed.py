"""Programs in a mesh and their objects, to be read and broken."""

import copy
from typing import Any

from compiling import compile_text
from polc.backend import KubernetesObject, NamespaceLabels
from polc.diagnostics import Diagnostic, Severity
from polc.ir.nodes import Program
from polc.semantics.objects.model import Found, Manifests

Body = dict[str, Any]

TEXT = """
cluster test {{ mesh istio {mesh}  cni kubernetes }}
namespace shop
service api {{
  select {{ app: "api" }}
  port web 80 -> 8080 http
  port sql 5432 postgres
  allow from site on web {{ GET, HEAD "/v1/**"  POST "/v1/orders"  PUT "/v1/*/note" }}
  allow from worker on web, sql
  allow from monitoring/prometheus on web {{ GET "/metrics" }}
  {more}
}}
service site   {{ select {{ app: "site" }}  port web 80 -> 8080 http
                 allow from namespace partners on web because "a test" }}
service worker {{ select {{ app: "worker" }}  port web 80 -> 8080 http }}
namespace monitoring
extern service prometheus {{
  select {{ app: "prometheus" }}
  account "prometheus"
  port web 9090 http
}}
"""
ROLLOUT = """rollout {
    when header "x-canary" = "always" -> v2
    when path "/v1/beta/**" and method POST -> v2
    v1 90%
    v2 10%
  }"""


def build(mesh: str = "sidecar", more: str = "") -> tuple[list[Body], Program]:
    """Return the objects and the program of `TEXT`."""
    return compiled(TEXT.format(mesh=mesh, more=more))


def routed(mesh: str, rollout: str) -> tuple[list[Body], Program]:
    """Return the same with a rollout; in ambient mode only requests can be split."""
    text = TEXT.replace("  port sql 5432 postgres\n", "").replace("web, sql", "web")
    return compiled(text.format(mesh=mesh, more=rollout))


def compiled(text: str) -> tuple[list[Body], Program]:
    """Return the objects and the IR of a program, free to be changed."""
    done = compile_text(text)
    assert [d.message for d in done.diagnostics if d.severity is Severity.ERROR] == []
    assert done.program is not None
    labels: dict[str, dict[str, str]] = {}
    bodies: list[Body] = []
    for each in done.artifacts:
        if isinstance(each, NamespaceLabels):
            labels.setdefault(each.namespace, {}).update(dict(each.labels))
        elif isinstance(each, KubernetesObject):
            bodies.append(copy.deepcopy(dict(each.body)))
    for name, found in sorted(labels.items()):
        bodies.append(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": dict(found)},
            }
        )
    return bodies, done.program


def manifests(bodies: list[Body]) -> Manifests:
    """Return objects as if they had been read."""
    return Manifests(tuple(Found(each, f"{each['kind'].lower()}.yaml") for each in bodies))


def get(bodies: list[Body], kind: str, name: str, namespace: str = "shop") -> Body:
    """Return one object."""
    for each in bodies:
        meta = each["metadata"]
        here = meta.get("namespace", namespace) == namespace
        if here and each["kind"] == kind and meta["name"] == name:
            return each
    raise AssertionError(f"no {kind} {name}")


def policy(name: str, spec: Body | None, namespace: str = "shop", **metadata: Any) -> Body:
    """Return an AuthorizationPolicy."""
    meta = {"name": name, "namespace": namespace, **metadata}
    body = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": meta}
    return body if spec is None else {**body, "spec": spec}


def told(found: tuple[Diagnostic, ...]) -> list[str]:
    """Return code and message of each finding."""
    return [f"{each.code.id} {each.message}" for each in found]
