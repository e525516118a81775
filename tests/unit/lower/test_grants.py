"""Grants: resources and verbs as kubectl has them, and what must not be granted unseen."""

from datetime import date

import pytest
from attrs import evolve

from lowering import CONTEXT, TODAY, can, has_role, lowered
from polc import syntax as s
from polc.diagnostics import Severity
from polc.ir.nodes import Expired, Grant, UrlGrant
from polc.lower.grants import check_role, privileged_reason
from polc.lower.resources_table import builtins

RBAC = "rbac.authorization.k8s.io"


def grants(text: str) -> tuple[Grant, ...]:
    done = can(text)
    assert done.found == []
    return done.value


# --- what a grant means -----------------------------------------------------------------------


def test_one_grant_per_resource() -> None:
    assert grants("can get, watch, list pods, pods/log") == (
        Grant(("get", "list", "watch"), "", "pods", namespace="shop"),
        Grant(("get", "list", "watch"), "", "pods", "log", namespace="shop"),
    )


def test_names_scope_and_qualifiers() -> None:
    (grant,) = grants('can get configmaps named "b", "a" in other until 2026-12-31 because "INC-1"')
    assert grant == Grant(
        ("get",), "", "configmaps", "", ("a", "b"), "other", "INC-1", date(2026, 12, 31)
    )


def test_cluster_wide() -> None:
    (grant,) = grants("can list nodes cluster-wide")
    assert grant.namespace is None


@pytest.mark.parametrize(
    ("written", "group", "name"),
    [
        ("deployments", "apps", "deployments"),
        ("deployments.apps", "apps", "deployments"),
        ("ingresses", "networking.k8s.io", "ingresses"),
        ("leases", "coordination.k8s.io", "leases"),
        ("events", "", "events"),
        ("events.events.k8s.io", "events.k8s.io", "events"),
        ("poddisruptionbudgets", "policy", "poddisruptionbudgets"),
        ("virtualservices.networking.istio.io", "networking.istio.io", "virtualservices"),
        ("pods.metrics.k8s.io", "metrics.k8s.io", "pods"),
    ],
)
def test_groups(written: str, group: str, name: str) -> None:
    (grant,) = grants(f"can get {written}")
    assert (grant.group, grant.resource) == (group, name)


@pytest.mark.parametrize(
    "written",
    ["deployments/scale", "deployments.apps/scale", "jobs/finalizers", "widgets.x.io/anything"],
)
def test_subresources(written: str) -> None:
    (grant,) = grants(f"can update {written}")
    assert grant.subresource == written.rpartition("/")[2]


def test_paths() -> None:
    assert can('can get, post path "/metrics", "/healthz"').value == (
        UrlGrant(("get", "post"), ("/healthz", "/metrics")),
    )


def test_other_environments_and_past_days() -> None:
    assert can("can get pods only in staging").value == ()
    done = can("can get pods, pods/log until 2026-01-01")
    assert done.value == ()
    assert done.expired == [Expired("can get pods, pods/log", date(2026, 1, 1))]
    assert done.marks == [("POL290", "2026-01-01")]


def test_errors_do_not_wait_for_their_environment() -> None:
    assert can("can get pod only in staging").marks == [("POL303", "pod")]


# --- what Kubernetes would take and ignore ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark", "hint"),
    [
        ("get pod", "pod", "did you mean `pods`?"),
        ("get po", "po", "did you mean `pods`?"),
        ("get deploy", "deploy", "did you mean `deployments`?"),
        ("get ingress", "ingress", "did you mean `ingresses`?"),
        ("get networkpolicy", "networkpolicy", "did you mean `networkpolicies`?"),
        ("get configmap", "configmap", "did you mean `configmaps`?"),
        ("get confgmaps", "confgmaps", "did you mean `configmaps`?"),
        ("get widgets", "widgets", "with its group: `widgets.example.com`"),
        ("get pod/log", "pod/log", "did you mean `pods/log`?"),
        ("get deployments.batch", "deployments.batch", "write `deployments.apps`"),
        ("get pods.apps", "pods.apps", "in the core group: write `pods`"),
        ("get pods.core", "pods.core", "in the core group: write `pods`"),
        ("get deployment.apps", "deployment.apps", "did you mean `deployments.apps`?"),
        ("get pods.v1", "pods.v1", "leave out the version: `pods`"),
        ("get jobs.v1.batch", "jobs.v1.batch", "leave out the version: `jobs.batch`"),
        ("get widgets.foo", "widgets.foo", "a group with a dot"),
        ("get ingresses.extensions", "ingresses.extensions", "write `ingresses.networking.k8s.io`"),
        ("get pods/logs", "pods/logs", "did you mean `pods/log`?"),
        ("get configmaps/log", "configmaps/log", "it has none"),
    ],
)
def test_unknown_resource(text: str, mark: str, hint: str) -> None:
    done = can(f"can {text}")
    assert done.value == ()
    assert done.marks == [("POL303", mark)]
    assert hint in (done.only.help or "")


@pytest.mark.parametrize(
    ("text", "mark", "hint"),
    [
        ("read pods", "read", "did you mean `get`?"),
        ("gte pods", "gte", "did you mean `get`?"),
        ("evict pods", "evict", "`can create pods/eviction`"),
        ("logs pods", "logs", "`can get pods/log`"),
        ("escalate pods", "escalate", "it takes"),
        ("get signers cluster-wide", "get", "it takes `approve`, `attest` and `sign`"),
        ("frobnicate widgets.x.io", "frobnicate", ""),
        ('list path "/metrics"', "list", "`get`"),
    ],
)
def test_unknown_verb(text: str, mark: str, hint: str) -> None:
    done = can(f"can {text}")
    assert done.marks == [("POL304", mark)]
    assert hint in (done.only.help or "")


def test_cluster_scoped_needs_cluster_wide() -> None:
    for text in ("can get nodes", "can get pods, nodes in other"):
        done = can(text)
        assert done.marks == [("POL305", "nodes")]
        assert "write `cluster-wide`" in (done.only.help or "")
    assert can("can get clusterwidgets.x.io").found == []


def test_a_namespace_object_is_granted_in_itself() -> None:
    for text in (
        "can get namespaces",
        'can get namespaces named "shop"',
        'can get, update, patch, delete namespaces named "x" in x because "it owns it"',
        'can update namespaces/finalize, namespaces/status in x because "it owns it"',
    ):
        done = can(text)
        assert done.found == []
        assert {each.namespace for each in done.value} == {"x" if " in x" in text else "shop"}


@pytest.mark.parametrize(
    ("text", "mark", "hint"),
    [
        ('get namespaces named "other"', '"other"', "`in other`"),
        ('get namespaces named "shop", "other"', '"other"', "`cluster-wide`"),
        ("get, list namespaces", "list", "a `can` of its own that ends with `cluster-wide`"),
        ("watch namespaces in shop", "watch", "`cluster-wide`"),
        ("create namespaces", "create", "`cluster-wide`"),
        ("deletecollection namespaces", "deletecollection", "`cluster-wide`"),
    ],
)
def test_what_is_asked_of_all_namespaces_needs_cluster_wide(
    text: str, mark: str, hint: str
) -> None:
    done = can(f'can {text} because "x"')
    assert ("POL305", mark) in done.marks
    assert hint in next(each for each in done.found if each.code.id == "POL305").help


def test_signers_of_a_domain_have_a_name_with_a_star() -> None:
    line = 'can approve signers.certificates.k8s.io named "%s" cluster-wide because "x"'
    assert can(line % "issuers.example.com/*").found == []
    assert (
        can('can approve signers.cert-manager.io named "a.io/*" cluster-wide because "x"').found
        == []
    )
    for name in ("*", "/*", "*/*", "a.io/x*", "a.io/*/*", "*.io/*"):
        assert [mark for mark, _ in can(line % name).marks] == ["POL306"], name
    assert can('can get configmaps named "a/*"').marks == [("POL306", '"a/*"')]


@pytest.mark.parametrize(
    ("text", "mark"),
    [('get configmaps named "api-*"', '"api-*"'), ('get path "/debug/*"', '"/debug/*"')],
)
def test_wildcards(text: str, mark: str) -> None:
    assert can(f"can {text}").marks == [("POL306", mark)]


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/api/v1/pods", "name the resource"),
        ("/apis/apps/v1/deployments", "name the resource"),
        ("metrics", "from the `/` on"),
        ("/a b", "from the `/` on"),
    ],
)
def test_bad_urls(path: str, hint: str) -> None:
    done = can(f'can get path "{path}"')
    assert done.value == ()
    assert done.marks == [("POL307", f'"{path}"')]
    assert hint in (done.only.help or "")


@pytest.mark.parametrize("path", ["/api", "/apis", "/apis/apps/v1", "/api/v1", "/healthz"])
def test_discovery_urls(path: str) -> None:
    assert can(f'can get path "{path}"').found == []


# --- names ------------------------------------------------------------------------------------


def test_named_create() -> None:
    done = can('can get, create, deletecollection configmaps named "a"')
    assert done.marks == [("POL302", "create"), ("POL302", "deletecollection")]
    assert done.found[0].labels[0].span.text == '"a"'


def test_named_create_of_a_subresource() -> None:
    assert can('can create pods/eviction named "a"').found == []
    assert can('can deletecollection pods/eviction named "a"').marks == [
        ("POL302", "deletecollection")
    ]


def test_named_list() -> None:
    done = can('can get, list, watch configmaps named "a"')
    assert done.marks == [("POL390", "list"), ("POL390", "watch")]
    assert len(done.value) == 1
    assert "metadata.name=NAME" in (done.found[0].help or "")


@pytest.mark.parametrize("name", ["", ".", "..", "a%2Fb"])
def test_impossible_names(name: str) -> None:
    assert can(f'can get configmaps named "{name}"').marks == [("POL106", f'"{name}"')]


# --- privileges -------------------------------------------------------------------------------

PRIVILEGED = [
    ("get secrets", "secrets"),
    ("list secrets", "secrets"),
    ("watch secrets", "secrets"),
    ("patch secrets", "secrets"),
    ('get secrets named "a"', "secrets"),
    ("create pods", "pods"),
    ("patch pods", "pods"),
    ("create deployments", "deployments"),
    ("update statefulsets.apps", "statefulsets.apps"),
    ("patch daemonsets", "daemonsets"),
    ("create jobs", "jobs"),
    ("create cronjobs", "cronjobs"),
    ("create replicationcontrollers", "replicationcontrollers"),
    ("create services.serving.knative.dev", "services.serving.knative.dev"),
    ("get pods/exec", "pods/exec"),
    ("create pods/exec", "pods/exec"),
    ("create pods/attach", "pods/attach"),
    ("create pods/portforward", "pods/portforward"),
    ("patch pods/ephemeralcontainers", "pods/ephemeralcontainers"),
    ("get services/proxy", "services/proxy"),
    ("get nodes/proxy cluster-wide", "nodes/proxy"),
    ("create serviceaccounts/token", "serviceaccounts/token"),
    ("create persistentvolumes cluster-wide", "persistentvolumes"),
    ("patch namespaces cluster-wide", "namespaces"),
    ("create certificatesigningrequests cluster-wide", "certificatesigningrequests"),
    (
        "update certificatesigningrequests/approval cluster-wide",
        "certificatesigningrequests/approval",
    ),
    ("create validatingwebhookconfigurations cluster-wide", "validatingwebhookconfigurations"),
    ("delete mutatingwebhookconfigurations cluster-wide", "mutatingwebhookconfigurations"),
    ("create rolebindings", "rolebindings"),
    ("patch clusterroles cluster-wide", "clusterroles"),
    ("update networkpolicies", "networkpolicies"),
    ("bind roles", "bind"),
    ("escalate clusterroles cluster-wide", "escalate"),
    ("impersonate users cluster-wide", "impersonate"),
    ("impersonate serviceaccounts", "impersonate"),
    ("approve signers cluster-wide", "approve"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "mark"), PRIVILEGED)
def test_privileges_need_a_reason(text: str, mark: str) -> None:
    done = can(f"can {text}")
    assert done.marks == [("POL301", mark)]
    assert 'because "…"' in (done.only.help or "")
    (grant,) = can(f'can {text} because "INC-1"').value
    assert privileged_reason(grant)
    assert can(f'can {text} because "INC-1"').found == []


@pytest.mark.parametrize(
    "text",
    [
        "get, list, watch pods, pods/log, services, configmaps, deployments",
        "create configmaps, services, events, leases",
        "delete pods, jobs",
        "patch deployments/scale",
        "create pods/eviction",
        "get, list nodes, namespaces cluster-wide",
        "get nodes/metrics, nodes/stats cluster-wide",
        "get roles, rolebindings",
        "create tokenreviews, subjectaccessreviews cluster-wide",
    ],
)
def test_ordinary_grants(text: str) -> None:
    assert [privileged_reason(grant) for grant in grants(f"can {text}")].count(None) >= 1
    assert all(privileged_reason(grant) is None for grant in grants(f"can {text}"))


@pytest.mark.parametrize(
    "what",
    [
        "workflows.argoproj.io",
        "applications.argoproj.io",
        "taskruns.tekton.dev",
        "virtualmachines.kubevirt.io",
        "externalsecrets.external-secrets.io",
        "endpoints",
        "ingresses",
        "httproutes.gateway.networking.k8s.io",
        "envoyfilters.networking.istio.io",
        "pods/binding",
    ],
)
def test_what_works_through_others_should_have_a_reason(what: str) -> None:
    done = can(f"can create {what}")
    assert done.marks == [("POL301", what)]
    assert done.only.severity is Severity.WARNING
    assert "`create` on" in done.only.message
    assert "should have a reason" in done.only.message
    assert can(f'can create {what} because "INC-1"').found == []
    assert can(f"can get {what}").found == []


def test_an_empty_reason_is_none() -> None:
    assert can('can get secrets because ""').marks == [("POL301", "secrets")]


def test_reasons_are_told_apart() -> None:
    done = can("can get, list, patch secrets")
    assert done.marks == [("POL301", "secrets"), ("POL301", "secrets")]
    assert done.found[0].message == (
        "`get` and `list` on `secrets` need a reason: who may do so sees the contents of secrets, "
        "also with `list` and `watch`"
    )


# --- roles ------------------------------------------------------------------------------------


def test_role() -> None:
    done = has_role('role r { get configmaps named "a"  list pods }', "has role r in other")
    assert [(g.resource, g.namespace) for g in done.value] == [
        ("configmaps", "other"),
        ("pods", "other"),
    ]


def test_a_role_defaults_to_the_home_namespace() -> None:
    (grant,) = has_role("role r { get pods }", "has role r").value
    assert grant.namespace == "shop"


def test_the_earlier_date_holds() -> None:
    role = "role r { get pods until 2026-12-24  list pods }"
    done = has_role(role, "has role r until 2026-12-31")
    assert [grant.until for grant in done.value] == [date(2026, 12, 24), date(2026, 12, 31)]
    assert has_role(role, "has role r until 2026-01-01").value == ()


def test_the_reason_may_stand_in_either_line() -> None:
    bare, reasoned = "role r { get secrets }", 'role r { get secrets because "A" }'
    assert [g.because for g in has_role(bare, 'has role r because "B"').value] == ["B"]
    assert [g.because for g in has_role(reasoned, 'has role r because "B"').value] == ["A"]
    assert [g.because for g in has_role(reasoned, "has role r").value] == ["A"]
    done = has_role(bare, "has role r")
    assert done.marks == [("POL301", "secrets")]
    assert done.only.labels[0].span.text == "has role r"


def test_a_cluster_scoped_line_of_a_role() -> None:
    role = "role r { get nodes }"
    assert has_role(role, "has role r cluster-wide").found == []
    done = has_role(role, "has role r")
    assert done.marks == [("POL305", "nodes")]
    assert done.only.labels[0].span.text == "has role r"


def test_expiry_is_told_once_per_line() -> None:
    role = "role r { get pods until 2026-11-30 }"
    done = has_role(role, "has role r", evolve(CONTEXT, today=TODAY))
    assert done.marks == [("POL290", "2026-11-30")]


def test_check_role_leaves_scope_and_reasons_to_its_uses() -> None:
    from lowering import declarations

    (role,) = declarations("role r { get nodes  get secrets  get pod }")
    assert isinstance(role, s.Role)
    assert lowered(check_role, role, CONTEXT).marks == [("POL303", "pod")]


# --- the table --------------------------------------------------------------------------------


def test_the_table_knows_the_usual_shapes() -> None:
    table = builtins()
    assert table["", "pods"].has("exec")
    assert not table["", "pods"].has("scale")
    assert table["apps", "deployments"].has("scale")
    assert not table["", "nodes"].namespaced
    assert table[RBAC, "roles"].verbs[-2:] == ("bind", "escalate")
    assert table["", "users"].verbs == ("impersonate",)
    assert all(name == name.lower() for _, name in table)
