"""What the mesh's objects say needlessly is found, and nothing else."""

import copy
from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polc.codes.proof import REMOVABLE_RULE
from polc.declared.mesh import membership
from polc.ir.nodes import Program
from polc.semantics.mesh.authorization import policies_of
from polc.semantics.mesh.peer_authentication import Authentications
from polc.semantics.mesh.places import Places
from polc.verify.decide import verify
from polc.verify.mesh.authorization import Finding, Needless
from polc.verify.mesh.compare import mesh_findings
from semantics.policies import admits
from unit.semantics.test_authorization import CALLS, RULES
from unit.verify.meshed import Body, build, compiled, get, manifests, policy

Change = Callable[[list[Body]], Any]
WAYPOINT = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint"}
API = {"selector": {"matchLabels": {"app": "api"}}}
OTHERS = "other rules permit all of that"
FUTILE = "it lets nobody in"


def rules(bodies: list[Body], name: str = "api") -> list[Any]:
    found: list[Any] = get(bodies, "AuthorizationPolicy", name)["spec"]["rules"]
    return found


def rule(bodies: list[Body], part: str, name: str = "api") -> Any:
    return next(each for each in rules(bodies, name) if part in str(each))


def operation(bodies: list[Body], part: str, name: str = "api") -> Any:
    return next(each["operation"] for each in rule(bodies, part, name)["to"] if part in str(each))


def source(bodies: list[Body], part: str) -> Any:
    return rule(bodies, part)["from"][0]["source"]


def add(name: str, spec: Body, *made: Body) -> Change:
    return lambda bodies: bodies.append(policy(name, {**spec, "rules": list(made)}))


def who(account: str, *ports: str, **more: list[str]) -> Body:
    """Return a rule for an account of `shop`."""
    principals = [f"cluster.local/ns/shop/sa/{account}"]
    to = {"ports": list(ports), **more} if ports else more
    return {"from": [{"source": {"principals": principals}}], "to": [{"operation": to}]}


def peer(name: str, spec: Body) -> Change:
    return lambda bodies: bodies.append(
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "PeerAuthentication",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": spec,
        }
    )


def several(*changes: Change) -> Change:
    return lambda bodies: [change(bodies) for change in changes]


DENY = {**API, "action": "DENY"}
STRICT = {"mtls": {"mode": "STRICT"}}
SIDECAR: dict[str, tuple[Change, list[str]]] = {
    "a rule twice": (
        lambda b: rules(b).append(copy.deepcopy(rules(b)[0])),
        [f"rule 4 of `shop/api` in `authorizationpolicy.yaml` can be left out: {OTHERS}"],
    ),
    "a rule in two halves that are the same": (
        lambda b: rules(b).insert(1, copy.deepcopy(rule(b, "5432"))),
        ["rule 2 of `shop/api`"],
    ),
    "a rule that another one holds": (
        lambda b: rules(b).append(who("site", "8080", methods=["HEAD"], paths=["/v1/a"])),
        ["rule 4 of `shop/api`"],
    ),
    "a rule that two others hold together": (
        lambda b: rules(b).append(
            {
                "from": [{"source": {"principals": [
                    "cluster.local/ns/shop/sa/site", "cluster.local/ns/monitoring/sa/prometheus",
                ]}}],
                "to": [{"operation": {"ports": ["8080"], "methods": ["GET"],
                                      "paths": ["/metrics"]}}],
            }
        ),
        ["POL930", "`cluster.local/ns/monitoring/sa/prometheus` among the `principals` of rule 4"],
    ),
    "the same in another policy": (
        add("more", API, who("worker", "5432")),
        ["AuthorizationPolicy `shop/more`"],
    ),
    "the same for pods with more labels": (
        add("more", {"selector": {"matchLabels": {"app": "api", "v": "2"}}}, who("worker", "5432")),
        ["AuthorizationPolicy `shop/more`"],
    ),
    "more in another policy": (
        add("more", {}, who("worker", "5432", "8080")),
        ["POL930", "AuthorizationPolicy `shop/allow-nothing`", "rule 1 of `shop/api`"],
    ),
    "a second policy that closes": (
        lambda b: b.append(policy("closed", {})),
        ["AuthorizationPolicy `shop/closed` in `authorizationpolicy.yaml` can be left out: the"
         " same is permitted without it"],
    ),
    "a policy that closes what another one closes": (
        add("closed", API), ["AuthorizationPolicy `shop/closed`"],
    ),
    "a method twice": (
        lambda b: operation(b, "/v1/orders")["methods"].append("POST"),
        ["`POST` among the `methods` of rule"],
    ),
    "a path under another one": (
        lambda b: operation(b, "/v1/*")["paths"].extend(["/v1/a", "/v1/a/*", "/v1/{*}"]),
        ["`/v1/a` and `/v1/a/*` and `/v1/{*}` among the `paths` of rule"],
    ),
    "a method on a path that another operation has": (
        lambda b: operation(b, "/note")["methods"].append("GET"),
        ["`GET` among the `methods` of rule"],
    ),
    "a principal twice": (
        lambda b: source(b, "5432")["principals"].append("cluster.local/ns/shop/sa/worker"),
        ["`cluster.local/ns/shop/sa/worker` among the `principals` of rule"],
    ),
    "a principal that nobody has": (
        lambda b: source(b, "5432")["principals"].append("cluster.local/ns/shop"),
        ["`cluster.local/ns/shop` among the `principals` of rule"],
    ),
    "a source that another one holds": (
        lambda b: rule(b, "partners", "site")["from"].append(
            {"source": {"principals": ["cluster.local/ns/partners/sa/a"]}}
        ),
        ["source 2 of rule 1 of `shop/site`"],
    ),
    "a source for fewer addresses": (
        lambda b: rule(b, "partners", "site")["from"].append(
            {"source": {"namespaces": ["partners"], "ipBlocks": ["10.0.0.0/8"]}}
        ),
        ["source 2 of rule 1 of `shop/site`"],
    ),
    "an operation that another one holds": (
        lambda b: rule(b, "/metrics")["to"].append(
            {"operation": {"ports": ["8080"], "methods": ["GET"], "paths": ["/metrics"],
                           "hosts": ["api.shop"]}}
        ),
        ["operation 2 of rule"],
    ),
    "requests on a port that speaks none": (
        lambda b: rules(b).append(who("site", "5432", methods=["GET"])),
        [f"rule 4 of `shop/api` in `authorizationpolicy.yaml` can be left out: {FUTILE}"],
    ),
    "requests on one more port that speaks none": (
        lambda b: operation(b, "/metrics")["ports"].append("5432"),
        ["`5432` among the `ports` of rule"],
    ),
    "a caller who proves nothing, though all have to": (
        lambda b: rules(b).append({"from": [{"source": {"notPrincipals": ["*"]}}]}),
        [f"rule 4 of `shop/api` in `authorizationpolicy.yaml` can be left out: {FUTILE}"],
    ),
    "a condition that everybody meets": (
        lambda b: rule(b, "5432").update(
            when=[{"key": "source.ip", "values": ["0.0.0.0/0", "::/0"]}]
        ),
        ["condition 1 of rule 1 of `shop/api` in `authorizationpolicy.yaml` can be left out: it"
         " keeps nobody out"],
    ),
    "one address of a condition": (
        lambda b: rule(b, "5432").update(
            when=[{"key": "source.ip", "values": ["0.0.0.0/0", "::/0", "10.0.0.0/8"]}]
        ),
        ["condition 1 of rule 1"],
    ),
    "an exception of callers who are not meant": (
        lambda b: source(b, "5432").update(
            notPrincipals=["cluster.local/ns/shop/sa/a", "cluster.local/ns/shop/sa/worker"]
        ),
        ["POL931", "rule 1"],
    ),
    "exceptions that hold each other": (
        lambda b: source(b, "5432").update(notIpBlocks=["10.0.0.0/8", "10.1.0.0/16"]),
        ["POL931", "`10.1.0.0/16` among the `notIpBlocks` of rule 1"],
    ),
    "exceptions that keep nobody out": (
        lambda b: rule(b, "partners", "site")["from"][0]["source"].update(
            notNamespaces=["shop", "ops"]
        ),
        ["`ops` among the `notNamespaces` of rule 1 of `shop/site`"],
    ),
    "a denial of what nobody lets in": (
        add("no", DENY, who("elsewhere")),
        ["AuthorizationPolicy `shop/no`"],
    ),
    "a denial that another one holds": (
        several(
            add("no", DENY, who("worker", "5432"), who("worker")),
            add("never", {**DENY, "selector": {}}, who("worker")),
        ),
        ["POL931", "AuthorizationPolicy `shop/never`", "rule 1 of `shop/api`",
         "rule 1 of `shop/no`"],
    ),
    "a denial without rules": (add("no", DENY), ["AuthorizationPolicy `shop/no`"]),
    "what is denied anyway": (
        several(add("no", DENY, who("site", "9999")), add("yes", API, who("site", "9999"))),
        ["AuthorizationPolicy `shop/yes`"],
    ),
    "certificates asked for twice": (
        peer("again", STRICT), ["PeerAuthentication `shop/again`"],
    ),
    "certificates asked for of pods again": (
        peer("api", {**API, **STRICT}), ["PeerAuthentication `shop/api`"],
    ),
    "a port like all others": (
        peer("api", {**API, **STRICT, "portLevelMtls": {"8080": {"mode": "STRICT"}}}),
        ["PeerAuthentication `shop/api`"],
    ),
    "a port like all others beside one that is not": (
        peer("api", {**API, **STRICT, "portLevelMtls": {
            "8080": {"mode": "STRICT"}, "5432": {"mode": "PERMISSIVE"}}}),
        ["POL932", "port 8080 of PeerAuthentication `shop/api`"],
    ),
    "ports of no pods in particular": (
        lambda b: get(b, "PeerAuthentication", "default")["spec"].update(
            portLevelMtls={"8080": {"mode": "PERMISSIVE"}}
        ),
        ["port 8080 of PeerAuthentication `shop/default`"],
    ),
}  # fmt: skip

AMBIENT: dict[str, tuple[Change, list[str]]] = {
    "a rule twice at the waypoint": (
        lambda b: rules(b, "api.waypoint").append(copy.deepcopy(rules(b, "api.waypoint")[0])),
        ["rule 4 of `shop/api.waypoint`"],
    ),
    "a second policy that closes the waypoint": (
        lambda b: b.append(
            policy("closed", get(b, "AuthorizationPolicy", "allow-nothing.waypoint")["spec"])
        ),
        ["AuthorizationPolicy `shop/closed`"],
    ),
    "requests that ztunnel reads none of": (
        add("more", API, who("site", "8080", methods=["GET"])),
        ["AuthorizationPolicy `shop/more`"],
    ),
    "the waypoint on a port that is open to it": (
        lambda b: rules(b).append(
            {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/waypoint"]}}],
             "to": [{"operation": {"ports": ["8080"]}}]}
        ),
        ["rule 3 of `shop/api`"],
    ),
    "a denial at the waypoint of what nobody lets in": (
        lambda b: b.append(policy("no", {
            "targetRefs": [WAYPOINT], "action": "DENY",
            "rules": [who("elsewhere")],
        })),
        ["AuthorizationPolicy `shop/no`"],
    ),
}  # fmt: skip


def told(mesh: str, change: Change) -> list[str]:
    """Return what is said, by its code where it is something else."""
    bodies, program = build(mesh)
    change(bodies)
    violations, undecided = mesh_findings(manifests(bodies), program)
    assert undecided == ()
    return [each.message if each.code is REMOVABLE_RULE else each.code.id for each in violations]


def fits(found: list[str], expected: list[str]) -> bool:
    kinds, starts = sorted(dict.fromkeys(found)), sorted(expected)
    return len(kinds) == len(starts) and all(map(str.startswith, kinds, starts))


@pytest.mark.parametrize("name", SIDECAR)
def test_what_is_needless_with_sidecars_is_found(name: str) -> None:
    change, expected = SIDECAR[name]
    found = told("sidecar", change)
    assert fits(found, expected), found


@pytest.mark.parametrize("name", AMBIENT)
def test_what_is_needless_in_ambient_mode_is_found(name: str) -> None:
    change, expected = AMBIENT[name]
    found = told("ambient", change)
    assert fits(found, expected), found


NEEDED: dict[str, Change] = {
    "a policy that opens the same for pods with more labels": add(
        "more", {"selector": {"matchLabels": {"app": "api", "v": "2"}}}, who("elsewhere", "5432")
    ),
    "what alone closes some pods": several(
        lambda b: b.remove(get(b, "AuthorizationPolicy", "allow-nothing")),
        add("closed", {"selector": {"matchLabels": {"app": "worker"}}}),
    ),
    "a condition": lambda b: rule(b, "/metrics").update(
        when=[{"key": "request.headers[x-team]", "values": ["a", "b"]}]
    ),
    "exceptions": lambda b: rule(b, "partners", "site")["from"][0]["source"].update(
        notPrincipals=["cluster.local/ns/partners/sa/a", "cluster.local/ns/partners/sa/b"]
    ),
    "a denial": add("no", DENY, who("site", "8080", methods=["GET"], paths=["/v1/a"])),
    "a denial for all pods": add(
        "no", {"action": "DENY"}, who("site", "8080", methods=["GET"], paths=["/v1/a"])
    ),
    "a preview": lambda bodies: bodies.append(
        policy("try", {**API, "rules": [{}]}, annotations={"istio.io/dry-run": "true"})
    ),
    "an audit": add("log", {**API, "action": "AUDIT"}, who("worker", "5432")),
    "a path beside another one": lambda b: operation(b, "/v1/*")["paths"].append("/v1x"),
    "a path that no template matches": lambda b: operation(b, "/note")["paths"].append(
        "/v1/a=b/note"
    ),
    "a port that asks for nothing": peer(
        "api", {**API, **STRICT, "portLevelMtls": {"8080": {"mode": "PERMISSIVE"}}}
    ),
    "objects that compete": several(
        peer("a", {**API, "mtls": {"mode": "PERMISSIVE"}}), peer("b", {**API, **STRICT})
    ),
}


def test_what_is_denied_at_the_waypoint_for_some_service_stays() -> None:
    bodies, program = build("ambient")
    refs = [WAYPOINT]
    made = who("worker", "80", methods=["GET"], paths=["/admin"])
    bodies.append(policy("no", {"targetRefs": refs, "action": "DENY", "rules": [made]}))
    violations, _ = mesh_findings(manifests(bodies), program)
    assert {each.code.id for each in violations} == {"POL931"}


@pytest.mark.parametrize("name", NEEDED)
def test_what_makes_a_difference_stays(name: str) -> None:
    bodies, program = build("sidecar")
    NEEDED[name](bodies)
    violations, _ = mesh_findings(manifests(bodies), program)
    assert REMOVABLE_RULE not in [each.code for each in violations], violations


def test_what_closes_the_whole_mesh_makes_nothing_needless() -> None:
    """It belongs to others, and is gone when they take it away."""
    bodies, program = build("sidecar")
    bodies.append(policy("closed", {}, "istio-system"))
    bodies.append(policy("again", {}, "istio-system"))
    assert mesh_findings(manifests(bodies), program) == ((), ())


def test_what_holds_for_the_whole_mesh_is_not_judged() -> None:
    """Some other namespace may need it, also where the program owns that of the mesh."""
    bodies, program = compiled(
        "cluster c { mesh istio sidecar  cni kubernetes }\nnamespace istio-system\n"
        'service api { select { app: "api" } }\n'
    )
    bodies.append(policy("closed", {}, "istio-system"))
    bodies.append(copy.deepcopy(get(bodies, "PeerAuthentication", "default", "istio-system")))
    bodies[-1]["metadata"]["name"] = "again"
    assert mesh_findings(manifests(bodies), program) == ((), ())


def test_a_place_is_named_by_its_line() -> None:
    bodies, program = build("sidecar")
    rules(bodies).append(copy.deepcopy(rules(bodies)[0]))
    (found,), _ = mesh_findings(manifests(bodies), program)
    assert found.span.source.name == "authorizationpolicy.yaml"
    assert found.help == "remove it, so that what stands there is what holds"


# --- random policies, against an evaluator --------------------------------------------------------

_, PROGRAM = compiled("cluster c { mesh istio sidecar  cni kubernetes }\nnamespace shop\n")
SELECTORS = ({}, {"app": "api"}, {"app": "web"}, {"v": "2"})
PODS = tuple(
    {key: value for key, value in (("app", app), ("v", version)) if value}
    for app, version in product(("api", "web", ""), ("2", ""))
)
SPECS = st.lists(
    st.builds(
        lambda spec, labels: {**spec, "selector": {"matchLabels": labels}} if labels else spec,
        st.fixed_dictionaries(
            {},
            optional={
                "action": st.sampled_from(("ALLOW", "DENY")),
                "rules": st.lists(RULES, max_size=3),
            },
        ),
        st.sampled_from(SELECTORS),
    ),
    max_size=3,
)


def needless(bodies: list[Body], program: Program = PROGRAM) -> Needless:
    objects = manifests(bodies)
    places = Places(
        "shop",
        policies_of(objects, "cluster.local"),
        Authentications(objects),
        membership(objects, program),
        (),
    )
    found = Needless(places)
    found.judge(places.policies.by_namespace.get("shop", ()))
    return found


def decisions(bodies: Iterable[Body]) -> list[bool]:
    bodies = list(bodies)
    return [
        admits([each for each in bodies if _selects(each, labels)], call)
        for labels in PODS
        for call in CALLS[::7]
    ]


def _selects(body: Body, labels: Body) -> bool:
    wanted = body["spec"].get("selector", {}).get("matchLabels", {})
    return bool(wanted.items() <= labels.items())


def struck(bodies: list[Body], found: Iterable[Finding]) -> list[Body]:
    """Return the bodies without what was found, from the last on."""
    left = copy.deepcopy(bodies)
    for each in sorted(found, key=lambda one: (one.number, one.part.keys), reverse=True):
        name = each.policy.found.name
        body = next(one for one in left if one["metadata"]["name"] == name)
        at: Any = body["spec"]["rules"]
        for key in (each.number, *each.part.keys)[:-1]:
            at = at[key]
        del at[(each.number, *each.part.keys)[-1]]
    return left


@given(SPECS)
@example(
    [
        {
            "rules": [
                {
                    "to": [
                        {
                            "operation": {
                                "methods": ["GET", "DELETE"],
                                "notMethods": ["GET", "DELETE"],
                            }
                        },
                        {"operation": {"notPorts": ["80"]}},
                    ]
                }
            ]
        }
    ]
)  # One method goes, so that its exception seems to be needless.
@example(
    [
        {
            "rules": [
                {
                    "to": [
                        {"operation": {"methods": ["GET"]}},
                        {"operation": {"ports": ["80"], "notPorts": ["80"]}},
                    ]
                }
            ]
        }
    ]
)  # A rule that is left out where nobody reads.
def test_without_what_is_needless_everything_is_decided_as_before(specs: list[Body]) -> None:
    bodies = [policy(f"p{number}", spec) for number, spec in enumerate(specs)]
    found = needless(bodies)
    before = decisions(bodies)
    dropped = {each.found.name for each in found.dropped}
    left = struck(bodies, (each for each in found.found if each.policy not in found.dropped))
    assert before == decisions(each for each in left if each["metadata"]["name"] not in dropped)
    for each in found.found:
        if each.policy not in found.dropped:
            assert before == decisions(struck(bodies, (each,))), each.part
    for name in dropped:
        assert before == decisions(each for each in bodies if each["metadata"]["name"] != name)


@given(SPECS.filter(lambda specs: any(each.get("rules") for each in specs)), st.data())
def test_of_two_rules_that_are_the_same_one_is_needless(
    specs: list[Body], data: st.DataObject
) -> None:
    specs = copy.deepcopy(specs)
    rules_of = data.draw(st.sampled_from([each["rules"] for each in specs if each.get("rules")]))
    twin = data.draw(st.sampled_from(rules_of))
    rules_of.append(copy.deepcopy(twin))
    found = needless([policy(f"p{number}", spec) for number, spec in enumerate(specs)])
    gone = [each for each in found.found if each.part.keys == ()]
    assert any(
        each.policy.found.spec["rules"][each.number] == twin and each.policy.action for each in gone
    )


@pytest.mark.parametrize("group", ["", "networking.istio.io"])
def test_a_target_of_another_group_is_none(group: str) -> None:
    bodies, program = build("ambient")
    bodies = copy.deepcopy(bodies)
    refs = [ref for each in bodies for ref in each.get("spec", {}).get("targetRefs", ())]
    gateways = [ref for ref in refs if ref["kind"] == "Gateway"]
    assert gateways
    for ref in gateways:
        ref["group"] = group
    verdict = verify(manifests(bodies), program, ("mesh",))
    assert verdict.undecided or verdict.violations
