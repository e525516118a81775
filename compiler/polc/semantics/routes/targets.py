"""Where routes lead: destinations and backends to the versions of a program's workloads.

A destination is written `namespace/service`, and `namespace/service@version` where its subset or
its own Service selects the pods of exactly one version. A subset narrows the selection of its
Service, and has to exist in a DestinationRule for the host (istio/api,
networking/v1/destination_rule.proto). Short host names are of the namespace of the route.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.sets.products import Region
from polc.terms import Labels

NETWORKING = "networking.istio.io"
DOMAIN = ".svc.cluster.local"
Shares = tuple[tuple[str, Fraction], ...]
"""Parts of the requests by destination, sorted; they add up to one."""


@frozen
class Versioned:
    """Pods that are known, by the name of their Service, as `namespace/service`.

    `ports` are (name, port of the Service, port of the pods), `versions` names with the labels
    that a version's pods have beyond the `labels` that all have.
    """

    service: str
    key: str
    labels: Labels
    ports: tuple[tuple[str, int, int], ...]
    versions: tuple[tuple[str, Labels], ...] = ()


class Astray(ValueError):
    """A destination that leads to no pods of the program; the message completes "it"."""


@frozen(eq=False)
class Cell:
    """Requests that go to the same destinations, by a rule of an object (or of the program).

    With `copy` they go there as well, and nobody waits for the answer.
    """

    region: Region
    goes: Shares
    found: Found | None = None
    keys: tuple[str | int, ...] = ()
    copy: bool = False


def shares(parts: Iterable[tuple[str, int]]) -> Shares:
    """Return parts of a whole; weights are relative."""
    joined: dict[str, int] = {}
    for name, weight in parts:
        joined[name] = joined.get(name, 0) + weight
    total = sum(joined.values())
    return tuple(
        sorted((name, Fraction(weight, total)) for name, weight in joined.items() if weight)
    )


def host_name(host: str, namespace: str) -> str:
    """Return `namespace/service` for the host name of a Service, else the host itself."""
    if host.endswith(DOMAIN):
        host = host.removesuffix(DOMAIN)
    elif host.endswith(".svc"):
        host = host.removesuffix(".svc")
    elif "." not in host:
        return f"{namespace}/{host}"
    elif host.count(".") > 1:
        return host
    name, dot, where = host.partition(".")
    return f"{where}/{name}" if dot else host


def gateway_name(name: str, namespace: str) -> str:
    """Return `namespace/name` of a gateway as a route in a namespace names it.

    Also in the old ways: `./name`, `name.namespace` and what follows (istio/istio,
    pilot/pkg/model/config.go, resolveGatewayName).
    """
    where, slash, bare = name.partition("/")
    if slash:
        return f"{namespace if where == '.' else where}/{bare}"
    bare, dot, rest = name.partition(".")
    return f"{rest.partition('.')[0] if dot else namespace}/{bare}"


@frozen(eq=False, slots=False)
class Targets:
    """The workloads and Services that a destination can mean."""

    manifests: Manifests
    workloads: Mapping[str, Versioned]
    """By the name of their Service."""

    @cached_property
    def services(self) -> Mapping[str, Found]:
        """The Services among the objects."""
        found = self.manifests.of_kind("Service", "")
        return {f"{each.namespace}/{each.name}": each for each in found}

    @cached_property
    def subsets(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """Labels of subsets by host and name."""
        found: dict[tuple[str, str], Mapping[str, str]] = {}
        for rule in self.manifests.of_kind("DestinationRule", NETWORKING):
            host = host_name(str(rule.spec.get("host", "")), rule.namespace)
            for each in rule.spec.get("subsets") or ():
                found.setdefault((host, each.get("name", "")), each.get("labels") or {})
        return found

    def destination(self, body: Mapping[str, Any], namespace: str, port: int | None) -> str:
        """Return what a destination of a VirtualService leads to.

        Istio completes a name without dots only, and takes any other to be whole (istio/istio,
        pilot/pkg/model/config.go, ResolveShortnameToFQDN).
        """
        said = str(body.get("host", ""))
        host = host_name(said, namespace)
        if "/" in host and "." in said and not said.endswith(DOMAIN):
            raise Astray(f"goes to `{said}`, which is not the whole name of a Service")
        number = (body.get("port") or {}).get("number")
        if port is not None and number not in (None, port):
            raise Astray(f"goes to port {number}")
        subset = body.get("subset")
        if not subset:
            return host
        labels = self.subsets.get((host, subset))
        if labels is None:
            raise Astray(f"names the subset `{subset}`, which no DestinationRule for it has")
        workload = self.workloads.get(host)
        if workload is None:
            return f"{host}@{subset}"
        return f"{host}@{_version(workload, {**dict(workload.labels), **labels}, labels)}"

    def backend(self, body: Mapping[str, Any], namespace: str, workload: Versioned | None) -> str:
        """Return what a backend of an HTTPRoute leads to; it may be a version of a workload."""
        if body.get("kind", "Service") != "Service" or body.get("group"):
            raise Astray(f"goes to a {body.get('kind')}")
        key = f"{body.get('namespace', namespace)}/{body.get('name', '')}"
        if key in self.workloads:
            return key
        found = self.services.get(key)
        if found is None:
            raise Astray(f"goes to the Service `{key}`, which is not among the objects")
        if workload is None:
            return key
        chosen = found.spec.get("selector") or {}
        _port_behind(found, body.get("port"), workload)
        return f"{workload.service}@{_version(workload, chosen, chosen)}"


def _version(workload: Versioned, chosen: Mapping[str, str], said: Mapping[str, str]) -> str:
    """Return the one version whose pods some labels select."""
    own = dict(workload.labels)
    if any(own.get(key, value) != value for key, value in chosen.items()):
        raise Astray(f"selects no pods of `{workload.key}`")
    if not own.items() <= chosen.items():
        raise Astray(f"selects other pods than those of `{workload.key}` as well")
    found = [
        name
        for name, labels in workload.versions
        if chosen.items() <= {**own, **dict(labels)}.items()
    ]
    if len(found) == 1:
        return found[0]
    text = ", ".join(f"{key}: {value}" for key, value in said.items()) or "no labels"
    if not found:
        raise Astray(f"selects no version of `{workload.key}` with {text}")
    raise Astray(f"selects several versions of `{workload.key}` with {text}")


def _port_behind(found: Found, port: object, workload: Versioned) -> None:
    """Hold the port of a Service in front of a version against the workload's own."""
    wanted = next((pod for _, service, pod in workload.ports if service == port), None)
    for each in found.spec.get("ports") or ():
        if each.get("port") == port:
            behind = each.get("targetPort", port)
            if isinstance(behind, int) and behind != wanted:
                raise Astray(f"goes to port {behind} of the pods")
            return
    raise Astray(f"goes to port {port}, which the Service `{found.name}` does not have")
