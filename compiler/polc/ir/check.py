"""What must hold of every program that reaches a backend; run between passes in tests.

A broken invariant is a bug in polc, never a mistake of the user, so it is an exception.
"""

from collections.abc import Iterable

from polc.ir import nodes as ir


class BrokenInvariant(Exception):
    """The IR is not what its docstrings promise."""


def check(program: ir.Program) -> None:
    """Raise `BrokenInvariant` where the program breaks a promise of `ir.nodes`."""
    keys = [workload.key for workload in program.workloads]
    _require(keys == sorted(set(keys)), "workloads are sorted by key and unique")
    names = [namespace.name for namespace in program.namespaces]
    _require(names == sorted(set(names)), "namespaces are sorted and unique")
    _require({w.namespace for w in program.workloads} == set(names), "namespaces hold workloads")
    for workload in program.workloads:
        _check_workload(workload)
    triples = [(flow.source, flow.target, flow.port) for flow in program.flows]
    _require(len(set(triples)) == len(triples), "one flow for each caller, callee and port")
    owned = set(keys)
    for flow in program.flows:
        _check_flow(flow, owned)
    on_nodes = {workload.key for workload in program.workloads if workload.pods.host_network}
    for isolation in program.isolations:
        _require(isolation.key not in on_nodes, f"{isolation.key} can be isolated")
        for rule in (*isolation.ingress, *isolation.egress):
            _check_rule(rule)


def _check_workload(workload: ir.Workload) -> None:
    key = workload.key
    _require(key == f"{workload.namespace}/{workload.name}", f"{key} is its namespace and name")
    _require(workload.pods.key == key, f"the pods of {key} have its key")
    _require(workload.pods.account == workload.account, f"the pods of {key} have its account")
    _require(bool(workload.pods.labels), f"{key} selects by at least one label")
    _require(_is_sorted(workload.pods.labels), f"the labels of {key} are sorted")
    for port in workload.ports:
        _require(0 < port.container <= port.end < 65536, f"port {port.name} of {key} is a range")
    if workload.rollout is not None:
        total = sum(weight for _, weight in workload.rollout.weights)
        _require(total == 100, f"the weights of {key} total 100")
    for grant in workload.grants:
        _require(bool(grant.verbs), f"every grant of {key} has a verb")


def _check_flow(flow: ir.Flow, owned: set[str]) -> None:
    ends = [end for end in (flow.source, flow.target) if isinstance(end, ir.Pods)]
    _require(
        any(end.origin == "workload" for end in ends), "a flow has an end that the program owns"
    )
    for end in ends:
        _require(end.origin != "workload" or end.key in owned, f"{end.key} is a workload")
    on_nodes = [end.host_network for end in ends]
    held = any(end.origin == "workload" and not end.host_network for end in ends)
    _require(not (held and any(on_nodes)), "pods on the nodes' network stand for addresses")
    _require(flow.requests is None or bool(flow.requests), "requests are None or not empty")
    _require(not isinstance(flow.source, ir.Host), "a host name is never a caller")
    for peer in (flow.source, flow.target):
        if isinstance(peer, ir.Addresses):
            _require(bool(peer.blocks), "addresses are never empty")


def _check_rule(rule: ir.NetworkRule) -> None:
    _require(bool(rule.ports), "a network rule has a port")
    _require(list(rule.ports) == sorted(set(rule.ports)), "ports of a rule are sorted and unique")
    if isinstance(rule.peer, ir.Addresses):
        _require(bool(rule.peer.blocks), "a network rule has a peer")


def _is_sorted(labels: Iterable[tuple[str, str]]) -> bool:
    pairs = list(labels)
    return pairs == sorted(pairs)


def _require(holds: bool, invariant: str) -> None:
    if not holds:
        raise BrokenInvariant(invariant)
