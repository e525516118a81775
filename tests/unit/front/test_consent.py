"""Which flows exist: consent of both ends, broad peers, dates and environments."""

import pytest

from compiling import build, errors, flows_of


def test_inside_a_namespace_one_end_is_enough() -> None:
    assert flows_of(
        """
        namespace shop
        service api { port web 8080 http }
        service a { allow to api }
        service b { port x 1 tcp  allow from api on x }
        """
    ) == {("shop/a", "shop/api", "web"), ("shop/api", "shop/b", "x")}


def test_consent_both_asks_for_both_ends_inside_a_namespace() -> None:
    (found,) = errors(
        """
        namespace shop { consent both }
        service api { port web 8080 http }
        service a { allow to api }
        """
    )
    assert (found.code.id, found.span.text) == ("POL201", "api")
    assert found.help is not None
    assert "`allow from a on web` to service `api`" in found.help


LEDGER = """
    cluster c { mesh istio sidecar  cni kubernetes }
    namespace shop
    service ledger { port web 8080 http  port ops 9090 http  %s }
    service billing { }
    service coupon { allow to ledger on %s }
    """


@pytest.mark.parametrize(
    "says",
    [
        'allow from billing on web { GET "/balance" }',
        "allow from self on web",
        'allow from internet on web because "x"',
        'allow from namespace other on web because "x"',
        "allow from billing on web only in staging",
        'allow from billing on web until 2020-01-01 because "x"',
    ],
)
def test_a_callee_that_says_who_decides_alone(says: str) -> None:
    text = LEDGER % (says, "web") + "\nenvironment staging { }"
    found = errors(text)
    assert [(each.code.id, each.span.text) for each in found] == [("POL201", "ledger")]
    assert found[0].help is not None
    assert "`allow from coupon on web` to service `ledger`" in found[0].help
    assert says.startswith(f"allow from {found[0].labels[1].span.text}")


def test_a_line_of_the_callee_that_is_in_error_makes_no_half_flows() -> None:
    for requests, code in (("{ }", "POL213"), ('{ GET "v1" }', "POL608")):
        found = errors(LEDGER % (f"allow from coupon on web {requests}", "web"))
        assert [each.code.id for each in found] == [code]


def test_who_decides_is_a_matter_of_one_port() -> None:
    assert ("shop/coupon", "shop/ledger", "ops") in flows_of(
        LEDGER % ("allow from billing on web", "ops")
    )


def test_a_service_needs_no_leave_of_its_own() -> None:
    text = "namespace n\nservice a { port x 1 tcp  allow from b  allow to self }\nservice b { }"
    assert flows_of(text) == {("n/a", "n/a", "x"), ("n/b", "n/a", "x")}


def test_who_is_admitted_by_a_broad_line_is_no_half_flow() -> None:
    for says in ('from any on web because "x"', 'from namespace shop on web because "x"'):
        flows = flows_of(LEDGER % (f"allow {says}", "web"))
        assert ("shop/coupon", "shop/ledger", "web") in flows


def test_a_broad_call_reaches_nobody_who_says_that_others_call_it() -> None:
    text = """
        namespace shop
        service api { port web 8080 http  allow from a on web }
        service open { port web 8080 http }
        service a { }
        service b { allow to any on 8080 because "x" }
        """
    assert flows_of(text) == {
        ("shop/a", "shop/api", "web"),
        ("shop/b", "any", "8080"),
        ("shop/b", "shop/open", "web"),
    }


def test_who_may_call_a_range_may_call_a_number_of_it() -> None:
    text = """
        namespace n
        service a { port r 100..200 tcp  allow from b on r  allow from c on 150 }
        service b { allow to a on 150 }
        service c { allow to a on %s }
        """
    assert errors(text % "150") == ()
    (found,) = errors(text % "160")
    assert found.help is not None
    assert "`allow from c on 160`" in found.help
    assert [each.span.text for each in errors(text % "r")] == ["a"]


def test_half_flow_across_namespaces_prints_the_missing_line() -> None:
    (found,) = errors(
        """
        namespace web
        service frontend { }
        namespace shop
        service api { port web 8080 http  allow from web/frontend on web }
        """
    )
    assert (found.code.id, found.span.text) == ("POL201", "web/frontend")
    assert found.help is not None
    assert "`allow to shop/api`" in found.help
    assert "service `frontend`" in found.help


def test_a_bare_allow_to_never_widens_what_the_callee_admits() -> None:
    program = build(
        """
        cluster c { mesh istio sidecar }
        namespace shop
        service api { port web 8080 http  allow from a on web { GET "/x" } }
        service a { allow to api }
        """
    )
    (flow,) = program.flows
    assert flow.requests is not None
    assert len(flow.spans) == 2


def test_self_is_narrowed_like_any_other_flow() -> None:
    program = build(
        """
        cluster c { mesh istio sidecar }
        namespace shop
        service api { port web 80 http  allow from self on web { GET "/x" }  allow to self on web }
        """
    )
    (flow,) = program.flows
    assert flow.requests is not None


def test_requests_of_several_statements_add_up() -> None:
    program = build(
        """
        cluster c { mesh istio sidecar }
        namespace shop
        service api {
          port web 8080 http
          allow from a on web { GET "/x" }
          allow from a on web { POST "/y" }
        }
        service a { }
        """
    )
    (flow,) = program.flows
    assert flow.requests is not None
    assert len(flow.requests) == 2


def test_any_reaches_siblings_but_asks_services_elsewhere_for_consent() -> None:
    program = """
        namespace shop
        service api { port web 8080 http  allow from any on web because "x" }
        service sibling { }
        namespace other
        service silent { }
        service asks { allow to shop/api }
        """
    assert flows_of(program) == {
        ("any", "shop/api", "web"),
        ("shop/sibling", "shop/api", "web"),
        ("other/asks", "shop/api", "web"),
    }


def test_a_namespace_as_caller_covers_its_services_only_with_their_word() -> None:
    program = """
        namespace shop
        service api { port web 8080 http  allow from namespace other on web because "x" }
        namespace other
        service silent { }
        service asks { allow to shop/api }
        """
    assert flows_of(program) == {
        ("namespace other", "shop/api", "web"),
        ("other/asks", "shop/api", "web"),
    }


def test_an_expired_end_closes_the_flow_even_if_the_other_end_is_open() -> None:
    program = """
        namespace shop
        service api { port web 8080 http  allow from a on web until 2020-01-01 because "x" }
        service a { allow to api }
        """
    assert flows_of(program) == set()


def test_the_last_day_of_a_grant_counts() -> None:
    program = """
        namespace shop
        service api { port web 8080 http  allow from a on web until 2026-12-01 because "x" }
        service a { }
        """
    assert flows_of(program) == {("shop/a", "shop/api", "web")}


def test_only_in_holds_in_its_environments_only() -> None:
    program = """
        environment staging { }
        environment prod { }
        namespace shop
        service api { port web 8080 http  allow from a on web only in staging }
        service a { }
        """
    assert flows_of(program) == set()
    assert flows_of(program, "prod") == set()
    assert flows_of(program, "staging") == {("shop/a", "shop/api", "web")}


def test_an_end_for_another_environment_is_no_half_flow() -> None:
    program = """
        environment staging { }
        environment prod { }
        namespace debug
        service shell { allow to shop/api }
        namespace shop
        service api { port web 8080 http  allow from debug/shell on web only in staging }
        """
    assert flows_of(program, "prod") == set()
    assert flows_of(program, "staging") == {("debug/shell", "shop/api", "web")}


def test_groups_open_into_their_members() -> None:
    program = """
        namespace shop
        group inner { b }
        group outer { a, inner }
        service api { port web 8080 http  allow from outer on web }
        service a { }
        service b { }
        """
    assert flows_of(program) == {("shop/a", "shop/api", "web"), ("shop/b", "shop/api", "web")}


def test_flows_differ_by_port() -> None:
    program = """
        namespace shop
        service api { port web 80 -> 8080 http  port metrics 9090 http
          allow from b on 9090 }
        service a { allow to api on web }
        service b { allow to api on 80 }
        """
    assert flows_of(program) == {
        ("shop/a", "shop/api", "web"),
        ("shop/b", "shop/api", "metrics"),
        ("shop/b", "shop/api", "web"),
    }


def test_a_number_inside_a_range_is_only_that_number() -> None:
    program = build(
        """
        namespace shop
        service api { port data 8000..8100 tcp  allow from a on 8005 }
        service a { }
        """
    )
    (flow,) = program.flows
    assert (flow.port.container, flow.port.end) == (8005, 8005)


def test_the_internet_leaves_the_inside_of_the_cluster_out() -> None:
    program = build(
        """
        namespace shop
        service api { allow to internet on 443 because "webhooks" }
        """
    )
    (flow,) = program.flows
    (v4, v6) = flow.target.blocks  # type: ignore[union-attr]
    assert (v4.cidr, v6.cidr) == ("0.0.0.0/0", "::/0")
    assert "10.0.0.0/8" in v4.excepts
    assert "169.254.0.0/16" in v4.excepts
    assert "fc00::/7" in v6.excepts


def test_an_exception_within_another_one_says_nothing_more() -> None:
    program = build(
        """
        namespace shop
        service api { allow to office on 443 }
        endpoint office {
          cidr 10.0.0.0/16, 10.1.0.0/16
            except 10.0.8.0/22, 10.0.9.0/24, 10.0.12.0/24, 10.0.8.0/23, 10.1.0.0/24, 10.1.1.0/24
          port https 443 tls
        }
        """
    )
    (flow,) = program.flows
    (one, other) = flow.target.blocks  # type: ignore[union-attr]
    assert one.excepts == ("10.0.12.0/24", "10.0.8.0/22")
    assert other.excepts == ("10.1.0.0/24", "10.1.1.0/24")
