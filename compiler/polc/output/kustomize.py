"""The two kinds of `kustomization.yaml`: the root's, and one per component of a namespace.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/ (field names) and
`api/types/kustomization.go` of kustomize (the API version of a Component).
"""

from collections.abc import Iterable
from typing import Any

from polc.backend import ComponentPart
from polc.codes.output import CONFLICTING_OBJECTS
from polc.diagnostics import Diagnostic
from polc.source import nowhere

FILE = "kustomization.yaml"
COMPONENT_FOLDER = "hardening"


def root(resources: Iterable[str]) -> dict[str, Any]:
    """Return the kustomization that applies everything but the components."""
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(resources),
    }


def root_comment(components: Iterable[str]) -> str:
    """Return the comment that tells a person how to use the folder."""
    lines = ["# Apply it with `kubectl apply -k` on this folder."]
    folders = sorted(components)
    if folders:
        lines += [
            "# What the pods themselves need is a component. Add it to the kustomization of the",
            "# namespace's workloads, by the path from there to here:",
            "#   components:",
            *(f"#   - <this folder>/{folder}" for folder in folders),
        ]
    return "\n".join(lines) + "\n"


def component_folder(namespace: str) -> str:
    """Return the folder of a namespace's component."""
    return f"{namespace}/{COMPONENT_FOLDER}"


def component(
    namespace: str, parts: Iterable[ComponentPart]
) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """Join what the parts of one component say of themselves."""
    body: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
    }
    found: list[Diagnostic] = []
    for part in parts:
        for key, value in part.entry.items():
            before = body.get(key)
            if isinstance(before, list) and isinstance(value, (list, tuple)):
                before.extend(value)  # a list of our own, made below
            elif before is None:
                body[key] = list(value) if isinstance(value, (list, tuple)) else value
            elif before != value:
                span = part.spans[0] if part.spans else nowhere("<output>")
                message = f"two parts of the component of `{namespace}` set `{key}` differently"
                found.append(Diagnostic(CONFLICTING_OBJECTS, message, span))
    return body, tuple(found)
