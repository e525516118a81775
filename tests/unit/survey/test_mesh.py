"""Rules of a mesh that hold for everybody or nobody, and names that nothing in the input has."""

import pytest

from polc.diagnostics import Diagnostic, Severity
from polc.semantics.objects.reading import read_files
from polc.survey.survey import survey

MESH = """apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
"""
AMBIENT = MESH.replace("istio-injection: enabled", "istio.io/dataplane-mode: ambient LABEL")


def pods(name: str) -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{serviceAccountName:"
        f" {name}, containers: [{{name: c, image: i, ports: [{{containerPort: 8080}}]}}]}}}}}}\n"
    )


def istio(kind: str, spec: str, group: str = "security.istio.io/v1", name: str = "p") -> str:
    return (
        f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {spec}\n"
    )


def rules(*texts: str, action: str = "ALLOW") -> str:
    spec = f"{{action: {action}, rules: [{', '.join(texts)}]}}"
    return istio("AuthorizationPolicy", spec)


def source(text: str) -> str:
    return f"{{from: [{{source: {{{text}}}}}]}}"


def operation(text: str) -> str:
    return f"{{to: [{{operation: {{{text}}}}}]}}"


API, WEB = pods("api"), pods("web")
OPERATOR = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: o}
rules: [{apiGroups: ["", apps], resources: [pods, services, serviceaccounts], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: o}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: o}
subjects: [{kind: ServiceAccount, name: o, namespace: ops}]
"""


def told(*texts: str) -> list[Diagnostic]:
    manifests, found = read_files({"all.yaml": "---\n".join((MESH, API, WEB, *texts))})
    assert not found
    about = [each for each in survey(manifests) if each.code.id in ("POL903", "POL970", "POL982")]
    assert all(each.help for each in about if each.code.id != "POL903")
    return about


def messages(*texts: str) -> list[str]:
    return [each.message.partition("` ")[2] for each in told(*texts)]


# --- everybody ------------------------------------------------------------------------------------

EMPTY = "admits everybody to everything: what it lists is empty"


@pytest.mark.parametrize(
    "rule",
    [
        "{when: null}",
        "{when: []}",
        source("namespaces: []"),
        source("principals: null"),
        source("namespaces: [], principals: []"),
        operation("ports: []"),
        operation("paths: null, methods: []"),
        "{from: [{source: {namespaces: []}}], to: [{operation: {ports: []}}], when: null}",
        "{from: [{source: {principals: [x/ns/shop/sa/web]}}, {source: {namespaces: []}}]}",
    ],
)
def test_empty_in_every_spelling_admits_everybody(rule: str) -> None:
    [found] = told(rules(rule))
    assert EMPTY in found.message
    assert found.severity is Severity.WARNING


def test_what_holds_of_every_request_is_a_note() -> None:
    [found] = told(rules(operation('paths: ["*"]')))
    assert "admits everybody to everything: what it lists holds of every request" in found.message
    assert found.severity is Severity.NOTE
    assert told(rules(operation('paths: ["*"]'), action="DENY")) == []
    assert messages(rules("{when: null}", action="DENY")) == [
        "denies everything: what it lists is empty"
    ]


def test_an_empty_list_beside_others_asks_for_nothing() -> None:
    [message] = messages(rules(operation("methods: [GET], ports: []")))
    assert message == "has an empty `ports` in `to`, which asks for nothing"
    ports = "to: [{operation: {ports: ['8080']}}]"
    [message] = messages(rules(f"{{from: [{{source: {{namespaces: []}}}}], {ports}}}"))
    assert message == "has an item of `from` with empty lists, which asks for nothing"


@pytest.mark.parametrize(
    "text",
    [
        rules("{when: [{key: 'experimental.envoy.filters.a.b[c]', values: [x]}]}", action="AUDIT"),
        rules("{}", action="AUDIT"),
        rules("{when: null}", "{nosuch: 1}", action="AUDIT"),
        rules("{}").replace("shop}", "shop, annotations: {istio.io/dry-run: 'true'}}"),
    ],
)
def test_what_neither_admits_nor_denies_is_passed_over(text: str) -> None:
    assert told(text) == []


# --- stars and methods ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        operation("paths: [/a/*/b]"),
        operation('notPaths: ["*a*"]'),
        operation('hosts: ["a.*.b"]'),
        source('principals: ["cluster.local/ns/*/sa/web"]'),
        "{when: [{key: 'request.headers[a]', values: ['x*y']}]}",
    ],
)
def test_a_star_that_is_a_character(rule: str) -> None:
    assert any("where that star is a character" in each for each in messages(rules(rule)))


@pytest.mark.parametrize(
    "rule",
    [
        operation('paths: [/a/*, "*/b", "/a/{*}/b", "/a/{**}"]'),
        source('principals: ["*", "*/ns/shop/sa/web", "cluster.local/*"]'),
        "{when: [{key: 'request.headers[a]', values: ['x*', '*y']}]}",
    ],
)
def test_a_star_that_means_more(rule: str) -> None:
    assert not any("star" in each for each in messages(rules(rule)))


def test_methods_are_in_capitals() -> None:
    [found] = told(rules(operation("methods: [get]")))
    assert "names the method `get`, which nobody sends" in found.message
    assert found.help == "write `GET`"
    assert told(rules(operation("methods: [GET, purge]"))) == []


# --- accounts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "principals: [cluster.local/ns/shop/sa/wbe]",
        "serviceAccounts: [wbe]",
        "serviceAccounts: [shop/wbe]",
    ],
)
def test_an_account_that_is_not_there(text: str) -> None:
    [found] = told(rules(source(text)))
    assert found.code.id == "POL982"
    assert "and the namespace `shop` has no account `wbe`" in found.message
    assert found.help == "did you mean `web`?"
    assert told(rules(source(text)), OPERATOR) == []


GATEWAY = istio(
    "Gateway",
    "{gatewayClassName: istio-waypoint, listeners: [{name: m, port: 15008, protocol: HBONE}]}",
    "gateway.networking.k8s.io/v1",
    "waypoint",
)


@pytest.mark.parametrize(
    "text",
    [
        "principals: [cluster.local/ns/shop/sa/web]",
        "principals: [cluster.local/ns/shop/sa/default]",
        "principals: [cluster.local/ns/elsewhere/sa/x]",
        'principals: ["cluster.local/ns/shop/*"]',
        "serviceAccounts: [web, elsewhere/x]",
        "namespaces: [elsewhere]",
    ],
)
def test_an_account_that_may_be_there(text: str) -> None:
    assert told(rules(source(text))) == []


def test_the_account_of_a_waypoint_is_there() -> None:
    found = told(rules(source("principals: [cluster.local/ns/shop/sa/waypoint]")), GATEWAY)
    assert not any("has no account" in each.message for each in found)


# --- tokens ---------------------------------------------------------------------------------------

CHECK = istio("RequestAuthentication", "{jwtRules: [{issuer: 'https://i.example'}]}", name="tokens")
ASKS = rules(source('requestPrincipals: ["*"]'))


@pytest.mark.parametrize(
    ("rule", "effect"),
    [
        (source('requestPrincipals: ["*"]'), "it never matches"),
        (source('notRequestPrincipals: ["*"]'), "it holds for every request"),
        ("{when: [{key: 'request.auth.claims[role]', values: [a]}]}", "it never matches"),
        ("{when: [{key: request.auth.principal, notValues: [a]}]}", "it holds for every request"),
    ],
)
def test_a_token_that_nobody_checks(rule: str, effect: str) -> None:
    [found] = told(rules(rule))
    assert "no RequestAuthentication of the input has tokens checked" in found.message
    assert found.message.endswith(effect)
    assert told(rules(rule), CHECK) == []
    elsewhere = CHECK.replace("{jwtRules", "{selector: {matchLabels: {app: x}}, jwtRules")
    assert any("tokens checked" in each for each in messages(rules(rule), elsewhere))


def test_a_check_in_another_namespace_is_about_others() -> None:
    other = CHECK.replace("namespace: shop", "namespace: elsewhere")
    assert any("tokens checked" in each for each in messages(ASKS, other))
    assert messages(ASKS, CHECK.replace("namespace: shop", "namespace: istio-system")) == []


def test_a_check_that_nobody_asks_for() -> None:
    [message] = messages(CHECK)
    assert "requests without any get through" in message
    assert told(CHECK, ASKS) == []
    assert told(CHECK.replace("example'}", "example', presence: REQUIRED}")) == []


# --- waypoints ------------------------------------------------------------------------------------


def waypoints(labels: str, *texts: str) -> list[str]:
    space = AMBIENT.replace("LABEL", labels)
    manifests, _ = read_files({"all.yaml": "---\n".join((space, API, GATEWAY, *texts))})
    return [each.message for each in survey(manifests) if "waypoint" in each.message]


def test_a_waypoint_that_nothing_uses() -> None:
    [message] = waypoints("")
    assert "is a waypoint that nothing uses" in message
    assert waypoints(", istio.io/use-waypoint: waypoint") == []
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop,"
        " labels: {istio.io/use-waypoint: waypoint}}\nspec: {ports: [{port: 80}]}\n"
    )
    assert waypoints("", service) == []


def test_a_waypoint_that_is_not_there() -> None:
    found = waypoints(", istio.io/use-waypoint: wayponit")
    assert any("the waypoint `shop/wayponit`, which is not in the input" in each for each in found)


# --- routes ---------------------------------------------------------------------------------------

SERVICE = """apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
"""


def virtual(route: str, match: str = "") -> str:
    spec = f"{{hosts: [api], http: [{{{match}route: [{{destination: {route}}}]}}]}}"
    return istio("VirtualService", spec, "networking.istio.io/v1")


def http_route(ref: str, match: str = "") -> str:
    spec = f"{{parentRefs: [{{name: g}}], rules: [{{{match}backendRefs: [{ref}]}}]}}"
    return istio("HTTPRoute", spec, "gateway.networking.k8s.io/v1")


def ingress(backend: str, path: str = "{path: /, pathType: Prefix, backend: BACKEND}") -> str:
    text = path.replace("BACKEND", f"{{service: {backend}}}")
    return istio("Ingress", f"{{rules: [{{http: {{paths: [{text}]}}}}]}}", "networking.k8s.io/v1")


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (virtual("{host: apj}"), "leads to the Service `shop/apj`, which is not in the input"),
        (virtual("{host: apj.shop.svc.cluster.local}"), "leads to the Service `shop/apj`"),
        (virtual("{host: api, port: {number: 8080}}"), "leads to port 8080 of the Service"),
        (http_route("{name: apj, port: 80}"), "leads to the Service `shop/apj`"),
        (http_route("{name: api, port: 8080}"), "which has no such port"),
        (ingress("{name: apj, port: {number: 80}}"), "leads to the Service `shop/apj`"),
        (ingress("{name: api, port: {number: 8080}}"), "which has no such port"),
        (ingress("{name: api, port: {name: web}}"), "leads to port web of the Service"),
    ],
)
def test_a_service_that_is_not_there(route: str, words: str) -> None:
    [message] = messages(SERVICE, route)
    assert words in message
    assert messages(SERVICE, route, OPERATOR) == []
    assert messages(route) == [], "without any Service nothing is known of them"


@pytest.mark.parametrize(
    "route",
    [
        virtual("{host: api}"),
        virtual("{host: api, port: {number: 80}}"),
        virtual("{host: x.elsewhere.svc.cluster.local}"),
        virtual("{host: www.example.com}"),
        http_route("{name: api, port: 80}"),
        http_route("{name: x, namespace: elsewhere, port: 80}"),
        http_route("{name: x, kind: Bucket, group: example.com}"),
        ingress("{name: api, port: {number: 80}}"),
        ingress("{name: api, port: {name: http}}"),
    ],
)
def test_a_service_that_may_be_there(route: str) -> None:
    assert messages(SERVICE, route) == []


def test_a_host_that_a_service_entry_gives_is_there() -> None:
    entry = istio("ServiceEntry", "{hosts: [db], ports: [{number: 80}]}", "networking.istio.io/v1")
    assert messages(SERVICE, virtual("{host: db}")) != []
    assert messages(SERVICE, virtual("{host: db}"), entry) == []


@pytest.mark.parametrize(
    "route",
    [
        virtual("{host: api}", "match: [{uri: {prefix: /a/*}}], "),
        virtual("{host: api}", "match: [{uri: {exact: /a/*}}], "),
        http_route("{name: api, port: 80}", "matches: [{path: {value: /a/*}}], "),
        ingress(
            "{name: api, port: {number: 80}}",
            "{path: /a/*, pathType: Prefix, backend: BACKEND}",
        ),
    ],
)
def test_a_star_in_a_path(route: str) -> None:
    [message] = messages(SERVICE, route)
    assert message == "matches `/a/*`, where the star is a character like any other"


@pytest.mark.parametrize(
    "route",
    [
        virtual("{host: api}", "match: [{uri: {regex: '/a/.*'}}], "),
        http_route(
            "{name: api, port: 80}",
            "matches: [{path: {type: RegularExpression, value: '/a/.*'}}], ",
        ),
        ingress(
            "{name: api, port: {number: 80}}",
            "{path: /a/*, pathType: ImplementationSpecific, backend: BACKEND}",
        ),
    ],
)
def test_a_star_that_others_read(route: str) -> None:
    assert messages(SERVICE, route) == []


def test_a_route_for_a_method_that_nobody_sends() -> None:
    [message] = messages(SERVICE, virtual("{host: api}", "match: [{method: {exact: post}}], "))
    assert "names the method `post`" in message


@pytest.mark.parametrize("kind", ["Service", "Route"])
def test_traffic_of_knative_that_is_no_100_percent(kind: str) -> None:
    def traffic(*parts: int) -> list[str]:
        listed = ", ".join(
            f"{{revisionName: r{number}, percent: {part}}}" for number, part in enumerate(parts)
        )
        template = "template: {spec: {containers: [{image: i}]}}, " if kind == "Service" else ""
        spec = f"{{{template}traffic: [{listed}]}}"
        return messages(istio(kind, spec, "serving.knative.dev/v1", "k"))

    assert traffic(60, 30) == ["sends 90% of its requests, and not 100%: Knative refuses it"]
    assert traffic(60, 40) == []
    assert traffic(100) == []
