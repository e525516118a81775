"""Words of a question to ends of a flow: `web`, `shop/web`, `internet`, `shop/*`, `10.0.0.7`."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from attrs import frozen

from polc.ir.nodes import (
    Addresses,
    AllPods,
    Host,
    NamespacePods,
    Peer,
    Pods,
    Port,
    Program,
    Transport,
    Workload,
)
from polc.suggest import nearest

PUBLIC_ADDRESS = "8.8.8.8"
"""What stands for the internet where one address has to: any public one would do."""
_STRANGER = "polc-unknown"


class Unanswerable(Exception):
    """A question that names nothing the program has; the message says so."""


@frozen
class End:
    """One end: `peer` as the program sees it, `pods` or `address` as the objects see it.

    `workload` is set for a service that the program owns; `known` is False for a pod that the
    program never heard of, which stands for all of them.
    """

    name: str
    peer: Peer
    pods: Pods | None = None
    address: str | None = None
    workload: Workload | None = None
    known: bool = True


def find_end(program: Program, word: str) -> End:
    """Return the end that a word means.

    Raises:
        Unanswerable: there is none, or there are several.

    """
    if word == "internet":
        return End("internet", Addresses("internet", ()), address=PUBLIC_ADDRESS)
    if word == "any":
        return _stranger("any other pod", "polc-elsewhere", AllPods())
    if word.endswith("/*"):
        namespace = word.removesuffix("/*")
        return _stranger(f"any other pod of `{namespace}`", namespace, NamespacePods(namespace))
    try:
        return End(word, Addresses(word, ()), address=str(ip_address(word)))
    except ValueError:
        return _named(program, word)


def _stranger(name: str, namespace: str, peer: Peer) -> End:
    key = "any" if isinstance(peer, AllPods) else f"{namespace}/*"
    pods = Pods(key, namespace, (), _STRANGER, "extern")
    return End(name, peer, pods=pods, known=False)


def _named(program: Program, word: str) -> End:
    known = {end.name: end for end in _ends(program)}
    if word in known:
        return known[word]
    found = [end for name, end in known.items() if name.rpartition("/")[2] == word]
    if len(found) == 1:
        return found[0]
    if found:
        keys = " or ".join(f"`{end.name}`" for end in found)
        raise Unanswerable(f"there are several `{word}`; name one: {keys}")
    near = nearest(word, [text for name in known for text in (name, name.rpartition("/")[2])])
    advice = f"did you mean `{near}`?" if near else "it has no service or endpoint of that name"
    raise Unanswerable(f"the program knows no `{word}`; {advice}")


def _ends(program: Program) -> Iterator[End]:
    for extern in _externs(program):
        yield End(extern.key, extern, pods=extern)
    for flow in program.flows:
        for peer in (flow.source, flow.target):
            if isinstance(peer, Addresses) and peer.name != "internet":
                first = ip_address(peer.blocks[0].cidr.partition("/")[0])
                yield End(peer.name, peer, address=str(first))
            elif isinstance(peer, Host):
                yield End(peer.name, peer)
    for workload in program.workloads:
        yield End(workload.key, workload.pods, pods=workload.pods, workload=workload)


def _externs(program: Program) -> Iterable[Pods]:
    cluster = program.cluster
    for extern in (cluster.istiod, cluster.knative_activator, cluster.knative_gateway):
        yield extern.pods
    for flow in program.flows:
        for peer in (flow.source, flow.target):
            if isinstance(peer, Pods) and peer.origin != "workload":
                yield peer


def find_port(program: Program, callee: End, word: str | None) -> Port:
    """Return the callee's port by name or number; its only one where none is named.

    Raises:
        Unanswerable: it has none of that name, or several to choose from.

    """
    ports = _ports(program, callee)
    if word is None:
        if len(ports) == 1:
            return ports[0]
        names = ", ".join(f"`{callee.name}:{port.name}`" for port in ports)
        raise Unanswerable(
            f"say which port of `{callee.name}`: {names}"
            if ports
            else f"`{callee.name}` has no port; name one, as in `{callee.name}:8080`"
        )
    for port in ports:
        if word == port.name or (word.isdecimal() and _is(port, int(word))):
            return port
    if word.isdecimal() and 0 < int(word) < 65536:
        number = int(word)
        return Port(word, number, number, number, "tcp", Transport.TCP)
    names = ", ".join(f"`{port.name}`" for port in ports) or "none"
    raise Unanswerable(f"`{callee.name}` has no port `{word}`; it has {names}")


def _is(port: Port, number: int) -> bool:
    return number == port.service or port.container <= number <= port.end


def _ports(program: Program, callee: End) -> tuple[Port, ...]:
    if callee.workload is not None:
        return callee.workload.ports
    ports = (
        flow.port
        for flow in program.flows
        if (isinstance(flow.target, Pods) and flow.target.key == callee.name)
        or (isinstance(flow.target, Addresses | Host) and flow.target.name == callee.name)
    )
    return tuple(sorted(dict.fromkeys(ports), key=lambda port: (port.container, port.name)))
