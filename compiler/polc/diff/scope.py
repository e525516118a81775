"""Two programs to what one leaves unrestricted that the other restricts."""

from collections.abc import Iterator

from polc.diff.changes import Change, Kind
from polc.ir.nodes import Mesh, Program


def scope_changes(program: Program, other: Program, *, is_gain: bool) -> Iterator[Change]:
    """Yield what `other` holds to its declarations and `program` does not.

    A service that leaves its namespace's program stays under the namespace's default deny; a
    namespace without services of the program has none.
    """
    owned = {namespace.name for namespace in program.namespaces}
    for namespace in other.namespaces:
        if namespace.name not in owned:
            yield Change(
                Kind.SCOPE,
                is_gain,
                f"namespace {namespace.name}",
                "is not restricted at all",
                span=namespace.span,
            )
    if program.cluster.mesh is Mesh.NONE and other.cluster.mesh is not Mesh.NONE:
        yield Change(
            Kind.SCOPE,
            is_gain,
            "every caller",
            "is told apart by labels only, not by identity",
            span=program.cluster.span,
        )
