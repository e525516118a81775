"""Mistakes in the objects of a mesh that nobody declared, and who may reach whom there."""

from textwrap import dedent

import pytest

from polc.diagnostics import Severity
from polc.semantics.cluster import Cluster
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.reading import read_files
from polc.survey.reachability import tcp_words
from polc.survey.survey import survey

API = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec:
      serviceAccountName: api
      containers:
      - name: c
        ports: [{name: web, containerPort: 8080}, {name: db, containerPort: 5432}]
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  selector: {app: api}
  ports:
  - {name: http-web, port: 80, targetPort: 8080}
  - {name: sql, port: 5432, targetPort: db, appProtocol: tcp}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {serviceAccountName: web, containers: [{name: c}]}
"""
STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
"""
LOOSE = STRICT.replace("STRICT", "PERMISSIVE")
OFF = STRICT.replace("STRICT", "DISABLE")
AMBIENT = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
"""
WEB = "cluster.local/ns/shop/sa/web"


def policy(spec: str, name: str = "p", namespace: str = "shop") -> str:
    return (
        "\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )


def at_api(action: str, rules: str) -> str:
    return policy(f"{{selector: {{matchLabels: {{app: api}}}}, action: {action}, rules: {rules}}}")


def authentication(spec: str) -> str:
    return STRICT.partition("spec:")[0] + f"spec: {spec}\n"


def istio(kind: str, spec: str, group: str = "networking.istio.io/v1") -> str:
    return (
        f"\napiVersion: {group}\nkind: {kind}\nmetadata: {{name: x, namespace: shop}}\n"
        f"spec: {spec}\n"
    )


def service(*ports: str) -> str:
    return (
        "\napiVersion: v1\nkind: Service\nmetadata: {name: more, namespace: shop}\n"
        f"spec: {{selector: {{app: api}}, ports: [{', '.join(ports)}]}}\n"
    )


def routes(*http: str) -> str:
    return istio("VirtualService", f"{{hosts: [api], http: [{', '.join(http)}]}}")


def to(subset: str = "", match: str = "") -> str:
    where = f"{{host: api{f', subset: {subset}' if subset else ''}}}"
    asked = f"match: {match}, " if match else ""
    return f"{{{asked}route: [{{destination: {where}}}]}}"


SUBSETS = istio("DestinationRule", "{host: api, subsets: [{name: v1, labels: {v: v1}}]}")


def read(*texts: str) -> Manifests:
    manifests, unread = read_files({"all.yaml": "\n---\n".join(dedent(text) for text in texts)})
    assert unread == ()
    return manifests


def told(*texts: str) -> list[str]:
    """Return code, place and message of what is said of the mesh."""
    found = survey(read(*texts))
    about = [each for each in found if each.code.id in ("POL903", "POL941", "POL942", "POL970")]
    assert all(each.help for each in about if each.code.id != "POL903")
    assert all(each.span.anchor.source.name == "all.yaml" for each in about)
    return [f"{each.code.id} {each.span.text.strip()} | {each.message}" for each in about]


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "an empty rule": (
        (at_api("ALLOW", "[{}]"),),
        "`shop/p` admits everybody to everything: a rule that is empty asks for nothing",
    ),
    "no rules to deny": (
        (at_api("DENY", "[]"),),
        "`shop/p` denies nothing: without rules it matches no request",
    ),
    "an empty list of callers": (
        (at_api("ALLOW", "[{from: [], to: [{operation: {ports: ['8080']}}]}]"),),
        "`shop/p` has an empty `from`, which asks for nothing",
    ),
    "an item without fields": (
        (at_api("ALLOW", "[{from: [{source: {}}]}]"),),
        "`shop/p` has an item of `from` without fields, which Istio refuses",
    ),
    "two items for one caller": (
        (
            at_api(
                "ALLOW",
                f"[{{from: [{{source: {{principals: ['{WEB}']}}}},"
                " {source: {namespaces: [shop]}}]}]",
            ),
        ),
        "`shop/p` has `namespaces` and `principals` in two items of `from`: one of them is enough",
    ),
    "two items for one operation": (
        (at_api("ALLOW", "[{to: [{operation: {methods: [GET]}}, {operation: {paths: [/v1]}}]}]"),),
        "`shop/p` has `methods` and `paths` in two items of `to`: one of them is enough",
    ),
    "spiffe": (
        (at_api("ALLOW", f"[{{from: [{{source: {{principals: ['spiffe://{WEB}']}}}}]}}]"),),
        "which never matches: principals are compared without `spiffe://`",
    ),
    "no trust domain": (
        (at_api("ALLOW", "[{from: [{source: {principals: [shop/web]}}]}]"),),
        "`shop/p` names `shop/web`, which is nobody's principal",
    ),
    "nobody is meant, everybody is denied": (
        (at_api("DENY", f"[{{from: [{{source: {{notPrincipals: ['spiffe://{WEB}']}}}}]}}]"),),
        "`shop/p` denies everybody, whatever callers it names",
    ),
    "everybody is denied by two items": (
        (
            at_api(
                "DENY",
                f"[{{from: [{{source: {{notPrincipals: ['{WEB}']}}}},"
                " {source: {notNamespaces: [jobs]}}]}]",
            ),
        ),
        "`shop/p` denies everybody, whatever callers it names",
    ),
    "whoever is not named": (
        (at_api("ALLOW", "[{from: [{source: {notNamespaces: [jobs]}}]}]"), LOOSE),
        "`shop/p` admits callers without identity, too: Deployment `shop/api` takes plain text",
    ),
    "denied callers in plain text": (
        (at_api("DENY", f"[{{from: [{{source: {{principals: ['{WEB}']}}}}]}}]"), LOOSE),
        "`shop/p` does not hold callers in plain text, which Deployment `shop/api` takes",
    ),
    "callers without certificates": (
        (at_api("ALLOW", f"[{{from: [{{source: {{principals: ['{WEB}']}}}}]}}]"), OFF),
        "`shop/p` never matches: nobody proves an identity to Deployment `shop/api`, where mutual",
    ),
    "requests of a TCP port, denied": (
        (at_api("DENY", "[{to: [{operation: {methods: [DELETE]}}]}]"),),
        "`shop/p` denies every connection to port 5432 of Deployment `shop/api`, which speaks no",
    ),
    "requests of a TCP port, admitted": (
        (at_api("ALLOW", "[{to: [{operation: {methods: [GET], ports: ['5432']}}]}]"),),
        "`shop/p` never matches on port 5432 of Deployment `shop/api`, which speaks no HTTP",
    ),
    "requests of an HTTP port beside a TCP port": (
        (
            at_api(
                "ALLOW",
                "[{to: [{operation: {ports: ['5432']}},"
                " {operation: {ports: ['8080'], methods: [GET]}}]}]",
            ),
        ),
        "`shop/p` never matches on port 5432 of Deployment `shop/api`, which speaks no HTTP",
    ),
    "requests of a TCP port, in a condition": (
        (
            at_api(
                "DENY",
                "[{when: [{key: 'request.headers[x]', values: [a]},"
                " {key: destination.port, values: ['5432']}]}]",
            ),
        ),
        "`shop/p` denies every connection to port 5432",
    ),
    "requests of a well-known port": (
        (
            service("{port: 3306}"),
            at_api("DENY", "[{to: [{operation: {methods: [GET], ports: ['3306']}}]}]"),
        ),
        "`shop/p` denies every connection to port 3306 of Deployment `shop/api`",
    ),
    "outside of the mesh": (
        (policy("{}"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", LOOSE),
        "`shop/p` does nothing: Deployment `shop/api` makes pods that are not in the mesh",
    ),
    "requests of a TCP port of a Service": (
        (
            policy(
                "{targetRefs: [{group: '', kind: Service, name: api}], action: DENY,"
                " rules: [{to: [{operation: {paths: [/admin]}}]}]}"
            ),
        ),
        "`shop/p` denies every connection to port 5432 of Service `shop/api`",
    ),
    "requests that ztunnel does not read, admitted": (
        (at_api("ALLOW", "[{to: [{operation: {methods: [GET]}}]}]"), AMBIENT),
        "and ztunnel, which enforces it, reads none: so it never matches",
    ),
    "requests that ztunnel does not read, denied": (
        (policy("{action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]}"), AMBIENT),
        "and ztunnel, which enforces it, reads none: so it denies whatever the rest of it matches",
    ),
    "no such pods": (
        (policy("{selector: {matchLabels: {app: other}}}"),),
        "AuthorizationPolicy `shop/p` selects no pods of the input (app: other)",
    ),
    "no such pods for a mode": (
        (authentication("{selector: {matchLabels: {app: other}}, mtls: {mode: STRICT}}"),),
        "PeerAuthentication `shop/default` selects no pods of the input (app: other)",
    ),
    "no such Service": (
        (policy("{targetRefs: [{group: '', kind: Service, name: other}]}"),),
        "`shop/p` is for the Service `other`, which is not in the input",
    ),
    "no such waypoint": (
        (
            policy(
                "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}"
            ),
        ),
        "`shop/p` is for the Gateway `waypoint`, which is not in the input",
    ),
    "everywhere": (
        (policy("{}", namespace="istio-system"),),
        "`istio-system/p` holds in every namespace: it is in the root namespace of the mesh",
    ),
    "everywhere, as the mesh says": (
        (
            policy("{}", namespace="config"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
            'data: {mesh: "rootNamespace: config"}\n',
        ),
        "`config/p` holds in every namespace",
    ),
    "modes of ports without a selector": (
        (authentication("{mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}"),),
        "`shop/default` has `portLevelMtls`, which does nothing without a `selector`",
    ),
    "plain text in ambient mode": (
        (OFF, AMBIENT),
        "`shop/default` says DISABLE, which ambient mode does not heed",
    ),
    "a catch-all first": (
        (routes(to(), to(match="[{uri: {prefix: /v2/}}]")),),
        "this route of VirtualService `shop/x` gets no request",
    ),
    "a wider match first": (
        (
            routes(
                to(match="[{uri: {prefix: /v2}}]"),
                to(match="[{uri: {exact: /v2/a}, method: {exact: GET}, port: 80}]"),
                to(),
            ),
        ),
        "this route of VirtualService `shop/x` gets no request: those before it take all",
    ),
    "a rule that others outrank": (
        (
            istio(
                "HTTPRoute",
                "{parentRefs: [{name: g}], rules: [{backendRefs: [{name: api, port: 80}]},"
                " {backendRefs: [{name: web, port: 80}]}]}",
                "gateway.networking.k8s.io/v1",
            ),
        ),
        "this route of HTTPRoute `shop/x` gets no request: those before it take all",
    ),
    "a subset that nobody declares": (
        (routes(to("v2")), SUBSETS),
        "names the subset `v2`, which no DestinationRule of the input has for `api`",
    ),
    "a subset, and no DestinationRule": (
        (routes(to("v1")),),
        "names the subset `v1`, which no DestinationRule of the input has for `api`",
    ),
    "weights that total 110": (
        (
            routes(
                "{route: [{destination: {host: api}, weight: 90},"
                " {destination: {host: web}, weight: 20}]}"
            ),
        ),
        "`shop/x` has weights that total 110, and not 100: they are parts of that total",
    ),
    "weights that total nothing": (
        (routes("{route: [{destination: {host: api}}, {destination: {host: web}}]}"),),
        "`shop/x` has weights that total 0, and not 100: Istio refuses it",
    ),
    "a provider": (
        (policy("{action: CUSTOM, provider: {name: x}, rules: [{}]}"),),
        "not decided: it asks a provider outside of the mesh's",
    ),
    "a field that nobody knows": (
        (at_api("ALLOW", "[{from: [{source: {principal: ['*']}}]}]"),),
        "not decided: the field `principal` is not known (AuthorizationPolicy `shop/p`)",
    ),
    "a namespace with a star in it": (
        (
            at_api(
                "ALLOW",
                f"[{{from: [{{source: {{principals: ['{WEB}']}}}},"
                " {source: {namespaces: ['s*p']}}]}]",
            ),
        ),
        "not decided: `s*p` has a `*` in the middle (AuthorizationPolicy `shop/p`)",
    ),
    "a filter": (
        (istio("EnvoyFilter", "{configPatches: []}", "networking.istio.io/v1alpha3"),),
        "not decided: EnvoyFilter can change what a proxy admits (EnvoyFilter `shop/x`)",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name: str) -> None:
    texts, expected = MISTAKES[name]
    found = told(API, *texts)
    assert any(expected in each for each in found), found


FINE: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "nothing is admitted": (policy("{}"), STRICT),
    "callers by principal": (
        at_api(
            "ALLOW",
            f"[{{from: [{{source: {{principals: ['{WEB}'], namespaces: [shop]}}}}],"
            " to: [{operation: {ports: ['8080'], methods: [GET], paths: [/v1/*]}}]}]",
        ),
        STRICT,
    ),
    "patterns of principals": (
        at_api("ALLOW", "[{from: [{source: {principals: ['*', '*/ns/shop/sa/web', 'a.b/*']}}]}]"),
        STRICT,
    ),
    "either of two callers": (
        at_api(
            "ALLOW",
            f"[{{from: [{{source: {{principals: ['{WEB}']}}}},"
            " {source: {namespaces: [jobs]}}]}]",
        ),
        STRICT,
    ),
    "two items with the same fields": (
        at_api(
            "ALLOW",
            "[{to: [{operation: {methods: [GET], paths: [/a]}},"
            " {operation: {methods: [PUT], paths: [/b]}}]}]",
        ),
    ),
    "requests of an HTTP port": (
        at_api("DENY", "[{to: [{operation: {methods: [DELETE], ports: ['8080']}}]}]"),
    ),
    "requests of whatever port speaks HTTP": (
        at_api("ALLOW", "[{to: [{operation: {methods: [GET]}}]}]"),
    ),
    "requests at a waypoint": (
        policy(
            "{targetRefs: [{group: '', kind: Service, name: api}],"
            " rules: [{to: [{operation: {methods: [GET], ports: ['80']}}]}]}"
        ),
        AMBIENT,
    ),
    "callers at ztunnel": (
        at_api("ALLOW", f"[{{from: [{{source: {{principals: ['{WEB}']}}}}]}}]"),
        AMBIENT,
    ),
    "denied callers, all of them known": (
        at_api("DENY", f"[{{from: [{{source: {{principals: ['{WEB}']}}}}]}}]"),
        STRICT,
    ),
    "denied callers, and no word of modes": (
        at_api("DENY", f"[{{from: [{{source: {{principals: ['{WEB}']}}}}]}}]"),
    ),
    "whoever is not denied": (
        at_api("DENY", f"[{{from: [{{source: {{notPrincipals: ['{WEB}']}}}}]}}]"),
        STRICT,
    ),
    "tokens": (at_api("ALLOW", "[{from: [{source: {requestPrincipals: ['*']}}]}]"),),
    "tokens to be denied": (
        at_api(
            "DENY",
            "[{from: [{source: {notRequestPrincipals: ['*']}}],"
            " to: [{operation: {ports: ['8080']}}]}]",
        ),
    ),
    "addresses": (at_api("DENY", "[{from: [{source: {ipBlocks: [203.0.113.0/24]}}]}]"), LOOSE),
    "everything is denied": (at_api("DENY", "[{}]"),),
    "no mutual TLS at all": (OFF,),
    "addresses, and callers by principal": (
        at_api(
            "DENY",
            "[{from: [{source: {ipBlocks: [203.0.113.0/24]}},"
            f" {{source: {{principals: ['{WEB}']}}}}]}}]",
        ),
        LOOSE,
    ),
    "addresses to be let in": (
        at_api("ALLOW", "[{from: [{source: {ipBlocks: [203.0.113.0/24]}}]}]"),
        LOOSE,
    ),
    "a port of which Services say two things": (
        service("{name: tcp-web, port: 81, targetPort: 8080}"),
        at_api("DENY", "[{to: [{operation: {methods: [DELETE], ports: ['8080']}}]}]"),
    ),
    "a port of UDP": (
        service("{name: tcp-dns, port: 53, protocol: UDP}"),
        at_api("DENY", "[{to: [{operation: {methods: [DELETE], ports: ['53']}}]}]"),
    ),
    "a rule of which one match is reached": (
        istio(
            "HTTPRoute",
            "{parentRefs: [{name: g}], rules: [{matches: [{path: {value: /a}}]}, {matches:"
            " [{path: {value: /b}}, {path: {value: /a}}]}]}",
            "gateway.networking.k8s.io/v1",
        ),
    ),
    "a preview": (
        at_api("DENY", "[]").replace(
            "namespace: shop}", "namespace: shop, annotations: {istio.io/dry-run: 'true'}}"
        ),
    ),
    "modes of ports": (
        authentication(
            "{selector: {matchLabels: {app: api}}, mtls: {mode: STRICT},"
            " portLevelMtls: {8080: {mode: PERMISSIVE}}}"
        ),
    ),
    "narrow routes first": (
        routes(
            to("v1", "[{uri: {exact: /v2}}, {uri: {prefix: /v2/}}]"),
            to("v1", "[{uri: {prefix: /v2}, method: {exact: GET}}]"),
            to("v1"),
        ),
        SUBSETS,
    ),
    "a route for one port, then for all": (
        routes(to(match="[{port: 80}]"), to(match="[{uri: {prefix: /}}]")),
    ),
    "a route for some callers, then for all": (routes(to(match="[{sourceLabels: {a: b}}]"), to()),),
    "a route whatever its letters": (
        routes(
            to(match="[{uri: {prefix: /v2}}]"),
            to(match="[{uri: {prefix: /v2}, ignoreUriCase: true}]"),
        ),
    ),
    "a route by an expression that is not read": (
        routes(to(match="[{uri: {regex: '/v{2}'}}]"), to(match="[{uri: {regex: '/v{2}'}}]")),
    ),
    "a subset of a host that nobody shows": (
        istio(
            "VirtualService",
            "{hosts: [x], http: [{route: [{destination: {host: x.y.svc.cluster.local, subset: v1}}]"
            "}]}",
        ),
    ),
    "weights that total 100": (
        routes(
            "{route: [{destination: {host: api}, weight: 90},"
            " {destination: {host: web}, weight: 10}]}"
        ),
    ),
    "one weight": (routes("{route: [{destination: {host: api}, weight: 1}]}"),),
}


@pytest.mark.parametrize("name", FINE)
def test_what_is_well_formed_is_passed_over(name: str) -> None:
    assert told(API, *FINE[name]) == []


def test_requests_at_ztunnel_are_seen_without_any_pods() -> None:
    (found,) = told(AMBIENT, at_api("ALLOW", "[{to: [{operation: {methods: [GET]}}]}]"))
    assert "ztunnel, which enforces it, reads none" in found


def test_pods_of_knative_are_not_looked_at() -> None:
    knative = (
        "\napiVersion: serving.knative.dev/v1\nkind: Service\n"
        "metadata: {name: f, namespace: shop}\nspec: {template: {spec: {containers: [{}]}}}\n"
    )
    assert told(knative, policy("{selector: {matchLabels: {app: other}}}")) == []


def test_policies_without_pods_in_the_input_are_not_about_nobody() -> None:
    """A folder of policies alone, such as polc's own output, selects what stands elsewhere."""
    assert told(at_api("ALLOW", f"[{{from: [{{source: {{principals: ['{WEB}']}}}}]}}]")) == []
    assert told(policy("{targetRefs: [{group: '', kind: Service, name: other}]}")) == []


BLOCK = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: shop}
spec:
  rules:
  - to:
    - operation:
        methods: [GET]
    - operation:
        paths: [/v1]
  - from:
    - source:
        principals:
        - spiffe://cluster.local/ns/shop/sa/web
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v, namespace: shop}
spec:
  hosts: [api]
  http:
  - route:
    - destination: {host: api}
  - match:
    - uri: {exact: /v1}
    route:
    - destination: {host: api}
"""


def test_findings_stand_at_their_lines() -> None:
    found = survey(read(BLOCK))
    lines = [(each.code.id, BLOCK[: each.span.start].count("\n") + 1) for each in found]
    assert lines == [("POL970", 10), ("POL970", 14), ("POL941", 25)]
    assert {each.severity for each in found} == {Severity.WARNING}


def test_notes_are_no_warnings() -> None:
    (found,) = survey(read(policy("{}", namespace="istio-system")))
    assert found.severity is Severity.NOTE


def test_odd_shapes_are_not_decided() -> None:
    text = istio("VirtualService", "{hosts: [api], http: [{match: [{headers: [x]}]}]}")
    found = told(API, text)
    assert any("is not built like a VirtualService" in each for each in found), found


# --- who may reach whom -------------------------------------------------------------------------

FROM_WEB = f"from: [{{source: {{principals: ['{WEB}']}}}}]"
POLICIES = (
    policy("{}", "nothing"),
    at_api(
        "ALLOW",
        f"[{{{FROM_WEB}, to: [{{operation: {{ports: ['5432']}}}}]}},"
        f" {{{FROM_WEB}, to: [{{operation: {{ports: ['8080'], methods: [GET]}}}}]}}]",
    ),
)


def mesh_lines(*texts: str) -> list[str]:
    """Return who may reach whom over TCP, pair by pair."""
    cluster = Cluster(read(API, *texts))
    return sorted(
        f"{source.id} -> {target.id}: {words}"
        for each in cluster.connections
        if (words := tcp_words(each))
        for source in each.sources
        for target in each.targets
        if source is not target and source.kind == target.kind == "pods"
    )


def test_who_may_reach_whom_with_sidecars() -> None:
    assert mesh_lines(*POLICIES, STRICT) == [
        "shop/web -> shop/api: TCP 5432, TCP 8080 (some requests)"
    ]
    assert mesh_lines(STRICT) == [
        "shop/api -> shop/web: TCP",
        "shop/web -> shop/api: TCP",
    ]
    assert mesh_lines() == mesh_lines(STRICT)


def test_requests_of_ports_that_nobody_reads_admit_nothing() -> None:
    rule = f"[{{{FROM_WEB}, to: [{{operation: {{methods: [GET]}}}}]}}]"
    assert mesh_lines(at_api("ALLOW", rule), policy("{}", "nothing"), STRICT) == [
        "shop/web -> shop/api: TCP 1-5431,5433-14999,15002-15003,15005,15007,15009-15019,"
        "15022-15052,15054-15089,15091-65535 (some requests)"
    ]


def test_callers_outside_of_the_mesh_have_no_identity() -> None:
    outside = "\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: jobs}\nspec: {}\n"
    space = "\napiVersion: v1\nkind: Namespace\nmetadata: {name: jobs}\n"
    assert "jobs/p -> shop/api" not in " ".join(mesh_lines(STRICT, outside, space))
    assert "jobs/p -> shop/api: TCP" in mesh_lines(LOOSE, outside, space)
    nothing = policy("{}", namespace="jobs")
    assert "shop/api -> jobs/p: TCP" in mesh_lines(STRICT, outside, space, nothing)


def test_what_a_provider_decides_is_perhaps() -> None:
    custom = policy("{action: CUSTOM, provider: {name: x}, rules: [{}]}", "custom")
    lines = mesh_lines(*POLICIES, custom, STRICT)
    assert lines == ["shop/web -> shop/api: TCP 5432,8080 (perhaps)"]


def test_what_is_admitted_as_a_whole_is_not_told_in_parts() -> None:
    rule = f"[{{{FROM_WEB}}}, {{{FROM_WEB}, to: [{{operation: {{methods: [GET]}}}}]}}]"
    lines = mesh_lines(at_api("ALLOW", rule), policy("{}", "nothing"), STRICT)
    assert lines == ["shop/web -> shop/api: TCP"]


def test_ztunnel_reads_no_requests() -> None:
    rule = f"[{{{FROM_WEB}, to: [{{operation: {{ports: ['8080'], methods: [GET]}}}}]}}]"
    assert mesh_lines(at_api("ALLOW", rule), policy("{}", "nothing"), AMBIENT) == []


WAYPOINT = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: service}}
spec:
  gatewayClassName: istio-waypoint
  listeners: [{name: mesh, port: 15008, protocol: HBONE}]
"""
BEHIND = AMBIENT.replace("ambient}", "ambient, istio.io/use-waypoint: waypoint}")


def test_who_may_reach_whom_behind_a_waypoint() -> None:
    at_pods = at_api(
        "ALLOW",
        "[{from: [{source: {principals: [cluster.local/ns/shop/sa/waypoint]}}],"
        " to: [{operation: {ports: ['8080']}}]}]",
    )
    at_service = policy(
        "{targetRefs: [{group: '', kind: Service, name: api}], action: ALLOW,"
        f" rules: [{{{FROM_WEB},"
        " to: [{operation: {ports: ['80', '5432'], methods: [GET]}}]}]}",
        "service",
    )
    texts = (policy("{}", "nothing"), at_pods, at_service, WAYPOINT, BEHIND)
    assert mesh_lines(*texts) == ["shop/web -> shop/api: TCP 8080 (some requests)"]
    assert mesh_lines(policy("{}", "nothing"), at_service, WAYPOINT, BEHIND) == []
    refs = "targetRefs: [{group: '', kind: Service, name: api}]"
    custom = policy(f"{{{refs}, action: CUSTOM, provider: {{name: x}}, rules: [{{}}]}}", "custom")
    assert mesh_lines(*texts, custom) == ["shop/web -> shop/api: TCP 8080 (perhaps)"]


def test_the_trust_domain_is_what_policies_speak_of() -> None:
    texts = [each.replace("cluster.local", "eu.example") for each in (*POLICIES, STRICT)]
    assert mesh_lines(*texts) == mesh_lines(*POLICIES, STRICT)
