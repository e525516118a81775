"""What the mesh itself is set to, where its settings are among the objects.

They stand as text in the ConfigMap `istio` (or `istio-REVISION`), under the key `mesh`, and as they
are in the objects from which operators install the mesh. The proof
takes the root namespace to be `istio-system`, and the trust domain to be the program's; it has no
aliases of that, compares paths that were normalized, and takes every namespace to be looked at.

Sources: istio/api, mesh/v1alpha1/config.proto; istio/istio, manifests/charts/istio-control/
istio-discovery/templates/configmap.yaml; istio/operator (IstioOperator), sailoperator.io (Istio).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.mesh.peer_authentication import ROOT
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import mapping
from polc.semantics.objects.yaml import UnreadableError, documents

TRUST = "cluster.local"
"""The trust domain of a mesh that was told no other."""
_INSTALLING: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("install.istio.io", "IstioOperator", ("meshConfig",)),
    ("install.istio.io", "IstioOperator", ("values", "meshConfig")),
    ("sailoperator.io", "Istio", ("values", "meshConfig")),
    ("sailoperator.io", "IstioRevision", ("values", "meshConfig")),
)
"""Where the settings stand in objects that install a mesh: group, kind, way in `spec`."""


@frozen
class Settings:
    """The settings in one object; None: its text can't be read."""

    found: Found
    body: Mapping[str, Any] | None
    keys: tuple[Key, ...] = ("data", "mesh")


def settings(manifests: Manifests) -> Iterator[Settings]:
    """Yield the settings of meshes."""
    for found in manifests.of_kind("ConfigMap", ""):
        text = mapping(found.body.get("data")).get("mesh")
        if isinstance(text, str) and (found.name == "istio" or found.name.startswith("istio-")):
            yield Settings(found, _read(text))
    for group, kind, way in _INSTALLING:
        for found in manifests.of_kind(kind, group):
            body = found.spec
            for key in way:
                body = mapping(body.get(key))
            if body:
                yield Settings(found, body, ("spec", *way))


def differences(manifests: Manifests, trust: str) -> Iterator[tuple[Settings, str]]:
    """Yield settings under which objects mean something else than the proof takes them to mean."""
    for each in settings(manifests):
        if each.body is None:
            yield each, "it can't be read as YAML"
            continue
        root = each.body.get("rootNamespace") or ROOT
        if root != ROOT:
            yield each, f"it makes `{root}` the root namespace, and not `{ROOT}`"
        domain = each.body.get("trustDomain") or TRUST
        if domain != trust:
            yield each, f"its trust domain is `{domain}`, and the program's `{trust}`"
        if each.body.get("trustDomainAliases"):
            yield each, "its `trustDomainAliases` let in callers of other trust domains"
        if mapping(each.body.get("pathNormalization")).get("normalization") == "NONE":
            yield each, "it has paths compared as they were sent (`pathNormalization`)"
        if each.body.get("discoverySelectors"):
            yield each, "it leaves out namespaces (`discoverySelectors`)"


def _read(text: str) -> Mapping[str, Any] | None:
    try:
        values = [value for _, value in documents(text)]
    except UnreadableError:
        return None
    value = values[0] if values else {}
    return value if len(values) < 2 and isinstance(value, Mapping) else None
