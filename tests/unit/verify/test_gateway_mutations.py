"""What comes in by a gateway: every change of a route, or of another's, is caught by a request."""

from collections.abc import Callable
from typing import Any

import pytest

from polc.diagnostics import Severity
from polc.ir.nodes import Program
from polc.verify.gateways.compare import gateway_findings
from unit.verify.meshed import Body, compiled, get, manifests, told

Change = Callable[[list[Body]], Any]

TEXT = """
cluster test {{ mesh istio {mesh}  cni kubernetes }}
gateway public in istio-ingress {{
  select {{ istio: "ingressgateway" }}  account "istio-ingressgateway"  uses "istio-ingress/public"
}}
namespace shop
service site {{
  port web 80 -> 8080 http
  port metrics 9090 http
  allow from internet via public host "shop.example.com", "*.shop.example.com" on web
    because "a test"
}}
service api {{
  port web 80 -> 8080 http
  allow from internet via public host "api.example.com" on web {{
    GET "/v1/**"  POST "/v1/orders"
  }} because "a test"
  rollout {{ when header "x-canary" = "yes" -> v2  v1 90%  v2 10% }}
}}
service admin {{
  port web 80 -> 8080 http
  allow from internet via public host "api.example.com" on web {{ ANY "/v1/admin/**" }}
    because "a test"
}}
service cart {{ port web 80 -> 8080 http  port sql 5432 postgres  allow from site on web, sql }}
"""
PUBLIC = "istio-ingress/public"
AT = f"at the gateway `{PUBLIC}`"
ISTIO, GATEWAY = "networking.istio.io/v1", "gateway.networking.k8s.io/v1"


def built(mesh: str, text: str = TEXT) -> tuple[list[Body], Program]:
    return compiled(text.format(mesh=mesh))


def site(bodies: list[Body]) -> Any:
    kinds = [each["kind"] for each in bodies]
    kind = "HTTPRoute" if "HTTPRoute" in kinds else "VirtualService"
    return get(bodies, kind, "site.public.any.shop.example.com")["spec"]


def shared(bodies: list[Body], name: str = "admin") -> Any:
    kinds = [each["kind"] for each in bodies]
    kind = "HTTPRoute" if "HTTPRoute" in kinds else "VirtualService"
    return get(bodies, kind, f"{name}.public.api.example.com")["spec"]


def to(host: str, number: int | None = 80, **more: Any) -> Body:
    port = {} if number is None else {"port": {"number": number}}
    return {"route": [{"destination": {"host": host, **port}}], **more}


def virtual(
    hosts: list[str], *http: Body, name: str = "x", namespace: str = "shop", **spec: Any
) -> Body:
    return {
        "apiVersion": ISTIO,
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"hosts": hosts, "gateways": [PUBLIC], "http": list(http), **spec},
    }


def route(
    hosts: list[str], *rules: Body, kind: str = "HTTPRoute", namespace: str = "shop", **spec: Any
) -> Body:
    parent = {"namespace": "istio-ingress", "name": "public"}
    return {
        "apiVersion": GATEWAY,
        "kind": kind,
        "metadata": {"name": "x", "namespace": namespace},
        "spec": {"parentRefs": [parent], "hostnames": hosts, "rules": list(rules), **spec},
    }


def back(name: str, port: int = 80, **more: Any) -> Body:
    return {"backendRefs": [{"name": name, "port": port, **more}]}


def at(prefix: str) -> Body:
    return {"matches": [{"path": {"type": "PathPrefix", "value": prefix}}]}


def swap(rules: list[Body], one: int, other: int) -> None:
    rules[one], rules[other] = rules[other], rules[one]


EVIL = "steal.evil.svc.cluster.local"
SITE = "site.shop.svc.cluster.local"
CART = "cart.shop.svc.cluster.local"
ELSEWHERE = f"POL940 `GET /` for `shop.example.com` {AT} goes to"

SIDECAR: dict[str, tuple[Change, str]] = {
    "another service": (
        lambda b: site(b)["http"][0]["route"][0]["destination"].update(host=CART),
        f"{ELSEWHERE} `shop/cart:80`; declared is `shop/site:80`",
    ),
    "a service of others": (
        lambda b: site(b)["http"][0]["route"][0]["destination"].update(host=EVIL),
        f"{ELSEWHERE} `evil/steal:80`; declared is `shop/site:80`",
    ),
    "another port": (
        lambda b: site(b)["http"][0]["route"][0]["destination"]["port"].update(number=9090),
        f"{ELSEWHERE} `shop/site:9090`; declared is `shop/site:80`",
    ),
    "half a name": (
        lambda b: site(b)["http"][0]["route"][0]["destination"].update(host="site.shop"),
        f"POL942 a route of `shop/site.public.any.shop.example.com` for `*.shop.example.com` {AT}"
        " goes to `site.shop`, which is not the whole name of a Service",
    ),
    "no port of two": (
        lambda b: site(b)["http"][0]["route"][0]["destination"].pop("port"),
        f"{ELSEWHERE} `shop/site:any port`; declared is `shop/site:80`",
    ),
    "half of it elsewhere": (
        lambda b: site(b)["http"][0].update(
            route=[
                {"destination": {"host": SITE, "port": {"number": 80}}, "weight": 50},
                {"destination": {"host": EVIL, "port": {"number": 80}}, "weight": 50},
            ]
        ),
        f"{ELSEWHERE} 50% `evil/steal:80` and 50% `shop/site:80`; declared is `shop/site:80`",
    ),
    "one host more": (
        lambda b: site(b)["hosts"].append("x.example.com"),
        f"POL943 `GET /` for `x.example.com` {AT} goes to `shop/site:80`; nothing in the program",
    ),
    "every host": (
        lambda b: site(b).update(hosts=["*"]),
        f"POL943 `GET /` for `*` {AT} goes to `shop/site:80`; nothing in the program",
    ),
    "a wider pattern": (
        lambda b: site(b)["hosts"].append("*.example.com"),
        f"POL943 `GET /` for `*.example.com` {AT} goes to `shop/site:80`",
    ),
    "one host less": (
        lambda b: site(b)["hosts"].remove("shop.example.com"),
        "POL940 nothing for `shop.example.com` gets to `shop/site:80`, though it is declared: no"
        f" route of the gateway `{PUBLIC}` is for that host",
    ),
    "no route": (
        lambda b: b.remove(get(b, "VirtualService", "site.public.any.shop.example.com")),
        "POL940 nothing for `*.shop.example.com` gets to `shop/site:80`",
    ),
    "another gateway": (
        lambda b: site(b).update(gateways=["other/public"]),
        "POL943 `GET /` for `*.shop.example.com` at the gateway `other/public` goes to"
        " `shop/site:80`; nothing in the program declares it",
    ),
    "the same gateway by its short name": (
        lambda b: site(b).update(gateways=["public"]),
        "POL943 `GET /` for `*.shop.example.com` at the gateway `shop/public` goes to",
    ),
    "a gateway here": (
        lambda b: site(b)["gateways"].append("./public"),
        "POL943 `GET /` for `*.shop.example.com` at the gateway `shop/public` goes to",
    ),
    "one gateway more": (
        lambda b: site(b)["gateways"].append("other/public"),
        "POL943 `GET /` for `*.shop.example.com` at the gateway `other/public` goes to",
    ),
    "the mesh as well": (
        lambda b: site(b)["gateways"].append("mesh"),
        "POL940 what pods of the mesh send to `*.shop.example.com` goes to `shop/site:80`",
    ),
    "the mesh instead": (
        lambda b: site(b).pop("gateways"),
        "POL940 nothing for `*.shop.example.com` gets to `shop/site:80`",
    ),
    "not told to the gateway": (
        lambda b: site(b).update(exportTo=["."]),
        "POL940 nothing for `*.shop.example.com` gets to `shop/site:80`",
    ),
    "a narrower route first": (
        lambda b: site(b)["http"].insert(0, to(EVIL, match=[{"uri": {"prefix": "/pay"}}])),
        f"POL940 `GET /pay` for `*.shop.example.com` {AT} goes to `evil/steal:80`; declared is",
    ),
    "a header that leads elsewhere": (
        lambda b: site(b)["http"].insert(
            0, to(EVIL, match=[{"headers": {"cookie": {"prefix": "vip"}}}])
        ),
        f"POL940 `GET /` with header cookie `vip` for `*.shop.example.com` {AT} goes to",
    ),
    "only some paths": (
        lambda b: site(b)["http"][0].update(match=[{"uri": {"prefix": "/a"}}]),
        "POL940 `GET /` for `*.shop.example.com` gets to `shop/site:80`, though it is declared",
    ),
    "a redirect": (
        lambda b: site(b)["http"].__setitem__(0, {"redirect": {"authority": "evil.example"}}),
        f"POL940 `GET /` for `*.shop.example.com` {AT} goes to nothing; declared is",
    ),
    "an answer of its own": (
        lambda b: site(b)["http"].__setitem__(0, {"directResponse": {"status": 200}}),
        f"POL940 `GET /` for `*.shop.example.com` {AT} goes to nothing; declared is",
    ),
    "a mirror": (
        lambda b: site(b)["http"][0].update(mirror={"host": EVIL, "port": {"number": 80}}),
        f"POL940 `GET /` for `*.shop.example.com` {AT} is copied to `evil/steal:80`; nothing",
    ),
    "mirrors": (
        lambda b: site(b)["http"][0].update(mirrors=[{"destination": {"host": SITE}}]),
        f"POL940 `GET /` for `*.shop.example.com` {AT} is copied to `shop/site:any port`",
    ),
    "a subset that nobody defines": (
        lambda b: site(b)["http"][0]["route"][0]["destination"].update(subset="v9"),
        f"POL942 a route of `shop/site.public.any.shop.example.com` for `*.shop.example.com` {AT}"
        " names the subset `v9`, which no DestinationRule for it has",
    ),
    "shared: the wider path first": (
        lambda b: swap(shared(b)["http"], 2, 4),
        f"POL940 `GET /v1/admin` for `api.example.com` {AT} goes to",
    ),
    "shared: a prefix without its slash": (
        lambda b: shared(b)["http"][2]["match"][1].update(uri={"prefix": "/v1/admin"}),
        "POL940 `GET /v1/adminx` with header x-canary `yes` for `api.example.com`"
        f" {AT} goes to `shop/admin:80`; declared is `shop/api@v2:80`",
    ),
    "shared: a path to another that serves it": (
        lambda b: shared(b)["http"].insert(0, to("admin", match=[{"uri": {"exact": "/v1/a"}}])),
        "POL940 `GET /v1/a` with header x-canary `yes` for `api.example.com`"
        f" {AT} goes to `shop/admin:80`",
    ),
    "shared: a path to one that does not serve it": (
        lambda b: shared(b)["http"].append(to("cart", 80, match=[{"uri": {"prefix": "/other"}}])),
        f"POL940 `GET /other` for `api.example.com` {AT} goes to `shop/cart:80`; nothing declares",
    ),
    "shared: a path lost": (
        lambda b: shared(b)["http"].pop(2),
        f"POL940 `GET /v1/admin` for `api.example.com` {AT} goes to",
    ),
    "shared: a rollout's rule lost": (
        lambda b: shared(b)["http"].pop(0),
        f"POL940 `POST /v1/orders` with header x-canary `yes` for `api.example.com` {AT} goes to"
        " 90% `shop/api@v1:80` and 10% `shop/api@v2:80`; declared is `shop/api@v2:80`",
    ),
    "shared: other weights": (
        lambda b: shared(b)["http"][-1]["route"].pop(),
        f"POL940 `GET /v1` for `api.example.com` {AT} goes to `shop/api@v1:80`; declared is 90%",
    ),
    "of others: the same host": (
        lambda b: b.append(
            virtual(["shop.example.com"], to(EVIL, match=[{"uri": {"prefix": "/pay"}}]))
        ),
        f"POL940 `GET /pay` for `shop.example.com` {AT} goes to `evil/steal:80`",
    ),
    "of others: everything of the same host": (
        lambda b: b.append(virtual(["SHOP.example.com"], to(EVIL), namespace="evil")),
        f"{ELSEWHERE} `evil/steal:80`",
    ),
    "of others: a narrower host": (
        lambda b: b.append(virtual(["a.shop.example.com"], to(EVIL), namespace="evil")),
        f"POL940 `GET /` for `a.shop.example.com` {AT} goes to `evil/steal:80`; declared is",
    ),
    "of others: a narrower pattern": (
        lambda b: b.append(virtual(["*.a.shop.example.com"], to(EVIL), namespace="evil")),
        f"POL940 `GET /` for `*.a.shop.example.com` {AT} goes to `evil/steal:80`",
    ),
    "of others: a way to a service without an outside": (
        lambda b: b.append(virtual(["evil.example"], to(CART), namespace="evil")),
        f"POL943 `GET /` for `evil.example` {AT} goes to `shop/cart:80`; nothing in the program",
    ),
    "of others: a way to a Service that nobody knows": (
        lambda b: b.append(virtual(["evil.example"], to("other.shop.svc.cluster.local", 8080))),
        f"POL943 `GET /` for `evil.example` {AT} goes to `shop/other:8080`",
    ),
    "of others: a way by another name": (
        lambda b: b.extend(
            [
                virtual(["evil.example"], to("alias.evil.svc.cluster.local")),
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": "alias", "namespace": "evil"},
                    "spec": {"type": "ExternalName", "externalName": f"{CART}."},
                },
            ]
        ),
        f"POL943 `GET /` for `evil.example` {AT} goes to `evil/alias:80`",
    ),
    "of others: connections": (
        lambda b: b.append(virtual(["*"], tcp=[to(CART, 5432, match=[{"port": 5432}])])),
        f"POL943 whatever comes in {AT} goes to `shop/cart:5432`; nothing in the program",
    ),
    "of others: connections by server name": (
        lambda b: b.append(
            virtual(["a.b"], tls=[to(CART, 5432, match=[{"port": 443, "sniHosts": ["a.b"]}])])
        ),
        f"POL943 a request for `a.b` {AT} goes to `shop/cart:5432`",
    ),
}


@pytest.mark.parametrize("name", SIDECAR)
def test_changed_virtual_services_are_caught(name: str) -> None:
    change, expected = SIDECAR[name]
    bodies, program = built("sidecar")
    change(bodies)
    violations, _ = gateway_findings(manifests(bodies), program)
    assert any(each.startswith(expected) for each in told(violations)), told(violations)


AMBIENT: dict[str, tuple[Change, str]] = {
    "another service": (
        lambda b: site(b)["rules"][0]["backendRefs"][0].update(name="cart"),
        f"{ELSEWHERE} `shop/cart:80`; declared is `shop/site:80`",
    ),
    "another port": (
        lambda b: site(b)["rules"][0]["backendRefs"][0].update(port=9090),
        f"{ELSEWHERE} `shop/site:9090`; declared is `shop/site:80`",
    ),
    "a version past its waypoint": (
        lambda b: shared(b, "api")["rules"][0]["backendRefs"][0].update(name="api-v2"),
        f"POL940 `POST /v1/orders` for `api.example.com` {AT} goes to `shop/api-v2:80`",
    ),
    "one host more": (
        lambda b: site(b)["hostnames"].append("x.example.com"),
        f"POL943 `GET /` for `x.example.com` {AT} goes to `shop/site:80`",
    ),
    "every host": (
        lambda b: site(b).pop("hostnames"),
        f"POL943 `GET /` for `*` {AT} goes to `shop/site:80`",
    ),
    "one host less": (
        lambda b: site(b)["hostnames"].remove("shop.example.com"),
        "POL940 nothing for `shop.example.com` gets to `shop/site:80`",
    ),
    "another parent": (
        lambda b: site(b)["parentRefs"][0].update(namespace="other"),
        "POL943 `GET /` for `*.shop.example.com` at the gateway `other/public` goes to",
    ),
    "one parent more": (
        lambda b: site(b)["parentRefs"].append({"name": "own"}),
        "POL943 `GET /` for `*.shop.example.com` at the gateway `shop/own` goes to",
    ),
    "a more specific rule": (
        lambda b: site(b)["rules"].append({**back("cart"), **at("/pay")}),
        f"POL940 `GET /pay` for `*.shop.example.com` {AT} goes to `shop/cart:80`; declared is",
    ),
    "a redirect": (
        lambda b: site(b)["rules"][0].update(
            filters=[{"type": "RequestRedirect", "requestRedirect": {"hostname": "evil.example"}}]
        ),
        f"POL940 `GET /` for `*.shop.example.com` {AT} goes to nothing; declared is",
    ),
    "a mirror": (
        lambda b: site(b)["rules"][0].update(
            filters=[
                {
                    "type": "RequestMirror",
                    "requestMirror": {"backendRef": {"name": "cart", "port": 80}},
                }
            ]
        ),
        f"POL940 `GET /` for `*.shop.example.com` {AT} is copied to `shop/cart:80`",
    ),
    "no backend": (
        lambda b: site(b)["rules"][0].pop("backendRefs"),
        f"POL940 `GET /` for `*.shop.example.com` {AT} goes to nothing; declared is",
    ),
    "shared: a path wider": (
        lambda b: shared(b)["rules"][0]["matches"][0]["path"].update(value="/v1"),
        f"POL940 `GET /v1/admin` for `api.example.com` {AT} goes to `shop/api:80`",
    ),
    "shared: a path lost": (
        lambda b: shared(b)["rules"].clear(),
        f"POL940 `GET /v1/admin` for `api.example.com` {AT} goes to",
    ),
    "shared: a method more": (
        lambda b: shared(b)["rules"][0]["matches"].append(
            {"path": {"type": "Exact", "value": "/v1/orders"}, "method": "POST"}
        ),
        f"POL940 `POST /v1/orders` for `api.example.com` {AT} goes to",
    ),
    "of others: a path of the same host": (
        lambda b: b.append(
            route(["shop.example.com"], {**back("steal"), **at("/pay")}, namespace="evil")
        ),
        f"POL940 `GET /pay` for `shop.example.com` {AT} goes to `evil/steal:80`",
    ),
    "of others: a backend that nobody lets it have": (
        lambda b: b.append(
            route(["shop.example.com"], {**back("site", namespace="shop"), **at("/pay")},
                  namespace="evil")
        ),
        f"POL942 a route of `evil/x` for `shop.example.com` {AT} goes to `shop/site:80`, which no"
        " ReferenceGrant in `shop` permits",
    ),
    "of others: a backend that somebody lets it have": (
        lambda b: b.extend(
            [
                route(["evil.example"], back("cart", namespace="shop"), namespace="evil"),
                grant("evil", "cart"),
            ]
        ),
        f"POL943 `GET /` for `evil.example` {AT} goes to `shop/cart:80`",
    ),
    "of others: a grant for something else": (
        lambda b: b.extend(
            [
                route(["shop.example.com"], {**back("site", namespace="shop"), **at("/pay")},
                      namespace="evil"),
                grant("evil", kind="Secret"),
            ]
        ),
        f"POL942 a route of `evil/x` for `shop.example.com` {AT} goes to `shop/site:80`, which no",
    ),
    "of others: a grant elsewhere": (
        lambda b: b.extend(
            [
                route(["shop.example.com"], {**back("site", namespace="shop"), **at("/pay")},
                      namespace="evil"),
                grant("evil", home="other"),
            ]
        ),
        f"POL942 a route of `evil/x` for `shop.example.com` {AT} goes to `shop/site:80`, which no",
    ),
    "of others: connections at another gateway": (
        lambda b: b.append(
            route(["shop.example.com"], back("site"), kind="TLSRoute", parentRefs=[{"name": "y"}])
        ),
        "POL943 a request for `shop.example.com` at the gateway `shop/y` goes to `shop/site:80`",
    ),
    "of others: remote procedures": (
        lambda b: b.append(route(["evil.example"], back("cart"), kind="GRPCRoute")),
        f"POL943 a request for `evil.example` {AT} goes to `shop/cart:80`",
    ),
    "of others: connections": (
        lambda b: b.append(route([], back("cart", 5432), kind="TCPRoute")),
        f"POL943 whatever comes in {AT} goes to `shop/cart:5432`",
    ),
}  # fmt: skip


def grant(
    namespace: str, service: str | None = None, kind: str = "Service", home: str = "shop"
) -> Body:
    leads = {"group": "", "kind": kind, **({"name": service} if service else {})}
    comes = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": namespace}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "x", "namespace": home},
        "spec": {"from": [comes], "to": [leads]},
    }


@pytest.mark.parametrize("name", AMBIENT)
def test_changed_http_routes_are_caught(name: str) -> None:
    change, expected = AMBIENT[name]
    bodies, program = built("ambient")
    change(bodies)
    violations, _ = gateway_findings(manifests(bodies), program)
    assert any(each.startswith(expected) for each in told(violations)), told(violations)


@pytest.mark.parametrize("mesh", ["sidecar", "ambient"])
def test_what_was_built_holds(mesh: str) -> None:
    bodies, program = built(mesh)
    assert gateway_findings(manifests(bodies), program) == ((), ())


HARMLESS: dict[str, Change] = {
    "another's host": lambda b: b.append(virtual(["evil.example"], to(EVIL), namespace="evil")),
    "another's wider pattern elsewhere": lambda b: b.append(
        virtual(["*.evil.example"], to(EVIL), namespace="evil")
    ),
    "a host said twice": lambda b: site(b)["hosts"].append("a.shop.example.com"),
    "in capitals": lambda b: site(b).update(hosts=["*.Shop.Example.com", "SHOP.example.com"]),
    "the gateway in an old way": lambda b: site(b).update(gateways=["public.istio-ingress"]),
    "a route that takes nothing": lambda b: site(b)["http"].append(to(EVIL)),
    "the gateway in the match": lambda b: site(b)["http"][0].update(
        match=[{"gateways": [PUBLIC], "uri": {"prefix": "/"}}]
    ),
    "a route for another gateway only": lambda b: site(b)["http"].insert(
        0, to(EVIL, match=[{"gateways": ["other/gateway"]}])
    ),
    "timeouts and retries": lambda b: site(b)["http"][0].update(
        timeout="3s", retries={"attempts": 2}
    ),
    "what nobody asks for to one that serves the host": lambda b: shared(b)["http"].append(
        to("admin")
    ),
    "a catch-all in an object of its own": lambda b: b.append(
        virtual(["api.example.com"], to("admin"))
    ),
    "the gateway in the match, in an old way": lambda b: site(b)["http"][0].update(
        match=[{"gateways": ["public.istio-ingress"]}]
    ),
    "a redirect of what nobody asks for": lambda b: shared(b)["http"].append(
        {"match": [{"uri": {"exact": "/"}}], "redirect": {"uri": "/v1/"}}
    ),
    "told to the gateway's namespace": lambda b: site(b).update(exportTo=["istio-ingress"]),
    "no port of one": lambda b: shared(b)["http"][2]["route"][0]["destination"].pop("port"),
}


def test_a_grant_within_the_program_is_fine() -> None:
    bodies, program = built("ambient")
    bodies += [grant("shop"), grant("evil", kind="Secret")]
    assert gateway_findings(manifests(bodies), program) == ((), ())


@pytest.mark.parametrize("name", HARMLESS)
def test_what_comes_to_the_same_is_fine(name: str) -> None:
    bodies, program = built("sidecar")
    HARMLESS[name](bodies)
    assert gateway_findings(manifests(bodies), program) == ((), ())


OPEN: dict[str, tuple[str, Change, str]] = {
    "a rewrite": (
        "sidecar",
        lambda b: site(b)["http"][0].update(rewrite={"uri": "/admin"}),
        "the field `rewrite` of a route",
    ),
    "a delegate": (
        "sidecar",
        lambda b: site(b)["http"].__setitem__(0, {"delegate": {"name": "x"}}),
        "the field `delegate` of a route",
    ),
    "a fault": (
        "sidecar",
        lambda b: site(b)["http"][0].update(fault={"abort": {"httpStatus": 500}}),
        "the field `fault` of a route",
    ),
    "a port of the gateway": (
        "sidecar",
        lambda b: site(b)["http"].insert(0, to(EVIL, match=[{"port": 8443}])),
        "the port of a match, which is one of the gateway",
    ),
    "another's wider pattern": (
        "sidecar",
        lambda b: b.append(
            virtual(["*.example.com"], to(EVIL, match=[{"uri": {"prefix": "/pay"}}]))
        ),
        "whether routes for `*.example.com` take requests for `shop.example.com`",
    ),
    "another's wider pattern with a rewrite": (
        "sidecar",
        lambda b: b.append(virtual(["*.example.com"], to(SITE, rewrite={"uri": "/"}))),
        "whether routes for `*.example.com` take requests for `shop.example.com`",
    ),
    "half a name that may lead here": (
        "sidecar",
        lambda b: b.append(virtual(["evil.example"], to("cart.shop"))),
        "whether `evil.example` at `istio-ingress/public` leads to `shop/cart:80`",
    ),
    "another's rewrite that leads here": (
        "sidecar",
        lambda b: b.append(virtual(["evil.example"], to(CART, rewrite={"uri": "/"}))),
        "whether `evil.example` at `istio-ingress/public` leads to `shop/cart:80`",
    ),
    "another's server name for a declared host": (
        "sidecar",
        lambda b: b.append(
            virtual(["a.b"], tls=[to(EVIL, match=[{"sniHosts": ["shop.example.com"]}])])
        ),
        "what it takes of the requests for `shop.example.com`",
    ),
    "a rewrite of a route": (
        "ambient",
        lambda b: site(b)["rules"][0].update(filters=[{"type": "URLRewrite"}]),
        "a filter of type `URLRewrite`",
    ),
    "a backend of another kind": (
        "ambient",
        lambda b: site(b)["rules"][0]["backendRefs"][0].update(kind="InferencePool"),
        "a backend of kind `InferencePool`",
    ),
    "remote procedures of a declared host": (
        "ambient",
        lambda b: b.append(route(["shop.example.com"], back("site"), kind="GRPCRoute")),
        "whether it is the way by which `shop.example.com` is to lead to `shop/site:80`",
    ),
    "a grant to others": (
        "ambient",
        lambda b: b.append(grant("evil")),
        "what routes of namespace `evil` may lead to services here",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_what_is_not_known_is_not_decided(name: str) -> None:
    mesh, change, why = OPEN[name]
    bodies, program = built(mesh)
    change(bodies)
    violations, undecided = gateway_findings(manifests(bodies), program)
    assert violations == ()
    assert any(why in each.message for each in undecided), undecided
    assert {each.code.id for each in undecided} == {"POL903"}


# --- the gateway's own object -------------------------------------------------------------------


def server(*hosts: str, protocol: str = "HTTP", number: int = 80, **tls: Any) -> Body:
    port = {"number": number, "name": "x", "protocol": protocol}
    return {"port": port, "hosts": list(hosts), **({"tls": tls} if tls else {})}


def gateway(*servers: Body, **selector: str) -> Body:
    return {
        "apiVersion": ISTIO,
        "kind": "Gateway",
        "metadata": {"name": "public", "namespace": "istio-ingress"},
        "spec": {"selector": selector or {"istio": "ingressgateway"}, "servers": list(servers)},
    }


ALL = ("shop.example.com", "*.shop.example.com", "api.example.com")
SERVERS: dict[str, tuple[tuple[Body, ...], tuple[Body, ...], tuple[str, ...]]] = {
    "every host": ((server("*"),), (), ()),
    "their namespaces": ((server("shop/*"), server("./evil.example")), (), ()),
    "another namespace only": (
        (server("other/*"),),
        (),
        ("POL940 nothing for `*.shop.example.com` gets to",),
    ),
    "one host missing": (
        (server("*.shop.example.com", "api.example.com"),),
        (),
        ("POL940 nothing for `shop.example.com` gets to `shop/site:80`",),
    ),
    "with TLS": ((server("*", protocol="HTTPS", number=443, mode="SIMPLE"),), (), ()),
    "redirected to TLS": (
        (
            server("*", httpsRedirect=True),
            server(*ALL, protocol="HTTPS", number=443, mode="SIMPLE"),
        ),
        (),
        (),
    ),
    "redirected to nowhere": (
        (server("*", httpsRedirect=True),),
        (),
        ("POL940 nothing for `shop.example.com` gets to",),
    ),
    "passed through": (
        (server("*", protocol="HTTPS", number=443, mode="PASSTHROUGH"),),
        (),
        ("POL940 nothing for `shop.example.com` gets to",),
    ),
    "another's wider pattern, apart": (
        (server("*"),),
        (virtual(["*.example.com"], to(EVIL, match=[{"uri": {"prefix": "/pay"}}])),),
        (),
    ),
    "another's wider pattern at a server for the host": (
        (server(*ALL),),
        (virtual(["*.example.com"], to(EVIL, match=[{"uri": {"prefix": "/pay"}}])),),
        (f"POL940 `GET /pay` for `shop.example.com` {AT} goes to `evil/steal:80`",),
    ),
    "others' catch-all at a server for the host": (
        (server(*ALL),),
        (virtual(["*"], to(EVIL)),),
        (f"POL940 `GET /` for `shop.example.com` {AT} goes to `evil/steal:80`",),
    ),
    "others' pattern is for nobody": (
        (server("shop.example.com", "*.shop.example.com", "api.example.com"),),
        (virtual(["x.example.com"], to(SITE)),),
        (),
    ),
}


@pytest.mark.parametrize("name", SERVERS)
def test_hosts_of_an_istio_gateway_count(name: str) -> None:
    servers, more, expected = SERVERS[name]
    bodies, program = built("sidecar")
    found = manifests([*bodies, gateway(*servers), *more])
    violations, undecided = gateway_findings(found, program)
    assert undecided == ()
    assert bool(violations) == bool(expected), told(violations)
    for each in expected:
        assert any(one.startswith(each) for one in told(violations)), told(violations)


def test_a_gateway_for_other_pods_is_not_decided() -> None:
    bodies, program = built("sidecar")
    found = manifests([*bodies, gateway(server("*"), istio="other")])
    violations, undecided = gateway_findings(found, program)
    assert violations == ()
    assert ["it selects others" in each.message for each in undecided] == [True]


def listener(hostname: str | None = None, space: str | None = "All", **more: Any) -> Body:
    allowed = {} if space is None else {"allowedRoutes": {"namespaces": {"from": space}}}
    host = {} if hostname is None else {"hostname": hostname}
    return {"name": "web", "port": 80, "protocol": "HTTP", **host, **allowed, **more}


LISTENERS: dict[str, tuple[Body, str]] = {
    "every host": (listener(), ""),
    "a narrower host": (
        listener("shop.example.com"),
        "POL940 nothing for `api.example.com` gets to `shop/admin:80`",
    ),
    "its own namespace": (listener(space="Same"), "POL940 nothing for"),
    "its own namespace, unsaid": (listener(space=None), "POL940 nothing for"),
    "chosen namespaces": (
        listener(allowedRoutes={
            "namespaces": {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}
        }),
        "POL940 nothing for",
    ),
    "its name": (
        listener(allowedRoutes={"namespaces": {"from": "Selector", "selector": {
            "matchLabels": {"kubernetes.io/metadata.name": "shop"}}}}),
        "",
    ),
    "other kinds": (
        listener(allowedRoutes={"kinds": [{"kind": "TCPRoute"}], "namespaces": {"from": "All"}}),
        "POL940 nothing for",
    ),
    "no requests": (listener(protocol="TCP"), "POL940 nothing for"),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTENERS)
def test_listeners_of_a_gateway_count(name: str) -> None:
    each, expected = LISTENERS[name]
    bodies, program = built("ambient")
    body = {
        "apiVersion": GATEWAY,
        "kind": "Gateway",
        "metadata": {"name": "public", "namespace": "istio-ingress"},
        "spec": {"gatewayClassName": "istio", "listeners": [each]},
    }
    violations, undecided = gateway_findings(manifests([*bodies, body]), program)
    assert undecided == ()
    assert bool(violations) == bool(expected), told(violations)
    assert not expected or told(violations)[0].startswith(expected), told(violations)


def test_a_wider_route_at_a_listener_is_tried_behind_narrower_ones() -> None:
    bodies, program = built("ambient")
    listeners = [listener(host) for host in ALL]
    body = {
        "apiVersion": GATEWAY,
        "kind": "Gateway",
        "metadata": {"name": "public", "namespace": "istio-ingress"},
        "spec": {"gatewayClassName": "istio", "listeners": listeners},
    }
    rest = route(["*.example.com"], {**back("admin"), **at("/")})
    violations, undecided = gateway_findings(manifests([*bodies, body, rest]), program)
    assert undecided == ()
    assert {each.message.partition(" for ")[2].partition(" ")[0] for each in violations} == {
        "`shop.example.com`", "`*.shop.example.com`"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({"sectionName": "web"}, True),
        ({"sectionName": "other"}, False),
        ({"port": 80}, True),
        ({"port": 81}, False),
    ],
)
def test_references_to_listeners_count(change: Body, holds: bool) -> None:
    bodies, program = built("ambient")
    site(bodies)["parentRefs"][0].update(change)
    body = {
        "apiVersion": GATEWAY,
        "kind": "Gateway",
        "metadata": {"name": "public", "namespace": "istio-ingress"},
        "spec": {"gatewayClassName": "istio", "listeners": [listener()]},
    }
    violations, _ = gateway_findings(manifests([*bodies, body]), program)
    assert (violations == ()) is holds


# --- hosts that lie in one another --------------------------------------------------------------

NESTED = """
cluster test {{ mesh istio {mesh}  cni kubernetes }}
gateway public in istio-ingress {{
  select {{ istio: "ingressgateway" }}  account "istio-ingressgateway"  uses "istio-ingress/public"
}}
namespace shop
service site {{ port web 80 http
  allow from internet via public host "*.example.com" on web because "a test" }}
service api {{ port web 80 http
  allow from internet via public host "api.example.com" on web because "a test" }}
"""


@pytest.mark.parametrize("mesh", ["sidecar", "ambient"])
def test_declared_hosts_within_others_are_warned_of(mesh: str) -> None:
    bodies, program = built(mesh, NESTED)
    violations, (found,) = gateway_findings(manifests(bodies), program)
    assert violations == ()
    assert found.severity is Severity.WARNING
    assert "whether routes for `*.example.com` take requests for `api.example.com`" in found.message


@pytest.mark.parametrize(("hosts", "holds"), [(["*"], True), (["*", "api.example.com"], False)])
def test_with_the_gateway_that_is_decided(hosts: list[str], holds: bool) -> None:
    bodies, program = built("sidecar", NESTED)
    found = manifests([*bodies, gateway(server(*hosts))])
    violations, undecided = gateway_findings(found, program)
    assert undecided == ()
    assert (violations == ()) is holds, told(violations)


# --- gateways that name no object, and Ingresses ------------------------------------------------

BARE = """
cluster test {{ mesh {mesh}  cni kubernetes }}
gateway nginx in ingress {{ select {{ app: "nginx" }}  account "nginx" }}
namespace shop
service site {{
  port web 80 -> 8080 http
  port metrics 9090 http
  allow from internet via nginx host "shop.example.com" on web because "a test"
}}
"""


def ingress(*rules: Body, namespace: str = "shop", **spec: Any) -> Body:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "x", "namespace": namespace},
        "spec": {"rules": list(rules), **spec},
    }


def behind(service: str = "site", **port: Any) -> Body:
    return {"service": {"name": service, "port": port or {"number": 80}}}


def rule(host: str | None, *backends: Body) -> Body:
    paths = [{"path": "/", "pathType": "Prefix", "backend": each} for each in backends]
    return {**({"host": host} if host else {}), "http": {"paths": paths}}


INGRESSES: dict[str, tuple[Body, str]] = {
    "as declared": (ingress(rule("shop.example.com", behind())), ""),
    "by the port's name": (ingress(rule("shop.example.com", behind(name="web"))), ""),
    "of others": (ingress(rule("evil.example", behind("x")), namespace="evil"), ""),
    "another host": (
        ingress(rule("evil.example", behind())),
        "POL943 a request for `evil.example` goes to `shop/site:80`",
    ),
    "a pattern": (
        ingress(rule("*.example.com", behind())),
        "POL943 a request for `*.example.com` goes to `shop/site:80`",
    ),
    "every host": (
        ingress(rule(None, behind())),
        "POL943 whatever comes in goes to `shop/site:80`",
    ),
    "another port": (
        ingress(rule("shop.example.com", behind(number=9090))),
        "POL943 a request for `shop.example.com` goes to `shop/site:9090`",
    ),
    "by default": (
        ingress(defaultBackend=behind()),
        "POL943 whatever comes in goes to `shop/site:80`",
    ),
    "another Service": (
        ingress(rule("shop.example.com", behind("other"))),
        "POL943 a request for `shop.example.com` goes to `shop/other:80`",
    ),
    "another kind": (
        ingress(rule("shop.example.com", {"resource": {"kind": "Bucket", "name": "x"}})),
        "POL903 not decided: where requests for `shop.example.com` go",
    ),
    "the same host by others": (
        ingress(rule("shop.example.com", behind("x")), namespace="evil"),
        "POL903 not decided: what it takes of the requests for `shop.example.com`",
    ),
}


@pytest.mark.parametrize("name", INGRESSES)
@pytest.mark.parametrize("mesh", ["none", "istio sidecar"])
def test_ingresses_are_ways_in(name: str, mesh: str) -> None:
    body, expected = INGRESSES[name]
    bodies, program = compiled(BARE.format(mesh=mesh))
    violations, undecided = gateway_findings(manifests([*bodies, body]), program)
    found = told((*violations, *undecided))
    assert bool(found) == bool(expected), found
    assert not expected or found[0].startswith(expected), found


def test_an_ingress_beside_a_named_gateway_is_not_decided() -> None:
    bodies, program = built("sidecar")
    body = ingress(rule("shop.example.com", behind()))
    violations, (found,) = gateway_findings(manifests([*bodies, body]), program)
    assert violations == ()
    assert "whether it is the way by which `shop.example.com` is to lead to" in found.message


def test_routes_at_a_gateway_that_names_no_object() -> None:
    bodies, program = compiled(BARE.format(mesh="istio sidecar"))
    declared = virtual(["shop.example.com"], to(SITE))
    violations, (found,) = gateway_findings(manifests([*bodies, declared]), program)
    assert violations == ()
    assert "which names no object (`uses`)" in found.message
    for other in (virtual(["evil.example"], to(SITE)), virtual(["shop.example.com"], to(SITE, 90))):
        (found,), undecided = gateway_findings(manifests([*bodies, other]), program)
        assert found.code.id == "POL943"
        assert undecided == ()


# --- what the user routes -----------------------------------------------------------------------

OWN = """
cluster test {{ mesh {mesh}  cni kubernetes }}
gateway public in istio-ingress {{
  select {{ istio: "ingressgateway" }}  account "istio-ingressgateway"  uses "istio-ingress/public"
}}
namespace shop
service db {{
  port sql 5432 postgres
  allow from internet via public host "db.example.com" on sql because "a test"
}}
service api {{
  port web 80 http
  allow from internet via public host "api.example.com" on web because "a test"
}}
"""


@pytest.mark.parametrize("mesh", ["none", "istio sidecar", "istio ambient"])
def test_connections_are_for_the_user_to_route(mesh: str) -> None:
    bodies, program = compiled(OWN.format(mesh=mesh))
    assert gateway_findings(manifests(bodies), program) == ((), ())
    database = to("db", 5432, match=[{"sniHosts": ["db.example.com"]}])
    for more in (
        virtual(["*"], tcp=[to("db", 5432)]),
        virtual(["db.example.com"], tls=[database]),
        route(["db.example.com"], back("db", 5432), kind="TLSRoute"),
    ):
        assert gateway_findings(manifests([*bodies, more]), program) == ((), ())
    for more in (
        virtual(["*"], tcp=[to("api")]),
        virtual(["x.example.com"], to("db", 5432)),
        route(["x.example.com"], back("db", 5432), kind="TLSRoute"),
    ):
        violations, _ = gateway_findings(manifests([*bodies, more]), program)
        assert violations != ()


# --- what is said -------------------------------------------------------------------------------


def test_counterexamples_name_places_and_the_nearest_declaration() -> None:
    bodies, program = built("sidecar")
    bodies.append(virtual(["evil.example"], to(SITE)))
    (found,), _ = gateway_findings(manifests(bodies), program)
    assert found.span.anchor.source.name == "virtualservice.yaml"
    assert [label.message for label in found.labels] == ["the nearest declaration is here"]
    assert found.labels[0].span.text == "internet"
    assert found.help is not None
    assert "VirtualService `shop/x` in `virtualservice.yaml`" in found.help
    assert "host …" in found.help


def test_odd_shapes_are_not_decided() -> None:
    bodies, program = built("sidecar")
    site(bodies)["http"][0]["route"][0]["weight"] = "50"
    site(bodies)["http"][0]["route"].append({"destination": {"host": 7}})
    _, undecided = gateway_findings(manifests(bodies), program)
    assert any("is not built like a VirtualService" in each.message for each in undecided)
