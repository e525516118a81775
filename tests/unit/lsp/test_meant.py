"""Whatever the editor says of ports, peers and identities is what is compiled."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from compiling import errors
from lsp_support import TODAY, Editor, editor
from polc import syntax as s
from polc.driver import Options, resolve
from polc.ir.nodes import Mesh, Pods
from polc.lower.declared import Declared
from polc.lower.program import lower
from polc.lsp.occurrences import declarations
from polc.lsp.uses import placed, uses
from strategies import Draft, drafts

SWAP = """\
namespace shop
service web { allow to api on |8080 }
service api { port public 8080 -> 9000 http  port admin 9443 -> 8080 http
  allow from web on public, admin }
"""


def test_a_number_of_two_ports_is_an_error_that_names_both() -> None:
    (found,) = errors(SWAP.replace("|", ""))
    assert (found.code.id, found.span.text) == ("POL260", "8080")
    assert (
        found.message == "`8080` is the container port of `admin` and the service port of `public`"
    )
    assert [each.span.text[:11] for each in found.labels] == ["port admin ", "port public"]
    assert found.help == "say which by its name: `on admin` or `on public`"


@pytest.mark.parametrize(
    "ports",
    [
        "port a 53 udp  port b 53 tcp",
        "port a 53 -> 5353 udp  port b 53 -> 5354 tcp",
        "port a 10..60 tcp  port b 53 -> 5353 tcp",
        "port a 10..60 udp  port b 53 tcp",
    ],
)
def test_there_is_no_guessing_between_transports_and_ranges(ports: str) -> None:
    found = errors(
        "namespace n\nservice w { allow to d on 53 }\n"
        f"service d {{ {ports}  allow from w on a, b }}"
    )
    assert [(each.code.id, each.span.text) for each in found] == [("POL260", "53")]


@pytest.mark.parametrize(
    "ports", ["port a 53 -> 53 tcp", "port a 53 tcp", "port a 80 -> 53 tcp", "port a 53 -> 80 tcp"]
)
def test_two_numbers_of_one_port_mean_one(ports: str) -> None:
    text = f"namespace n\nservice w {{ }}\nservice d {{ {ports}  allow from w on 53 }}"
    assert errors(text) == ()


def test_the_editor_leads_from_a_number_to_what_it_may_mean() -> None:
    here = editor(SWAP)
    assert _names(here, here.ask(types.TEXT_DOCUMENT_DEFINITION)) == ["admin", "public"]


def test_a_number_is_a_use_of_its_port_and_stays_when_that_is_renamed() -> None:
    text = """namespace n
    service w { allow to d on 53, 8053 }
    service d { port |dns 53 -> 8053 udp  probe live tcp on 8053  allow from w on dns }"""
    here = editor(text)
    context = types.ReferenceContext(include_declaration=False)
    found = here.ask(types.TEXT_DOCUMENT_REFERENCES, context=context)
    assert _names(here, found) == ["53", "8053", "8053", "dns"]
    (renamed,) = here.applied(here.ask(types.TEXT_DOCUMENT_RENAME, new_name="names")).values()
    assert renamed == here.text().replace("dns", "names")
    on_number = editor(text.replace("|", "").replace("on 53", "on |53"))
    refused = on_number.ask(types.TEXT_DOCUMENT_PREPARE_RENAME)
    assert "is a number" in str(refused)


def test_a_probe_by_number_is_of_the_container() -> None:
    text = (
        "namespace n\nservice d { port a 81 -> 80 tcp  port b 82 -> 81 tcp\n"
        "  probe live tcp on |81 }"
    )
    here = editor(text)
    assert _names(here, here.ask(types.TEXT_DOCUMENT_DEFINITION)) == ["b"]


def _names(here: Editor, found: list[types.Location]) -> list[str]:
    return [here.shown(each).rpartition(" ")[2] for each in found]


def _whole(here: Editor) -> types.Range:
    return types.Range(here.position(0), here.position(len(here.text())))


NUMBERS = st.sampled_from((80, 81, 8080, 8081, 9000))


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Programs whose ports are named by numbers that collide, through groups and as `self`."""
    names = ("a", "b", "c")[: draw(st.integers(1, 3))]
    ports = {
        name: draw(
            st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(("http", "udp"))), max_size=3)
        )
        for name in names
    }
    peer = st.sampled_from((*names, "friends", "self", "n/a", "out"))
    called = st.one_of(NUMBERS.map(str), st.sampled_from(("p0", "p1", "p2", "q")))
    lines = ["namespace n", f"group friends {{ {', '.join(draw(st.lists(peer, max_size=2)))} }}"]
    lines.append(
        "endpoint out { cidr 203.0.113.0/24  port p0 80 -> 8080 tcp  port p1 8080..8085 udp }"
    )
    for name in names:
        body = [f"port p{i} {x} -> {y} {p}" for i, (x, y, p) in enumerate(ports[name])]
        for _ in range(draw(st.integers(0, 3))):
            listed = ", ".join(draw(st.lists(peer, min_size=1, max_size=2)))
            on = draw(st.lists(called, max_size=2))
            direction = draw(st.sampled_from(("from", "to")))
            body.append(f"allow {direction} {listed}" + (f" on {', '.join(on)}" if on else ""))
        body.append(f"probe live tcp on {draw(called)}")
        lines.append(f"service {name} {{ {'  '.join(body)} }}")
    return "\n".join(lines)


@given(programs())
def test_ports_and_peers_mean_what_is_compiled(text: str) -> None:
    view = editor(text, settled=False).view()
    resolved = resolve(view.snapshot.units, Options(date.fromisoformat(TODAY)))
    _, lowering = lower(resolved.table, resolved.models, resolved.context)
    compiled = _compiled(lowering.declared)
    wrong = {each.span.key() for each in lowering.found}
    collide = any(each.code.id == "POL214" for each in lowering.found)
    for place in placed(view.tree):
        told = {use.span.key(): use for use in uses(view.table, place)}
        for allow in getattr(place.declaration, "statements", ()):
            if not isinstance(allow, s.Allow) or not allow.ports:
                continue
            said = {each for peer in allow.peers for each in compiled.get(peer.span.key(), ())}
            on = [told[port.span.key()] for port in allow.ports]
            assert said <= {(each.name, each.owner) for use in on for each in use.targets}
            for use in on:
                if use.span.key() not in wrong and said and not collide:
                    assert {(each.name, each.owner) for each in use.targets} <= said
                    assert len(declarations(view, use.targets)) == len(use.targets)


def _compiled(declared: Declared) -> dict[tuple[str, int, int], set[tuple[str, str]]]:
    """Return the ports, with their callees, that each peer of an `allow` was compiled to."""
    found: dict[tuple[str, int, int], set[tuple[str, str]]] = {}
    for (_, callee, port), half in (*declared.caller.items(), *declared.callee.items()):
        for said in half:
            found.setdefault(said.span.key(), set()).add((port.name, callee))
    for (_, target, port), half in declared.direct.items():
        for said in half:
            key = target.key if isinstance(target, Pods) else "n/out"
            found.setdefault(said.span.key(), set()).add((port.name, key))
    return found


@given(drafts())
def test_identities_are_those_that_are_compiled(draft: Draft) -> None:
    here = editor(draft.text())
    compiled = here.view().compiled
    assert compiled is not None
    assert compiled.program is not None
    cluster = compiled.program.cluster
    hints = here.ask(types.TEXT_DOCUMENT_INLAY_HINT, range=_whole(here))
    told = {each.label.partition(",")[0] for each in hints}
    for each in compiled.program.workloads:
        account = f"{each.namespace}/{each.account}"
        if cluster.mesh is not Mesh.NONE:
            account = f"{cluster.trust_domain}/ns/{each.namespace}/sa/{each.account}"
        assert account in told
