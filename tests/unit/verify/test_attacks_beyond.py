"""Attacks from beyond a program's own objects: other accounts, the mesh's settings, components.

Like `test_attacks.py`, from which the program and its output are; routes from outside are in
`test_gateways.py`.
"""

import json

import pytest

from compiling import build
from polc.ir.nodes import Program
from polc.semantics.objects.reading import read_files
from polc.verify.decide import verify
from unit.verify.test_attacks import Files, judge, listed, program, replaced, written

__all__ = ["program", "written"]  # Fixtures.

RBAC = "rbac.authorization.k8s.io"
ROLE = f"""
apiVersion: {RBAC}/v1
kind: Role
metadata: {{name: reader, namespace: shop}}
rules: [{{apiGroups: [''], resources: [secrets], verbs: [get]}}]
"""


def bound(subject: str, role: str = "Role, name: reader", kind: str = "RoleBinding") -> str:
    space = ", namespace: shop" if kind == "RoleBinding" else ""
    return (
        f"apiVersion: {RBAC}/v1\nkind: {kind}\nmetadata: {{name: more{space}}}\n"
        f"roleRef: {{apiGroup: {RBAC}, kind: {role}}}\nsubjects: [{{{subject}}}]\n---{ROLE}"
    )


EVIL = "kind: ServiceAccount, name: robot, namespace: evil"
ADMIN = "ClusterRole, name: cluster-admin"
BINDINGS = {
    "an account of another namespace": (
        bound(EVIL),
        "POL955",
        "the service account `evil/robot` may do `get` on `secrets` named `any-other` in namespace"
        " `shop`; nothing in the program declares it",
    ),
    "the same by its user name": (
        bound("kind: User, name: 'system:serviceaccount:evil:robot'"),
        "POL955",
        "the service account `evil/robot` may do `get` on `secrets`",
    ),
    "every account of another namespace": (
        bound("kind: Group, name: 'system:serviceaccounts:evil'"),
        "POL955",
        "every service account of `evil` may do `get` on `secrets`",
    ),
    "a role that is not in the input": (
        bound(EVIL, "ClusterRole, name: edit"),
        "POL955",
        "`evil/robot` may do what is not known, because the cluster role `edit` is not in",
    ),
    "everybody without credentials, here": (
        bound("kind: User, name: 'system:anonymous'"),
        "POL955",
        "anybody without credentials may do `get` on `secrets`",
    ),
    "everybody without credentials, everywhere": (
        bound("kind: Group, name: 'system:unauthenticated'", ADMIN, "ClusterRoleBinding"),
        "POL955",
        "anybody without credentials may do `delete` on",
    ),
    "everybody with credentials, everywhere": (
        bound("kind: Group, name: 'system:authenticated'", ADMIN, "ClusterRoleBinding"),
        "POL955",
        "every user and service account may do `delete` on",
    ),
    "every account, everywhere": (
        bound("kind: Group, name: 'system:serviceaccounts'", ADMIN, "ClusterRoleBinding"),
        "POL955",
        "every service account of the cluster may do `delete` on",
    ),
    "people": (
        bound("kind: Group, name: developers"),
        "POL903",
        "who the group `developers` is, whom RoleBinding `more` lets do `get` on `secrets`",
    ),
    "the default account, with a role that is not in the input": (
        bound("kind: ServiceAccount, name: default", "ClusterRole, name: admin"),
        "POL903",
        "RoleBinding `shop/more`: the cluster role `admin` is not in the input",
    ),
}


@pytest.mark.parametrize("name", BINDINGS)
def test_privileges_of_others_are_seen(name: str, written: Files, program: Program) -> None:
    text, code, message = BINDINGS[name]
    found = judge(listed(written, "zz.yaml", text), program)
    assert any(each.code.id == code and message in each.message for each in found), found


HARMLESS = {
    "a binding of another namespace": bound(EVIL).replace("namespace: shop}", "namespace: evil}"),
    "a cluster role of others": bound(EVIL, ADMIN, "ClusterRoleBinding"),
    "what everybody may do": bound(
        "kind: Group, name: 'system:unauthenticated'",
        "ClusterRole, name: system:public-info-viewer",
        "ClusterRoleBinding",
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_privileges_of_others_elsewhere_are_theirs(
    name: str, written: Files, program: Program
) -> None:
    text = HARMLESS[name].partition("---")[0]
    assert judge(listed(written, "zz.yaml", text), program) == []


def test_an_account_of_another_owned_namespace_is_judged_as_its_own(
    written: Files, program: Program
) -> None:
    text = bound("kind: ServiceAccount, name: cart, namespace: shop")
    found = judge(listed(written, "zz.yaml", text), program)
    assert {each.code.id for each in found} == {"POL950"}


def mesh_config(text: str, name: str = "istio") -> str:
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: istio-system}}\n"
        f"data: {{mesh: {json.dumps(text)}, meshNetworks: 'networks: {{}}'}}\n"
    )


SETTINGS = {
    "another root namespace": ("rootNamespace: evil", "it makes `evil` the root namespace"),
    "another trust domain": ("trustDomain: evil.example", "its trust domain is `evil.example`"),
    "aliases": ("trustDomainAliases: [evil.example]", "its `trustDomainAliases` let in callers"),
    "raw paths": ("pathNormalization: {normalization: NONE}", "as they were sent"),
    "namespaces left out": ("discoverySelectors: [{matchLabels: {a: b}}]", "it leaves out"),
    "no YAML": ("a: [", "it can't be read as YAML"),
    "two documents": ("a: b\n---\nrootNamespace: evil", "it can't be read as YAML"),
    "no mapping": ("hello", "it can't be read as YAML"),
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("revision", ["istio", "istio-1-31"])
def test_settings_of_the_mesh_that_change_meanings_are_not_decided(
    name: str, revision: str, written: Files, program: Program
) -> None:
    text, why = SETTINGS[name]
    (found,) = judge(listed(written, "zz.yaml", mesh_config(text, revision)), program)
    assert found.code.id == "POL903"
    assert why in found.message


def test_settings_that_are_taken_for_granted_are_fine(written: Files, program: Program) -> None:
    text = "rootNamespace: istio-system\ntrustDomain: cluster.local\nenableTracing: true\n"
    for body in (mesh_config(text), mesh_config("rootNamespace: evil", "other")):
        assert judge(listed(written, "zz.yaml", body), program) == []


def test_a_mesh_that_says_no_trust_domain_has_the_usual_one() -> None:
    made = build('cluster c { mesh istio sidecar  cni kubernetes  trust-domain "td.example" }\n')
    verdict = verify(read_files({"a.yaml": mesh_config("rootNamespace: ''")})[0], made)
    assert any("its trust domain is `cluster.local`" in each.message for each in verdict.undecided)


COMPONENT = "shop/hardening/kustomization.yaml"
ACCOUNTS = "shop/hardening/polc-accounts.yaml"
NAMES = "name: ^(api|cart|site)$"
REACH = {
    "an account of others": (COMPONENT, NAMES, "name: ^(api|cart|evil|site)$", "accounts `evil`"),
    "every account": (COMPONENT, NAMES, "name: .*", "it deletes service accounts `*`"),
    "an account left": (COMPONENT, NAMES, "name: ^(cart|site)$", "leaves a service account `api`"),
    "other namespaces": (
        *(COMPONENT, "namespace: ^(default|shop)$", "namespace: ^(default|kube-system|shop)$"),
        "in namespaces `^(default|kube-system|shop)$`",
    ),
    "its own accounts": (
        *(COMPONENT, "labelSelector: app.kubernetes.io/managed-by!=polc", "labelSelector: a!=b"),
        "the program's own service accounts",
    ),
    "a cloud's identity": (COMPONENT, ",!iam.gke.io/gcp-service-account", "", "cloud's identity"),
    "no deletion": (
        *(ACCOUNTS, "$patch: delete", "automountServiceAccountToken: true"),
        "it changes service accounts",
    ),
    "no deletion either": (ACCOUNTS, "$patch: delete", "$patch: replace", "it changes service"),
    "policies deleted": (
        *(COMPONENT, "    kind: ServiceAccount", "    kind: NetworkPolicy"),
        "it changes objects of kind `NetworkPolicy`",
    ),
    "anything": (COMPONENT, "    kind: ServiceAccount\n", "", "it changes objects of any kind"),
    "a step for policies": (
        *("shop/hardening/polc-finish.yaml", "kind: Deployment\n  annotationSelector: polc/h"),
        *("kind: NetworkPolicy\n  labelSelector: x", "need not have the annotation"),
    ),
    "values for policies": (
        *("shop/hardening/api.containers.yaml", "annotationSelector: polc/hardening=api"),
        *("kind: NetworkPolicy", "need not have the annotation"),
    ),
    "two patches in a file": (
        *(ACCOUNTS, "$patch: delete", "$patch: delete\n---\nkind: Role\n$patch: delete"),
        "holds several objects",
    ),
}


@pytest.mark.parametrize("name", REACH)
def test_what_a_component_changes_besides_pods_is_not_decided(
    name: str, written: Files, program: Program
) -> None:
    path, old, new, why = REACH[name]
    found = judge(replaced(written, path, old, new), program)
    assert any(each.code.id == "POL903" and why in each.message for each in found), found
