"""Accounts of a program against edited output: every change is caught, by a true example."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from functools import cache
from typing import Any

import pytest

from polc.diagnostics import Diagnostic, Severity, has_errors
from polc.driver import Compilation, Options, compile_program
from polc.output.objects import collect_objects
from polc.semantics.objects.model import from_artifacts
from polc.verify.rbac.compare import compare
from polc_backends.registry import load

IMAGE = "registry.example.com/x/app:1.0@sha256:" + "5" * 64
PROGRAM = f"""\
cluster c {{ mesh none  cni kubernetes  api-server 10.0.0.1/32 port 6443 }}
namespace shop
service api {{
  image "{IMAGE}"
  port web 8080 http
  can get, list pods
  can get configmaps named "settings"
  can get path "/metrics"
}}
service web {{
  image "{IMAGE}"
  port web 8080 http
}}
"""
GROUP = "rbac.authorization.k8s.io"
Objects = list[dict[str, Any]]


@cache
def _compilation(text: str) -> Compilation:
    options = Options(date(2026, 12, 1))
    done = compile_program(("p.svc",), lambda _: text.encode(), load(("rbac",)), options)
    assert not has_errors(done.diagnostics), done.diagnostics
    return done


def judge(change: Callable[[Objects], None], text: str = PROGRAM) -> tuple[Diagnostic, ...]:
    compilation = _compilation(text)
    assert compilation.program is not None
    objects, _ = collect_objects(compilation.artifacts)
    bodies = [deepcopy(dict(each.body)) for each in objects]
    change(bodies)
    edited = [_Placed("out.yaml", body) for body in bodies]
    return compare(from_artifacts(edited), compilation.program).diagnostics


class _Placed:
    def __init__(self, path: str, body: dict[str, Any]) -> None:
        self.path, self.body = path, body


def of(objects: Objects, kind: str, name: str = "") -> dict[str, Any]:
    return next(
        each for each in objects if each["kind"] == kind and each["metadata"]["name"].endswith(name)
    )


def test_the_output_is_as_declared() -> None:
    assert judge(lambda objects: None) == ()


def _rule(objects: Objects, resource: str) -> dict[str, Any]:
    rules: list[dict[str, Any]] = of(objects, "Role", "api")["rules"]
    return next(rule for rule in rules if resource in rule["resources"])


def _bind(objects: Objects, kind: str, ref: tuple[str, str], *subjects: dict[str, Any]) -> None:
    where = {"namespace": "shop"} if kind == "RoleBinding" else {}
    objects.append(
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": kind,
            "metadata": {"name": "more", **where},
            "subjects": list(subjects),
            "roleRef": {"apiGroup": GROUP, "kind": ref[0], "name": ref[1]},
        }
    )


def _secrets(objects: Objects, kind: str = "ClusterRole", **labels: str) -> None:
    meta: dict[str, Any] = {"name": "secrets", "labels": labels}
    if kind == "Role":
        meta["namespace"] = "shop"
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    objects.append({"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, "rules": rules})


def add_verb(objects: Objects) -> None:
    _rule(objects, "pods")["verbs"].append("delete")


def any_verb(objects: Objects) -> None:
    _rule(objects, "pods")["verbs"] = ["*"]


def drop_names(objects: Objects) -> None:
    del _rule(objects, "configmaps")["resourceNames"]


def empty_names(objects: Objects) -> None:
    _rule(objects, "configmaps")["resourceNames"] = []


def add_subresource(objects: Objects) -> None:
    _rule(objects, "pods")["resources"].append("pods/exec")


def any_subresource(objects: Objects) -> None:
    _rule(objects, "pods")["resources"].append("*/log")


def any_resource(objects: Objects) -> None:
    _rule(objects, "pods")["resources"] = ["*"]


def any_group(objects: Objects) -> None:
    _rule(objects, "pods")["apiGroups"] = ["*"]


def wider_url(objects: Objects) -> None:
    of(objects, "ClusterRole")["rules"][-1]["nonResourceURLs"] = ["/metrics*"]


def other_url(objects: Objects) -> None:
    of(objects, "ClusterRole")["rules"][-1]["nonResourceURLs"].append("/logs")


def cluster_wide(objects: Objects) -> None:
    of(objects, "Role", "api")["kind"] = "ClusterRole"
    of(objects, "RoleBinding", "api").update(kind="ClusterRoleBinding")
    of(objects, "ClusterRoleBinding", "api")["roleRef"]["kind"] = "ClusterRole"
    for kind in ("ClusterRole", "ClusterRoleBinding"):
        for each in objects:
            if each["kind"] == kind:
                each["metadata"].pop("namespace", None)


def group_subject(objects: Objects) -> None:
    subjects = of(objects, "RoleBinding", "api")["subjects"]
    subjects.append({"kind": "Group", "name": "system:serviceaccounts:shop"})


def everybody(objects: Objects) -> None:
    subjects = of(objects, "RoleBinding", "api")["subjects"]
    subjects.append({"kind": "Group", "name": "system:authenticated"})


def user_subject(objects: Objects) -> None:
    user = {"kind": "User", "name": "system:serviceaccount:shop:web"}
    of(objects, "RoleBinding", "api")["subjects"].append(user)


def default_account(objects: Objects) -> None:
    of(objects, "RoleBinding", "api")["subjects"].append(
        {"kind": "ServiceAccount", "name": "default", "namespace": "shop"}
    )


def aggregated(objects: Objects) -> None:
    _secrets(objects, sort="x")
    of(objects, "ClusterRole", "api").update(
        aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"sort": "x"}}]}
    )


def admin(objects: Objects) -> None:
    me = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    _bind(objects, "ClusterRoleBinding", ("ClusterRole", "cluster-admin"), me)


def local_admin(objects: Objects) -> None:
    _bind(
        objects,
        "RoleBinding",
        ("ClusterRole", "cluster-admin"),
        {"kind": "ServiceAccount", "name": "web"},
    )


def wrong_namespace(objects: Objects) -> None:
    of(objects, "RoleBinding", "api")["subjects"][0]["namespace"] = "other"


def wrong_name(objects: Objects) -> None:
    of(objects, "RoleBinding", "api")["subjects"][0]["name"] = "apl"


def drop_binding(objects: Objects) -> None:
    objects.remove(of(objects, "RoleBinding", "api"))


def drop_verb(objects: Objects) -> None:
    _rule(objects, "pods")["verbs"].remove("list")


def other_name(objects: Objects) -> None:
    _rule(objects, "configmaps")["resourceNames"] = ["setting"]


def url_in_a_role(objects: Objects) -> None:
    binding = of(objects, "ClusterRoleBinding", "api")
    binding["kind"] = "RoleBinding"
    binding["metadata"]["namespace"] = "shop"


def unknown_role(objects: Objects) -> None:
    me = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    _bind(objects, "RoleBinding", ("ClusterRole", "view"), me)


def typing_error(objects: Objects) -> None:
    _rule(objects, "pods")["resourceName"] = ["x"]


def hand_out_token(objects: Objects) -> None:
    of(objects, "ServiceAccount", "web")["automountServiceAccountToken"] = True


def say_nothing_of_token(objects: Objects) -> None:
    del of(objects, "ServiceAccount", "web")["automountServiceAccountToken"]


def drop_account(objects: Objects) -> None:
    objects.remove(of(objects, "ServiceAccount", "web"))


def lasting_token(objects: Objects) -> None:
    annotations = {"kubernetes.io/service-account.name": "web"}
    meta = {"name": "t", "namespace": "shop", "annotations": annotations}
    kind = "kubernetes.io/service-account-token"
    objects.append({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind})


def same_rule_twice(objects: Objects) -> None:
    rules = of(objects, "Role", "api")["rules"]
    rules.append(deepcopy(rules[0]))


def nobodys_role(objects: Objects) -> None:
    _secrets(objects, "Role", **{"app.kubernetes.io/managed-by": "polc"})


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (add_verb, "POL950", "`delete` on `pods`"),
        (any_verb, "POL950", "`delete` on `pods`"),
        (drop_names, "POL950", "`get` on `configmaps` named `any-other` in namespace `shop`"),
        (empty_names, "POL950", "`get` on `configmaps` named `any-other`"),
        (add_subresource, "POL950", "on `pods/exec`"),
        (any_subresource, "POL950", "/log`"),
        (any_resource, "POL950", "on `secrets`"),
        (any_group, "POL950", "on `pods.apps`"),
        (wider_url, "POL950", "`get` on the path `/metricsany`"),
        (other_url, "POL950", "`get` on the path `/logs`"),
        (cluster_wide, "POL950", "in namespace `kube-system`"),
        (group_subject, "POL950", "`shop/web` may do `get` on"),
        (everybody, "POL950", "`shop/web` may do `get` on"),
        (user_subject, "POL950", "`shop/web` may do `get` on"),
        (default_account, "POL952", "`shop/default`, which no service of the program has"),
        (aggregated, "POL950", "`get` on `secrets`"),
        (admin, "POL950", "`shop/web` may do `delete` on `secrets`"),
        (local_admin, "POL950", "in namespace `shop`"),
        (wrong_namespace, "POL951", "may not do"),
        (wrong_name, "POL951", "may not do"),
        (drop_binding, "POL951", "may not do"),
        (drop_verb, "POL951", "`list` on `pods`"),
        (other_name, "POL951", "`get` on `configmaps` named `settings`"),
        (url_in_a_role, "POL951", "`get` on the path `/metrics`"),
        (unknown_role, "POL903", "the cluster role `view` is not in the input"),
        (typing_error, "POL903", "no field `resourceName`"),
        (hand_out_token, "POL953", "`shop/web` hands its token"),
        (say_nothing_of_token, "POL953", "`shop/web` hands its token"),
        (drop_account, "POL954", "no service account `shop/web`"),
        (lasting_token, "POL953", "never expires"),
        (same_rule_twice, "POL990", "gives nothing that other rules do not give"),
        (nobodys_role, "POL990", "`secrets` is given to nobody"),
    ],
)
def test_a_change_is_caught(change: Callable[[Objects], None], code: str, words: str) -> None:
    found = [each for each in judge(change) if each.code.id == code]
    assert found
    assert any(words in each.message for each in found), [each.message for each in found]


def test_what_is_declared_stays_though_every_cluster_gives_it_to_all() -> None:
    """A cluster may take away its default bindings, and what is declared has to hold there, too."""
    asked = PROGRAM.replace('path "/metrics"', 'path "/healthz"')
    assert judge(lambda objects: None, asked) == ()

    def leave_it_out(objects: Objects) -> None:
        of(objects, "ClusterRole")["rules"].clear()

    assert [each.code.id for each in judge(leave_it_out, asked)] == ["POL951"]

    def add_it_undeclared(objects: Objects) -> None:
        rule = {"nonResourceURLs": ["/healthz"], "verbs": ["get"]}
        of(objects, "ClusterRole")["rules"].append(rule)

    assert [each.code.id for each in judge(add_it_undeclared)] == ["POL990"]


def test_every_cluster_lets_accounts_discover_the_api() -> None:
    def discovery(objects: Objects) -> None:
        rules = [{"nonResourceURLs": ["/api/*", "/version"], "verbs": ["get"]}]
        name = "system:discovery"
        meta = {"name": name}
        objects.append(
            {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules}
        )
        group = {"kind": "Group", "name": "system:authenticated"}
        _bind(objects, "ClusterRoleBinding", ("ClusterRole", name), group)

    assert [each for each in judge(discovery) if each.severity is Severity.ERROR] == []


def test_a_violation_names_rule_binding_and_declaration() -> None:
    [found] = judge(add_verb)
    assert "rule" in str(found.help)
    assert "RoleBinding `shop/api` gives the service account `shop/api`" in str(found.help)
    assert found.labels[0].span.text == "can get, list pods"


OWN = PROGRAM.replace("can get, list pods", "can get namespaces, pods")


def test_a_role_reaches_the_namespace_object_that_it_is_in_and_no_other() -> None:
    def name(value: str) -> Callable[[Objects], None]:
        def change(objects: Objects) -> None:
            rules = of(objects, "Role")["rules"]
            (rule,) = [each for each in rules if "namespaces" in each["resources"]]
            rules.remove(rule)
            rules += [
                rule | {"resources": ["namespaces"], "resourceNames": [value]},
                rule | {"resources": ["pods"]},
            ]

        return change

    assert judge(lambda objects: None, OWN) == ()
    assert judge(name("shop"), OWN) == ()
    found = judge(name("other"), OWN)
    assert [each.code.id for each in found] == ["POL951", "POL990"]
    assert "`namespaces` named `shop` in namespace `shop`" in found[0].message
    stars = judge(lambda objects: _rule(objects, "pods").update(verbs=["*"]), OWN)
    assert {each.code.id for each in stars} == {"POL950"}
