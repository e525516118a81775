"""Who gets a token for the Kubernetes API, by whatever way: mounted, projected, or a Secret's."""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.templates import Template

Secrets = Mapping[tuple[str, str], str]
"""The account whose token a Secret holds, by the Secret's namespace and name."""
_TYPE = "kubernetes.io/service-account-token"
_ACCOUNT = "kubernetes.io/service-account.name"


def token_secrets(manifests: Manifests) -> Secrets:
    """Return the Secrets that hold tokens for the API server."""
    found: dict[tuple[str, str], str] = {}
    for each in manifests.of_kind("Secret", ""):
        if each.body.get("type") == _TYPE:
            account = mapping(each.metadata.get("annotations")).get(_ACCOUNT)
            found[each.namespace, each.name] = str(account)
    return found


def mounts_token(template: Template, account: Found | None) -> bool:
    """Tell whether kubelet mounts a token: the pod's own word goes before that of its account."""
    said = template.spec.get("automountServiceAccountToken")
    if said is None and account is not None:
        said = account.body.get("automountServiceAccountToken")
    return said is not False


def projected_tokens(spec: Mapping[str, Any]) -> Iterator[tuple[Key, ...]]:
    """Yield projected tokens for the API server: those that name no other audience."""
    for index, volume in enumerate(items(spec.get("volumes"))):
        sources = items(mapping(mapping(volume).get("projected")).get("sources"))
        for number, source in enumerate(sources):
            token = mapping(source).get("serviceAccountToken")
            if token is not None and not mapping(token).get("audience"):
                yield ("volumes", index, "projected", "sources", number, "serviceAccountToken")


def secret_tokens(template: Template, secrets: Secrets) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Yield where pods get a token out of a Secret, and whose it is."""
    for path, name in _secrets(template) if secrets else ():
        account = secrets.get((template.namespace, name))
        if account is not None:
            yield path, account


def _secrets(template: Template) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Yield every Secret that pods get, as files or as variables."""
    for index, volume in enumerate(map(mapping, items(template.spec.get("volumes")))):
        name = mapping(volume.get("secret")).get("secretName")
        if isinstance(name, str):
            yield ("volumes", index, "secret"), name
        sources = items(mapping(volume.get("projected")).get("sources"))
        for number, source in enumerate(map(mapping, sources)):
            name = mapping(source.get("secret")).get("name")
            if isinstance(name, str):
                yield ("volumes", index, "projected", "sources", number, "secret"), name
    for path, container in template.containers():
        for number, each in enumerate(map(mapping, items(container.get("env")))):
            name = mapping(mapping(each.get("valueFrom")).get("secretKeyRef")).get("name")
            if isinstance(name, str):
                yield (*path, "env", number), name
        for number, each in enumerate(map(mapping, items(container.get("envFrom")))):
            name = mapping(each.get("secretRef")).get("name")
            if isinstance(name, str):
                yield (*path, "envFrom", number), name
