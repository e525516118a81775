"""Waypoints that nothing uses, and labels that name none.

Source: istio.io, "Configure waypoint proxies": traffic goes through a waypoint where the
namespace, the Service or the pods have the label `istio.io/use-waypoint` with its name.
"""

from collections.abc import Iterator

from polc.codes.proof import NO_SUCH
from polc.diagnostics import Diagnostic
from polc.semantics.mesh.model import MeshModel
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import mapping
from polc.semantics.workloads.templates import templates
from polc.suggest import nearest
from polc.survey.mistakes import mistake

_USE, _SPACE = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace"


def waypoint_mistakes(model: MeshModel) -> Iterator[Diagnostic]:
    """Report waypoints that nothing sends through, and labels for waypoints that are not there."""
    waypoints = model.membership.waypoints
    used: set[tuple[str, str]] = set()
    for found, labels, keys in _labelled(model):
        name = str(labels.get(_USE) or "")
        home = found.name if found.kind == "Namespace" else found.namespace
        space = str(labels.get(_SPACE) or home)
        if name in ("", "none"):
            continue
        used.add((space, name))
        beside = {other for where, other in waypoints if where == space}
        if beside and name not in beside:
            message = f"is to be behind the waypoint `{space}/{name}`, which is not in the input"
            near = nearest(name, beside) or min(beside)
            yield mistake(found, message, f"did you mean `{near}`?", *keys, _USE, code=NO_SUCH)
    for (space, name), gateway in waypoints.items():
        if (space, name) not in used and space in model.manifests.namespaces:
            message = (
                "is a waypoint that nothing uses: no traffic goes through it, and the policies"
            )
            message += " for it hold nobody"
            advice = f"label the namespace or its Services with `{_USE}: {name}`"
            yield mistake(gateway, message, advice, "metadata", "name")


def _labelled(model: MeshModel) -> Iterator[tuple[Found, dict[str, object], tuple[Key, ...]]]:
    """Yield what can have the label."""
    place: tuple[Key, ...] = ("metadata", "labels")
    for kind in ("Namespace", "Service", "ServiceEntry", "Pod"):
        for found in model.manifests.of_kind(kind):
            yield found, dict(mapping(found.metadata.get("labels"))), place
    for pod in templates(model.manifests):
        if pod.keys:
            yield pod.found, dict(pod.labels), (*pod.keys, *place)
