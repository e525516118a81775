"""A target of polc that somebody else wrote: a ConfigMap that lists who may call a service."""

from polc.backend import KubernetesObject, TextFile
from polc.ir.nodes import Pods


class Sealed:
    """Needs nothing but the IR and the types of `polc.backend`."""

    name = "sealed"

    def features(self, cluster):
        return frozenset()

    def emit(self, program):
        artifacts = []
        for workload in program.workloads:
            flows = program.inbound.get(workload.key, ())
            callers = [flow.source.key for flow in flows if isinstance(flow.source, Pods)]
            body = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"{workload.name}-callers", "namespace": workload.namespace},
                "data": {"callers": "\n".join(callers)},
            }
            path = f"{workload.namespace}/{workload.name}.sealed.yaml"
            artifacts.append(KubernetesObject(path, body, (workload.span,)))
        artifacts.append(TextFile("sealed.txt", f"{len(artifacts)} services\n"))
        return tuple(artifacts), ()


class Rude(Sealed):
    """Fails where it is used."""

    def emit(self, program):
        raise KeyError("no manners")


BACKEND = Sealed()
RUDE = Rude()
