"""Rules over several declarations: each error with the text that it underlines."""

import pytest

from compiling import build, errors, flows_of, underlined
from polc.ir.nodes import Purpose
from polc.ir.show import peer_text

MESH = "cluster c { mesh istio sidecar }\n"
IMAGE = 'image "x.example/t:v1@sha256:' + "4" * 64 + '"'

WRONG = {
    "no reason for any": ("POL207", "any", "service s { port w 1 tcp allow from any on w }"),
    "no reason for a namespace": (
        "POL207",
        "namespace other",
        "service s { port w 1 tcp allow from namespace other on w }",
    ),
    "no reason for the internet": (
        "POL207",
        "internet",
        "service s { allow to internet on 443 }",
    ),
    "no reason for a wide block": (
        "POL207",
        "lan",
        "endpoint lan { cidr 20.0.0.0/8 port h 443 tls } service s { allow to lan }",
    ),
    "empty reason": (
        "POL207",
        '" "',
        'service s { port w 1 tcp allow from any on w because " " }',
    ),
    "callee without port": ("POL215", "t", "service s { allow to t } service t { }"),
    "port left out": (
        "POL202",
        "t",
        "service s { allow to t } service t { port a 1 tcp port b 2 tcp allow from self on a, b }",
    ),
    "port unknown": ("POL203", "wbe", "service s { port web 1 tcp allow from s on wbe }"),
    "internet without port": (
        "POL202",
        "internet",
        'service s { allow to internet because "x" }',
    ),
    "gateway as caller": (
        "POL208",
        "g",
        'gateway g in gw { select { a: "b" } } service s { port w 1 tcp allow from g on w }',
    ),
    "via something else": (
        "POL208",
        "t",
        'service s { port w 1 tcp allow from internet via t host "a.example" on w because "x" }'
        " service t { }",
    ),
    "host name as caller": (
        "POL208",
        "e",
        'endpoint e { host "a.b" port h 443 tls } service s { port w 1 tcp allow from e on w }',
    ),
    "shared account": (
        "POL205",
        '"x"',
        'service s { account "x" } service t { account "x" }',
    ),
    "default account": ("POL205", '"default"', 'service s { account "default" }'),
    "equal selectors": (
        "POL206",
        'select { a: "b" }',
        'service s { select { a: "b" } } service t { select { a: "b" } }',
    ),
    "selector within another": (
        "POL206",
        'select { a: "b", c: "d" }',
        'service s { select { a: "b" } } service t { select { a: "b", c: "d" } }',
    ),
    "two services of one workload": (
        "POL805",
        "x",
        "service s { workload statefulset x } service t { workload statefulset x }",
    ),
    "a service that is another one's workload": (
        "POL805",
        "t",
        "service s { workload deployment t } service t { }",
    ),
    "a Service of the name that Knative gives its own": (
        "POL805",
        "t",
        f"service s {{ {IMAGE} workload knative t }}"
        " service t { port h 80 http  allow from self }",
    ),
    "a Service known as the one that Knative makes": (
        "POL805",
        'port h 80 http known-as "s"',
        f"service s {{ {IMAGE} workload knative }}"
        ' service t { port h 80 http known-as "s"  allow from self }',
    ),
    "two services of one Knative Service": (
        "POL805",
        "x",
        f"service s {{ {IMAGE} workload knative x }} service t {{ {IMAGE} workload knative x }}",
    ),
    "requests without mesh": (
        "POL204",
        'GET "/"',
        'service s { port w 1 http allow from t on w { GET "/" } } service t { }',
    ),
    "host name that nothing enforces": (
        "POL204",
        "e",
        'endpoint e { host "a.example" port h 443 tls } service s { allow to e }',
    ),
    "rollout without mesh": (
        "POL204",
        "rollout",
        "service s { rollout { v1 100% } }",
    ),
    "named caller of a knative workload": (
        "POL212",
        "t",
        f"service s {{ {IMAGE} workload knative port w 1 http allow from t on w }} service t {{ }}",
    ),
    "unknown kind of workload": ("POL612", "lambda", "service s { workload lambda }"),
    "environment that grants": (
        "POL701",
        "allow from s on w",
        "service s { port w 1 tcp } environment e { service s { allow from s on w } }",
    ),
    "environment that hardens": (
        "POL701",
        "harden baseline",
        "service s { } environment e { service s { harden baseline } }",
    ),
    "several clusters": ("POL702", "a", "cluster a { } cluster b { } service s { }"),
    "unknown network plug-in": ("POL612", "calico", "cluster a { cni calico } service s { }"),
    "unknown mesh fact": (
        "POL104",
        "s",
        "cluster a { dns s } service s { }",
    ),
}


@pytest.mark.parametrize(("code", "text", "program"), WRONG.values(), ids=WRONG)
def test_error_underlines(code: str, text: str, program: str) -> None:
    assert (code, text) in underlined(errors("namespace shop\n" + program))


def test_any_network_plug_in_is_called_kubernetes() -> None:
    for word, advice in (("calico", "any plug-in that enforces"), ("cillium", "`cilium`?")):
        (found,) = errors(f"namespace n cluster a {{ cni {word} }} service s {{ }}")
        assert found.help is not None
        assert advice in found.help


def test_host_endpoint_is_not_enforced_by_istio_either() -> None:
    found = errors(
        MESH + 'namespace n endpoint e { host "a.example" port h 443 tls } service s { allow to e }'
    )
    assert underlined(found) == [("POL204", "e")]
    assert found[0].help is not None
    assert "no firewall" in found[0].help


def test_a_caller_of_the_mesh_needs_an_account() -> None:
    program = """namespace n
        extern service x in y { select { a: "b" } }
        service s { port w 1 tcp allow from y/x on w }"""
    assert underlined(errors(MESH + program)) == [("POL211", "y/x")]
    assert errors(program) == ()


def test_knative_callers_are_fine_where_everyone_is_admitted() -> None:
    program = f"""namespace n
        service s {{ {IMAGE} workload knative port w 8080 http
          allow from any on w because "x" }}
        service t {{ allow to s }}"""
    assert errors(program) == ()


def test_workloads_of_other_kinds_and_namespaces_may_share_a_name() -> None:
    assert (
        errors(
            """
        namespace a
        service s { workload deployment x }
        service t { workload job x }
        namespace b
        service s { workload deployment x }
        """
        )
        == ()
    )


def test_what_nothing_uses_takes_part_in_no_check() -> None:
    program = """
        namespace monitoring
        service own { account "prometheus-k8s"  port web 9090 http  %s }
        """
    assert errors(program % "allow from self on web") == ()
    (found,) = errors(program % "allow from monitoring/prometheus on web")
    assert (found.code.id, found.span.text) == ("POL205", '"prometheus-k8s"')


def test_disjoint_selectors_are_fine() -> None:
    assert (
        errors(
            """namespace n
        service s { select { a: "b", x: "1" } }
        service t { select { a: "b", x: "2" } }
        """
        )
        == ()
    )


def test_settings_of_a_namespace_reach_its_services() -> None:
    program = build(
        """
        profile p extends baseline { user 5 }
        namespace n { owner "me" harden p }
        service s { }
        """
    )
    (workload,) = program.workloads
    assert (workload.security.profile, workload.security.user) == ("p", 5)
    (namespace,) = program.namespaces
    assert (namespace.owner, namespace.level.value) == ("me", "baseline")


def test_an_environment_tunes_and_chooses_the_cluster() -> None:
    text = """
        cluster one { mesh istio sidecar }
        cluster two { mesh istio ambient }
        namespace n
        service s { resources { cpu 1 } rollout { v1 90% v2 10% } }
        environment a { cluster one }
        environment b { cluster two  service n/s { resources { cpu 2 } rollout { v1 100% } } }
        """
    one, two = build(text, "a"), build(text, "b")
    assert (one.cluster.name, two.cluster.name) == ("one", "two")
    assert one.workloads[0].resources != two.workloads[0].resources
    assert one.workloads[0].rollout is not None
    assert two.workloads[0].rollout is not None
    assert two.workloads[0].rollout.weights == (("v1", 100),)


def test_a_cluster_inherits_facts_and_overrides_them() -> None:
    program = build(
        """
        import std.platform
        cluster c extends std.platform.openshift { trust-domain "td.example" }
        namespace n service s { }
        """
    )
    assert program.cluster.dns.pods.key == "openshift-dns/dns-default"
    assert program.cluster.trust_domain == "td.example"
    assert program.cluster.api_server is not None


def test_order_of_declarations_changes_nothing() -> None:
    parts = [
        "service a { port w 1 tcp allow from b on w }",
        "service b { allow to c on x }",
        "service c { port x 2 tcp }",
    ]
    forward = flows_of("namespace n\n" + "\n".join(parts))
    assert flows_of("namespace n\n" + "\n".join(reversed(parts))) == forward


def test_a_broken_service_does_not_make_others_wrong() -> None:
    found = errors(
        """
        namespace n
        service api { prt web 8080 http }
        service a { allow to api on web }
        """
    )
    assert [d.code.id for d in found] == ["POL001"]


def test_dns_may_have_caches_on_the_nodes() -> None:
    program = build(
        """
        import std.platform
        cluster c { dns std.platform.dns-with-node-cache }
        namespace n
        service s { allow to t }
        service t { port w 1 tcp }
        """
    )
    (caller,) = [each for each in program.isolations if each.key == "n/s"]
    dns = [peer_text(rule.peer) for rule in caller.egress if rule.purpose is Purpose.DNS]
    assert dns == [
        "kube-system/kube-dns { k8s-app: kube-dns }",
        "node-local-dns (169.254.20.10/32)",
    ]


def test_a_group_for_dns_holds_resolvers_only() -> None:
    found = errors(
        """
        namespace n
        service s { }
        group g { s }
        cluster c { dns g }
        """
    )
    assert underlined(found) == [("POL104", "s")]


def test_what_is_internal_can_be_said_but_never_opens_the_link() -> None:
    program = build(
        """
        cluster c { internal 20.0.0.0/8 }
        namespace n service s { }
        """
    )
    assert program.cluster.internal == (
        "127.0.0.0/8",
        "169.254.0.0/16",
        "20.0.0.0/8",
        "::1/128",
        "fe80::/10",
    )


def test_settings_of_environments_that_are_not_built_are_checked() -> None:
    found = errors(
        """
        namespace n
        service s { rollout { v1 100% } }
        cluster c { mesh istio sidecar }
        environment prod { service s { resources { cpu 5..2 } rollout { v1 90% } } }
        """
    )
    assert underlined(found) == [("POL611", "5..2"), ("POL501", "v1 90%")]
