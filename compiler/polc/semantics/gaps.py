"""What was not read or not understood, by name: no answer that depends on it is said as a fact."""

from typing import Literal

from attrs import field, frozen

from polc.semantics.objects.model import Found, Key
from polc.source import Span

Layer = Literal["network", "mesh", "routes", "rbac", "pods"]
"""The parts of the model; a gap that belongs to none concerns all of them."""


@frozen
class Gap:
    """One thing that the model does not hold, and what depends on it.

    `name` is one of a few, for machines; `message` says it to people, without a full stop. Without
    a `layer` it concerns every layer, without a `namespace` every namespace.
    """

    name: str
    message: str
    found: Found = field(repr=False)
    keys: tuple[Key, ...] = ()
    help: str = ""
    layer: Layer | None = None
    namespace: str | None = None

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.found.span(*self.keys)

    def concerns(self, layer: Layer, *namespaces: str) -> bool:
        """Tell whether an answer about some namespaces depends on it."""
        return self.layer in (None, layer) and (
            self.namespace is None or not namespaces or self.namespace in namespaces
        )
