"""Whether Services are there under the names and ports that routes and policies use.

Only where the input holds pods of the namespace: else the Services may stand elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence

from polc.codes.proof import NO_SUCH_SERVICE
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Program, Workload
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items
from polc.semantics.routes.references import Reference, references
from polc.semantics.workloads import services as model
from polc.semantics.workloads.services import Services
from polc.semantics.workloads.templates import Template

_KNATIVE = "serving.knative.dev"
Held = Sequence[tuple[Template, Workload]]


def missing_services(
    manifests: Manifests, program: Program, services: Services, held: Held
) -> tuple[list[Diagnostic], int]:
    """Return what is named and not there, once for each Service, and how many are named."""
    by_key = {f"{each.namespace}/{each.name}": each for each in program.workloads}
    shown = {template.namespace for template, _ in held}
    present = {workload.key for _, workload in held}
    others = _others(manifests)
    groups: dict[tuple[str, str, int | str | None], list[Reference]] = {}
    named: set[tuple[str, str]] = set()
    for each in references(manifests):
        key = (each.namespace, each.name)
        workload = by_key.get("/".join(key))
        if each.namespace not in shown or (workload and workload.key not in present):
            continue
        named.add(key)
        service = services.by_name.get(key)
        if service is None and key not in others:
            groups.setdefault((*key, None), []).append(each)
        elif service is not None and each.port is not None and not _has(service, each.port):
            groups.setdefault((*key, each.port), []).append(each)
    found = [
        _no_port(group, services.by_name[namespace, name], port)
        if port is not None
        else _no_service(group, by_key.get(f"{namespace}/{name}"), services, held)
        for (namespace, name, port), group in groups.items()
    ]
    return found, len(named)


def _others(manifests: Manifests) -> set[tuple[str, str]]:
    """Return the names for which controllers make Services, or that lead elsewhere."""
    knative = manifests.of_kind("Service", _KNATIVE)
    found = {(each.namespace, each.name) for each in (*knative, *_routes(manifests))}
    for entry in manifests.of_kind("ServiceEntry", "networking.istio.io"):
        for host in map(str, items(entry.spec.get("hosts"))):
            name, _, rest = host.partition(".")
            found.add((rest.partition(".")[0] or entry.namespace, name))
    return found


def _routes(manifests: Manifests) -> Iterable[Found]:
    return manifests.of_kind("Route", _KNATIVE)


def _has(service: Found, port: int | str) -> bool:
    if service.spec.get("type") == "ExternalName":
        return True
    return any(port in (each.get("port"), each.get("name")) for _, each in model.ports(service))


def _no_service(
    group: list[Reference], workload: Workload | None, services: Services, held: Held
) -> Diagnostic:
    first = group[0]
    name = f"{first.namespace}/{first.name}"
    instead, help_ = "", "correct the name, or add the Service to the input"
    labels: tuple[Label, ...] = ()
    if workload is not None:
        real = sorted(_real(workload, services, held))
        labels = (Label(workload.span, f"the pods of `{workload.key}`"),)
        help_ = f"name the Service `{workload.name}`, or add it to the input"
        if real:
            instead = f"; the pods of `{workload.key}` are behind {_listed(real)}"
            help_ = (
                f"name the Service `{workload.name}`, or call the service `{real[0]}` in the"
                f' program (`service {real[0]} {{ account "{workload.account}" … }}`)'
            )
    return Diagnostic(
        NO_SUCH_SERVICE,
        f"{first.title} names the Service `{name}`, which the input does not have{instead}"
        f"{_more(group)}",
        first.found.span(*first.keys),
        labels=labels,
        help=help_,
    )


def _no_port(group: list[Reference], service: Found, port: int | str) -> Diagnostic:
    first = group[0]
    known = [f"{each['port']}" for _, each in model.ports(service)]
    return Diagnostic(
        NO_SUCH_SERVICE,
        f"{first.title} names port {port} of the Service `{first.namespace}/{first.name}`, which"
        f" has {'the port ' if len(known) == 1 else 'the ports ' if known else 'no port'}"
        f"{', '.join(known)} only{_more(group)}",
        first.found.span(*first.keys),
        labels=(Label(service.span("spec", "ports"), "the ports of the Service"),),
        help="say the port of the Service in the program (`port NAME SERVICE-PORT ->"
        " CONTAINER-PORT PROTOCOL`), or add it to the Service",
    )


def _real(workload: Workload, services: Services, held: Held) -> Iterator[str]:
    names = {
        each.name
        for template, owner in held
        if owner.key == workload.key
        for each in services.before(template)
    }
    yield from names


def _listed(names: list[str]) -> str:
    return " and ".join(f"the Service `{each}`" for each in names)


def _more(group: list[Reference]) -> str:
    others = {each.title for each in group[1:]} - {group[0].title}
    if not others:
        return ""
    return f" ({len(others)} other object{'s' if len(others) > 1 else ''} too)"
