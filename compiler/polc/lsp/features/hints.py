"""Inlay hints: what the program leaves out and polc works out, from the present text alone.

Behind a service's name stands as whom it acts and how it is hardened, behind ports their numbers.
"""

from collections.abc import Iterator

from attrs import frozen
from lsprotocol import types

from polc import syntax as s
from polc.ir.nodes import Cluster, Mesh, Port
from polc.lower.cluster import chain, choose_cluster, choose_environment, is_level, lower_cluster
from polc.lower.ports import declared_ports
from polc.lsp import meant
from polc.lsp.explain.text import content
from polc.lsp.feature import Feature, of_document
from polc.lsp.meant import Callee
from polc.lsp.session import View
from polc.lsp.uses import Placed, owner_key, placed

_DEFAULT = "restricted"
_MOST = 3
"""Numbers of ports in one hint."""


def hints(view: View, params: types.InlayHintParams) -> list[types.InlayHint]:
    """Return the hints of a range, from top to bottom."""
    if not view.session.settings.inlay_hints:
        return []
    start, end = (
        view.text.offset((at.line, at.character), view.session.encoding)
        for at in (params.range.start, params.range.end)
    )
    hinter = _Hinter(view, _cluster(view))
    found = [
        hint
        for place in placed(view.tree)
        if place.declaration.span.offset <= end and start <= place.declaration.span.end_offset
        for hint in hinter.of(place)
        if start <= hint.at <= end
    ]
    return [hinter.shown(each) for each in sorted(found, key=lambda each: each.at)]


def _cluster(view: View) -> Cluster | None:
    """Return the facts about the cluster that holds, if they are clear."""
    table = view.table
    environment = choose_environment(table, view.snapshot.options.environment, [])
    chosen = choose_cluster(table, environment, [])
    return lower_cluster(table, chosen, []) if chosen else None


@frozen
class _Hint:
    """A hint behind an offset; `means` is shown where the pointer rests on it."""

    at: int
    label: str
    kind: types.InlayHintKind
    means: str


@frozen
class _Hinter:
    view: View
    cluster: Cluster | None

    def shown(self, hint: _Hint) -> types.InlayHint:
        """Return a hint as the client takes it."""
        session = self.view.session
        return types.InlayHint(
            types.Position(*self.view.text.position(hint.at, session.encoding)),
            hint.label,
            kind=hint.kind,
            tooltip=content(hint.means, is_markdown=session.abilities.markdown),
            padding_left=hint.kind is types.InlayHintKind.Type,
        )

    def of(self, place: Placed) -> Iterator[_Hint]:
        """Return the hints of a declaration."""
        declaration = place.declaration
        if not isinstance(declaration, s.Service):
            return
        if place.scope:
            yield self._of_name(declaration, place.scope)
        own = Callee(owner_key(place), declaration)
        for statement in declaration.statements:
            match statement:
                case s.Harden(profile=ref):
                    yield from self._of_profile(ref, place.scope)
                case s.Probe(port=s.Name() | s.Number() as port):
                    yield from _of_port(port, meant.probed(port, own))
                case s.Allow():
                    yield from self._of_allow(statement, place.scope, own)

    def _of_name(self, service: s.Service, scope: str) -> _Hint:
        account = next(
            (x.name.text for x in service.statements if isinstance(x, s.Account)), service.name.text
        )
        label, means = f"{scope}/{account}", f"Its service account is `{account}` in `{scope}`."
        if self.cluster is not None and self.cluster.mesh is not Mesh.NONE:
            label = f"{self.cluster.trust_domain}/ns/{scope}/sa/{account}"
            means += f" In the mesh it is `spiffe://{label}`."
        if not any(isinstance(each, s.Harden) for each in service.statements):
            info = self.view.table.namespaces.get(scope)
            profile = info.harden.profile if info and info.harden else None
            name = profile.span.text if profile else _DEFAULT
            label += f", {name}"
            means += f" It is hardened by `{name}`" + (
                ", the profile of its namespace." if profile else "."
            )
        return _Hint(service.name.span.end_offset, label, types.InlayHintKind.Type, means)

    def _of_profile(self, ref: s.Ref, scope: str) -> Iterator[_Hint]:
        """Return the level of a profile that the program or the library declares."""
        found = self.view.table.candidates(ref, "profile", scope)
        if is_level(ref) or len(found) != 1:
            return
        base = chain(self.view.table, found[0], [])[0].declaration
        extends = base.extends if isinstance(base, s.Profile) else None
        level = extends.name.text if extends and is_level(extends) else _DEFAULT
        means = f"The profile is of the Pod Security level `{level}`."
        yield _Hint(ref.span.end_offset, level, types.InlayHintKind.Type, means)

    def _of_allow(self, allow: s.Allow, scope: str, own: Callee) -> Iterator[_Hint]:
        if not allow.ports and allow.direction == "to":
            yield from self._of_peers(allow, scope)
        elif allow.ports:
            callees = meant.callees(self.view.table, allow, scope, own)
            for port in allow.ports:
                yield from _of_port(port, meant.ports(port, callees))
        elif len(own.ports) == 1 and allow.peers:
            end = (allow.via or allow.peers[-1]).span.end_offset
            yield _hint(end, f" on {own.ports[0].name}", own.ports)

    def _of_peers(self, allow: s.Allow, scope: str) -> Iterator[_Hint]:
        """Return the port of each peer that has just one."""
        for peer in allow.peers:
            if isinstance(peer, s.Ref):
                found = self.view.table.candidates(peer, "peer", scope)
                ports = declared_ports(found[0].declaration) if len(found) == 1 else ()
                if len(ports) == 1:
                    yield _hint(peer.span.end_offset, "", ports)


def _of_port(written: s.Name | s.Number, found: tuple[tuple[Callee, Port], ...]) -> Iterator[_Hint]:
    """Return the container's port behind a port's name, or behind another number of it."""
    ports = tuple(port for _, port in found if _numbers(port) != written.text)
    if ports:
        yield _hint(written.span.end_offset, "", ports)


def _numbers(port: Port) -> str:
    return f"{port.container}" if port.end == port.container else f"{port.container}..{port.end}"


def _hint(at: int, before: str, ports: tuple[Port, ...]) -> _Hint:
    numbers = list(dict.fromkeys(map(_numbers, ports)))
    shown = ", ".join(numbers[:_MOST]) + ("…" if len(numbers) > _MOST else "")
    means = "\n".join(dict.fromkeys(f"`{' '.join(each.span.text.split())}`" for each in ports))
    return _Hint(at, f"{before}:{shown}", types.InlayHintKind.Parameter, means)


FEATURES: tuple[Feature, ...] = (
    Feature(
        types.TEXT_DOCUMENT_INLAY_HINT,
        of_document(hints),
        types.InlayHintOptions(resolve_provider=False),
    ),
)
