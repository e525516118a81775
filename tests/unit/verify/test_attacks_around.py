"""Objects and annotations beside the policies that lead around them, or take them out of effect.

Like `test_attacks.py`, from which the program and its output are.
"""

import pytest

from compiling import build
from polc.ir.nodes import Program
from polc.semantics.objects.reading import read_files
from polc.verify.decide import verify
from unit.verify.test_attacks import Files, istio, judge, listed, program, replaced, written

__all__ = ["program", "written"]  # Fixtures.

DENY = "shop/networkpolicy.yaml"
MESH = "shop/api.istio.yaml"
META = "  namespace: shop\n"
OWNER = f"{META}  ownerReferences: [{{apiVersion: v1, kind: Pod, name: gone, uid: x}}]\n"
LABELS = "    app.kubernetes.io/managed-by: polc\n"


def core(kind: str, name: str, more: str, version: str = "v1", labels: str = "") -> str:
    return (
        f"apiVersion: {version}\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: shop, labels: {{{labels}}}}}\n{more}\n"
    )


def sliced(by: str) -> str:
    return core(
        "EndpointSlice",
        "cart-x",
        "addressType: IPv4\nendpoints: [{addresses: [192.0.2.1]}]",
        "discovery.k8s.io/v1",
        f"kubernetes.io/service-name: cart{by}",
    )


def pod(annotation: str) -> str:
    return (
        "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: x, namespace: shop}\n"
        f"template: {{metadata: {{labels: {{app: api}}, annotations: {{{annotation}: x}}}}}}\n"
    )


CONTROLLED = ", endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io"
ADDRESSES = "subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 6379}]}]"
OBJECTS = {
    "a name for another": (
        core("Service", "cart", "spec: {type: ExternalName, externalName: evil.default}"),
        "it has no selector, so other objects say where the name leads",
    ),
    "another port": (
        core("Service", "api", "spec: {selector: {app: api}, ports: [{port: 80, targetPort: 9}]}"),
        "it leads port 80 to 9, and the program elsewhere",
    ),
    "a port of its own": (
        core("Service", "api", "spec: {selector: {app: api}, ports: [{port: 80}]}"),
        "it leads port 80 to 80, and the program elsewhere",
    ),
    "addresses": (core("Endpoints", "cart", ADDRESSES), "which addresses `shop/cart` has"),
    "more addresses": (sliced(""), "it adds addresses to `shop/cart`"),
    "encryption": (
        core(
            "BackendTLSPolicy",
            "x",
            "spec: {targetRefs: [{group: '', kind: Service, name: cart}]}",
            "gateway.networking.k8s.io/v1",
        ),
        "it says how connections are encrypted",
    ),
    "no capture": (pod("ambient.istio.io/bypass-inbound-capture"), "past the sidecar"),
    "no interception": (pod("sidecar.istio.io/interceptionMode"), "past the sidecar"),
    "another proxy": (pod("inject.istio.io/templates"), "changes what the sidecar does"),
    "the proxy's own user": (
        core(
            "PodTemplate",
            "x",
            "template: {metadata: {labels: {app: api}}, spec: {containers:"
            " [{name: c, securityContext: {runAsUser: 1337}}]}}",
        ),
        "`runAsUser: 1337` is the proxy's own",
    ),
    "the proxy's own group": (
        core(
            "PodTemplate",
            "x",
            "template: {metadata: {labels: {app: api}}, spec:"
            " {securityContext: {runAsGroup: 1337}, containers: []}}",
        ),
        "`runAsGroup: 1337` is the proxy's own",
    ),
    "a waypoint of pods": (
        core(
            "PodTemplate",
            "x",
            "template: {metadata: {labels: {app: api,"
            " istio.io/use-waypoint: other}}, spec: {containers: []}}",
        ),
        "its pods ask for the waypoint `other` themselves",
    ),
    "a Service that few see": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: z, namespace: shop, annotations:"
        " {networking.istio.io/exportTo: .}}\nspec: {selector: {a: b}}\n",
        "`networking.istio.io/exportTo: .` changes who gets to it",
    ),
    "a network of the namespace": (
        core("UserDefinedNetwork", "net", "spec: {topology: Layer2}", "k8s.ovn.org/v1"),
        "gives its pods a network of their own",
    ),
    "another network": (pod("k8s.v1.cni.cncf.io/networks"), "a network without these policies"),
    "a route of a set of listeners": (
        istio(
            "HTTPRoute",
            "{parentRefs: [{group: gateway.networking.k8s.io, kind: ListenerSet, name: x}],"
            " rules: [{backendRefs: [{name: cart, port: 6379}]}]}",
            "gateway.networking.k8s.io/v1",
        ),
        "it leads from a ListenerSet to `shop/cart`",
    ),
    "subsets from elsewhere": (
        istio("DestinationRule", "{host: api, subsets: [{name: v1, labels: {version: v2}}]}"),
        "`shop/api` has another DestinationRule",
    ),
    "a route that few see": (
        istio("VirtualService", "{hosts: [x.example.com], gateways: [a/b], exportTo: [evil]}"),
        "`exportTo` keeps it from namespaces",
    ),
    "a firewall": (
        core("EgressFirewall", "x", "spec: {egress: []}", "k8s.ovn.org/v1"),
        "may permit or deny packets",
    ),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_ways_around_are_not_decided(name: str, written: Files, program: Program) -> None:
    text, why = OBJECTS[name]
    found = judge(listed(written, "zz.yaml", text), program)
    assert any(why in each.message and each.code.id == "POL903" for each in found), found


SELECTED = core("Service", "cart", "spec: {selector: {app.kubernetes.io/name: cart}}")
FINE = {
    "a port by its name": core(
        "Service", "api", "spec: {selector: {app: api}, ports: [{port: 80, targetPort: web}]}"
    ),
    "addresses of others": core("Endpoints", "other", ADDRESSES),
    "addresses that the cluster corrects": f"{core('Endpoints', 'cart', ADDRESSES)}---\n{SELECTED}",
    "addresses that the cluster wrote": sliced(CONTROLLED),
}


@pytest.mark.parametrize("name", FINE)
def test_what_the_cluster_keeps_itself_is_fine(name: str, written: Files, program: Program) -> None:
    assert judge(listed(written, "zz.yaml", FINE[name]), program) == []


EFFECTS = {
    "an owner": (DENY, META, OWNER, "`ownerReferences` are gone"),
    "subsets that few see": (MESH, "  subsets:", "  exportTo: ['.']\n  subsets:", "`exportTo`"),
    "subsets for some callers": (
        *(MESH, "  subsets:", "  workloadSelector: {matchLabels: {a: b}}\n  subsets:"),
        "it holds for some callers only",
    ),
    "a revision": (MESH, LABELS, f"{LABELS}    istio.io/rev: canary\n", "only the revision"),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_objects_that_may_not_hold_are_not_decided(
    name: str, written: Files, program: Program
) -> None:
    path, old, new, why = EFFECTS[name]
    (found,) = judge(replaced(written, path, old, new), program)
    assert found.code.id == "POL903"
    assert why in found.message


def test_the_revision_of_the_pods_reads_what_is_meant_for_it(
    written: Files, program: Program
) -> None:
    rev = f"{LABELS}    istio.io/rev: canary\n"
    files = replaced(written, "shop/namespace.yaml", "    istio-injection: enabled\n", "")
    files = replaced(files, "shop/namespace.yaml", LABELS, rev)
    assert judge(replaced(files, MESH, LABELS, rev), program) == []


def test_what_says_nothing_changes_nothing(written: Files, program: Program) -> None:
    more = f"{META}  finalizers: [example.com/x]\n  generation: 2\n  ownerReferences: []\n"
    assert judge(replaced(written, DENY, META, more), program) == []
    seen = replaced(written, MESH, "  subsets:", "  exportTo: ['*']\n  subsets:")
    assert judge(seen, program) == []
    assert judge(replaced(written, MESH, "istio.io/v1\n", "istio.io/v1beta1\n"), program) == []


VERSIONS = {
    "of policies of the mesh": (MESH, "security.istio.io/v1", "security.istio.io/v1alpha1"),
    "of accounts": ("shop/cart.rbac.yaml", "apiVersion: v1", "apiVersion: v2"),
}


@pytest.mark.parametrize("name", VERSIONS)
def test_versions_that_no_cluster_serves(name: str, written: Files, program: Program) -> None:
    path, old, new = VERSIONS[name]
    found = judge(replaced(written, path, old, new), program)
    assert any("no cluster serves" in each.message for each in found), found


@pytest.mark.parametrize(
    ("kind", "version", "first", "second"),
    [
        ("ServiceAccount", "v1", "", ", namespace: default"),
        ("ClusterRole", "rbac.authorization.k8s.io/v1", "", ", namespace: a"),
    ],
)
def test_twins_are_one_object_for_the_cluster(
    kind: str, version: str, first: str, second: str
) -> None:
    texts = [
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x{space}}}\n"
        for space in (first, second)
    ]
    (found,) = read_files({"a.yaml": "---\n".join(texts)})[1]
    assert "the one that is applied last holds" in found.message


KNATIVE = """
cluster c { mesh istio sidecar  cni kubernetes }
namespace shop
service f { image "f:v1@sha256:DIGEST"  workload knative  port web 8080 http
            allow from any on web because "a test" }
""".replace("DIGEST", "1" * 64)
ROUTE = "spec: {traffic: [{configurationName: f, percent: 100}]}"
DOMAIN = "spec: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: f}}"


@pytest.mark.parametrize(
    ("kind", "spec", "labels", "count"),
    [
        ("Route", ROUTE, "", 1),
        ("Route", ROUTE, "networking.knative.dev/visibility: cluster-local", 0),
        ("Route", ROUTE.replace("f,", "other,"), "", 0),
        ("DomainMapping", DOMAIN, "", 1),
    ],
)
def test_other_ways_of_knative_are_seen(kind: str, spec: str, labels: str, count: int) -> None:
    text = core(kind, "f.example.com", spec, "serving.knative.dev/v1", labels)
    verdict = verify(read_files({"f.yaml": text})[0], build(KNATIVE), ["bystanders"])
    assert [each.code.id for each in verdict.violations] == ["POL901"] * count
