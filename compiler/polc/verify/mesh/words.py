"""Counterexamples of the mesh in words: who may ask what of whom, by which rule, declared where."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import frozen

from polc.codes.proof import MESH_DENIES, MESH_PERMITS, NOT_DECIDED, PLAIN_TEXT
from polc.declared import mesh as declared_mesh
from polc.declared.mesh import Callee
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Flow, Program
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.fields import IDENTITIES, full
from polc.semantics.mesh.peer_authentication import Mtls
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import AddressSet, IntSet, cidr_set
from polc.semantics.sets.products import Box, Region, box
from polc.semantics.sets.strings import StringSet
from polc.source import Span, nowhere

if TYPE_CHECKING:
    from polc.semantics.mesh.ways import Seen

_METHODS = ("DELETE", "POST", "PUT", "GET", "PATCH", "OPTIONS", "HEAD")
_PATHS = ("/admin", "/", "/v1/admin")
_PORTS = (9999, 8081, 22)


@frozen
class Witness:
    """One request that shows it, as a box of one point."""

    point: Box
    who: str
    port: int
    ip: str | None
    method: str | None
    path: str | None
    more: tuple[str, ...]

    def caller(self) -> str:
        """Return who asks."""
        where = f" at {self.ip}" if self.ip else ""
        if not self.who:
            return f"a caller without identity{where}"
        return f"`{self.who}`{where}"

    def asks(self, callee: str) -> str:
        """Return what is asked of whom."""
        with_ = f" with {' and '.join(self.more)}" if self.more else ""
        if self.method is None:
            return f"port {self.port} of `{callee}`{with_}"
        return f"`{self.method} {self.path}` on port {self.port} of `{callee}`{with_}"


def witness(region: Region, seen: "Seen", trust: str) -> Witness:
    """Return a request of a region that is not empty, as telling as there is one."""
    sides = dict(region[0].sides)
    who = _pick(sides.get("who") or full("who"), (f"{trust}/ns/elsewhere/sa/stranger", ""))
    ports = sides.get("port") or full("port")
    assert isinstance(ports, IntSet)
    port = next((each for each in _PORTS if each in ports), None) or ports.sample()
    point: dict[str, object] = {"who": strings.of_texts((who,)), "port": IntSet(((port, port),))}
    for name in ("ip", "remote"):
        if isinstance(found := sides.get(name), AddressSet):
            point[name] = cidr_set(found.sample())
    method = path = None
    if seen.reading == "http":
        method = _pick(sides.get("method") or full("method"), _METHODS)
        path = _pick(sides.get("path") or full("path"), _PATHS)
        point["method"], point["path"] = strings.of_texts((method,)), strings.of_texts((path,))
    more = []
    for name, side in sides.items():
        if isinstance(side, StringSet) and name not in point:
            value = side.sample()
            point[name] = strings.of_texts((value,))
            more.append(f"{name} `{value}`" if value else f"no {name}")
    ip = sides["ip"].sample() if "ip" in sides else None
    return Witness(box(**point), who, port, ip, method, path, tuple(more))


def _pick(side: object, wanted: Iterable[str]) -> str:
    assert isinstance(side, StringSet)
    return next((each for each in wanted if each in side), None) or side.sample()


# --- what is wrong ----------------------------------------------------------------------------


def wider(callee: Callee, seen: "Seen", extra: Region, trust: str) -> Diagnostic:
    """Say that something is admitted which nothing declares."""
    shown = witness(extra, seen, trust)
    place, by = _permitted(seen, shown)
    return Diagnostic(
        MESH_PERMITS,
        f"{shown.caller()} may ask for {shown.asks(_pods(callee, seen))}; nothing declares it",
        place.span(*by[1]) if place else callee.span,
        (Label(_nearest(callee, shown, trust), "the nearest declaration is here"),),
        f"permitted because {by[0]}; narrow it, or declare the flow with `allow from`",
        about=(callee.key, "TCP", shown.port),
    )


def narrower(callee: Callee, seen: "Seen", lost: Region, trust: str) -> Diagnostic:
    """Say that something is refused which is declared."""
    shown = witness(lost, seen, trust)
    place, by = _refused(seen, shown, trust)
    return Diagnostic(
        MESH_DENIES,
        f"{shown.caller()} may not ask for {shown.asks(_pods(callee, seen))}, though it is"
        " declared",
        _nearest(callee, shown, trust),
        (Label(place.span(*by[1]), "here"),) if place else (),
        f"refused because {by[0]}",
        about=(callee.key, "TCP", shown.port),
    )


def stranger(
    program: Program, namespace: str, seen: "Seen", extra: Region, trust: str
) -> Diagnostic:
    """Say what pods admit that stand in an owned namespace and in no program."""
    shown = witness(extra, seen, trust)
    place, by = _permitted(seen, shown)
    labels = ", ".join(f"{key}: {value}" for key, value in seen.labels) or "other labels"
    return Diagnostic(
        MESH_PERMITS,
        f"{shown.caller()} may ask for {shown.asks(f'{namespace}/a pod with {labels}')};"
        " nothing declares such a pod",
        place.span(*by[1]) if place else _span(program, namespace),
        (Label(_span(program, namespace), "the namespace is here"),),
        f"permitted because {by[0]}; close the namespace with a policy whose `spec` is empty",
    )


def stranger_service(
    program: Program, namespace: str, waypoint: str, service: str, seen: "Seen",
    extra: Region, trust: str,
) -> Diagnostic:  # fmt: skip
    """Say that a waypoint is open for Services that the program does not know."""
    shown = witness(extra, seen, trust)
    place, by = _permitted(seen, shown)
    name = f"{namespace}/{service}" if service else f"{namespace}/any other service"
    return Diagnostic(
        MESH_PERMITS,
        f"{shown.caller()} may ask for {shown.asks(name)} at the waypoint `{waypoint}`, and the"
        " pods admit the waypoint; nothing declares it",
        place.span(*by[1]) if place else _span(program, namespace),
        (Label(_span(program, namespace), "the namespace is here"),),
        f"permitted because {by[0]}; close the waypoint with a policy that names it and has no"
        " rules",
    )


def outside(callee: Callee, manifests: Manifests) -> Diagnostic:
    """Say that pods take no part in the mesh, so that nothing is enforced at them."""
    found = next(
        (each for each in manifests.of_kind("Namespace", "") if each.name == callee.namespace), None
    )
    return Diagnostic(
        MESH_PERMITS,
        f"a caller without identity may ask for any port of `{callee.key}`: its pods are not in"
        " the mesh",
        found.span("metadata", "labels") if found else callee.span,
        (Label(callee.span, "the service is here"),),
        "label the namespace with `istio-injection: enabled`, or in ambient mode with"
        " `istio.io/dataplane-mode: ambient`",
    )


def plain_text(callee: Callee, mtls: Mtls, ports: IntSet) -> Diagnostic:
    """Say that a port needs no client certificate though every caller of it has an identity."""
    port = next((p.container for p in callee.ports if p.container in ports), ports.sample())
    return Diagnostic(
        PLAIN_TEXT,
        f"port {port} of `{callee.key}` takes plain text, and no caller without identity is"
        " declared",
        mtls.said.span("spec") if mtls.said else callee.span,
        (Label(callee.span, "the service is here"),),
        f"its mode is {mtls.mode}: make a PeerAuthentication of the namespace say STRICT",
    )


def plain_text_of_strangers(program: Program, namespace: str, mtls: Mtls) -> Diagnostic:
    """Say that pods which the program never heard of take plain text."""
    return Diagnostic(
        PLAIN_TEXT,
        f"pods of `{namespace}` that no policy selects take plain text",
        mtls.said.span("spec") if mtls.said else _span(program, namespace),
        help=f"the mode is {mtls.mode}: make a PeerAuthentication of the namespace say STRICT",
    )


def undecided(found: Found, why: str) -> Diagnostic:
    """Say what can't be told from the objects."""
    return Diagnostic(
        NOT_DECIDED,
        f"not decided: {why} (`{found.kind}` `{found.namespace}/{found.name}`)",
        found.span("spec"),
    )


# --- who said so ------------------------------------------------------------------------------

Said = tuple[str, tuple[str | int, ...]]
"""A reason, and the way to the field that gives it."""


def _permitted(seen: "Seen", shown: Witness) -> tuple[Found | None, Said]:
    allowing = [each for each in seen.policies if each.action == "ALLOW"]
    if not allowing:
        return None, ("no ALLOW policy applies there", ())
    for policy in allowing:
        for number, match in enumerate(policy.matches(seen.reading)):
            if products.both(match.may, (shown.point,)):
                return policy.found, _rule(policy, number, "admits it")
    return None, ("some rule admits it", ())


def _refused(seen: "Seen", shown: Witness, trust: str) -> tuple[Found | None, Said]:
    if not _certified(seen, shown):
        why = f"port {shown.port} is {'STRICT' if not shown.who else 'without mutual TLS'}"
        return seen.mtls.said, (why, ("spec",))
    for policy in seen.policies:
        if policy.action != "ALLOW":
            for number, match in enumerate(policy.matches(seen.reading)):
                if products.both(match.may, (shown.point,)):
                    why = "denies it"
                    if seen.reading != "http" and _speaks_of_requests(policy, number):
                        why = "denies it: it speaks of requests, and nobody reads them there"
                    return policy.found, _rule(policy, number, why)
    return _hint(seen, shown, trust)


def _hint(seen: "Seen", shown: Witness, trust: str) -> tuple[Found | None, Said]:
    """Look for the rule that was meant to admit it."""
    allowing = [each for each in seen.policies if each.action == "ALLOW"]
    for policy in allowing:
        for number, rule in enumerate(policy.found.spec.get("rules") or ()):
            if "spiffe://" in str(rule.get("from")):
                return policy.found, _rule(policy, number, "writes principals with `spiffe://`")
            if seen.reading != "http" and _speaks_of_requests(policy, number):
                why = "speaks of requests where nobody reads them, so it never matches"
                return policy.found, _rule(policy, number, why)
    if allowing:
        found = allowing[-1].found
        return found, (f"no rule admits it; `{found.name}` has the last word", ("spec",))
    return None, ("nothing that leads there lets it through", ())


def _speaks_of_requests(policy: Policy, number: int) -> bool:
    text = str((policy.found.spec.get("rules") or ())[number])
    words = ("'methods'", "'paths'", "'hosts'", "Methods'", "Paths'", "Hosts'", "'request.")
    return any(word in text for word in words)


def _rule(policy: Policy, number: int, does: str) -> Said:
    found = policy.found
    keys: tuple[str | int, ...] = ("spec", "rules", number)
    where = found.where(*keys)
    return f"rule {number + 1} of `{found.namespace}/{found.name}` in `{where}` {does}", keys


def _certified(seen: "Seen", shown: Witness) -> bool:
    mode = dict(seen.mtls.ports).get(shown.port, seen.mtls.mode)
    if mode == "DISABLE" and not seen.ambient:
        return not shown.who
    return mode != "STRICT" or shown.who in IDENTITIES


def _nearest(callee: Callee, shown: Witness, trust: str) -> Span:
    """Return the declaration that comes closest to a request: by port and caller, then by port."""

    def distance(flow: Flow) -> tuple[bool, bool]:
        who = strings.NONE
        for each in declared_mesh.region((flow,), trust, "least"):
            found = each.by_name["who"]
            assert isinstance(found, StringSet)
            who |= found
        return (
            not flow.port.container <= shown.port <= flow.port.end,
            shown.who not in who,
        )

    declared = [flow for flow in callee.flows if flow.spans]
    if not declared:
        return callee.span
    return min(declared, key=distance).spans[0]


def _pods(callee: Callee, seen: "Seen") -> str:
    extra = {key: value for key, value in seen.labels if callee.labels.get(key) != value}
    if not extra:
        return callee.key
    return f"{callee.key} ({', '.join(f'{key}: {value}' for key, value in extra.items())})"


def _span(program: Program, namespace: str) -> Span:
    return next((each.span for each in program.namespaces if each.name == namespace), nowhere())
