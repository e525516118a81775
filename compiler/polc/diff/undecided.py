"""What a comparison of manifests leaves open: said, never skipped."""

from collections.abc import Iterator

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.verify.objects import Found, Manifests
from polc.verify.policies import read_network
from polc.verify.rbac import read_rbac

_GROUPS = (
    "cilium.io",
    "crd.projectcalico.org",
    "extensions.istio.io",
    "gateway.networking.k8s.io",
    "networking.istio.io",
    "policy.networking.k8s.io",
    "security.istio.io",
)
"""API groups whose objects decide who reaches whom; of the last, one kind is compared."""

_Key = tuple[str, str, str, str]


def undecided(old: Manifests, new: Manifests) -> tuple[Diagnostic, ...]:
    """Report what differs and is not compared, and what can't be read on the new side."""
    found = [each for each in read_network(new)[1] if each.severity is Severity.ERROR]
    for gap in read_rbac(new).gaps:
        message = f"{gap.at.kind} `{gap.at.name}`: {gap.reason}"
        found.append(Diagnostic(NOT_DECIDED, message, gap.at.span(*gap.place)))
    before, after = dict(_uncompared(old)), dict(_uncompared(new))
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        if one is None or other is None or one.body != other.body:
            there = other or one
            assert there is not None
            message = f"{there.kind} `{there.name}` differs, and what it permits is not compared"
            found.append(Diagnostic(NOT_DECIDED, message, there.span()))
    return tuple(found)


def _uncompared(manifests: Manifests) -> Iterator[tuple[_Key, Found]]:
    for found in manifests.objects:
        if found.group in _GROUPS and found.kind != "AuthorizationPolicy":
            yield (found.group, found.kind, found.namespace, found.name), found
