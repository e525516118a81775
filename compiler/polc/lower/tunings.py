"""What environments set of a service, checked also where another environment is built.

A mistake in the settings of production has to show in the build of staging, not on release day.
"""

from polc import syntax as s
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Labels, WorkloadKind
from polc.lower import images, rollout, runtime, values
from polc.resolve.services import ServiceModel


def check_tunings(
    model: ServiceModel, kind: WorkloadKind, labels: Labels, found: list[Diagnostic]
) -> None:
    """Report what is wrong with any environment's settings of a service."""
    versions = model.all(s.Version)
    for statement in model.tunings:
        match statement:
            case s.Image():
                images.check_image(statement.ref, found)
            case s.Resources():
                runtime.lower_resources(statement, found)
            case s.Stop():
                runtime.lower_stop(statement, found)
            case s.Scale():
                runtime.lower_scale(statement, kind, found)
            case s.Concurrency():
                runtime.lower_concurrency(statement, kind, found)
            case s.Timeout():
                runtime.lower_timeout(statement, kind, found)
            case s.Rollout():
                rollout.lower_rollout(statement, versions, kind, labels, found, name=model.name)
            case s.Hosts():
                for host in statement.hosts:
                    values.host(host, found, wildcard=True)
