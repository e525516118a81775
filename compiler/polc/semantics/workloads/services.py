"""Services: which pods stand behind them, on which ports, and whose address these pods see.

Sources: core/v1 types.go (ServiceSpec); kubernetes.io, "Using Source IP": behind
`externalTrafficPolicy: Cluster` what comes from outside has the address of a node.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.templates import Template


def ports(found: Found) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the ports of a Service that have a number, each with its place in the list."""
    for index, each in enumerate(map(mapping, items(found.spec.get("ports")))):
        if type(each.get("port")) is int:
            yield index, each


def selects(found: Found, template: Template) -> bool:
    """Tell whether a Service has pods of a template behind it."""
    chosen = mapping(found.spec.get("selector"))
    return (
        bool(chosen)
        and found.namespace == template.namespace
        and chosen.items() <= template.labels.items()
    )


def from_outside(found: Found) -> str | None:
    """Return by what others than pods get to a Service, or None if nothing leads there."""
    kind = found.spec.get("type")
    if kind == "LoadBalancer":
        return "a load balancer"
    if kind == "NodePort":
        return "a port of every node"
    return "`externalIPs`" if items(found.spec.get("externalIPs")) else None


def hides_callers(found: Found) -> bool:
    """Tell whether the pods see the address of a node instead of their caller's."""
    return from_outside(found) is not None and found.spec.get("externalTrafficPolicy") != "Local"


@frozen(eq=False, slots=False)
class Services:
    """The Services among some objects."""

    manifests: Manifests

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], Found]:
        """Services by namespace and name."""
        return {(each.namespace, each.name): each for each in self.manifests.of_kind("Service", "")}

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str, str], tuple[Found, ...]]:
        groups: dict[tuple[str, str, str], list[Found]] = {}
        for each in self.by_name.values():
            chosen = sorted(mapping(each.spec.get("selector")).items())
            if chosen:
                key, value = chosen[0]
                groups.setdefault((each.namespace, str(key), str(value)), []).append(each)
        return {key: tuple(group) for key, group in groups.items()}

    def before(self, template: Template) -> tuple[Found, ...]:
        """Return the Services in front of the pods of a template."""
        found: Iterable[Found] = (
            each
            for key, value in template.labels.items()
            for each in self._by_label.get((template.namespace, key, value), ())
        )
        return tuple(each for each in found if selects(each, template))
