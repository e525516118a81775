"""The productions that make declarations and what stands in them."""

from collections.abc import Callable
from typing import Any, cast

from polc import syntax as s
from polc.parse.builder import ACTIONS, Builder, action, listed, plain

plain("import_module", s.Import)
plain("import_file", s.Import)


def _declaration(name: str, make: Callable[..., s.Node]) -> None:
    """Register a declaration: its parts, and a list that becomes the last field."""

    def reduce(b: Builder, first: int, *parts: Any) -> s.Node:
        *head, items = parts
        return make(b.span(first), *head, tuple(items or ()), b.doc, b.broken)

    ACTIONS[name] = reduce


for _name, _make in {
    "namespace": s.Namespace,
    "cluster": s.Cluster,
    "service": s.Service,
    "extern_service": s.ExternService,
    "gateway": s.Gateway,
    "endpoint": s.Endpoint,
    "group": s.Group,
    "role": s.Role,
    "profile": s.Profile,
    "environment": s.Environment,
}.items():
    _declaration(_name, _make)


@action
def cluster_as_it_is(b: Builder, first: int, name: s.Name, extends: s.Ref) -> s.Cluster:
    """Make a cluster that takes all from another."""
    return s.Cluster(b.span(first), name, extends, (), b.doc, b.broken)


@action
def profile_as_it_is(b: Builder, first: int, name: s.Name, extends: s.Ref) -> s.Profile:
    """Make a profile that takes all from another."""
    return s.Profile(b.span(first), name, extends, (), b.doc, b.broken)


plain("owner", s.Owner)
plain("consent", s.Consent)
plain("label", s.Label)
plain("cni", s.Cni)
plain("trust_domain", s.TrustDomain)
listed("nodes", s.Nodes)
listed("internal", s.Internal)
plain("host_network", s.HostNetwork)
plain("uses", s.Uses)
listed("hosts", s.Hosts)
listed("blocks", s.Blocks)
plain("environment_cluster", s.EnvironmentCluster)


@action
def mesh(b: Builder, first: int, name: s.Name, mode: s.Name | None) -> s.Mesh:
    """Make the mesh of a cluster."""
    return s.Mesh(b.span(first), (name,) if mode is None else (name, mode))


@action
def api_server(b: Builder, first: int, cidrs: list[s.Cidr], port: s.Number) -> s.ApiServer:
    """Make the address of the API server."""
    return s.ApiServer(b.span(first), tuple(cidrs), port)


@action
def platform(b: Builder, first: int, service: s.Ref) -> s.Platform:
    """Make a fact that names an extern service."""
    return s.Platform(b.span(first), cast(Any, b.text(first)), service)


@action
def environment_service(
    b: Builder, first: int, service: s.Ref, statements: list[s.Statement]
) -> s.EnvironmentService:
    """Make what an environment sets for a service."""
    return s.EnvironmentService(b.span(first), service, tuple(statements))
