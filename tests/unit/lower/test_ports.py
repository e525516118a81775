"""Ports: numbers, protocols, and collisions."""

import pytest

from lowering import lowered, ports, statements
from polc.ir.nodes import Transport
from polc.lower.ports import PROTOCOLS, lower_ports


def test_ports_are_sorted_by_container_port() -> None:
    made = ports("port web 80 -> 8080 http  port rtp 20000..20100 udp  port dns 53 udp")
    assert [(p.name, p.service, p.container, p.end, p.transport) for p in made] == [
        ("dns", 53, 53, 53, Transport.UDP),
        ("web", 80, 8080, 8080, Transport.TCP),
        ("rtp", 20000, 20000, 20100, Transport.UDP),
    ]


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_every_protocol(protocol: str) -> None:
    (port,) = ports(f"port x 1000 {protocol}")
    assert (port.protocol, port.transport) == (protocol, PROTOCOLS[protocol])


def test_one_number_may_be_tcp_and_udp() -> None:
    assert len(ports("port dns 53 udp  port dns-tcp 53 tcp")) == 2


def test_a_long_name_is_fine_for_a_service_port() -> None:
    (port,) = ports(f"port {'a' * 40} 80 http")
    assert len(port.name) == 40


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("port web 8080 htpp", [("POL612", "htpp")]),
        ("port web 8080 amqp", [("POL612", "amqp")]),
        ("port web 0 http", [("POL606", "0")]),
        ("port web 70000 -> 80 http", [("POL606", "70000")]),
        ("port web 90..80 http", [("POL611", "90..80")]),
        ("port web 80 -> 8000..8010 http", [("POL606", "80")]),
        ("port web 80 http  port web 81 http", [("POL214", "web")]),
        ("port a 80 -> 8080 http  port b 81 -> 8080 tcp", [("POL214", "port b 81 -> 8080 tcp")]),
        ("port a 80 -> 8080 http  port b 80 -> 8081 http", [("POL214", "port b 80 -> 8081 http")]),
        ("port a 8000..8010 tcp  port b 8010 tcp", [("POL214", "port b 8010 tcp")]),
    ],
)
def test_findings(text: str, marks: list[tuple[str, str]]) -> None:
    assert lowered(lower_ports, statements(text)).marks == marks


def test_a_collision_shows_the_other_port() -> None:
    done = lowered(lower_ports, statements("port a 80 -> 8080 http  port b 81 -> 8080 tcp"))
    assert done.only.labels[0].span.text == "port a 80 -> 8080 http"
    assert "both 8080/TCP" in done.only.message
    assert [port.name for port in done.value] == ["a"]


def test_a_protocol_that_was_nearly_right() -> None:
    done = lowered(lower_ports, statements("port web 8080 htpp"))
    assert done.only.help == "did you mean `http`?"
    assert done.only.fix is not None
