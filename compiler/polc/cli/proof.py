"""What `build` and `verify` share: from artifacts or folders to objects, and to a verdict."""

import os
from collections.abc import Collection, Iterable

from attrs import evolve

from polc.backend import Artifact, ComponentPart
from polc.cli.console import Files, read_text
from polc.cli.usage import UsageError
from polc.diagnostics import Severity
from polc.ir.nodes import Program
from polc.output import kustomize
from polc.output.layout import Layout
from polc.report.summary import Proof, counts_text
from polc.semantics.gaps import Gap
from polc.semantics.objects.model import Found, Manifests, from_artifacts
from polc.semantics.objects.reading import read_files
from polc.verify.decide import LAYERS, verify
from polc.verify.verdict import Verdict

TARGETS = {
    "network": ("networkpolicy",),
    "mesh": ("istio",),
    "routes": ("istio", "knative"),
    "gateways": ("istio",),
    "rbac": ("rbac",),
    "pods": ("securitycontext",),
    "needs": ("networkpolicy", "istio"),
    "bystanders": ("istio", "knative"),
}
"""Which targets a layer of the proof speaks of: without them it has nothing to judge."""

_EVEN_NONE = ("flows", "grants")
"""What can be proved though there is none of it: that nothing is open, nobody may do anything."""
_SUFFIXES = (".yaml", ".yml", ".json")


def prove(
    program: Program,
    artifacts: Iterable[Artifact],
    layout: Layout,
    targets: tuple[str, ...] | None,
) -> Verdict:
    """Decide on a build before it is written. Components are judged along with the objects."""
    layers = layers_of(program, targets)
    return verify(built(artifacts, layout), program, layers, parts_of(program, targets))


def built(artifacts: Iterable[Artifact], layout: Layout) -> Manifests:
    """Return the objects and components of a build, as they would be read from its folder."""
    groups: dict[str, list[ComponentPart]] = {}
    for item in artifacts:
        if isinstance(item, ComponentPart):
            groups.setdefault(item.namespace, []).append(item)
    parts = [part for group in groups.values() for part in group]
    manifests = from_artifacts(layout.objects, layout.files, parts, kustomize.COMPONENT_FOLDER)
    joined = []
    for namespace, group in groups.items():
        body, _ = kustomize.component(namespace, group)
        path = f"{kustomize.component_folder(namespace)}/{kustomize.FILE}"
        joined.append(Found(body, path, None, layout.files.get(path)))
    return manifests + Manifests((), tuple(joined))


def proved(verdict: Verdict) -> str:
    """Return one line that says what was proved."""
    if not looked_at(verdict):
        return "nothing was proved: the targets emit nothing that the proof looks at"
    looked = counts_text(verdict.counts)
    return f"proved: nothing more and nothing less than declared ({looked})"


def looked_at(verdict: Verdict) -> bool:
    """Tell whether there was anything to look at: that nobody has a grant is something, too."""
    return any(number or name in _EVEN_NONE for name, number in verdict.counts)


def as_report(verdict: Verdict, layers: Collection[str] | None) -> Proof:
    """Return what a report says of a verdict on some layers (None: all)."""
    undecided = tuple(each.message for each in verdict.undecided)
    errors = [each for each in verdict.violations if each.severity is Severity.ERROR]
    # A build holds no workloads, so it claims nothing of their needs.
    known = [each for each in LAYERS if each != "needs" or "needs" in dict(verdict.counts)]
    wrong = bool(errors or undecided)
    return Proof(
        "not proved" if wrong else "proved" if looked_at(verdict) else "nothing proved",
        verdict.counts,
        tuple(each for each in known if layers is None or each in layers),
        tuple(each for each in known if layers is not None and each not in layers),
        undecided,
        tuple(each.message for each in errors),
    )


def layers_of(program: Program, targets: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the layers that the chosen targets emit; None is all of them."""
    if targets is None:
        return None
    layers = [layer for layer, names in TARGETS.items() if set(names) & set(targets)]
    knative = {workload.kind == "knative" for workload in program.workloads}
    if True in knative and "knative" not in targets:
        layers = [layer for layer in layers if layer != "pods"]  # They are another target's.
    if knative == {True} and "knative" in targets:
        layers.append("pods")
    return tuple(dict.fromkeys(layers))


def parts_of(program: Program, targets: tuple[str, ...] | None) -> dict[str, Program]:
    """Return what is judged of a program by layer: traffic by the targets that emit it."""
    if targets is None or {"istio", "knative"} <= set(targets):
        return {}
    routed = tuple(
        workload
        for workload in program.workloads
        if ("knative" if workload.kind == "knative" else "istio") in targets
    )
    return {"routes": evolve(program, workloads=routed)}


def read_manifests(
    paths: Iterable[str], files: Files, namespace: str = "default"
) -> tuple[Manifests, tuple[Gap, ...]]:
    """Read files, folders with all that lies below them, and standard input.

    Objects that name no namespace are taken to be of `namespace`.

    Raises:
        UsageError: one of them can't be read, or holds no manifests.

    """
    texts: dict[str, str] = {}
    for path in paths:
        if path != "-" and os.path.isdir(path):
            found = list(_below(path))
            if not found:
                raise UsageError(f"there are no YAML or JSON files in `{path}`")
            texts.update((name, read_text(files, name)) for name in found)
        else:
            texts["<stdin>" if path == "-" else path] = read_text(files, path)
    return read_files(texts, namespace)


def _refuse(error: OSError) -> None:
    """Don't leave out what can't be read: it may permit anything."""
    reason = (error.strerror or str(error)).lower()
    raise UsageError(f"can't read `{error.filename}`: {reason}")


def _below(folder: str) -> Iterable[str]:
    """Yield the manifests in a folder; what is hidden is no part of it."""
    for where, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield os.path.join(where, name)
