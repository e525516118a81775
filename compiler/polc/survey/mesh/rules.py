"""Mistakes in single rules: callers that can't be or are everybody, requests that nobody reads.

Sources: istio.io, "Authorization Policy" (principals, negative matching), "Security best practices"
(positive and negative matching), "Authorization for TCP traffic", and "Use Layer 7 features" of
ambient mode.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from polc.diagnostics import Diagnostic
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.fields import (
    ANONYMOUS,
    EVERYBODY,
    PORTS,
    Unreadable,
    full,
    source_field,
)
from polc.semantics.mesh.model import MeshModel, spoken
from polc.semantics.mesh.rules import NEVER, match_rule
from polc.semantics.mesh.ways import unencrypted
from polc.semantics.objects.model import Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets import products
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import box
from polc.semantics.sets.strings import StringSet
from polc.semantics.workloads.templates import Template
from polc.survey.mistakes import mistake
from polc.terms import Mesh

CALLERS = ("principals", "namespaces", "serviceAccounts")
"""Fields of a source that only a certificate can answer."""


# --- who --------------------------------------------------------------------------------------


def callers(
    policy: Policy, rule: Mapping[str, Any], keys: tuple[Key, ...], model: MeshModel
) -> Iterator[Diagnostic]:
    """Report callers that can't be, that are everybody, or that no certificate tells apart."""
    found = policy.found
    for index, entry in enumerate(items(rule.get("from"))):
        source = mapping(mapping(entry).get("source"))
        for field in ("principals", "notPrincipals"):
            for value in map(str, items(source.get(field))):
                if why := _nobody(value, model.trust):
                    place = (*keys, "from", index, "source", field)
                    yield mistake(found, f"names `{value}`, which {why}", _FORM, *place)
    if not rule.get("from"):
        return
    who = match_rule({"from": rule["from"]}, found.namespace, model.trust, "http", "DENY").must
    if policy.action == "DENY" and not products.subtract((box(who=EVERYBODY),), who, full):
        message = "denies everybody, whatever callers it names"
        advice = "put what is to hold together into one item"
        yield mistake(found, message, advice, *keys, "from")
        return
    anonymous = bool(products.both(who, (box(who=ANONYMOUS),)))
    names = {
        field for each in items(rule["from"]) for field in mapping(mapping(each).get("source"))
    }
    strict = "make a PeerAuthentication say STRICT there"
    if policy.action == "ALLOW" and anonymous:
        pod = _loose(policy, model) if names & {"notPrincipals", "notNamespaces"} else None
        if pod is not None:
            message = f"admits callers without identity, too: {pod.title} takes plain text"
            advice = f"name who may, instead of who may not, or {strict}"
            yield mistake(found, message, advice, *keys, "from")
    elif policy.action == "ALLOW" and names & {*CALLERS}:
        pod = _loose(policy, model, "DISABLE")
        if pod is not None:
            message = f"never matches: nobody proves an identity to {pod.title}, where mutual TLS"
            yield mistake(found, f"{message} is off", strict, *keys, "from")
    elif policy.action == "DENY" and names & {*CALLERS}:
        pod = None if anonymous else _loose(policy, model, said=True)
        if pod is not None:
            message = f"does not hold callers in plain text, which {pod.title} takes"
            yield mistake(found, message, strict, *keys, "from")


def could_be_one(one: Mapping[str, Any], other: Mapping[str, Any], policy: Policy) -> bool:
    """Tell whether some request has both of two fields that stand in items of their own.

    Where nobody can be both, such as an account of one namespace and another namespace, either of
    them is meant.
    """
    sides: list[StringSet] = []
    for name, values in (*one.items(), *other.items()):
        if name in CALLERS:
            texts = tuple(map(str, items(values)))
            try:
                side = source_field(name, texts, policy.found.namespace, policy.trust).side
            except Unreadable:
                return False
            assert isinstance(side, StringSet)
            sides.append(side)
    return len(sides) < 2 or bool(sides[0] & sides[1])


_FORM = "write principals as `TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT`"


def _nobody(value: str, trust: str) -> str | None:
    """Return why no caller can have a principal."""
    if value.startswith("spiffe://"):
        return "never matches: principals are compared without `spiffe://`"
    side = source_field("principals", (value,), "", trust).side
    assert isinstance(side, StringSet)
    return None if side & EVERYBODY else "is nobody's principal"


def _loose(
    policy: Policy, model: MeshModel, mode: str = "", *, said: bool = False
) -> Template | None:
    """Return pods under a policy that take plain text on some port (or have a mode on every one).

    With `said` some object has to say so: without one it is the default, but objects that are not
    here may be strict.
    """
    for pod in model.selected(policy) if not policy.targets else ():
        mtls = model.mtls(pod)
        ports = IntSet.of((number, number) for number in model.ports(pod)) or PORTS
        if mode:
            sidecar = model.plane(pod.namespace, pod.labels) is Mesh.SIDECAR
            if sidecar and mtls.mode == mode and not mtls.ports:
                return pod
        elif unencrypted(mtls) & ports and not (said and mtls.said is None):
            return pod
    return None


# --- what -------------------------------------------------------------------------------------


def requests(
    policy: Policy, rule: Mapping[str, Any], keys: tuple[Key, ...], model: MeshModel
) -> Iterator[Diagnostic]:
    """Report rules that speak of requests where nobody reads any."""
    found = policy.found
    if match_rule(rule, found.namespace, model.trust, "tcp", "ALLOW") is not NEVER:
        return
    denies = policy.action == "DENY"
    match = match_rule(rule, found.namespace, model.trust, "tcp", "DENY")
    asked = IntSet()
    for each in match.may:
        side = each.by_name.get("port", PORTS)
        assert isinstance(side, IntSet)
        asked |= side
    if _by_ztunnel(policy, model):
        effect = "so it denies whatever the rest of it matches" if denies else "so it never matches"
        message = f"speaks of requests, and ztunnel, which enforces it, reads none: {effect}"
        advice = "name the Service, or its waypoint, in `targetRefs` instead of a selector"
        yield mistake(found, message, advice, *keys)
        return
    for title, ports in _ports(policy, model):
        tcp = sorted(n for n, word in ports.items() if word == "tcp" and n in asked)
        others = [n for n, word in ports.items() if word != "tcp" and n in asked]
        if denies and tcp:
            message = f"denies every connection to port {tcp[0]} of {title}, which speaks no HTTP:"
            message += " nobody reads requests there"
            advice = (
                "limit it to `ports` that speak HTTP, or have the Service's port named `http-…`"
            )
            yield mistake(found, message, advice, *keys)
            return
        if not denies and tcp and (asked != PORTS or not others):
            message = f"never matches on port {tcp[0]} of {title}, which speaks no HTTP: it speaks"
            message += " of requests, and nobody reads them there"
            advice = (
                "give such ports a rule without them, or have the Service's port named `http-…`"
            )
            yield mistake(found, message, advice, *keys)
            return


def _by_ztunnel(policy: Policy, model: MeshModel) -> bool:
    """Tell whether a policy is enforced at pods of ambient mode, where only waypoints read."""
    if policy.targets:
        return False
    home = policy.found.namespace
    pods = model.selected(policy)
    if not pods and home != model.root and not model.pods.get(home):
        return model.plane(home, {}) is Mesh.AMBIENT
    return any(model.plane(each.namespace, each.labels) is Mesh.AMBIENT for each in pods)


def _ports(policy: Policy, model: MeshModel) -> Iterable[tuple[str, Mapping[int, str]]]:
    """Yield the ports that a policy is for, as it counts them: those of pods, or of Services."""
    if not policy.targets:
        for pod in model.selected(policy):
            yield pod.title, model.ports(pod)
    for service in model.manifests.of_kind("Service", ""):
        at = ("Service", service.name) in policy.targets
        if at and service.namespace == policy.found.namespace:
            ports = [mapping(each) for each in items(service.spec.get("ports"))]
            yield (
                f"Service `{service.namespace}/{service.name}`",
                {each["port"]: spoken(each) for each in ports if type(each.get("port")) is int},
            )
