"""Services before no pods, and before ports that their pods do not have."""

from collections.abc import Iterator

from polc.codes.proof import NO_SUCH
from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets.labels import LabelBox, pods_of
from polc.suggest import nearest
from polc.survey.mistakes import mistake
from polc.survey.shown import Shown


def service_mistakes(shown: Shown) -> Iterator[Diagnostic]:
    """Report Services whose selector no pod has, and named ports that no container has."""
    for namespace, services in shown.services.items():
        for service in services:
            selector = mapping(service.spec.get("selector"))
            pairs = [(str(key), str(value)) for key, value in selector.items()]
            box = pods_of(namespace, pairs)
            if shown.lacks(box):
                text = ", ".join(f"`{key}: {value}`" for key, value in pairs)
                message = f"selects pods with {text}, which no pod of the input is"
                advice = _advice(pairs, namespace, shown)
                yield mistake(service, message, advice, "spec", "selector", code=NO_SUCH)
                continue
            yield from _ports(service, shown, box)


def _advice(pairs: list[tuple[str, str]], namespace: str, shown: Shown) -> str:
    pods = shown.pods.get(namespace, ())
    for key, value in pairs:
        known = {str(each.labels[key]) for each in pods if key in each.labels}
        near = nearest(value, known) if value not in known else None
        if near:
            return f"did you mean `{key}: {near}`?"
    return "compare it with the labels of the pods"


def _ports(service: Found, shown: Shown, box: LabelBox) -> Iterator[Diagnostic]:
    pods = [each for each in shown.held(box) if not each.is_knative]
    names = {
        str(port.get("name"))
        for pod in pods
        for _, container in pod.containers()
        for port in map(mapping, items(container.get("ports")))
        if port.get("name")
    }
    for index, port in enumerate(map(mapping, items(service.spec.get("ports")))):
        target = port.get("targetPort")
        if not pods or not isinstance(target, str) or target in names or target.isdigit():
            continue
        message = f"leads to the port `{target}`, which no container of {pods[0].title} has"
        near = nearest(target, names)
        otherwise = "name the port in the container, or write its number"
        advice = f"did you mean `{near}`?" if near else otherwise
        yield mistake(service, message, advice, "spec", "ports", index, code=NO_SUCH)
