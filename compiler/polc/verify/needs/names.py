"""Whether pods ask the DNS that the program lets them ask.

Source: kubernetes.io, "DNS for Services and Pods" (`dnsPolicy`).
"""

from collections.abc import Iterator, Sequence

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Workload
from polc.semantics.workloads.templates import Template


def other_servers(held: Sequence[tuple[Template, Workload]]) -> Iterator[Diagnostic]:
    """Report pods that ask the resolvers of their node, or servers of their own, for names."""
    seen: set[tuple[str, str]] = set()
    for template, workload in held:
        policy = template.spec.get("dnsPolicy")
        if policy not in ("Default", "None") or (template.title, workload.key) in seen:
            continue
        seen.add((template.title, workload.key))
        servers = "the resolvers of their node" if policy == "Default" else "servers of their own"
        yield Diagnostic(
            NOT_DECIDED,
            f"whether the pods of {template.title} find names is not decided: with `dnsPolicy:"
            f" {policy}` they ask {servers}, and not the cluster's DNS",
            template.found.span(*template.keys, "spec", "dnsPolicy"),
            help="take `dnsPolicy` away, or declare these servers as an endpoint that"
            f" `{workload.key}` calls, and verify the objects without it",
        )
