"""Small programs for the tests of this folder."""

from datetime import date
from typing import Any

from attrs import evolve

from polc.ir.nodes import (
    AllPods,
    Cluster,
    Extern,
    Flow,
    Level,
    Mesh,
    Namespace,
    Pods,
    Port,
    Program,
    Relaxation,
    Security,
    Transport,
    Workload,
)
from polc.source import Anchor, Source, Span

TEXT = "thumbnails port web fs-group capability relax probe stop rollout"
SOURCE = Anchor(Source("policy.svc", TEXT))
DIGEST = "sha256:" + "4" * 64
IMAGE = f"thumbnails:v3@{DIGEST}"


def span(word: str) -> Span:
    start = TEXT.index(word)
    return Span(SOURCE, start, start + len(word))


def port(protocol: str = "http", container: int = 8080, name: str = "web") -> Port:
    return Port(name, 80, container, container, protocol, Transport.TCP, span("port"))


def relaxation(name: str, word: str) -> Relaxation:
    return Relaxation(name, "it has to", None, span(word))


def security(**changes: Any) -> Security:
    base = Security("restricted", Level.RESTRICTED, 10001, 10001, span=span("fs-group"))
    return evolve(base, **changes)


def workload(**changes: Any) -> Workload:
    labels = (("serving.knative.dev/service", "thumbnails"),)
    pods = Pods("backend/thumbnails", "backend", labels, "thumbnails", "workload", knative=True)
    base = Workload(
        key="backend/thumbnails",
        name="thumbnails",
        namespace="backend",
        kind="knative",
        object_name="thumbnails",
        pods=pods,
        account="thumbnails",
        security=security(),
        ports=(port(),),
        image=IMAGE,
        span=span("thumbnails"),
    )
    return evolve(base, **changes)


def extern(name: str) -> Extern:
    return Extern(Pods(f"system/{name}", "system", (("app", name),), name, "extern"), ())


def program(*workloads: Workload, flows: tuple[Flow, ...] = ()) -> Program:
    cluster = Cluster(
        name="test",
        mesh=Mesh.NONE,
        cni="kubernetes",
        trust_domain="cluster.local",
        dns=extern("dns"),
        istiod=extern("istiod"),
        knative_activator=extern("activator"),
        knative_autoscaler=extern("autoscaler"),
        knative_gateway=extern("gateway"),
        api_server=None,
        internal=(),
    )
    namespaces = (Namespace("backend", None, Level.RESTRICTED),)
    return Program(None, date(2026, 12, 1), cluster, namespaces, workloads, flows)


def from_anyone(target: Workload) -> Flow:
    return Flow(AllPods(), target.pods, target.ports[0])


def from_gateway(target: Workload, *hosts: str) -> Flow:
    pods = Pods("ingress/public", "ingress", (("istio", "gw"),), "gw", "gateway")
    return Flow(pods, target.pods, target.ports[0], hosts=hosts, spans=(span("web"),))
