"""A program, what polc makes of it, and workloads beside it: what does the proof say?"""

from functools import cache
from typing import Any

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.reading import read_files
from polc.verify.decide import verify
from unit.verify.meshed import compiled
from unit.verify.meshed import manifests as objects_of

ALL = ("network", "mesh", "routes", "needs", "pods", "bystanders")


@cache
def _built(text: str) -> tuple[Manifests, Program]:
    bodies, program = compiled(text)
    return objects_of(bodies), program


def findings(
    policy: str, workloads: str, layers: tuple[str, ...] = ALL, without: tuple[str, ...] = ()
) -> list[Diagnostic]:
    """Return what is said of a program's output with workloads; some kinds may be taken out."""
    built, program = _built(policy)
    kept = Manifests(tuple(each for each in built.objects if each.kind not in without))
    read, gaps = read_files({"app.yaml": workloads})
    assert gaps == (), gaps
    return list(verify(kept + read, program, layers).diagnostics)


def messages(found: list[Diagnostic], *codes: str) -> list[str]:
    """Return the messages with some codes."""
    return [each.message for each in found if each.code.id in codes]


def deployment(name: str = "api", pod: str = "", **more: Any) -> str:
    """Return a Deployment whose pods wear `app: NAME`; `pod` is put into their specification."""
    labels = more.get("labels", f"app: {name}")
    return (
        f"apiVersion: {more.get('version', 'apps/v1')}\nkind: {more.get('kind', 'Deployment')}\n"
        f"metadata: {{name: {more.get('called', name)}, namespace: {more.get('space', 'shop')}}}\n"
        f"spec:\n  selector: {{matchLabels: {{{labels}}}}}\n  template:\n"
        f"    metadata: {{labels: {{{labels}}}, annotations: {{{more.get('annotations', '')}}}}}\n"
        f"    spec: {{{pod or 'containers: [{name: c, image: i}]'}}}\n---\n"
    )


def service(name: str, spec: str, space: str = "shop") -> str:
    """Return a Service."""
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {space}}}\n"
        f"spec: {{{spec}}}\n---\n"
    )
