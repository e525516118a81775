"""`allow` statements: from what is written to what each end of a flow declares.

Nothing is decided here about consent: this collects, for every pair of a caller and a callee, what
each of them says (`Half`), and the flows of which only one end is the program's (`direct`).
"""

from attrs import define, evolve, field

from polc import syntax as s
from polc.codes import flows as codes
from polc.codes import names
from polc.diagnostics import Code, Diagnostic, Label
from polc.ir import nodes as ir
from polc.lower import values as literals
from polc.lower.callee_ports import numbered_ports, select_ports
from polc.lower.declared import Declared, FlowKey, Half, Owned, Said
from polc.lower.host_network import needs_plain_text
from polc.lower.peers import (
    Broad,
    ListedPeer,
    Named,
    extern_of,
    internet,
    list_peers,
    lower_endpoint,
)
from polc.lower.qualifiers import Active, Context, judge
from polc.lower.reasons import check_reason
from polc.lower.requests import lower_requests
from polc.resolve.symbols import Symbol, Table
from polc.source import Span

_UNCLEAR = (
    names.UNKNOWN_NAME,
    names.AMBIGUOUS_NAME,
    codes.UNKNOWN_PORT,
    codes.AMBIGUOUS_PORT,
    codes.NUMBER_OF_TWO_PORTS,
    codes.NO_PORT,
)
"""Mistakes after which nobody knows which flow a statement speaks of."""


@define
class Reader:
    """Reads the `allow` statements of all services into `declared`."""

    table: Table
    context: Context
    cluster: ir.Cluster
    owned: dict[str, Owned]
    found: list[Diagnostic]
    expired: list[ir.Expired]
    declared: Declared = field(factory=Declared)
    externs: dict[str, ir.Extern | None] = field(factory=dict)

    def read(self, service: Owned, allow: s.Allow) -> None:
        """Read one statement of `service`."""
        qualifiers = allow.qualifiers
        what = _phrase(allow) if qualifiers.until is not None else ""  # only dates expire
        state = judge(qualifiers, what, allow.span, self.context, self.found, self.expired)
        before = len(self.found)
        peers = list_peers(
            self.table, allow.peers, service.pods.namespace, self.found, self.declared.used
        )
        if not peers and not allow.peers:
            self._report(codes.EMPTY_PEERS, "this list of peers names nobody", allow.span)
        for peer in peers:
            check_reason(peer, qualifiers, self.found)
        if allow.direction == "from":
            self._read_from(service, allow, peers, state)
        else:
            self._read_to(service, allow, peers, state)
        if any(each.code in _UNCLEAR for each in self.found[before:]):
            self.declared.doubtful.add((service.model.key, allow.direction))

    def overhear(self, service: Owned, allow: s.Allow) -> None:
        """Note on which ports a statement says who calls there, and nothing else of it."""
        own = service.model.symbol
        if allow.direction == "from":
            for port in select_ports(service.ports, allow.ports, own, allow.span, []):
                self.declared.decided.setdefault((own.key, port.name), allow.span)

    # --- allow from ---------------------------------------------------------------------------

    def _read_from(
        self,
        service: Owned,
        allow: s.Allow,
        peers: tuple[ListedPeer, ...],
        state: Active | None,
    ) -> None:
        own = service.model.symbol
        place = allow.peers[0].span.to(allow.peers[-1].span) if allow.peers else allow.span
        ports = select_ports(service.ports, allow.ports, own, place, self.found)
        gateway = self._gateway(service, allow, peers) if allow.via else None
        hosts = self._hosts(service, allow.via) if allow.via else ()
        plain = self._plain_text(allow, peers)
        for port in ports:
            self.declared.used_ports.add((service.model.key, port.name))
            self.declared.decided.setdefault((service.model.key, port.name), place)
            requests = None
            if allow.requests is not None:
                requests = lower_requests(allow.requests, port, self.found)
                if not requests:
                    self.declared.doubtful.add((service.model.key, "from"))
                    if not allow.requests and not own.declaration.broken:
                        self._report(
                            codes.CONTRADICTORY_FLOW,
                            "empty braces admit no request at all",
                            allow.span,
                            help="list requests, or leave the braces out",
                        )
                    continue
            for peer in peers:
                said = _said(peer.at.span, state, allow, requests)
                if peer in plain:
                    said = evolve(said, plain_text=True)
                if allow.via is not None and _is_word(peer, "internet"):
                    if gateway is not None:
                        self._direct(gateway, service.pods, port, evolve(said, hosts=hosts))
                else:
                    self._admit(service, peer, port, said)

    def _admit(self, service: Owned, peer: ListedPeer, port: ir.Port, said: Said) -> None:
        """Enter that `service` admits `peer` on `port`."""
        match peer:
            case Broad(word="self"):
                self._pair(self.declared.callee, service.model.key, service.model.key, port, said)
            case Broad(word="internet"):
                self._direct(internet(self.cluster.internal), service.pods, port, said)
            case Broad():
                entry = (peer, port, said)
                self.declared.broad_from.setdefault(service.model.key, []).append(entry)
                source = ir.NamespacePods(peer.namespace) if peer.namespace else ir.AllPods()
                self._direct(source, service.pods, port, said)
            case Named(symbol=symbol):
                self.declared.used.add(symbol)
                self._admit_named(service, symbol, peer, port, said)

    def _admit_named(
        self, service: Owned, symbol: Symbol, peer: Named, port: ir.Port, said: Said
    ) -> None:
        match symbol.declaration:
            case s.Service():
                self._pair(self.declared.callee, symbol.key, service.model.key, port, said)
            case s.ExternService():
                extern = self.extern(symbol)
                if extern is not None and self._is_recognised(extern, port, said, peer):
                    self._direct(extern.pods, service.pods, port, said)
            case s.Gateway():
                self._report(
                    codes.BAD_PEER,
                    f"`{symbol.name}` is a gateway, and what comes through it is the internet",
                    peer.at.span,
                    (Label(symbol.span, "declared here"),),
                    f'write `allow from internet via {peer.at.span.text} host "…"`',
                )
            case s.Endpoint():
                where = lower_endpoint(symbol, [])
                if where is not None and isinstance(where[0], ir.Addresses):
                    self._direct(where[0], service.pods, port, said)
                elif where is not None:
                    self._report(
                        codes.BAD_PEER,
                        f"endpoint `{symbol.name}` is a host name, and a caller has none",
                        peer.at.span,
                        (Label(symbol.span, "declared here"),),
                        "declare the caller's addresses with `cidr`",
                    )

    def _gateway(
        self, service: Owned, allow: s.Allow, peers: tuple[ListedPeer, ...]
    ) -> ir.Pods | None:
        assert allow.via is not None
        for peer in peers:
            if not _is_word(peer, "internet"):
                self._report(
                    codes.BAD_PEER,
                    "only `internet` comes `via` a gateway",
                    peer.at.span,
                    (Label(allow.via.span, "this gateway"),),
                    "allow this peer in a statement of its own",
                )
                return None
        scope = service.pods.namespace
        symbol = self.table.find(allow.via.gateway, "peer", scope, self.found, "gateway")
        if symbol is None:
            return None
        self.declared.used.add(symbol)
        if symbol.kind != "gateway":
            self._report(
                codes.BAD_PEER,
                f"`{symbol.name}` is of kind {symbol.kind}, not a gateway",
                allow.via.gateway.span,
                (Label(symbol.span, "declared here"),),
            )
            return None
        extern = self.extern(symbol)
        return extern.pods if extern else None

    def _hosts(self, service: Owned, via: s.Via) -> tuple[str, ...]:
        """Return the outside host names of a flow, as the environment sets them."""
        tuned = service.model.one(s.Hosts)
        written = tuned.hosts if tuned else via.hosts
        hosts = [literals.host(host, self.found, wildcard=True) for host in written]
        return tuple(sorted({host for host in hosts if host is not None}))

    # --- allow to -----------------------------------------------------------------------------

    def _read_to(
        self,
        service: Owned,
        allow: s.Allow,
        peers: tuple[ListedPeer, ...],
        state: Active | None,
    ) -> None:
        if allow.requests is not None:
            self._report(
                codes.REQUESTS_ON_PORT,
                "only `allow from` narrows a flow to requests",
                allow.requests[0].span if allow.requests else allow.span,
                help="write them at the service that is called",
            )
            return
        if allow.via is not None:
            self._report(
                codes.BAD_PEER, "`via` stands only behind `allow from internet`", allow.via.span
            )
            return
        for peer in peers:
            self._call(service, allow, peer, _said(peer.at.span, state, allow))

    def _call(self, service: Owned, allow: s.Allow, peer: ListedPeer, said: Said) -> None:
        """Enter that `service` may call `peer`."""
        match peer:
            case Broad(word="self"):
                own = service.model.symbol
                for port in select_ports(service.ports, allow.ports, own, peer.at.span, self.found):
                    self.declared.used_ports.add((own.key, port.name))
                    self._pair(self.declared.caller, own.key, own.key, port, said)
            case Broad(word="internet"):
                for port in numbered_ports(allow.ports, peer, self.found):
                    self._direct(service.pods, internet(self.cluster.internal), port, said)
            case Broad():
                target = ir.NamespacePods(peer.namespace) if peer.namespace else ir.AllPods()
                for port in numbered_ports(allow.ports, peer, self.found):
                    entry = (peer, port, said)
                    self.declared.broad_to.setdefault(service.model.key, []).append(entry)
                    self._direct(service.pods, target, port, said)
            case Named(symbol=symbol):
                self.declared.used.add(symbol)
                self._call_named(service, allow, peer, said)

    def _call_named(self, service: Owned, allow: s.Allow, peer: Named, said: Said) -> None:
        symbol, at = peer.symbol, peer.at.span
        match symbol.declaration:
            case s.Service():
                callee = self.owned[symbol.key]
                for port in select_ports(callee.ports, allow.ports, symbol, at, self.found):
                    self.declared.used_ports.add((symbol.key, port.name))
                    self._pair(self.declared.caller, service.model.key, symbol.key, port, said)
            case s.ExternService():
                extern = self.extern(symbol)
                if extern is not None:
                    for port in select_ports(extern.ports, allow.ports, symbol, at, self.found):
                        self._direct(service.pods, extern.pods, port, said)
            case s.Gateway():
                self._report(
                    codes.BAD_PEER,
                    f"`{symbol.name}` is a gateway, and gateways are not called by services",
                    at,
                    (Label(symbol.span, "declared here"),),
                    "declare the pods as an `extern service`, or call the service behind it",
                )
            case s.Endpoint():
                where = lower_endpoint(symbol, [])
                if where is not None:
                    targets = (where[0],) if isinstance(where[0], ir.Addresses) else where[0]
                    for port in select_ports(where[1], allow.ports, symbol, at, self.found):
                        for target in targets:
                            self._direct(service.pods, target, port, said)

    # --- parts --------------------------------------------------------------------------------

    def extern(self, symbol: Symbol) -> ir.Extern | None:
        """Return an extern service or gateway; its own faults are reported elsewhere."""
        if symbol.key not in self.externs:
            self.externs[symbol.key] = extern_of(symbol, [])
        return self.externs[symbol.key]

    def _is_recognised(self, extern: ir.Extern, port: ir.Port, said: Said, peer: Named) -> bool:
        """Tell whether the mesh, if there is one, can tell a caller, or need not."""
        pods, symbol = extern.pods, peer.symbol
        if self.cluster.mesh is ir.Mesh.NONE or pods.host_network:  # `host_network` sees to these
            return True
        if not pods.in_mesh:
            if not said.plain_text and port.transport is ir.Transport.TCP:
                self.found.append(needs_plain_text(pods, port, peer.at.span))
            return said.plain_text
        if pods.account is not None:
            return True
        self._report(
            codes.NO_IDENTITY,
            f"the mesh knows callers by their account, and `{symbol.name}` has none",
            peer.at.span,
            (Label(symbol.span, "declared here"),),
            'add `account "…"` to it; or `mesh none`, if it is not in the mesh',
        )
        return False

    def _plain_text(self, allow: s.Allow, peers: tuple[ListedPeer, ...]) -> list[ListedPeer]:
        """Return who may call without an identity; those that have one need not."""
        if allow.plain_text is None:
            return []
        inside = [each for each in peers if isinstance(each, Named) and self._has_identity(each)]
        for peer in inside:
            self._report(
                codes.BAD_PEER,
                f"`{peer.symbol.name}` is in the mesh, and never calls in plain text",
                allow.plain_text.span,
                (Label(peer.symbol.span, "declared here"),),
                "leave `plain-text` out, or write it in a statement for other callers",
            )
        return [each for each in peers if each not in inside]

    def _has_identity(self, peer: Named) -> bool:
        symbol = peer.symbol
        if isinstance(symbol.declaration, s.Service):
            return not self.owned[symbol.key].pods.host_network
        if not isinstance(symbol.declaration, s.ExternService):
            return False
        extern = self.extern(symbol)
        return extern is not None and extern.pods.in_mesh

    def _pair(
        self, halves: dict[FlowKey, Half], caller: str, callee: str, port: ir.Port, said: Said
    ) -> None:
        halves.setdefault((caller, callee, port), []).append(said)

    def _direct(self, source: ir.Peer, target: ir.Peer, port: ir.Port, said: Said) -> None:
        self.declared.direct.setdefault((source, target, port), []).append(said)

    def _report(
        self,
        code: Code,
        message: str,
        span: Span,
        labels: tuple[Label, ...] = (),
        help: str | None = None,
    ) -> None:
        self.found.append(Diagnostic(code, message, span, labels, help))


def _phrase(allow: s.Allow) -> str:
    return f"allow {allow.direction} {', '.join(peer.span.text for peer in allow.peers)}"


def _said(
    span: Span,
    state: Active | None,
    allow: s.Allow,
    requests: tuple[ir.Request, ...] | None = None,
) -> Said:
    holds = state or Active()
    only_in = frozenset(each.text for each in allow.qualifiers.only_in)
    place = _where(allow)
    return Said(span, state is not None, requests, holds.because, holds.until, (), place, only_in)


def _where(allow: s.Allow) -> Span | None:
    """Return where a statement lists requests."""
    requests = allow.requests
    return requests[0].span.to(requests[-1].span) if requests else None


def _is_word(peer: ListedPeer, word: str) -> bool:
    return isinstance(peer, Broad) and peer.word == word
