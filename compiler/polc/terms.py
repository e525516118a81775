"""Terms that Kubernetes and Istio fix, shared by what programs declare and what objects permit."""

from enum import Enum

from attrs import frozen

Labels = tuple[tuple[str, str], ...]
"""Label pairs, sorted by key."""

HTTP_PROTOCOLS = frozenset({"http", "http2", "grpc"})
"""Application protocols whose requests a mesh can read (`https` is opaque to it)."""

WAYPOINT = "waypoint"
"""The name of a namespace's waypoint Gateway, and so of its service account."""


class Member(Enum):
    """A member is known by its identity: what enums have instead hashes its name in Python."""

    __hash__ = object.__hash__


@frozen
class Block:
    """An address block without its exceptions; both in canonical form."""

    cidr: str
    excepts: tuple[str, ...] = ()


class Level(Member):
    """Pod Security Standards, from strict to loose."""

    RESTRICTED = "restricted"
    BASELINE = "baseline"
    PRIVILEGED = "privileged"


class Mesh(Member):
    """The service mesh and its data plane."""

    NONE = "none"
    SIDECAR = "istio sidecar"
    AMBIENT = "istio ambient"
