"""AuthorizationPolicies and PeerAuthentications: what a proxy admits.

CUSTOM is asked first, then DENY, then ALLOW. A request that a DENY rule matches is refused. Where
no ALLOW policy applies everything else is admitted, otherwise what some ALLOW rule matches; a
policy without rules matches nothing. AUDIT, and policies with the annotation
`istio.io/dry-run: "true"`, change nothing (istio.io, "Authorization Policy").

A policy without `selector` and `targetRefs` applies to its namespace, or to the mesh if it is in
the root namespace; there a selector too selects in every namespace. `targetRefs` lead to
waypoints and gateways, which on their part heed no other policies (istio/istio,
pilot/pkg/model/policyattachment.go).

What nobody can tell from here (a CUSTOM provider, tokens, unknown fields) leaves a gap between
what is admitted for sure (`must`) and what may be admitted (`may`), with the reasons.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import field, frozen

from polc.semantics.mesh.fields import ANONYMOUS, IDENTITIES, PORTS, full
from polc.semantics.mesh.peer_authentication import GROUP, ROOT, Mode, Mtls, Selected, selector
from polc.semantics.mesh.rules import Action, Match, Reading, match_rule
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.sets import products
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Box, Region, box

DRY_RUN = "istio.io/dry-run"
_TARGETS = {
    "Gateway": ("gateway.networking.k8s.io",),
    "GatewayClass": ("gateway.networking.k8s.io",),
    "Service": ("", "core"),
    "ServiceEntry": ("networking.istio.io",),
}
"""Groups of what `targetRefs` may lead to, by kind."""
_FIELDS = {"selector", "targetRefs", "targetRef", "action", "rules", "provider"}


@frozen(eq=False, slots=False)
class Policy:
    """One policy as it is read in a mesh with a certain trust domain."""

    found: Found
    trust: str
    _matches: dict[Reading, tuple[Match, ...]] = field(factory=dict, init=False, repr=False)

    @cached_property
    def action(self) -> str:
        """What it does with what it matches."""
        return str(self.found.spec.get("action", "ALLOW"))

    @cached_property
    def inert(self) -> bool:
        """Whether it changes nothing."""
        annotations = self.found.metadata.get("annotations") or {}
        return self.action == "AUDIT" or str(annotations.get(DRY_RUN, "")).lower() == "true"

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The labels that it selects by."""
        return selector(self.found)

    @cached_property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of what it refers to."""
        return tuple((str(each.get("kind")), str(each.get("name"))) for each in self._refs)

    @cached_property
    def _refs(self) -> tuple[Mapping[str, Any], ...]:
        spec = self.found.spec
        refs = spec.get("targetRefs") or ([spec["targetRef"]] if spec.get("targetRef") else [])
        return tuple(each for each in refs if isinstance(each, Mapping))

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """What of it is not understood."""
        spec = self.found.spec
        found = [f"the field `{name}` is not known" for name in sorted(set(spec) - _FIELDS)]
        chosen = spec.get("selector") or {}
        found += [
            f"the field `{name}` of `selector` is not known"
            for name in sorted(set(chosen) - {"matchLabels"})
        ]
        if self.action not in ("ALLOW", "DENY", "AUDIT", "CUSTOM"):
            found.append(f"`{self.action}` is no action")
        found += map(_no_target, filter(_astray, self._refs))
        if self.targets and self.labels:
            found.append("it has both `selector` and `targetRefs`")
        return tuple(found)

    def matches(self, reading: Reading) -> tuple[Match, ...]:
        """Return what each rule matches."""
        known = self._matches.get(reading)
        if known is None:
            action: Action = "ALLOW" if self.action == "ALLOW" else "DENY"
            known = tuple(
                match_rule(rule, self.found.namespace, self.trust, reading, action)
                for rule in self.found.spec.get("rules") or ()
            )
            if self.unknown:
                known = tuple(Match(products.NONE, each.may, each.reasons) for each in known)
            self._matches[reading] = known
        return known


def _astray(ref: Mapping[str, Any]) -> bool:
    """Tell whether a reference leads to nothing at which a policy can hold."""
    groups = _TARGETS.get(str(ref.get("kind")), ())
    return (ref.get("group") or "") not in groups or bool(ref.get("namespace"))


def _no_target(ref: Mapping[str, Any]) -> str:
    if ref.get("namespace"):
        return "a target has a `namespace`, and policies hold in their own only"
    return f"`{ref.get('kind')}` of the group `{ref.get('group') or ''}` is no target of policies"


@frozen(eq=False, slots=False)
class Policies:
    """All policies, found by where they apply."""

    by_namespace: Mapping[str, tuple[Policy, ...]]
    root: str = ROOT

    def candidates(self, namespace: str) -> tuple[Policy, ...]:
        """Return the policies that can have a say in a namespace."""
        mesh = () if namespace == self.root else self.by_namespace.get(self.root, ())
        return (*mesh, *self.by_namespace.get(namespace, ()))

    @cached_property
    def _selecting(self) -> Mapping[str, Selected]:
        return {
            name: Selected.of((each, each.labels) for each in group if not each.targets)
            for name, group in self.by_namespace.items()
        }

    @cached_property
    def _targeting(self) -> Mapping[tuple[str, str, str], tuple[Policy, ...]]:
        groups: dict[tuple[str, str, str], list[Policy]] = {}
        for name, group in self.by_namespace.items():
            for each in group:
                for kind, target in dict.fromkeys(each.targets):
                    groups.setdefault((name, kind, target), []).append(each)
        return {key: tuple(group) for key, group in groups.items()}

    def at_pods(self, namespace: str, labels: Mapping[str, str]) -> tuple[Policy, ...]:
        """Return the policies for pods with certain labels."""
        found: list[Policy] = []
        for name in dict.fromkeys((self.root, namespace)):
            if (here := self._selecting.get(name)) is not None:
                found += (*here.general, *here.chosen(labels))
        return tuple(found)

    def at_waypoint(self, namespace: str, service: str, waypoint: str) -> tuple[Policy, ...]:
        """Return the policies for a Service behind a waypoint of its namespace."""
        named = (
            (self.root, "GatewayClass", "istio-waypoint"),
            (namespace, "Gateway", waypoint),
            (namespace, "Service", service),
        )
        found = (each for key in named for each in self._targeting.get(key, ()))
        return tuple(dict.fromkeys(found))


def policies_of(manifests: Manifests, trust: str, root: str = ROOT) -> Policies:
    """Return the policies among some objects that change anything."""
    groups: dict[str, list[Policy]] = {}
    for found in manifests.of_kind("AuthorizationPolicy", GROUP):
        policy = Policy(found, trust)
        if not policy.inert:
            groups.setdefault(found.namespace, []).append(policy)
    return Policies({name: tuple(group) for name, group in groups.items()}, root)


@frozen(eq=False)
class Admitted:
    """What is admitted for sure and what perhaps; `reasons` say by what object they differ."""

    must: Region
    may: Region
    reasons: tuple[tuple[Found, str], ...] = ()

    def within(self, here: Region) -> "Admitted":
        """Return the part of it in a region."""
        return Admitted(products.both(self.must, here), products.both(self.may, here), self.reasons)


def admitted(policies: Iterable[Policy], reading: Reading) -> Admitted:
    """Return what some policies that apply together admit, before certificates are looked at."""
    policies = tuple(policies)
    reasons = [(each.found, why) for each in policies for why in each.unknown]
    allowing = [each for each in policies if each.action == "ALLOW"]
    must, may = (products.ALL, products.ALL) if not allowing else (products.NONE, products.NONE)
    for policy in allowing:
        for match in policy.matches(reading):
            must, may = (*must, *match.must), (*may, *match.may)
            reasons += [(policy.found, why) for why in match.reasons]
    for policy in policies:
        if policy.action in ("ALLOW", "AUDIT") or (
            reading == "ztunnel" and policy.action != "DENY"
        ):
            continue
        if policy.action != "DENY":
            reasons.append((policy.found, "it asks a provider outside the mesh's configuration"))
        for match in policy.matches(reading):
            must = products.subtract(must, match.may, full)
            if policy.action == "DENY":
                may = products.subtract(may, match.must, full)
                reasons += [(policy.found, why) for why in match.reasons]
    return Admitted(must, may, tuple(dict.fromkeys(reasons)))


def authenticated(region: Region, mtls: Mtls, *, ambient: bool) -> Region:
    """Return the part of a region whose callers prove who they are as their port asks them to.

    Where certificates are off nobody proves anything; ambient mode does not heed that.
    """
    by_mode: dict[Mode, IntSet] = {}
    rest = PORTS
    for port, mode in mtls.ports:
        one = IntSet(((port, port),))
        by_mode[mode] = by_mode.get(mode, IntSet()) | one
        rest -= one
    by_mode[mtls.mode] = by_mode.get(mtls.mode, IntSet()) | rest
    found: list[Box] = []
    for mode, ports in by_mode.items():
        narrow = () if ports == PORTS else (box(port=ports),)
        for each in products.both(region, narrow) if narrow else region:
            found += _proven(each, "PERMISSIVE" if ambient and mode == "DISABLE" else mode)
    return tuple(found)


def _proven(each: Box, mode: Mode) -> tuple[Box, ...]:
    who: Any = each.by_name.get("who")
    match mode:
        case "PERMISSIVE":
            return (each,)
        case "DISABLE":
            return products.both((each,), (box(who=ANONYMOUS),))
        case "STRICT":
            if who is not None and "" not in who:
                return (each,)
            return products.both((each,), (box(who=IDENTITIES),))
