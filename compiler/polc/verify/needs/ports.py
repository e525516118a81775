"""Whether ports mean the same to the pods, to the Service before them, and to the program."""

from collections.abc import Iterator

from polc.codes.proof import UNMET_NEED
from polc.diagnostics import Diagnostic, Label, Severity
from polc.ir.nodes import Mesh, Port, Program, Workload
from polc.semantics.objects.model import Found
from polc.semantics.workloads import services as model
from polc.semantics.workloads.ports import ContainerPort, behind, container_ports
from polc.semantics.workloads.probes import checks
from polc.semantics.workloads.services import Services
from polc.semantics.workloads.templates import Template


def unlike_ports(
    template: Template, workload: Workload, services: Services, program: Program
) -> tuple[list[Diagnostic], int]:
    """Return where ports lead elsewhere than the program says, and how many were looked at."""
    if template.is_knative:
        return [], 0
    known = list(container_ports(template))
    found: list[Diagnostic] = []
    count = 0
    fronts = services.before(template)
    led = {behind(each, template) for service in fronts for _, each in model.ports(service)}
    used = led | {each.port for each in checks(template)}
    for declared in workload.ports:
        count += bool(known)
        if declared.container not in used:  # What kubelet or a Service goes to is there.
            found += _unlike_containers(template, workload, declared, known)
    for service in fronts:
        judged = program.cluster.mesh is not Mesh.NONE and service.name == workload.name
        for index, each in model.ports(service):
            count += 1
            number = behind(each, template)
            if number is None:
                found.append(_no_name(template, service, index, str(each.get("targetPort"))))
                continue
            port = _meant(workload, service, int(each["port"]), alone=len(fronts) == 1)
            written = type(each.get("targetPort") or each.get("port")) is int
            if port is not None and not (judged and written):
                found += _led(template, workload, port, (service, index, number))
    return found, count


def _meant(workload: Workload, service: Found, number: int, *, alone: bool) -> Port | None:
    """Return the declared port that a port of a Service is, by the name of the Service."""
    same = [each for each in workload.ports if each.service == number]
    named = [each for each in same if (each.known_as or workload.name) == service.name]
    return next(iter(named or (same if alone else ())), None)


def _unlike_containers(
    template: Template, workload: Workload, port: Port, known: list[ContainerPort]
) -> Iterator[Diagnostic]:
    """Yield a port that containers give another number, or that they do not name at all."""
    if not known or any(port.container <= each.number <= port.end for each in known):
        return
    same = next((each for each in known if each.name == port.name), None)
    numbers = ", ".join(str(each) for each in sorted({each.number for each in known}))
    other = f"calls {same.number} by that name" if same else f"names {numbers} only"
    line = f"port {port.name} {same.number if same else known[0].number} {port.protocol}"
    yield Diagnostic(
        UNMET_NEED,
        f"port `{port.name}` of `{workload.key}` is {port.container} in the program, and"
        f" {template.title} {other}: what the program lets through there reaches nobody",
        template.found.span(*template.keys, "spec", *(same or known[0]).keys),
        labels=(Label(port.span, "the program's port"),),
        help=f"write `{line}`, or correct the containers",
        severity=Severity.ERROR if same else Severity.WARNING,
    )


def _led(
    template: Template, workload: Workload, port: Port, at: tuple[Found, int, int]
) -> Iterator[Diagnostic]:
    service, index, number = at
    if port.container <= number <= port.end:
        return
    yield Diagnostic(
        UNMET_NEED,
        f"Service `{service.namespace}/{service.name}` leads port {port.service} to {number} of the"
        f" pods of {template.title}, and the program opens {port.container}: who calls the Service"
        " does not get through",
        service.span("spec", "ports", index),
        labels=(Label(port.span, "the program's port"),),
        help=f"write `port {port.name} {port.service} -> {number} {port.protocol}` in service"
        f" `{workload.name}`, or correct the Service",
    )


def _no_name(template: Template, service: Found, index: int, name: str) -> Diagnostic:
    return Diagnostic(
        UNMET_NEED,
        f"Service `{service.namespace}/{service.name}` leads to the port `{name}` of its pods, and"
        f" no container of {template.title} has a port of that name",
        service.span("spec", "ports", index),
        help="name the port in the container, or write its number",
    )
