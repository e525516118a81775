"""Workloads of kind knative become Knative Services (`serving.knative.dev/v1`).

Only what Knative accepts with its default feature flags is written; what would need a flag, or has
no field at all, is refused (`limits`) instead of being left out.
"""

from attrs import frozen

from polc.backend import Artifact, Feature, KubernetesObject
from polc.diagnostics import Diagnostic, has_errors
from polc.ir.nodes import Cluster, Program
from polc_backends.k8s import workload_path
from polc_backends.knative.limits import check_limits
from polc_backends.knative.objects import outside_hosts, served_domain, service

__all__ = ["BACKEND", "Knative"]


@frozen
class Knative:
    """The target `knative`."""

    name: str = "knative"

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what a Knative Service decides: its revisions' shares, and its pods' hardening."""
        return frozenset({Feature.REVISION_ROUTES, Feature.POD_SECURITY})

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Write one Knative Service per workload, and what maps its outside hosts to it."""
        artifacts: list[Artifact] = []
        found: list[Diagnostic] = []
        for workload in program.workloads:
            if workload.kind != "knative":
                continue
            problems = check_limits(workload)
            found += problems
            if has_errors(problems):
                continue
            path = workload_path(workload, self.name)
            artifacts.append(KubernetesObject(path, service(program, workload), (workload.span,)))
            for host, spans in outside_hosts(program, workload):
                artifacts += [
                    KubernetesObject(path, body, spans) for body in served_domain(workload, host)
                ]
        return tuple(artifacts), tuple(found)


BACKEND = Knative()
