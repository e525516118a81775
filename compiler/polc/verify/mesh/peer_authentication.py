"""Which PeerAuthentications, and which of their ports, can be left out without a difference."""

from collections.abc import Collection, Iterator, Mapping

from polc.codes.proof import REMOVABLE_RULE
from polc.diagnostics import Diagnostic
from polc.semantics.mesh.peer_authentication import Authentications, selector
from polc.semantics.objects.model import Found, Key


def needless(authentications: Authentications, namespace: str) -> Iterator[Diagnostic]:
    """Yield what no pod of a namespace would miss of the objects there.

    Where several compete for some pods it is not known which of them counts: they all stay. So does
    what only a mesh-wide object would stand in for.
    """
    objects = authentications.objects(namespace)
    gone: list[Found] = []
    for each in reversed(objects):
        if all(
            _same_without(out, authentications, namespace, labels)
            for out in ((each,), (*gone, each))
            for labels in _places(each, objects)
        ):
            gone.append(each)
            yield _told(f"PeerAuthentication {_name(each)}", each)
        else:
            yield from _ports(authentications, each)


def _places(each: Found, objects: Collection[Found]) -> Iterator[Mapping[str, str]]:
    """Yield the labels that it selects, alone and with those of each other object."""
    own = selector(each)
    yield own
    for labels in map(selector, objects):
        joined = {**labels, **own}
        if len(joined) > len(own) and labels.items() <= joined.items():
            yield joined


def _same_without(
    out: Collection[Found],
    authentications: Authentications,
    namespace: str,
    labels: Mapping[str, str],
) -> bool:
    now = authentications.of(namespace, labels)
    then = authentications.of(namespace, labels, out)
    known = not now.reasons and not then.reasons
    own = then.said is not None and then.said.namespace == namespace
    return known and own and (now.mode, now.ports) == (then.mode, then.ports)


def _ports(authentications: Authentications, each: Found) -> Iterator[Diagnostic]:
    """Yield the ports of an object that say what holds for all others as well."""
    listed = each.spec.get("portLevelMtls")
    now = authentications.of(each.namespace, selector(each))
    if not isinstance(listed, Mapping) or now.said is not each or now.reasons:
        return
    counted = {port for port, _ in now.ports}
    for port in listed:
        if int(port) not in counted:
            what = f"port {port} of PeerAuthentication {_name(each)}"
            yield _told(what, each, "portLevelMtls", port)


def _name(found: Found) -> str:
    return f"`{found.namespace}/{found.name}`"


def _told(what: str, found: Found, *keys: Key) -> Diagnostic:
    return Diagnostic(
        REMOVABLE_RULE,
        f"{what} in `{found.where('spec', *keys)}` can be left out: its ports ask for the same"
        " certificates without it",
        found.span("spec", *keys),
        help="remove it, so that what stands there is what holds",
    )
