"""Do the workloads of the input get what they need? Probes, Services, names of ports, callers.

What is needed is read off the workloads themselves, so an input without them shows nothing of it:
then nothing is said, and nothing is claimed.
"""

from polc.declared.selectors import Selectors
from polc.ir.nodes import Program, Workload
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.shapes import guarded
from polc.semantics.workloads.services import Services
from polc.semantics.workloads.templates import Template, templates
from polc.verify.needs.addresses import node_addresses
from polc.verify.needs.names import other_servers
from polc.verify.needs.peers import unlike_peers
from polc.verify.needs.ports import unlike_ports
from polc.verify.needs.probes import Kubelet
from polc.verify.needs.services import missing_services
from polc.verify.needs.versions import versions_without_pods
from polc.verify.verdict import Verdict


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Report what the workloads of the input need and do not get."""
    verdict, _ = guarded(lambda objects: _needs(objects, program), manifests)
    return verdict  # Of objects that are not built as they should, the other layers tell.


def _needs(manifests: Manifests, program: Program) -> Verdict:
    services = Services(manifests)
    held = _held(manifests, program)
    found = [*node_addresses(services, program, held), *unlike_peers(manifests, program, services)]
    if not held:
        return Verdict(tuple(found))
    kubelet = Kubelet(manifests, program)
    count = 0
    for template, workload in held:
        missing, asked = kubelet.blocked(template, workload)
        wrong, led = unlike_ports(template, workload, services, program)
        found += (*missing, *wrong)
        count += asked + led
    lost, named = missing_services(manifests, program, services, held)
    counts = (("needs", count + named),) if count + named else ()
    found += versions_without_pods(held)
    return Verdict((*found, *lost), tuple(other_servers(held)), counts)


def _held(manifests: Manifests, program: Program) -> list[tuple[Template, Workload]]:
    workloads = {each.key: each for each in program.workloads}
    owned = {namespace.name for namespace in program.namespaces}
    selectors: Selectors | None = None
    found: list[tuple[Template, Workload]] = []
    for template in templates(manifests):
        if template.namespace in owned:
            selectors = selectors or Selectors.of(program)
            for pods in selectors.selecting(template):
                if pods.key in workloads:
                    found.append((template, workloads[pods.key]))
    return found
