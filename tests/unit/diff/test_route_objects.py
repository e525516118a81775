"""Routes of two folders: which requests newly lead where, in what share, and what is left open."""

import pytest

from diffing import compare, lines, told

Part = tuple[str, int]


def virtual(*routes: str, hosts: str = "[api]", gateways: str = "", name: str = "api") -> str:
    where = f"  gateways: {gateways}\n" if gateways else ""
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: shop}}
spec:
  hosts: {hosts}
{where}  http: [{", ".join(routes)}]
---
"""


def to(*parts: Part, match: str = "", more: str = "") -> str:
    ends = ", ".join(
        f"{{destination: {{host: api, subset: {name}}}, weight: {weight}}}"
        for name, weight in parts
    )
    asked = f"match: [{match}], " if match else ""
    return f"{{{asked}{more}route: [{ends}]}}"


def rule(spec: str = "", **labels: str) -> str:
    subsets = ", ".join(f"{{name: {n}, labels: {{version: {v}}}}}" for n, v in labels.items())
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: api, namespace: shop}}
spec: {{host: api, subsets: [{subsets}]{spec}}}
---
"""


VERSIONS = rule(v1="v1", v2="v2")
V1, V2 = "shop/api { version: v1 }", "shop/api { version: v2 }"
ASK = "requests to shop/api"
FIRST, SECOND = to(("v1", 100)), to(("v2", 100), match="{uri: {prefix: /v2}}")
SPLIT = to(("v1", 90), ("v2", 10))


# --- within the mesh ----------------------------------------------------------------------------


def test_another_version_of_the_same_pods_is_nothing_new() -> None:
    assert told(VERSIONS, VERSIONS + virtual(SPLIT)) == [f"- {ASK} go to shop/api"]
    assert told(VERSIONS + virtual(SPLIT), VERSIONS) == [f"+ {ASK} go to shop/api"]


def test_a_new_version_and_another_share() -> None:
    assert told(VERSIONS + virtual(FIRST), VERSIONS + virtual(SPLIT)) == [
        f"+ {ASK} go to {V2} (10%)"
    ]
    half = to(("v1", 50), ("v2", 50))
    found = compare(VERSIONS + virtual(SPLIT), VERSIONS + virtual(half)).changes
    assert lines(found) == [f"~ {ASK} go to {V1} (50%), {V2} (50%)"]
    assert found[0].notes == (f"before: {V1} (90%), {V2} (10%)",)


def test_routes_are_tried_in_their_order() -> None:
    before, after = VERSIONS + virtual(FIRST), VERSIONS + virtual(SECOND, FIRST)
    found = compare(before, after).changes
    assert lines(found) == [f"- {ASK} go to {V1}", f'+ {ASK} go to {V2} [path starting with "/v2"]']
    assert found[0].notes[0] == "such as GET /v2"
    assert told(before, VERSIONS + virtual(FIRST, SECOND)) == []


def test_what_no_route_takes_any_more() -> None:
    sides = VERSIONS + virtual(SECOND, FIRST), VERSIONS + virtual(SECOND)
    assert told(*sides) == [f"- {ASK} go to {V1} [every other request]"]


def test_other_labels_of_a_subset_are_other_pods() -> None:
    moved = rule(v1="v1", v2="v3")
    assert told(VERSIONS + virtual(SPLIT), moved + virtual(SPLIT)) == [
        f"- {ASK} go to {V2} (10%)",
        f"+ {ASK} go to shop/api {{ version: v3 }} (10%)",
    ]
    renamed = rule(v1="v1", two="v2")
    assert told(VERSIONS + virtual(SPLIT), renamed + virtual(SPLIT.replace("v2", "two"))) == []


def test_a_copy_of_requests_is_a_flow() -> None:
    copied = to(("v1", 100), more="mirror: {host: spy}, mirrorPercentage: {value: 5}, ")
    assert told(VERSIONS + virtual(FIRST), VERSIONS + virtual(copied)) == [
        f"+ {ASK} go to shop/spy as a copy (5%)"
    ]


def test_what_is_done_to_requests_on_their_way() -> None:
    admin = to(("v1", 100), more="rewrite: {uri: /admin}, ")
    gain = told(VERSIONS + virtual(FIRST), VERSIONS + virtual(admin))[-1]
    assert gain == f'+ {ASK} go to {V1} with rewrite {{"uri": "/admin"}}'


def test_another_port() -> None:
    other = "{route: [{destination: {host: api, port: {number: 9090}}}]}"
    service = """
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: a, port: 80}, {name: b, port: 9090}]}
---
"""
    assert f"+ {ASK} on port 80 go to shop/api on port 9090" in told(
        service, service + virtual(other)
    )


@pytest.mark.parametrize(
    "field", ["fault: {abort: {httpStatus: 500}}, ", "delegate: {name: x}, ", "redirect: {}, "]
)
def test_what_is_not_understood_stops_only_where_it_differs(field: str) -> None:
    odd = VERSIONS + virtual(to(("v1", 100), more=field))
    assert told(odd, odd) == []
    (open_end,) = compare(VERSIONS + virtual(FIRST), odd).left_open
    assert str(open_end.severity) == "error"
    assert f"the field `{field.partition(':')[0]}`" in open_end.message


def test_how_connections_are_made() -> None:
    pool = rule(", trafficPolicy: {connectionPool: {tcp: {maxConnections: 1}}}", v1="v1", v2="v2")
    assert told(VERSIONS, pool) == []
    plain = rule(", trafficPolicy: {tls: {mode: DISABLE}}", v1="v1", v2="v2")
    (open_end,) = compare(VERSIONS, plain).left_open
    assert "how it has connections made is not compared" in open_end.message


# --- at gateways --------------------------------------------------------------------------------


def outside(path: str, host: str = "a.example.com", name: str = "a", service: str = "api") -> str:
    route = (
        f"{{match: [{{uri: {{prefix: {path}}}}}], route: [{{destination: {{host: {service}}}}}]}}"
    )
    return virtual(route, hosts=f'["{host}"]', gateways="[edge/public]", name=name)


def test_hosts_and_paths_of_a_gateway() -> None:
    asked = "requests to a.example.com by edge/public"
    assert told("", outside("/a")) == [f'+ {asked} go to shop/api [path starting with "/a"]']
    assert told(outside("/a"), outside("/a") + outside("/b", name="b")) == [
        f'+ {asked} go to shop/api [path starting with "/b"]'
    ]


def test_a_host_of_its_own_takes_from_a_wildcard() -> None:
    wide = outside("/a", "*.example.com")
    assert told(wide, wide + outside("/a", name="b", service="other")) == [
        '- requests to a.example.com by edge/public go to shop/api [path starting with "/a"]',
        '+ requests to a.example.com by edge/public go to shop/other [path starting with "/a"]',
    ]


def test_two_routes_for_one_request() -> None:
    (open_end,) = compare(outside("/a"), outside("/a") + outside("/a/b", name="b")).left_open
    assert "it overlaps with another one for the same host" in open_end.message


GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec:
  selector: {istio: ingress}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [%s], tls: {mode: %s}}]
---
"""


def test_what_a_gateway_listens_for() -> None:
    name = "gateway edge/public takes requests for"
    simple = GATEWAY % ("a.example.com", "SIMPLE")
    assert told(simple, GATEWAY % ('"*.example.com"', "SIMPLE")) == [
        f"+ {name} *.example.com on port 443 (HTTPS, SIMPLE)",
        f"- {name} a.example.com on port 443 (HTTPS, SIMPLE)",
    ]
    assert told(GATEWAY % ("a.example.com", "MUTUAL"), simple)[-1] == (
        f"+ {name} a.example.com on port 443 (HTTPS, SIMPLE)"
    )
    plain = simple.replace("HTTPS", "HTTP").replace("mode: SIMPLE", "httpsRedirect: true")
    assert told(plain, plain.replace("true", "false"))[0] == (
        f"+ {name} a.example.com on port 443 (HTTP)"
    )
    (open_end,) = compare(simple, simple.replace("istio: ingress", "istio: other")).left_open
    assert "differs in more than hosts, ports and routes" in open_end.message


INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop%s}
spec:
  ingressClassName: nginx
  rules:
  - host: a.example.com
    http:
      paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}%s]
---
"""
ADMIN = ", {path: /admin, pathType: %s, backend: {service: {name: admin, port: {number: 80}}}}"


def test_ingresses() -> None:
    plain = INGRESS % ("", "")
    assert told(plain, INGRESS % ("", ADMIN % "Prefix")) == [
        "+ requests to a.example.com by Ingress class nginx go to shop/admin on port 80"
        ' [path below "/admin"]',
        "- requests to a.example.com by Ingress class nginx go to shop/web on port 80",
    ]
    for odd in (
        INGRESS % ("", ADMIN % "ImplementationSpecific"),
        INGRESS % (", annotations: {nginx.ingress.kubernetes.io/rewrite-target: /x}", ""),
    ):
        assert told(odd, odd) == []
        assert [str(each.severity) for each in compare(plain, odd).left_open] == ["error"]


HTTP_ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: shop}
spec:
  parentRefs: [{kind: Service, group: "", name: api, port: 80}]
  rules: [%s]
---
"""


def test_http_routes_of_a_service_are_for_its_port() -> None:
    split = HTTP_ROUTE % (
        "{backendRefs: [{name: api, port: 80, weight: 9}, {name: api-v2, port: 80, weight: 1}]}"
    )
    assert told("", split) == [f"+ {ASK} go to shop/api-v2 (10%)"]
    both = """
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: a, port: 80}, {name: b, port: 81}]}
---
"""
    assert told(both, both + split) == [f"+ {ASK} on port 80 go to shop/api-v2 (10%)"]
    narrow = HTTP_ROUTE % (
        "{matches: [{method: GET}], backendRefs: [{name: api, port: 80}]},"
        "{matches: [{path: {type: Exact, value: /x}}], backendRefs: [{name: api-v2, port: 80}]}"
    )
    assert f'+ {ASK} go to shop/api-v2 [path = "/x"]' in told("", narrow)
    (open_end,) = compare(narrow, narrow.replace("value: /x", "value: [/x]")).left_open
    assert "it is not built like a route" in open_end.message


# --- Services -----------------------------------------------------------------------------------

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: %s}, ports: [{port: 80, targetPort: %s}]%s}
---
"""
REVISIONS = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: fn, namespace: shop, labels: {networking.knative.dev/visibility: %s}}
spec:
  template: {spec: {containers: [{image: x}]}}
  traffic: [{revisionName: fn-1, percent: %d}, {revisionName: fn-2, percent: %d}]
---
"""


def test_where_a_service_leads_and_who_reaches_it() -> None:
    plain = SERVICE % ("api", 8080, "")
    assert told(plain, SERVICE % ("admin", 9090, "")) == [
        f"+ {ASK} on port 80/TCP go to pods {{ app: admin }} on port 9090",
        f"- {ASK} on port 80/TCP go to pods {{ app: api }} on port 8080",
    ]
    assert told(plain, SERVICE % ("api", 8080, ", type: LoadBalancer")) == [
        "+ anybody outside of the cluster may call shop/api by a LoadBalancer"
    ]


def test_knative() -> None:
    plain = REVISIONS % ("cluster-local", 90, 10)
    assert told(plain, REVISIONS % ("cluster-local", 50, 50)) == [
        "~ requests to shop/fn by Knative go to shop/fn { revision: fn-1 } (50%),"
        " shop/fn { revision: fn-2 } (50%)"
    ]
    assert told(plain, REVISIONS % ("public", 90, 10)) == [
        "+ anybody outside of the cluster may call shop/fn by Knative's public gateway"
    ]
