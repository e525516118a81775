"""Several ports before one port of the container, and several Services (language.md 5.8)."""

import pytest

from compiling import build, errors, underlined

TWO = """
cluster k {{ mesh {mesh} }}
namespace shop
service web {{ select {{ app: "web" }} }}
service bot {{ select {{ app: "bot" }} }}
service api {{
  select {{ app: "api" }}
  port http  80  -> 8080 http
  port other 443 -> 8080 {protocol}
  {rules}
}}
"""
SAME = "allow from web, bot on http, other"


def test_ports_of_the_same_callers_may_share_one_of_the_container() -> None:
    program = build(TWO.format(mesh="none", protocol="https", rules=SAME))
    [api] = [each for each in program.isolations if each.name == "api"]
    assert [port.port for rule in api.ingress for port in rule.ports] == [8080, 8080]


@pytest.mark.parametrize(
    "rules",
    [
        "allow from web on http",
        "allow from web on http  allow from web, bot on other",
        'allow from web on http { GET "/" }  allow from web on other',
        'allow from web on http until 2030-01-01 because "x"  allow from web on other',
    ],
)
def test_rules_that_differ_would_be_those_of_the_wider_one(rules: str) -> None:
    mesh = "istio sidecar" if "GET" in rules else "none"
    found = errors(TWO.format(mesh=mesh, protocol="http", rules=rules))
    assert underlined(found) == [("POL214", "port other 443 -> 8080 http")]


@pytest.mark.parametrize("mesh", ["istio sidecar", "istio ambient"])
def test_a_mesh_reads_the_requests_of_both_or_of_none(mesh: str) -> None:
    build(TWO.format(mesh=mesh, protocol="http", rules=SAME))
    found = errors(TWO.format(mesh=mesh, protocol="https", rules=SAME))
    assert underlined(found) == [("POL204", "port other 443 -> 8080 https")]


NAMED = """
cluster k {{ mesh {mesh} }}
namespace shop
gateway g in gw {{ select {{ app: "g" }}  account "g"  uses "gw/g" }}
service api {{
  select {{ app: "api" }}
  port https   443 https
  port webhook 443 -> 8443 https {known_as}
  allow from self on https, webhook
  {more}
}}
"""
OTHER = 'known-as "admission"'


def test_two_services_may_stand_before_one_service() -> None:
    [found] = errors(NAMED.format(mesh="none", known_as="", more=""))
    assert (found.code.id, "known-as" in (found.help or "")) == ("POL214", True)
    for mesh in ("none", "istio sidecar", "istio ambient"):
        program = build(NAMED.format(mesh=mesh, known_as=OTHER, more=""))
        assert [port.known_as for port in program.workloads[0].ports] == [None, "admission"]


def test_what_goes_by_the_name_of_a_service_needs_the_known_one() -> None:
    more = 'allow from internet via g host "a.example" on webhook because "x"'
    found = errors(NAMED.format(mesh="istio sidecar", known_as=OTHER, more=more))
    assert ("POL204", f"port webhook 443 -> 8443 https {OTHER}") in underlined(found)
