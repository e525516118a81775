"""The mesh of two folders: policies as ports are read, modes of TLS, trust domains, membership."""

import pytest
import yaml

from diffing import compare, program_side, told
from polc.diff.objects.side import Side

SPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
"""
API = "shop { app: api }"


def policy(*rules: str, name: str = "api", action: str = "ALLOW", spec: str = "") -> str:
    chosen = spec or "selector: {matchLabels: {app: api}}"
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: shop}}
spec:
  {chosen}
  action: {action}
  rules: [{", ".join(rules)}]
---
"""


def rule(who: str = "cluster.local/ns/shop/sa/web", to: str = "") -> str:
    to = to or 'ports: ["8080"], methods: [GET], paths: ["/a"]'
    return f'{{from: [{{source: {{principals: ["{who}"]}}}}], to: [{{operation: {{{to}}}}}]}}'


def service(port: str) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: api, namespace: shop}}
spec: {{selector: {{app: api}}, ports: [{{{port}}}]}}
---
"""


def mtls(mode: str, spec: str = "", name: str = "default", namespace: str = "shop") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{mtls: {{mode: {mode}}}{spec}}}
---
"""


GET_A = policy(rule())
GET_B = policy(rule(to='ports: ["8080"], methods: [GET], paths: ["/a", "/b"]'))
NEW = f'account shop/web may call {API} on port 8080 [GET "/b"]'


# --- rules --------------------------------------------------------------------------------------


def test_of_a_rule_only_what_is_new_is_told() -> None:
    assert told(SPACE + GET_A, SPACE + GET_B) == [f"+ {NEW}"]
    assert told(SPACE + GET_B, SPACE + GET_A) == [f"- {NEW}"]


def test_rules_that_say_the_same_are_no_change() -> None:
    split = policy(rule(to='ports: ["8080"], methods: [GET], paths: ["/b"]'), rule())
    assert told(SPACE + GET_B, SPACE + split) == []


def test_the_last_policy_closes_and_without_it_all_is_open() -> None:
    assert told(SPACE + GET_A, SPACE) == [f"+ every caller may call {API}"]
    (change,) = compare(SPACE + GET_A, SPACE).changes
    assert change.notes == ("no ALLOW policy applies",)
    assert change.span.line == (SPACE + GET_A.partition("spec:")[0]).count("\n") + 1


def test_what_was_denied() -> None:
    deny = policy('{to: [{operation: {paths: ["/admin"]}}]}', name="deny", action="DENY")
    (change,) = compare(SPACE + deny, SPACE).changes
    assert (change.subject, change.requests) == ("every caller", ('ANY "/admin"',))
    assert change.notes == ("on the other side the DENY policy shop/deny refuses it",)


@pytest.mark.parametrize("action", ["ALLOW", "DENY", "CUSTOM"])
def test_what_nobody_can_tell_is_no_change_where_both_sides_say_it(action: str) -> None:
    token = '{from: [{source: {requestPrincipals: ["issuer/*"]}}]}'
    same = SPACE + policy(token, name="token", action=action)
    assert told(same, same) == []
    assert told(same + GET_A, same + GET_B) == [f"+ {NEW}"]


def test_what_nobody_can_tell_may_be_new() -> None:
    token = policy('{from: [{source: {requestPrincipals: ["issuer/*"]}}]}', name="token")
    (gain,) = told(SPACE + GET_A, SPACE + GET_A + token)
    assert gain == f"+ bearers of a token of issuer/* may call {API}"


def test_a_provider_that_is_asked_may_refuse_or_not() -> None:
    asked = policy('{to: [{operation: {paths: ["/*"]}}]}', name="ext", action="CUSTOM")
    assert told(SPACE + GET_A, SPACE + GET_B + asked) == [
        f"+ {NEW}",
        f'- every caller may call {API} [ANY "/*"]',
    ]
    (gain,) = compare(SPACE + GET_A + asked, SPACE + GET_A).changes
    assert gain.notes[0].startswith("on the other side the CUSTOM policy shop/ext may refuse it")


# --- protocols ----------------------------------------------------------------------------------

HTTP = (
    "port: 8080, name: http",
    "port: 8080, name: grpc-x",
    "port: 80, targetPort: 8080, name: http2-y",
    "port: 8080, name: x, appProtocol: http",
    "port: 8080, name: tcp, appProtocol: kubernetes.io/h2c",
    "port: 8080",
)
TCP = (
    "port: 8080, name: tcp",
    "port: 8080, name: tls-x",
    "port: 8080, name: https",
    "port: 8080, name: mysql-db",
    "port: 8080, name: http, appProtocol: tcp",
)


@pytest.mark.parametrize("port", HTTP)
def test_requests_count_where_a_port_speaks_http_or_nobody_says(port: str) -> None:
    assert told(SPACE + service(port) + GET_A, SPACE + service(port) + GET_B) == [f"+ {NEW}"]


@pytest.mark.parametrize("port", TCP)
def test_rules_on_requests_never_match_where_a_port_speaks_something_else(port: str) -> None:
    both = SPACE + service(port)
    assert told(both + GET_A, both + GET_B) == []
    every = policy(rule(to='ports: ["8080"]'))
    assert told(both + GET_A, both + every) == [f"+ account shop/web may call {API} on port 8080"]


def test_a_port_that_turns_into_http_has_its_rules_heeded() -> None:
    sides = [SPACE + service(f"port: 8080, name: {name}") + GET_A for name in ("tcp", "http")]
    assert told(*sides) == [f'+ account shop/web may call {API} on port 8080 [GET "/a"]']


def test_a_denial_of_requests_denies_everything_where_none_are_read() -> None:
    deny = policy('{to: [{operation: {paths: ["/admin"]}}]}', name="deny", action="DENY")
    sides = [SPACE + service(f"port: 8080, name: {name}") + deny for name in ("tcp", "http")]
    (gain,) = told(*sides)
    assert gain == f"+ every caller may call {API} [every request that it does not name]"


def test_a_named_port_of_the_pods() -> None:
    pods = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: x, ports: [{name: main, containerPort: 8080}]}]}
---
"""
    both = SPACE + pods + service("port: 80, targetPort: main, name: tcp")
    assert told(both + GET_A, both + GET_B) == []


PROGRAM = """
cluster test { mesh istio sidecar  cni kubernetes }
namespace shop
service web { select { app: "web" } }
service api { select { app: "api" }  port main 8080 %s  allow from web on main }
"""


def test_a_program_says_what_its_ports_speak() -> None:
    """Of the rule that is added, requests are read only where the program says HTTP."""
    more = policy(rule("cluster.local/ns/shop/sa/cron"), name="more")
    for protocol, gains in (("http", True), ("postgres", False)):
        program = program_side(PROGRAM % protocol)
        there = "\n---\n".join(_texts(program))
        found = [each for each in compare(program, there + "\n---\n" + more).changes if each.gained]
        assert [each.subject for each in found] == ["account shop/cron"] * gains


def _texts(side: Side) -> list[str]:
    return [yaml.safe_dump(dict(each.body)) for each in side.manifests.objects]


# --- mutual TLS ---------------------------------------------------------------------------------


def test_plain_text_is_told_by_pods_and_by_what_it_gets_in() -> None:
    both = SPACE + GET_A
    found = compare(both + mtls("STRICT"), both + mtls("PERMISSIVE")).changes
    assert [(each.subject, each.target) for each in found] == [
        ("any other pod of shop", "every port"),
        (API, "every port"),
    ]
    assert found[0].notes == (
        "no ALLOW policy applies, so that a caller without identity is admitted",
    )
    assert found[1].notes == ("no policy admits a caller without identity",)
    assert all(each.gained for each in found)
    back = compare(both + mtls("PERMISSIVE"), both + mtls("STRICT")).changes
    assert not any(each.gained for each in back)


def test_one_port_of_one_workload() -> None:
    both = SPACE + GET_A + mtls("STRICT")
    chosen = ", selector: {matchLabels: {app: api}}, portLevelMtls: {8080: {mode: %s}}"
    sides = [both + mtls("STRICT", chosen % mode, "api") for mode in ("STRICT", "DISABLE")]
    assert told(*sides) == [
        f"- {API} heeds certificates on port 8080",
        f"+ {API} takes plain text on port 8080",
    ]


def test_the_mesh_default() -> None:
    assert told(mtls("STRICT", namespace="istio-system"), "") == [
        "+ every pod of the mesh takes plain text on every port"
    ]


def test_certificates_that_are_heeded_let_nobody_in_where_no_rule_asks_for_one() -> None:
    both = SPACE + policy('{to: [{operation: {ports: ["8080"]}}]}', spec="selector: {}")
    assert told(both + mtls("DISABLE"), both + mtls("STRICT")) == [
        "- every pod of shop takes plain text on every port"
    ]


# --- trust --------------------------------------------------------------------------------------

CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    trustDomain: %s
    enableTracing: %s
---
"""


def moved(text: str, domain: str) -> str:
    return text.replace("cluster.local", domain)


def test_principals_tell_the_trust_domain() -> None:
    assert told(SPACE + moved(GET_A, "a.b"), SPACE + moved(GET_B, "a.b")) == [f"+ {NEW}"]


@pytest.mark.parametrize("others", ["a.b", "c.d"])
def test_several_trust_domains_are_several_meshes_and_it_is_said(others: str) -> None:
    both = policy(rule(), rule(f"{others}/ns/shop/sa/web"))
    for old, new in ((GET_A, both), (GET_A, moved(GET_A, others))):
        found = compare(SPACE + old, SPACE + new)
        gain = f"identity {others}/ns/shop/sa/web"
        assert gain in [each.subject for each in found.changes if each.gained]
        (note,) = found.left_open
        assert str(note.severity) == "note"
        assert "and nobody says which is the mesh's own" in note.message


def test_two_meshes_that_say_theirs_are_compared_by_account() -> None:
    old = CONFIG % ("a.b", "true") + SPACE + moved(GET_A, "a.b")
    new = CONFIG % ("c.d", "true") + SPACE + moved(GET_B, "c.d")
    found = compare(old, new)
    assert [each.requests for each in found.changes] == [('GET "/b"',)]
    assert [str(each.severity) for each in found.left_open] == ["note"]


def test_a_program_says_its_trust_domain() -> None:
    text = PROGRAM % "http"
    there = "\n---\n".join(_texts(program_side(text)))
    own = text.replace("cni kubernetes", 'cni kubernetes  trust-domain "prod.example"')
    for domain in ("prod.example", "cluster.local"):
        assert compare(program_side(own), moved(there, domain)).changes == ()
    found = compare(program_side(own), moved(there, "evil"))
    assert {(each.gained, each.subject) for each in found.changes} == {
        (True, "identity evil/ns/shop/sa/web"),
        (False, "account shop/web"),
    }
    assert any("the principals of the other are of `evil`" in e.message for e in found.left_open)


def test_other_settings_of_the_mesh() -> None:
    (found,) = compare(CONFIG % ("a.b", "true"), CONFIG % ("a.b", "false")).left_open
    assert (str(found.severity), "`istio-system/istio` differs" in found.message) == ("error", True)


# --- who is in the mesh -------------------------------------------------------------------------


def test_pods_that_leave_the_mesh() -> None:
    out = SPACE.replace("enabled", "disabled")
    assert told(SPACE + GET_A, out + GET_A) == ["+ every pod of shop is out of the mesh"]
    assert told(out + GET_A, SPACE + GET_A) == ["- every pod of shop is out of the mesh"]
    assert told(out + GET_A, out + GET_B) == [f"+ {NEW}"]


AMBIENT = SPACE.replace("istio-injection: enabled", "istio.io/dataplane-mode: ambient")
BEHIND = (
    AMBIENT.replace("ambient", "ambient, istio.io/use-waypoint: waypoint")
    + """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: service}}
spec:
  gatewayClassName: istio-waypoint
  listeners: [{name: mesh, port: 15008, protocol: HBONE}]
---
"""
    + policy(rule("cluster.local/ns/shop/sa/waypoint", 'ports: ["8080"]'))
)
PORT = service("port: 80, targetPort: 8080, name: http")


def at_waypoint(paths: str) -> str:
    to = f'ports: ["80"], methods: [GET], paths: [{paths}]'
    spec = 'targetRefs: [{kind: Service, group: "", name: api}]'
    return policy(rule(to=to), name="requests", spec=spec)


def test_in_ambient_mode_nobody_reads_requests_at_the_pod() -> None:
    assert told(AMBIENT + GET_A, AMBIENT + GET_B) == []


def test_what_a_waypoint_admits() -> None:
    sides = [PORT + BEHIND + at_waypoint(paths) for paths in ('"/a"', '"/a", "/b"')]
    assert told(*sides) == [
        f'+ account shop/web may call {API} on port 80 of its Service api [GET "/b"]'
    ]


def test_a_waypoint_gets_in_where_its_service_leads_and_nowhere_else() -> None:
    sides = [PORT + BEHIND.replace('["8080"]', ports) for ports in ('["8080"]', '["8080", "22"]')]
    assert told(*sides) == [f"+ account shop/waypoint may call {API} on port 22"]


def test_what_was_open_straight_is_not_new_by_a_waypoint() -> None:
    straight = policy(rule(to='ports: ["8080"]'))
    assert told(PORT + AMBIENT + straight, PORT + BEHIND + at_waypoint('"/a"')) == [
        f"- account shop/web may call {API} on port 8080"
    ]
