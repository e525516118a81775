"""The one table of targets, and the entry points through which outsiders add theirs.

A package outside this one declares in its `pyproject.toml`

    [project.entry-points."polc.backends"]
    sealed = "polc_sealed:BACKEND"

and is chosen with `--target sealed`. It is never chosen unasked: what a program compiles to must
not depend on what else happens to be installed.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from attrs import frozen

from polc.backend import Artifact, Backend, Feature
from polc.codes.output import UNKNOWN_TARGET
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Cluster, Program
from polc.suggest import nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

BUILT_IN = {
    "networkpolicy": "polc_backends.networkpolicy:BACKEND",
    "rbac": "polc_backends.rbac:BACKEND",
    "securitycontext": "polc_backends.securitycontext:BACKEND",
    "istio": "polc_backends.istio:BACKEND",
    "knative": "polc_backends.knative:BACKEND",
    "dockerfile": "polc_backends.dockerfile:BACKEND",
}
"""Name of a target to `module:attribute`, imported when it is used; in the order of output."""

GROUP = "polc.backends"
DEFAULT = "default"
"""Stands for every built-in target, so that an outside one can be added to them."""


class RegistryError(Exception):
    """A target that does not exist or can't be loaded, in words for the user."""


@frozen
class Target:
    """A target as `polc targets` lists it; `origin` names the package of an outside one."""

    name: str
    origin: str | None


def load(names: Iterable[str] | None) -> tuple[Backend, ...]:
    """Return the backends of these targets, built-in ones first; None: all built-in ones.

    Raises:
        RegistryError: there is no such target, or an outside one can't be loaded.

    """
    wanted = set(BUILT_IN) if names is None else set(names)
    if DEFAULT in wanted:
        wanted = wanted - {DEFAULT} | set(BUILT_IN)
    backends = [_attribute(BUILT_IN[name]) for name in BUILT_IN if name in wanted]
    outside = sorted(wanted - set(BUILT_IN))
    if outside:
        points = _entry_points()
        backends += [_load_outside(name, points) for name in outside]
    return tuple(backends)


def targets() -> tuple[Target, ...]:
    """Return every target that can be chosen, without loading any."""
    outside = sorted(name for name in _entry_points() if name not in BUILT_IN)
    points = _entry_points()
    return (
        *(Target(name, None) for name in BUILT_IN),
        *(Target(name, _origin(points[name])) for name in outside),
    )


def _entry_points() -> "dict[str, EntryPoint]":
    """Return the outside targets by name; of two with one name neither is silently preferred."""
    from importlib import metadata  # costs a small build a tenth of its time

    found: dict[str, EntryPoint] = {}
    for point in metadata.entry_points(group=GROUP):
        before = found.setdefault(point.name, point)
        if before.value != point.value:
            raise RegistryError(
                f"target `{point.name}` is offered by {_origin(before)} and {_origin(point)};"
                " uninstall one of them"
            )
    return found


def _load_outside(name: str, points: "dict[str, EntryPoint]") -> Backend:
    if name not in points:
        known = (*BUILT_IN, *sorted(set(points) - set(BUILT_IN)))
        near = nearest(name, known)
        advice = f"did you mean `{near}`?" if near else "targets: " + ", ".join(known)
        raise RegistryError(f"[{UNKNOWN_TARGET.id}] there is no target `{name}`; {advice}")
    point = points[name]
    try:
        # Whatever an outsider's module does when it is imported is not polc's fault to report.
        backend = point.load()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
        raise RegistryError(
            f"target `{name}` of {_origin(point)} can't be loaded from `{point.value}`: {reason}"
        ) from error
    if isinstance(backend, type) or any(
        not hasattr(backend, part) for part in ("name", "features", "emit")
    ):
        raise RegistryError(
            f"target `{name}` of {_origin(point)}: `{point.value}` is no backend;"
            " it must be an object with `name`, `features` and `emit`"
        )
    return Outside(name, _origin(point), backend)


@frozen
class Outside:
    """A backend of an outside package: its failures are told apart from polc's own."""

    name: str
    origin: str
    backend: Backend

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what the backend says it enforces."""
        try:
            return frozenset(self.backend.features(cluster))
        except Exception as error:
            raise self._failed("features", error) from error

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return the backend's artifacts; they must be of the types of `polc.backend`."""
        try:
            artifacts, diagnostics = self.backend.emit(program)
            artifacts, diagnostics = tuple(artifacts), tuple(diagnostics)
        except Exception as error:
            raise self._failed("emit", error) from error
        for item in artifacts:
            if not isinstance(item, Artifact):
                raise self._failed("emit", TypeError(f"{type(item).__name__} is no artifact"))
        return artifacts, diagnostics

    def _failed(self, what: str, error: Exception) -> RegistryError:
        return RegistryError(
            f"target `{self.name}` of {self.origin} failed in `{what}`:"
            f" {type(error).__name__}: {error}"
        )


def _attribute(place: str) -> Backend:
    module, _, name = place.partition(":")
    backend: Backend = getattr(import_module(module), name)
    return backend


def _origin(point: "EntryPoint") -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
