"""What the mesh layer asks of pods that are known: their labels, and what their ports speak."""

from collections.abc import Mapping
from typing import Protocol

from polc.semantics.sets.intervals import IntSet


class Callee(Protocol):
    """Pods that somebody described, and the Service before them."""

    @property
    def namespace(self) -> str:
        """Their namespace."""

    @property
    def name(self) -> str:
        """The name of their Service."""

    @property
    def object_name(self) -> str:
        """The name of the object that makes them."""

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that select them."""

    @property
    def http(self) -> IntSet:
        """The container ports whose requests a proxy reads."""

    @property
    def opaque(self) -> IntSet:
        """The other container ports."""

    @property
    def service_http(self) -> IntSet:
        """The ports of the Service whose requests a proxy reads."""

    @property
    def service_opaque(self) -> IntSet:
        """The other ports of the Service."""
