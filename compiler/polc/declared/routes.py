"""What a program declares of its rollouts: which requests go to which versions."""

from polc.declared.mesh import path_set
from polc.ir.nodes import Path, Program, Rollout, RouteRule, Workload
from polc.semantics.objects.model import Manifests
from polc.semantics.routes.matches import full, joined, real
from polc.semantics.routes.targets import Shares, Targets, Versioned, shares
from polc.semantics.sets import products, strings
from polc.semantics.sets.products import Region
from polc.semantics.sets.regex import regex
from polc.semantics.sets.strings import StringSet
from polc.source import Span


def service_name(workload: Workload) -> str:
    """Return `namespace/service` of the Service before a workload."""
    return f"{workload.namespace}/{workload.name}"


def targets(manifests: Manifests, program: Program) -> Targets:
    """Return what a destination can mean: the Services among some objects, and a program's."""
    return Targets(manifests, {service_name(each): _versioned(each) for each in program.workloads})


def _versioned(workload: Workload) -> Versioned:
    rollout = workload.rollout
    return Versioned(
        service_name(workload),
        workload.key,
        workload.pods.labels,
        tuple((each.name, each.service, each.container) for each in workload.ports),
        tuple((each.name, each.labels) for each in rollout.versions) if rollout else (),
    )


def declared(
    workload: Workload, rollout: Rollout, *, http: bool
) -> list[tuple[Region, Shares, Span]]:
    """Cut requests by the rules of a rollout, in order; what is left goes by its weights."""
    home = service_name(workload)
    found: list[tuple[Region, Shares, Span]] = []
    taken: Region = ()
    for rule in rollout.rules if http else ():
        asked = rule_requests(rule)
        region = real(products.subtract(asked, taken, full))
        if region:
            found.append((region, shares([(f"{home}@{rule.version}", 1)]), rule.span))
        taken = (*taken, *asked)
    rest = real(products.subtract(products.ALL, taken, full))
    weights = shares((f"{home}@{name}", weight) for name, weight in rollout.weights)
    return [*found, (rest, weights, rollout.span)]


def rule_requests(rule: RouteRule) -> Region:
    """Return the requests that meet every condition of a rule."""
    sides: list[tuple[str, StringSet]] = []
    for each in rule.conditions:
        value = each.value
        if isinstance(value, Path):
            sides.append(("path", path_set(value, "most")))
            continue
        match each.kind:
            case "method":
                sides.append(("method", strings.of_texts((value,))))
            case "header":
                sides.append((f"header {each.key.lower()}", strings.of_texts((value,))))
            case "query":
                sides.append((f"query {each.key}", strings.of_texts((value,))))
            case _:
                sides.append(("header cookie", _cookie(each.key, value)))
    met = joined(sides)
    return () if met is None else (met,)


def _cookie(name: str, value: str) -> StringSet:
    """Return the `cookie` headers with a certain pair; pairs are joined by `; ` (RFC 6265, 4.2)."""
    pair = "".join(char if char.isalnum() else f"\\{char}" for char in f"{name}={value}")
    return regex(f"(.*; *)?{pair}(;.*)?")
