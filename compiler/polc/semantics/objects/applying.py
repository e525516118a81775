"""Which objects are not applied, or not always: hooks, and what reconcilers have to leave alone.

Tools that apply objects read annotations (and some labels) that keep one out, or as it is. What
Kustomize leaves out of what it builds is told where its files are read.

Sources: helm.sh, "Chart Hooks"; argo-cd.readthedocs.io, "Resource Hooks"; fluxcd.io,
"Kustomization" (controlling the apply behavior); carvel.dev/kapp, "Apply ordering, waiting and
behaviour"; cloud.google.com, "Config Sync"; kluctl.io, "Annotations"; hjacobs/kube-janitor;
kyverno.io, "Cleanup Policy" (time to live).
"""

from collections.abc import Callable, Iterator, Mapping

from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import mapping

_FLUX = "kustomize.toolkit.fluxcd.io"
_HOOK = "makes a hook of it, which is applied at times only and is no part of the release"
_LEFT = "makes it stay as it was"
_GOES = "has it deleted"
_OTHERS = "leaves in it what others put there"


def _set(value: str) -> bool:
    return value is not None


def _any(value: str) -> bool:
    return bool(value.strip())


def _is(*values: str) -> Callable[[str], bool]:
    return lambda value: value.strip().lower() in values


_MARKS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "helm.sh/hook": (_any, _HOOK),
    "argocd.argoproj.io/hook": (_any, _HOOK),
    f"{_FLUX}/reconcile": (_is("disabled"), _LEFT),
    "helm.toolkit.fluxcd.io/driftDetection": (_is("disabled"), _LEFT),
    "kapp.k14s.io/noop": (_set, _LEFT),
    "kapp.k14s.io/exists": (_set, _LEFT),
    "kapp.k14s.io/update-strategy": (_is("skip"), _LEFT),
    "configmanagement.gke.io/managed": (_is("disabled"), _LEFT),
    "client.lifecycle.config.k8s.io/mutation": (_is("ignore"), _LEFT),
    "addonmanager.kubernetes.io/mode": (_is("ensureexists"), _LEFT),
    "kluctl.io/delete": (_is("true"), _GOES),
    "kluctl.io/hook": (_any, _HOOK),
    "janitor/ttl": (_any, _GOES),
    "janitor/expires": (_any, _GOES),
    "cleanup.kyverno.io/ttl": (_any, _GOES),
}
_SSA = {"ignore": _LEFT, "ifnotpresent": _LEFT, "merge": _OTHERS}
_KEPT: Mapping[str, Callable[[str], bool]] = {
    "helm.sh/resource-policy": _is("keep"),
    f"{_FLUX}/prune": _is("disabled"),
    "argocd.argoproj.io/sync-options": lambda value: any(
        each.strip().lower() in ("prune=false", "delete=false") for each in value.split(",")
    ),
}


def not_applied(found: Found) -> Iterator[tuple[str, tuple[Key, ...]]]:
    """Yield why an object may not be as it stands here, and where that is said."""
    for field, key, value in _said(found):
        at = ("metadata", field, key)
        holds, why = _MARKS.get(key, (None, ""))
        if key == f"{_FLUX}/ssa":
            why = _SSA.get(value.strip().lower(), "")
            holds = _any if why else None
        if holds is not None and holds(value):
            yield f"`{key}` {why}", at


def kept(found: Found) -> Iterator[tuple[str, tuple[Key, ...]]]:
    """Yield what lets an object stay in the cluster after it is gone from what is applied."""
    for field, key, value in _said(found):
        holds = _KEPT.get(key)
        if holds is not None and holds(value):
            yield f"`{key}`", ("metadata", field, key)


def _said(found: Found) -> Iterator[tuple[str, str, str]]:
    for field in ("annotations", "labels"):
        for key, value in mapping(found.metadata.get(field)).items():
            if isinstance(key, str) and isinstance(value, str):
                yield field, key, value
