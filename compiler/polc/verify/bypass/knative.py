"""Knative's ways to a service, beside the one that is private.

Source: knative.dev, "Configuring private Services" (`networking.knative.dev/visibility`).
"""

from __future__ import annotations

from collections.abc import Iterator

from polc.codes.proof import PERMITS_UNDECLARED
from polc.diagnostics import Diagnostic
from polc.semantics.objects.values import items, mapping
from polc.verify.bypass.around import Around

_KNATIVE = "serving.knative.dev"
_VISIBILITY = "networking.knative.dev/visibility"


def public(around: Around) -> Iterator[Diagnostic]:
    """Yield Knative Services that have a route for the outside world."""
    declared = {(each.namespace, each.object_name): each for each in around.known.values()}
    for found in around.manifests.of_kind("Service", _KNATIVE):
        workload = declared.get((found.namespace, found.name))
        labels = mapping(found.metadata.get("labels"))
        if workload is not None and labels.get(_VISIBILITY) != "cluster-local":
            yield Diagnostic(
                PERMITS_UNDECLARED,
                f"anybody outside of the cluster can reach `{workload.key}` by Knative's public"
                f" gateway: the Service in `{found.where('metadata')}` is not labelled"
                f" `{_VISIBILITY}: cluster-local`; nothing in the program declares it",
                found.span("metadata", "labels"),
                help="put the label back",
            )


def ways_of_knative(around: Around) -> Iterator[Diagnostic]:
    """Yield Knative's other ways to the pods of a service, which have names of their own."""
    declared = {(each.namespace, each.object_name): each for each in around.known.values()}
    for kind in ("Route", "DomainMapping"):
        for found in around.manifests.of_kind(kind, _KNATIVE):
            if mapping(found.metadata.get("labels")).get(_VISIBILITY) == "cluster-local":
                continue
            ref = mapping(found.spec.get("ref")).get("name")
            shares = map(mapping, items(found.spec.get("traffic")))
            names = {str(ref), *(str(each.get("configurationName")) for each in shares)}
            for name in sorted(names):
                workload = declared.get((found.namespace, name))
                if workload is not None:
                    yield Diagnostic(
                        PERMITS_UNDECLARED,
                        f"anybody outside of the cluster can reach `{workload.key}` by the"
                        f" {kind} `{found.name}` in `{found.where('spec')}`; nothing in the"
                        " program declares it",
                        found.span("spec"),
                        help=f"take the {kind} away",
                    )
