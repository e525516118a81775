"""What Pod Security refuses of the pods of a folder, told once for what is alike."""

from polc.diagnostics import Diagnostic, Severity
from polc.semantics.objects.reading import read_files
from polc.survey.survey import survey


def pods(name: str, spec: str = "", container: str = "") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{{spec}"
        f"containers: [{{name: c, image: i{container}}}]}}}}}}\n"
    )


def told(*texts: str) -> list[Diagnostic]:
    manifests, found = read_files({"all.yaml": "---\n".join(texts)})
    assert not found
    return [each for each in survey(manifests) if each.code.id == "POL960"]


def test_a_workload_is_told_once() -> None:
    spec = "hostNetwork: true, hostPID: true, volumes: [{name: a, hostPath: {path: /}}], "
    low, _ = told(pods("api", spec, ", securityContext: {privileged: true}"))
    assert low.severity is Severity.WARNING
    assert low.message.startswith("Deployment `shop/api`: refused by the Pod Security Standard")
    for words in ("`hostNetwork` shares", "volume `a` is a path", "the container is privileged"):
        assert words in low.message
    assert len(low.labels) == 3


def test_one_field_is_named() -> None:
    low, _ = told(pods("api", "hostPID: true, "))
    assert low.message == (
        "Deployment `shop/api`: `spec.template.spec.hostPID`: `hostPID` shares the node's"
    )


def test_workloads_that_lack_the_same_are_told_together() -> None:
    [note] = told(*(pods(name) for name in "abcdef"))
    assert note.severity is Severity.NOTE
    assert note.message.startswith(
        "6 workloads of the namespace `shop` (`a`, `b`, `c`, `d` and 2 more): refused by the Pod"
    )
    assert len(note.labels) == 5
    [note] = told(pods("a"))
    assert note.message.startswith("Deployment `shop/a`: refused by the Pod Security Standard")
