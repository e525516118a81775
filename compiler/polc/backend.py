"""What a backend is: it declares what it can enforce, and turns a program into artifacts.

A backend returns data. It neither writes files nor YAML, reads nothing but the IR, and knows no
other backend. Outsiders register one through the entry point group `polc.backends`, whose value
is an object of this protocol.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Protocol

from attrs import field, frozen

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Cluster, Program
from polc.source import Span


class Feature(Enum):
    """A restriction or a routing rule of the IR that some target has to enforce."""

    POD_PEERS = "callers and callees chosen by pod labels"
    ADDRESS_PEERS = "address blocks outside the cluster"
    NODE_PEERS = "pods on the nodes' network"
    HOST_PEERS = "host names outside the cluster"
    PORTS = "ports"
    IDENTITY = "identities"
    HTTP_REQUESTS = "HTTP methods and paths"
    RPC_REQUESTS = "gRPC methods"
    WEIGHTED_ROUTES = "weights of a rollout"
    CONDITIONAL_ROUTES = "conditions of a rollout"
    REVISION_ROUTES = "weights between Knative revisions"
    GRANTS = "privileges on the Kubernetes API"
    POD_SECURITY = "hardening of pods"
    IMAGE_BUILD = "building images"


Item = tuple[tuple[str, ...], int]
"""One item of a list in an object: the keys that lead to the list, and its place there."""


@frozen
class KubernetesObject:
    """One object for the API server, in the file `path` (relative to `out/`, `/` between parts).

    `body` is plain data in the order in which a person expects the keys; it is never changed, for
    objects may have parts in common. `spans` are the lines of the program that it comes from, the
    most important first. `items` says, when somebody asks, which of them single items come from:
    of a list, all of them.
    """

    path: str
    body: Mapping[str, Any]
    spans: tuple[Span, ...] = field(default=(), eq=False, repr=False)
    items: Callable[[], Iterable[tuple[Item, tuple[Span, ...]]]] = field(
        default=tuple, eq=False, repr=False
    )


@frozen
class NamespaceLabels:
    """Labels that a namespace must carry; polc merges those of all backends into one object."""

    namespace: str
    labels: tuple[tuple[str, str], ...]
    spans: tuple[Span, ...] = field(default=(), eq=False, repr=False)


@frozen
class ComponentPart:
    """A file of the namespace's Kustomize component `NAMESPACE/hardening/`.

    `body` is a patch or a resource, written to `name` there; `entry` is what the component's
    `kustomization.yaml` says of it, such as `{"patches": [{"path": name, "target": …}]}`. Lists
    under one key are joined over all parts of a component.
    """

    namespace: str
    name: str
    body: Any
    entry: Mapping[str, Any]
    spans: tuple[Span, ...] = field(default=(), eq=False, repr=False)


@frozen
class TextFile:
    """A file that is no Kubernetes object, such as a Dockerfile."""

    path: str
    text: str
    spans: tuple[Span, ...] = field(default=(), eq=False, repr=False)


Artifact = KubernetesObject | NamespaceLabels | ComponentPart | TextFile


class Backend(Protocol):
    """What `registry` and the entry point group `polc.backends` hold."""

    @property
    def name(self) -> str:
        """The name of the target: what `--target` takes."""

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what its output enforces on a cluster; nothing where it does not apply."""

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Turn the program into artifacts, in a fixed order.

        An error says that something which `features` promised can't be expressed after all, such
        as a route condition that the API has no field for; then nothing is written.
        """
