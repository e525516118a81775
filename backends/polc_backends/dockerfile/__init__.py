"""Services with a `build` become hardened Dockerfiles; `harden` does the same to one by hand."""

from attrs import frozen

from polc.backend import Artifact, Feature
from polc.diagnostics import Diagnostic, has_errors
from polc.ir.nodes import Cluster, Program
from polc_backends.dockerfile.check import check_build
from polc_backends.dockerfile.harden import harden

__all__ = ["BACKEND", "Dockerfile", "harden"]


@frozen
class Dockerfile:
    """The target `dockerfile`."""

    name: str = "dockerfile"

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what a Dockerfile decides, on any cluster."""
        return frozenset({Feature.IMAGE_BUILD})

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Write one Dockerfile per workload with a `build`."""
        artifacts: list[Artifact] = []
        found: list[Diagnostic] = []
        for workload in program.workloads:
            if workload.build is None:
                continue
            problems = check_build(workload, workload.build, program.today)
            found += problems
            if not has_errors(problems):
                from polc_backends.dockerfile.emit import dockerfile  # jinja2 is slow to import

                artifacts.append(dockerfile(workload, workload.build))
        return tuple(artifacts), tuple(found)


BACKEND = Dockerfile()
