"""Who can do more than it looks like, by which objects of a folder that no program declares."""

import pytest

from polc.diagnostics import Diagnostic, Severity
from polc.powers.custom import DEPLOYERS, MAKERS, MESH, READERS, ROUTES, WALLS
from polc.powers.table import RULES
from polc.semantics.objects.reading import read_files
from polc.survey.survey import survey

RBAC = "rbac.authorization.k8s.io"
API = "{kind: ServiceAccount, name: api, namespace: shop}"


def role(*rules: str, kind: str = "ClusterRole", name: str = "r", labels: str = "") -> str:
    space = "" if kind == "ClusterRole" else ", namespace: shop"
    return (
        f"apiVersion: {RBAC}/v1\nkind: {kind}\nmetadata: {{name: {name}{space},"
        f" labels: {{{labels}}}}}\nrules: [{', '.join(rules)}]\n"
    )


def rule(verbs: str, resources: str, group: str = '""', more: str = "") -> str:
    return f"{{apiGroups: [{group}], resources: [{resources}], verbs: [{verbs}]{more}}}"


def bind(
    *subjects: str, to: str = "ClusterRole", name: str = "r", space: str = "", binding: str = "b"
) -> str:
    kind = "RoleBinding" if space else "ClusterRoleBinding"
    where = f", namespace: {space}" if space else ""
    return (
        f"apiVersion: {RBAC}/v1\nkind: {kind}\nmetadata: {{name: {binding}{where}}}\n"
        f"roleRef: {{apiGroup: {RBAC}, kind: {to}, name: {name}}}\n"
        f"subjects: [{', '.join(subjects)}]\n"
    )


def account(name: str, space: str = "shop") -> str:
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: {space}}}\n"


def group(name: str) -> str:
    return f'{{kind: Group, name: "{name}", apiGroup: {RBAC}}}'


def told(*texts: str) -> list[Diagnostic]:
    manifests, found = read_files({"all.yaml": "---\n".join(texts)})
    assert not found
    return list(survey(manifests))


def powers(*texts: str) -> list[Diagnostic]:
    return [each for each in told(*texts) if each.code.id == "POL980"]


# --- what amounts to more -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "can"),
    [
        (rule("get", "secrets"), "read secrets"),
        (rule("list", "secrets"), "read secrets"),
        (rule('"*"', "secrets"), "read secrets and replace secrets"),
        (rule("create", "pods/exec"), "run commands inside pods"),
        (rule("get", "pods/exec"), "run commands inside pods"),
        (rule("create", "pods/attach"), "run commands inside pods"),
        (rule("patch", "pods/ephemeralcontainers"), "run commands inside pods"),
        (rule("create", '"*/exec"', '"*"'), "run commands inside pods"),
        (rule("create", "pods/portforward"), "reach every port of pods past every network rule"),
        (rule("get", "nodes/proxy"), "run commands in every container of a node"),
        (rule("create", "pods"), "run any image as any service account"),
        (rule("patch", "deployments", "apps"), "run any image as any service account"),
        (rule("create", "serviceaccounts/token"), "make tokens for other service accounts"),
        (rule("create", "persistentvolumes"), "mount any path of a node"),
        (rule("patch", "namespaces"), "change the labels that Pod Security and policies go by"),
        (rule("impersonate", "users"), "act in the name of others"),
        (rule('"impersonate:user-info"', "users", "authentication.k8s.io"), "act in the name of"),
        (rule("impersonate", "userextras/scopes", "authentication.k8s.io"), "act in the name of"),
        (rule("escalate", "clusterroles", RBAC), "write roles beyond its own rights"),
        (rule("bind", "roles", RBAC), "bind roles beyond its own rights"),
        (rule("create", "clusterrolebindings", RBAC), "change who may do what"),
        (rule("approve", "signers", "certificates.k8s.io"), "approve certificates in other names"),
        (
            rule("update", "certificatesigningrequests/approval", "certificates.k8s.io"),
            "approve certificates in other names",
        ),
        (
            rule("delete", "validatingwebhookconfigurations", "admissionregistration.k8s.io"),
            "change what is admitted",
        ),
        (rule("create", "apiservices", "apiregistration.k8s.io"), "answer for the API server"),
        (
            rule("patch", "customresourcedefinitions", "apiextensions.k8s.io"),
            "change whole APIs",
        ),
        (rule("update", "endpoints"), "send the traffic of Services elsewhere"),
        (rule("create", "endpointslices", "discovery.k8s.io"), "send the traffic of Services"),
        (rule("patch", "pods/status"), "send the traffic of Services elsewhere"),
        (rule("create", "pods/binding"), "put pods on any node"),
        (rule("create", "pods/eviction"), "stop pods"),
        (rule("update", "nodes/status"), "draw pods to nodes of its choice"),
        (rule("delete", "networkpolicies", "networking.k8s.io"), "open what network rules close"),
        (rule("create", "authorizationpolicies", "security.istio.io"), "open what network rules"),
        (rule("create", "envoyfilters", "networking.istio.io"), "change what the proxies of"),
        (rule("patch", "virtualservices", "networking.istio.io"), "send requests from outside"),
        (rule("create", "workflows", "argoproj.io"), "have a controller make pods"),
        (rule("create", "applications", "argoproj.io"), "have a controller create objects"),
        (rule("create", "virtualmachines", "kubevirt.io"), "have a controller make pods"),
        (rule("create", "taskruns", "tekton.dev"), "have a controller make pods"),
        (rule("patch", "services", "serving.knative.dev"), "run any image as any service account"),
        (
            rule("create", "externalsecrets", "external-secrets.io"),
            "have a controller read secrets",
        ),
        (rule("create", "issuers", "cert-manager.io"), "have a controller read secrets"),
        (rule('"*"', '"*"', '"*"'), "do everything that the API offers"),
    ],
)
def test_what_a_grant_amounts_to_is_told(given: str, can: str) -> None:
    [found] = powers(role(given), bind(API))
    assert found.message.startswith(f"the service account `shop/api` can {can}")
    assert "in the whole cluster" in found.message
    assert "by ClusterRoleBinding `b` and ClusterRole `r`" in found.message
    assert found.help
    [label] = found.labels
    assert "apiGroups" in label.span.text
    assert found.severity is (Severity.NOTE if can == "stop pods" else Severity.WARNING)


@pytest.mark.parametrize(
    "given",
    [
        rule("get, list, watch", "pods, services, configmaps"),
        rule("create", "secrets"),
        rule("delete", "pods"),
        rule("get", "pods/log"),
        rule("escalate", "widgets", "example.com"),
        rule("impersonate", "widgets", "example.com"),
        rule('"*"', "widgets", "example.com"),
        rule("create", "pods", more=", resourceNames: [one]"),
        rule("get", '"secret*"'),
        rule("get", '"*"', '"*.example.com"'),
        rule("create", "tokenreviews", "authentication.k8s.io"),
        "{nonResourceURLs: [/metrics], verbs: [get]}",
    ],
)
def test_what_amounts_to_nothing_more_is_left_alone(given: str) -> None:
    assert powers(role(given), bind(API)) == []


def test_wildcards_count_by_what_they_include() -> None:
    given = rule("get, patch, delete", '"*"', '"*"')
    [found] = powers(role(given), bind(API))
    for words in ("read secrets", "replace secrets", "run any image"):
        assert words in found.message
    assert "do everything" not in found.message


def test_a_role_that_nobody_has_is_a_note() -> None:
    secrets = role(rule("get", "secrets"))
    for bindings in ((), (bind(),)):
        [found] = powers(secrets, *bindings)
        assert found.message == "ClusterRole `r` lets whoever it is bound to read secrets"
        assert found.severity is Severity.NOTE
    assert powers(role(rule("get", "pods"))) == []


def test_all_bindings_of_an_account_are_told_together() -> None:
    pods = role(rule("create", "pods"), name="maker")
    [found] = powers(SECRETS, pods, bind(API), bind(API, name="maker", binding="m"))
    assert "can read secrets and run any image as any service account" in found.message
    assert found.message.endswith("by ClusterRoleBindings `b` and `m`")
    assert len(found.labels) == 2


def test_what_is_given_in_the_whole_cluster_is_not_told_again_of_a_namespace() -> None:
    local = bind(API, to="Role", space="shop", binding="local")
    [found] = powers(SECRETS, LOCAL, bind(API), local)
    assert "in the whole cluster" in found.message


def test_an_account_by_its_name_as_a_user() -> None:
    user = f'{{kind: User, name: "system:serviceaccount:shop:api", apiGroup: {RBAC}}}'
    [found] = powers(SECRETS, bind(user))
    assert found.message.startswith("the service account `shop/api` can read secrets")


def test_aggregated_rules_count() -> None:
    parts = role(rule("get", "secrets"), name="part", labels="agg: x")
    whole = role().replace(
        "rules: []", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {agg: x}}]}"
    )
    [found] = powers(parts, whole, bind(API))
    assert "read secrets" in found.message


# --- whom and where -------------------------------------------------------------------------------

SECRETS = role(rule("get, list", "secrets"))
LOCAL = role(rule("get, list", "secrets"), kind="Role")


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (group("system:unauthenticated"), "anybody who reaches the API server"),
        (f'{{kind: User, name: "system:anonymous", apiGroup: {RBAC}}}', "anybody who reaches"),
        (group("system:authenticated"), "everybody with an account of the cluster"),
        (group("system:serviceaccounts"), "every service account of the cluster"),
        (group("system:serviceaccounts:shop"), "every service account of the namespace `shop`"),
        (group("devs"), "the group `devs`"),
        (f"{{kind: User, name: jane, apiGroup: {RBAC}}}", "the user `jane`"),
    ],
)
def test_every_subject_is_looked_at(subject: str, words: str) -> None:
    [found] = powers(SECRETS, bind(subject))
    assert found.message.startswith(words)
    assert found.severity is Severity.WARNING
    [admin] = powers(bind(subject, name="cluster-admin"))
    assert "can do everything that the API offers" in admin.message


def test_the_help_names_the_subject_that_is_too_much() -> None:
    anybody = group("system:unauthenticated")
    [found] = powers(SECRETS, bind(API, anybody))
    assert found.help is not None
    assert found.help.startswith("take `system:unauthenticated` out of the subjects")
    [found] = powers(SECRETS, bind(API, group("system:authenticated")))
    assert found.help == "name the accounts that need it, in place of `system:authenticated`"


def test_an_accounts_own_namespace_is_a_note() -> None:
    [own] = powers(LOCAL, bind(API, to="Role", space="shop"))
    assert own.severity is Severity.NOTE
    assert "in the namespace `shop`" in own.message
    assert "fine" in (own.help or "")
    [other] = powers(LOCAL, bind(API.replace("shop", "jobs"), to="Role", space="shop"))
    assert other.severity is Severity.WARNING
    [everybody] = powers(LOCAL, bind(group("system:authenticated"), to="Role", space="shop"))
    assert everybody.severity is Severity.WARNING
    [default] = powers(LOCAL, bind(API.replace("api", "default"), to="Role", space="shop"))
    assert default.severity is Severity.WARNING


def test_named_objects_are_a_note_and_ones_own_are_no_finding() -> None:
    named = role(rule("get", "secrets", more=", resourceNames: [one]"), kind="Role")
    assert powers(named, bind(API, to="Role", space="shop")) == []
    wide = role(rule("get", "secrets", more=", resourceNames: [one]"))
    [found] = powers(wide, bind(API))
    assert found.severity is Severity.NOTE
    assert "of named objects only" in found.message


def test_the_same_in_several_namespaces_is_told_once() -> None:
    bindings = [bind(API, space=space, binding=f"in-{space}") for space in ("one", "two", "three")]
    [found] = powers(SECRETS, *bindings)
    assert "in the namespaces `one`, `two` and `three`" in found.message


def test_accounts_of_one_binding_are_told_together() -> None:
    [found] = powers(SECRETS, bind(API, API.replace("api", "web")))
    assert found.message.startswith("the service accounts `shop/api` and `shop/web` can")


@pytest.mark.parametrize(("name", "can"), [("edit", "run any image"), ("admin", "who may do what")])
def test_kubernetes_own_roles_are_known(name: str, can: str) -> None:
    [found] = powers(bind(group("devs"), name=name))
    assert can in found.message
    [local] = powers(bind(group("devs"), name=name, space="shop"))
    assert local.severity is Severity.NOTE
    assert told(bind(group("devs"), name="view")) == []


def test_what_everybody_is_given_beyond_what_every_cluster_gives() -> None:
    pods = role(rule("get", "pods"))
    [found] = powers(pods, bind(group("system:unauthenticated")))
    assert "`get` on `pods`" in found.message
    assert found.severity is Severity.WARNING
    [known] = powers(pods, bind(group("system:authenticated")))
    assert known.severity is Severity.NOTE
    version = role("{nonResourceURLs: [/version], verbs: [get]}")
    assert powers(version, bind(group("system:authenticated"))) == []
    named = role(rule("get", "configmaps", more=", resourceNames: [info]"), kind="Role")
    assert powers(named, bind(group("system:authenticated"), to="Role", space="shop")) == []


def test_kubernetes_own_roles_for_everybody() -> None:
    anybody = group("system:unauthenticated")
    [found] = powers(bind(anybody, name="view"))
    assert "anybody who reaches the API server" in found.message
    assert found.severity is Severity.WARNING
    [found] = powers(bind(anybody, name="system:node"))
    assert "has the role `system:node` of Kubernetes' own" in found.message
    assert powers(bind(group("system:authenticated"), name="system:discovery")) == []


def test_everything_in_ones_own_namespace_is_still_a_warning() -> None:
    [found] = powers(bind(API, name="cluster-admin", space="shop"))
    assert "can do everything that the API offers in the namespace `shop`" in found.message
    assert found.severity is Severity.WARNING


# --- what is not there ----------------------------------------------------------------------------


def missing(*texts: str) -> list[tuple[str, str | None]]:
    return [(each.message, each.help) for each in told(*texts) if each.code.id == "POL982"]


def test_a_role_that_is_not_there() -> None:
    [(message, _)] = missing(bind(API, name="nosuch"))
    assert "gives the ClusterRole `nosuch`, which is not in the input" in message
    [(_, advice)] = missing(SECRETS.replace("name: r", "name: reader"), bind(API, name="raeder"))
    assert advice == "did you mean `reader`?"
    [(_, advice)] = missing(LOCAL, bind(API, space="shop"))
    assert advice == "there is a Role of that name: write `kind: Role`"
    [(_, advice)] = missing(SECRETS, bind(API, to="Role", space="shop"))
    assert advice == "there is a ClusterRole of that name: write `kind: ClusterRole`"


@pytest.mark.parametrize("name", ["view", "admin", "cluster-admin", "system:auth-delegator"])
def test_kubernetes_own_roles_are_there(name: str) -> None:
    assert missing(bind(API, name=name)) == []


def test_kubernetes_own_role_for_extension_servers_is_there() -> None:
    reader = "extension-apiserver-authentication-reader"
    assert missing(bind(API, to="Role", name=reader, space="kube-system")) == []
    assert missing(bind(API, to="Role", name=reader, space="shop")) != []


def test_an_account_that_is_not_there() -> None:
    view = bind(API, name="view")
    assert missing(view) == [], "nothing is known of that namespace"
    [(message, advice)] = missing(view, account("apj"))
    assert "is for the service account `shop/api`, which is not in the input" in message
    assert advice == "did you mean `apj`?"
    assert missing(view, account("api")) == []
    assert missing(bind(API.replace("api", "default"), name="view"), account("apj")) == []
    creator = role(rule("create", "serviceaccounts"))
    assert missing(view, account("apj"), creator, bind(API, binding="c")) == []


# --- stars, names, labels -------------------------------------------------------------------------


def mistakes(*texts: str) -> list[Diagnostic]:
    return [each for each in told(*texts) if each.code.id == "POL970"]


def test_stars_are_told_once_for_a_role() -> None:
    [found] = mistakes(role(rule('"*"', "widgets", "a.b"), rule('"*"', "gadgets", "a.b")))
    assert "gives every one of `verbs` in 2 of its rules" in found.message
    assert found.severity is Severity.NOTE
    [found] = mistakes(role(rule("get", '"*"', '"*"')))
    assert "gives every one of `resources` and `apiGroups`" in found.message
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (rule('"get*"', "pods"), "get*"),
        (rule("get", '"pod*"'), "pod*"),
        (rule("get", "widgets", '"*.example.com"'), "*.example.com"),
        (rule("get", "configmaps", more=', resourceNames: ["app-*"]'), "app-*"),
        ('{nonResourceURLs: ["/a/*/b"], verbs: [get]}', "/a/*/b"),
    ],
)
def test_a_star_in_a_text_is_a_character(given: str, value: str) -> None:
    [found] = mistakes(role(given))
    assert f"has `{value}` in" in found.message
    assert "it matches nothing" in found.message


@pytest.mark.parametrize(
    "given",
    [
        '{nonResourceURLs: ["/a/*"], verbs: [get]}',
        rule("get", '"*/scale"', "apps"),
        rule("approve", "signers", "certificates.k8s.io", ', resourceNames: ["example.com/*"]'),
    ],
)
def test_a_star_that_means_more_is_left_alone(given: str) -> None:
    assert mistakes(role(given)) == []


def test_names_that_nothing_matches_are_told_once_for_a_role() -> None:
    given = rule("create, get", "leases", more=", resourceNames: [one]")
    [found] = mistakes(role(given, given.replace("leases", "widgets")))
    assert "limits `create` on `leases` and `widgets` by `resourceNames`" in found.message
    assert mistakes(role(rule("create", "pods/exec", more=", resourceNames: [one]"))) == []


def test_what_is_added_to_the_roles_of_others_is_a_note() -> None:
    add = f"{RBAC}/aggregate-to-"
    labels = ", ".join(f"{add}{name}: 'true'" for name in ("edit", "admin"))
    [found] = mistakes(role(rule("get", "widgets", "a.b"), labels=labels))
    assert "adds its rules to the cluster roles `admin` and `edit`" in found.message
    assert found.severity is Severity.NOTE
    [found] = mistakes(role(rule("get", "secrets"), labels=f"{add}view: 'true'"))
    assert "lets everybody who has the cluster role `view` read secrets" in found.message
    assert found.severity is Severity.WARNING
    assert mistakes(role(rule("get", "secrets"), labels=f"{add}view: 'false'")) == []


# --- the table ------------------------------------------------------------------------------------


def test_no_resource_stands_twice_in_the_table() -> None:
    tables = (MAKERS, DEPLOYERS, READERS, WALLS, MESH, ROUTES)
    names = [(group, name) for table in tables for group in table for name in table[group].split()]
    assert len(names) == len(set(names))
    assert {*names} <= {*RULES}
