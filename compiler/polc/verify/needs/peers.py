"""Pods that the program calls or is called by, and does not own: whether they are as it says.

Judged by the pods of the input that bear the name, or that the Service of that name has behind it.
"""

from collections.abc import Iterator

from polc.codes.proof import UNMET_NEED
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Flow, Pods, Port, Program
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.workloads import services as model
from polc.semantics.workloads.ports import behind
from polc.semantics.workloads.services import Services
from polc.semantics.workloads.templates import Template, templates


def unlike_peers(
    manifests: Manifests, program: Program, services: Services
) -> Iterator[Diagnostic]:
    """Report peers whose pods wear other labels, listen elsewhere, or are on the host network."""
    used = _used(program)
    names = {pods.namespace for pods, _, _ in used.values()}
    here: dict[str, list[Template]] = {}
    for template in templates(manifests):
        if template.namespace in names:
            here.setdefault(template.namespace, []).append(template)
    for pods, ports, flow in used.values():
        near = here.get(pods.namespace, ())
        service = services.by_name.get((pods.namespace, pods.key.partition("/")[2]))
        wearing = [each for each in near if set(pods.labels) <= each.labels.items()]
        hosted = [each for each in wearing if each.spec.get("hostNetwork")]
        if hosted and not pods.host_network:
            yield _on_host(pods, hosted[0], flow)
        elif wearing and service is not None:
            yield from _ports(pods, ports, service, wearing[0])
        elif not wearing:
            named = [each for each in near if _is(each, pods, service)]
            if named:
                yield _other_labels(pods, named[0], flow)


def _used(program: Program) -> dict[str, tuple[Pods, list[Port], Flow | None]]:
    """Return the pods that the program does not own and needs, with their ports that it calls."""
    found: dict[str, tuple[Pods, list[Port], Flow | None]] = {}
    owned = {namespace.name for namespace in program.namespaces}
    for flow in program.flows:
        for end in (flow.source, flow.target):
            if isinstance(end, Pods) and end.origin == "extern" and end.namespace not in owned:
                _, ports, _ = found.setdefault(end.key, (end, [], flow))
                if end is flow.target:
                    ports.append(flow.port)
    dns = program.cluster.dns
    if any(isinstance(flow.source, Pods) for flow in program.flows):
        found.setdefault(dns.pods.key, (dns.pods, list(dns.ports), None))
    return found


def _is(template: Template, pods: Pods, service: Found | None) -> bool:
    """Tell whether some pods are the peer by its name, or stand behind the Service of its name."""
    named = f"{template.namespace}/{template.found.name}" == pods.key
    return named or (service is not None and model.selects(service, template))


def _other_labels(pods: Pods, template: Template, flow: Flow | None) -> Diagnostic:
    said = _text(dict(pods.labels))
    return Diagnostic(
        UNMET_NEED,
        f"{template.title} makes the pods of `{pods.key}` without the labels by which the program"
        f" knows them ({said}), so that no rule means them",
        template.found.span(*template.keys, "metadata", "labels"),
        labels=_flow_label(flow),
        help=f"write `select {{ {_text(_few(template))} }}` in `{pods.key}`, or correct the labels",
    )


def _few(template: Template) -> dict[str, str]:
    """Return the label by which people know pods, or else all."""
    labels = template.labels
    for key in ("app.kubernetes.io/name", "k8s-app", "app"):
        if key in labels:
            return {key: labels[key]}
    return labels


def _text(labels: dict[str, str]) -> str:
    return ", ".join(f'"{key}": "{value}"' for key, value in sorted(labels.items()))


def _on_host(pods: Pods, template: Template, flow: Flow | None) -> Diagnostic:
    return Diagnostic(
        UNMET_NEED,
        f"{template.title} runs the pods of `{pods.key}` on the network of their node: to a"
        " NetworkPolicy they are the node's address, so that a rule for their labels admits nobody,"
        " and no mesh knows them",
        template.found.span(*template.keys, "spec", "hostNetwork"),
        labels=_flow_label(flow),
        help=f"say `host-network` in extern service `{pods.key}`, and the addresses of the nodes in"
        " the cluster (`nodes 10.0.0.0/16`)",
    )


def _flow_label(flow: Flow | None) -> tuple[Label, ...]:
    if flow is None or not flow.spans:
        return ()
    return (Label(flow.spans[0], "declared here"),)


def _ports(
    pods: Pods, ports: list[Port], service: Found, template: Template
) -> Iterator[Diagnostic]:
    """Yield ports of a peer's Service that lead elsewhere than the program says."""
    for port in {each.service: each for each in ports}.values():
        for index, each in model.ports(service):
            number = behind(each, template)
            same = (each.get("protocol") or "TCP") == port.transport.value
            if each["port"] != port.service or not same or number is None:
                continue
            if not port.container <= number <= port.end:
                yield Diagnostic(
                    UNMET_NEED,
                    f"Service `{pods.key}` leads port {port.service} to {number} of its pods, and"
                    f" the program opens {port.container}: who calls it does not get through",
                    service.span("spec", "ports", index),
                    labels=(Label(port.span, "the program's port"),),
                    help=f"write `port {port.name} {port.service} -> {number} {port.protocol}` in"
                    f" `{pods.key}`",
                )
