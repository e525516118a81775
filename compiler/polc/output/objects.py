"""All that goes to the API server: backends' objects, and one Namespace object per namespace."""

from collections.abc import Iterable

from attrs import frozen

from polc.backend import Artifact, KubernetesObject, NamespaceLabels
from polc.codes.output import CONFLICTING_OBJECTS
from polc.diagnostics import Diagnostic, Label
from polc.source import Span, nowhere

NAMESPACE_FILE = "namespace.yaml"
MANAGED_BY = ("app.kubernetes.io/managed-by", "polc")


def object_id(item: KubernetesObject) -> str:
    """Return what no two objects of a cluster share: `apps/v1/Deployment shop/api`."""
    meta = item.body["metadata"]
    name = meta["name"]
    place = f"{meta['namespace']}/{name}" if meta.get("namespace") else name
    return f"{item.body['apiVersion']}/{item.body['kind']} {place}"


def collect_objects(
    artifacts: Iterable[Artifact],
) -> tuple[tuple[KubernetesObject, ...], tuple[Diagnostic, ...]]:
    """Return every object, namespaces first, and report those that have one name."""
    artifacts = tuple(artifacts)
    namespaces, found = _merge_namespaces(artifacts)
    objects = (*namespaces, *(item for item in artifacts if isinstance(item, KubernetesObject)))
    return objects, (*found, *_duplicates(objects))


@frozen
class _Said:
    """The value of a namespace's label and who said it."""

    value: str
    spans: tuple[Span, ...]


def _merge_namespaces(
    artifacts: tuple[Artifact, ...],
) -> tuple[tuple[KubernetesObject, ...], tuple[Diagnostic, ...]]:
    """Merge what the backends want of each namespace."""
    wanted: dict[str, dict[str, _Said]] = {}
    spans: dict[str, dict[Span, None]] = {}
    found: list[Diagnostic] = []
    for item in artifacts:
        if not isinstance(item, NamespaceLabels):
            continue
        labels = wanted.setdefault(item.namespace, {MANAGED_BY[0]: _Said(MANAGED_BY[1], ())})
        spans.setdefault(item.namespace, {}).update(dict.fromkeys(item.spans))
        for key, value in item.labels:
            before = labels.setdefault(key, _Said(value, item.spans))
            if before.value != value:
                found.append(_label_conflict(item, key, value, before))
    objects = tuple(
        _namespace_object(name, wanted[name], tuple(spans[name])) for name in sorted(wanted)
    )
    return objects, tuple(found)


def _namespace_object(
    name: str, labels: dict[str, _Said], spans: tuple[Span, ...]
) -> KubernetesObject:
    body = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {key: labels[key].value for key in sorted(labels)}},
    }
    return KubernetesObject(f"{name}/{NAMESPACE_FILE}", body, spans)


def _label_conflict(item: NamespaceLabels, key: str, value: str, before: _Said) -> Diagnostic:
    labels = (Label(before.spans[0], f"asks for `{before.value}`"),) if before.spans else ()
    return Diagnostic(
        CONFLICTING_OBJECTS,
        f"two targets want the label `{key}` of namespace `{item.namespace}` to be"
        f" `{before.value}` and `{value}`",
        _first(item.spans),
        labels=labels,
        help="build the two targets into separate folders, or leave one of them out",
    )


def _duplicates(objects: Iterable[KubernetesObject]) -> Iterable[Diagnostic]:
    """Report objects that would overwrite each other in the cluster."""
    seen: dict[str, KubernetesObject] = {}
    for item in objects:
        name = object_id(item)
        before = seen.setdefault(name, item)
        if before is not item:
            yield Diagnostic(
                CONFLICTING_OBJECTS,
                f"two objects are named `{name}`",
                _first(item.spans),
                labels=tuple(
                    Label(span, "the other one comes from here") for span in before.spans[:1]
                ),
                help="give one of the two declarations another name",
            )


def _first(spans: tuple[Span, ...]) -> Span:
    return spans[0] if spans else nowhere("<output>")
