"""Network policies that open more, or less, than they look like."""

from collections.abc import Iterator

from polc.diagnostics import Diagnostic
from polc.semantics.network.networkpolicy import read_policy
from polc.semantics.network.policies import GROUP, Network
from polc.survey.network.everybody import for_everybody
from polc.survey.network.flows import half_flows
from polc.survey.network.names import dns_mistakes
from polc.survey.network.peers import peer_mistakes
from polc.survey.network.ports import port_mistakes
from polc.survey.network.rules import rule_mistakes
from polc.survey.shown import Shown


def network_mistakes(shown: Shown, network: Network) -> Iterator[Diagnostic]:
    """Report policies that open more, or less, than a reader would think."""
    policies = [
        read_policy(each)[0]
        for each in shown.manifests.of_kind("NetworkPolicy", GROUP)
        if each.version == "v1"
    ]
    yield from rule_mistakes(shown.manifests)
    yield from for_everybody(policies)
    yield from peer_mistakes(policies, shown)
    yield from port_mistakes(policies, shown)
    yield from dns_mistakes(policies, shown, network)
    yield from half_flows(shown, network)
