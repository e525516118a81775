"""What a graph shows: nodes, the edges between them, and what each edge admits."""

from enum import Enum

from attrs import field, frozen


class Kind(Enum):
    """What stands behind a node."""

    SERVICE = "service"
    EXTERN = "extern service"
    GATEWAY = "gateway"
    NAMESPACE = "every pod of a namespace"
    ANY = "every pod of the cluster"
    INTERNET = "internet"
    ENDPOINT = "endpoint"


class Mark(Enum):
    """How something compares with the old program; `SAME` where there is none."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@frozen
class Node:
    """One end of flows. `id` is unique and what a program calls it; `ports` are for people."""

    id: str
    kind: Kind
    label: str
    namespace: str = ""
    ports: tuple[str, ...] = ()
    identity: str | None = None
    doc: str = ""
    place: str | None = None
    mark: Mark = Mark.SAME


@frozen
class Link:
    """What an edge admits on one port. No `requests` means everything.

    `gained` and `lost` are the requests in which it differs from the old program; `place` is the
    line of the program that says it.
    """

    port: str
    protocol: str
    requests: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    until: str | None = None
    places: tuple[str, ...] = ()
    mark: Mark = Mark.SAME
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@frozen
class Edge:
    """All that `source` may do with `target`, a link a port."""

    source: str
    target: str
    links: tuple[Link, ...]

    @property
    def mark(self) -> Mark:
        """Say what the links have in common, `CHANGED` where they differ."""
        marks = {link.mark for link in self.links}
        return marks.pop() if len(marks) == 1 else Mark.CHANGED

    @property
    def expires(self) -> bool:
        """Tell whether all of it ends on some day."""
        return all(link.until for link in self.links)


@frozen
class Graph:
    """Nodes by id and edges by their ends, both sorted."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    compares: bool = field(default=False)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of the nodes, sorted."""
        return tuple(sorted({node.namespace for node in self.nodes if node.namespace}))
