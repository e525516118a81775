"""What polc wrote, changed by hand: each change is caught, and what is as written stays proved.

Here are the ways around a layer: objects that look like none, that stand twice, that Kustomize
changes on the way, or that another kind of object undoes. Changes to the policies themselves are in
`test_mutations.py`, `test_mesh_mutations.py` and `test_route_mutations.py`.
"""

import shutil
from collections.abc import Callable

import pytest

from compiling import build
from polc.diagnostics import Diagnostic
from polc.gaps import gap_finding
from polc.ir.nodes import Program
from polc.semantics.objects.reading import read_files
from polc.verify.decide import verify
from support import polc

Files = dict[str, str]
TEXT = """
cluster test { mesh istio sidecar  cni kubernetes }
gateway public in istio-ingress {
  select { istio: "ingressgateway" } account "istio-ingressgateway" uses "istio-ingress/public"
}
namespace shop
service site {
  port web 80 -> 8080 http
  allow from internet via public host "shop.example.com" on web because "the shop is public"
}
service api {
  select { app: "api" }
  port web 80 -> 8080 http
  allow from site on web { GET "/v1/**" }
  can get pods
  rollout { v1 90%  v2 10% }
}
service cart { port redis 6379 redis  allow from api on redis }
"""
OPEN = "metadata: {name: open, namespace: shop}\nspec: {podSelector: {}, ingress: [{}]}\n"
POLICY = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{OPEN}"


@pytest.fixture(scope="module")
def program() -> Program:
    return build(TEXT)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("attacks")
    (folder / "policy.svc").write_text(TEXT)
    run = polc("build", folder / "policy.svc", "-o", folder / "out")
    assert run.status == 0, run.err
    out = folder / "out"
    found = {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*.yaml"))
    }
    shutil.rmtree(folder)
    return found


def judge(files: Files, program: Program) -> list[Diagnostic]:
    manifests, unread = read_files(files)
    return [*map(gap_finding, unread), *verify(manifests, program).diagnostics]


def listed(files: Files, name: str, text: str) -> Files:
    """Add a file, and list it where it is applied from."""
    kustomization = files["kustomization.yaml"]
    more = kustomization.replace("resources:\n", f"resources:\n- {name}\n")
    return {**files, name: text, "kustomization.yaml": more}


def replaced(files: Files, path: str, old: str, new: str) -> Files:
    assert old in files[path], files[path]
    return {**files, path: files[path].replace(old, new, 1)}


def test_what_was_written_is_proved(written: Files, program: Program) -> None:
    assert judge(written, program) == []
    windows = {path: text.replace("\n", "\r\n") for path, text in written.items()}
    assert judge(windows, program) == []
    below = {f"./out/{path}": text for path, text in written.items()}
    assert judge(below, program) == []


OBJECTS = {
    "no kind": (f"apiVersion: networking.k8s.io/v1\n{OPEN}", "it has no `kind`"),
    "kind of no text": (POLICY.replace("NetworkPolicy", "[NetworkPolicy]"), "it has no `kind`"),
    "kind in other letters": (POLICY.replace("kPol", "kpol"), "no kind `Networkpolicy`"),
    "another API group": (POLICY.replace("networking.k", "network.k"), "`network.k8s.io`"),
    "no API version": (POLICY.replace("apiVersion: networking.k8s.io/v1\n", ""), "`apiVersion`"),
    "a text": ("hello\n", "it is no mapping"),
    "a list of objects": (f"- {POLICY.replace(chr(10), chr(10) + '  ')}", "it is no mapping"),
    "a list that holds texts": ("apiVersion: v1\nkind: List\nitems: [hello]\n", "no mapping"),
    "a list that is none": ("apiVersion: v1\nkind: List\nitems: {a: b}\n", "`items` are no list"),
    "a list in a list": (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n"
        f"  - {POLICY.replace(chr(10), chr(10) + '    ')}",
        "permitted by ingress rule 1 of `shop/open`",
    ),
    "a key twice beside a merge": (
        POLICY.replace("kind: ", "<<: {}\nkind: ConfigMap\nkind: "),
        "the key `kind` stands twice",
    ),
    "labels that are none": (POLICY.replace("name: open,", "name: open, labels: x,"), "`labels`"),
    "a name that is a number": (POLICY.replace("name: open", "name: 7"), "`name` is not a text"),
    "no name": (POLICY.replace("name: open, ", ""), "it has no name"),
    "an account twice": (
        "apiVersion: v1\nkind: ServiceAccount\nautomountServiceAccountToken: true\n"
        "metadata: {name: cart, namespace: shop}\n",
        "the one that is applied last holds",
    ),
    "a role twice": (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
        "metadata: {name: api, namespace: shop}\n"
        "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]\n",
        "the one that is applied last holds",
    ),
    "a token that is a text": (
        "apiVersion: v1\nkind: ServiceAccount\nautomountServiceAccountToken: 'false'\n"
        "metadata: {name: other, namespace: shop}\n",
        "is not true or false",
    ),
}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("path", ["aa.yaml", "zz.json"])
def test_objects_that_look_like_none_are_not_passed_over(
    name: str, path: str, written: Files, program: Program
) -> None:
    text, why = OBJECTS[name]
    found = judge(listed(written, path, text), program)
    assert any(why in each.message for each in found), found


KUSTOMIZATIONS: dict[str, tuple[str, str, str]] = {
    "patches": ("patches: [{patch: x}]\n", "", "its field `patches`"),
    "labels": ("commonLabels: {a: b}\n", "", "its field `commonLabels`"),
    "annotations": ("commonAnnotations: {istio.io/dry-run: 'true'}\n", "", "`commonAnnotations`"),
    "namespace": ("namespace: other\n", "", "its field `namespace`"),
    "an address": ("", "resources:\n- https://example.com/x.yaml\n", "is not in the input"),
    "a file that is not there": ("", "resources:\n- more.yaml\n", "is not in the input"),
}


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_what_a_kustomization_changes_is_not_decided(
    name: str, written: Files, program: Program
) -> None:
    more, resources, why = KUSTOMIZATIONS[name]
    files = dict(written)
    text = files["kustomization.yaml"]
    files["kustomization.yaml"] = (
        text.replace("resources:\n", resources) if resources else text
    ) + more
    assert any(why in each.message for each in judge(files, program))


def test_files_that_no_kustomization_lists_are_not_decided(
    written: Files, program: Program
) -> None:
    left_out = replaced(written, "kustomization.yaml", "- shop/networkpolicy.yaml\n", "")
    beside = {**written, "shop/hardening/open.yaml": POLICY}
    added = replaced(
        beside, "shop/hardening/kustomization.yaml", "resources:\n", "resources:\n- open.yaml\n"
    )
    for files, why in (
        (left_out, "does not list it"),
        (beside, "does not list it"),
        (added, "it adds the NetworkPolicy `open`"),
    ):
        assert any(why in each.message for each in judge(files, program))


COMPONENTS: dict[str, Callable[[Files], Files]] = {
    "steps in another order": lambda files: replaced(
        replaced(files, _COMPONENT, "- polc-unmark.yaml\n", ""),
        *(_COMPONENT, "transformers:\n", "transformers:\n- polc-unmark.yaml\n"),
    ),
    "another patch": lambda files: _longer(
        files, "patchesJson6902: [{target: {kind: Deployment}, patch: '[]'}]\n"
    ),
    "a prefix": lambda files: _longer(files, "namePrefix: x-\n"),
    "replacements elsewhere": lambda files: _longer(
        files,
        "replacements:\n- source: {kind: PodHardening, fieldPath: spec.keep}\n"
        "  targets: [{select: {kind: Deployment}, fieldPaths: [spec.template.spec.hostNetwork]}]\n",
    ),
    "a step that is not there": lambda files: replaced(
        files, _COMPONENT, "- polc-scaffold.yaml", "- other.yaml"
    ),
    "a step without a patch": lambda files: replaced(
        files, "shop/hardening/polc-finish.yaml", "patch: |", "patch:"
    ),
    "a pattern that is none": lambda files: replaced(
        files, _COMPONENT, "    name: ^(cart)$", "    name: ^(([$"
    ),
    "values of another type": lambda files: replaced(
        files, "shop/hardening/api.values.yaml", "      - ALL", "      - {x: y}"
    ),
    "a target that is a list": lambda files: replaced(
        files, "shop/hardening/polc-finish.yaml", "annotationSelector: polc/hardening", "a: [b]"
    ),
}
_COMPONENT = "shop/hardening/kustomization.yaml"


def _longer(files: Files, text: str) -> Files:
    return {**files, _COMPONENT: files[_COMPONENT] + text}


@pytest.mark.parametrize("name", COMPONENTS)
def test_changes_to_a_component_are_seen(name: str, written: Files, program: Program) -> None:
    assert judge(COMPONENTS[name](written), program) != []


BOMB = "".join(f"a{at + 1}: &a{at + 1} [{', '.join([f'*a{at}'] * 9)}]\n" for at in range(9))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"kind: Pod\nspec: {'[' * 100_000}{']' * 100_000}\n", "nested more than 200 deep"),
        (f"kind: Pod\nspec:\n{'- ' * 2000}a\n", "nested more than 200 deep"),
        (f"kind: Pod\na0: &a0 [x, x]\n{BOMB}", "aliases unfold to too much"),
        ("&a {kind: List, items: [*a]}\n", "an alias stands within what it means"),
    ],
)
def test_texts_that_would_exhaust_a_reader_are_refused(text: str, why: str) -> None:
    manifests, (problem,) = read_files({"a.yaml": text})
    assert manifests.objects == ()
    assert gap_finding(problem).code.id == "POL903"
    assert why in problem.message


def test_numbers_and_words_are_read_as_kubectl_reads_them() -> None:
    text = POLICY.replace("name: open,", "name: open, annotations: {v: 2024-01-02, t: 1:30, y: x},")
    manifests, found = read_files({"a.yaml": text})
    assert found == ()
    assert manifests.objects[0].metadata["annotations"] == {
        "v": "2024-01-02",
        "t": "1:30",
        "true": "x",
    }


def istio(kind: str, spec: str, group: str = "networking.istio.io/v1") -> str:
    return (
        f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: x, namespace: shop}}\nspec: {spec}\n"
    )


def routed(host: str, target: str, gateway: str) -> str:
    route = f"[{{route: [{{destination: {{host: {target}}}}}]}}]"
    return istio("VirtualService", f"{{hosts: ['{host}'], gateways: [{gateway}], http: {route}}}")


ENTRY = "{hosts: [cart.shop.svc.cluster.local], ports: [], resolution: DNS}"
PAST = "{traffic.sidecar.istio.io/excludeInboundPorts: '8080'}"
BYSTANDERS = {
    "another way in the mesh": (
        routed("cart", "evil.default.svc.cluster.local", "mesh"),
        "it routes what is sent to `shop/cart`",
    ),
    "a route of a Service": (
        istio(
            "HTTPRoute",
            "{parentRefs: [{kind: Service, group: '', name: cart}],"
            " rules: [{backendRefs: [{name: evil, port: 80}]}]}",
            "gateway.networking.k8s.io/v1",
        ),
        "it routes what is sent to `shop/cart`",
    ),
    "another meaning of a name": (istio("ServiceEntry", ENTRY), "the name of a service leads"),
    "another name for pods": (
        istio("ServiceEntry", "{hosts: [x.internal], workloadSelector: {labels: {app: api}}}"),
        "it gives another name to pods",
    ),
    "another address": (istio("WorkloadEntry", "{address: 192.0.2.1}"), "it adds an address"),
    "no encryption": (
        istio("DestinationRule", "{host: cart, trafficPolicy: {tls: {mode: DISABLE}}}"),
        "it says how connections are encrypted",
    ),
    "another sidecar": (istio("Sidecar", "{ingress: []}"), "which requests a proxy lets through"),
    "past the sidecar": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: shop, labels: {app: api},"
        f" annotations: {PAST}}}\nspec: {{containers: []}}\n",
        "leads connections past the sidecar",
    ),
    "a Service of others": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\n"
        "spec: {selector: {app: evil}}\n",
        "it selects no pods of `shop/api`",
    ),
}


@pytest.mark.parametrize("name", BYSTANDERS)
def test_objects_that_undo_what_is_proved_are_not_decided(
    name: str, written: Files, program: Program
) -> None:
    text, why = BYSTANDERS[name]
    found = judge(listed(written, "zz.yaml", text), program)
    assert any(why in each.message and each.code.id == "POL903" for each in found), found


WAYS_IN = {
    "a host that nobody declared": (
        routed("x.example.com", "site.shop.svc.cluster.local", "istio-ingress/public"),
        "POL943",
        "`GET /` for `x.example.com` at the gateway `istio-ingress/public` goes to `shop/site:80`",
    ),
    "a declared host to another service": (
        routed("shop.example.com", "cart.shop.svc.cluster.local", "istio-ingress/public"),
        "POL940",
        "`GET /` for `shop.example.com` at the gateway `istio-ingress/public` goes to `shop/cart:",
    ),
    "a gateway that nobody declared": (
        routed("shop.example.com", "site.shop.svc.cluster.local", "other/gateway"),
        "POL943",
        "`GET /` for `shop.example.com` at the gateway `other/gateway` goes to `shop/site:80`",
    ),
    "an Ingress": (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x, namespace: shop}\n"
        "spec: {defaultBackend: {service: {name: cart, port: {number: 6379}}}}\n",
        "POL943",
        "whatever comes in goes to `shop/cart:6379`; nothing in the program declares it",
    ),
}


@pytest.mark.parametrize("name", WAYS_IN)
def test_ways_in_from_outside_are_seen(name: str, written: Files, program: Program) -> None:
    text, code, message = WAYS_IN[name]
    found = judge(listed(written, "zz.yaml", text), program)
    assert any(each.code.id == code and message in each.message for each in found), found


def test_a_public_knative_service_is_seen() -> None:
    made = build(
        "cluster c { mesh istio sidecar  cni kubernetes }\nnamespace shop\n"
        f'service f {{ image "f:v1@sha256:{"1" * 64}"  workload knative  port web 8080 http\n'
        'allow from any on web because "a test" }\n'
    )
    text = (
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: f, namespace: shop}\n"
        "spec: {template: {spec: {containers: [{image: x}]}}}\n"
    )
    private = text.replace(
        "namespace: shop",
        "namespace: shop, labels: {networking.knative.dev/visibility: cluster-local}",
    )
    for body, count in ((text, 1), (private, 0)):
        verdict = verify(read_files({"f.yaml": body})[0], made, ["bystanders"])
        assert [each.code.id for each in verdict.violations] == ["POL901"] * count


ENDS = {
    # Pods of the namespace may send to nobody that is not declared: the rule alone is wrong.
    "own": (
        "ingress: [{from: [{podSelector: {}}], ports: [{port: 6379}]}]",
        "is let through to TCP port 6379 of `shop/cart`, and only the egress of the caller still",
    ),
    # Of many that are meant, one is named that nothing stops.
    "every namespace": (
        "ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 6379}]}]",
        "a pod without labels of namespace `other` can reach TCP port 6379 of `shop/cart`",
    ),
    "an address": (
        "ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 192.0.2.0/24}}]}]",
        "address `192.0.2.0` can reach TCP port 1 of `shop/cart`",
    ),
    "a callee that takes nothing": (
        "policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: api}}}]}]",
        "is let through to TCP port 1 of `shop/api`, and only the ingress of the callee still",
    ),
    "a callee that takes it": (
        "policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 9}]}]",
        "`shop/cart` can reach TCP port 9 of a pod without labels of namespace `other`",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_counterexample_is_one_that_gets_through(
    name: str, written: Files, program: Program
) -> None:
    rules, message = ENDS[name]
    selector = next(
        line
        for line in written["shop/cart.networkpolicy.yaml"].split("\n")
        if line.startswith("      ")
    )  # the label of `cart`
    spec = f"{{podSelector: {{matchLabels: {{{selector.strip()}}}}}, {rules}}}"
    text = POLICY.replace("{podSelector: {}, ingress: [{}]}", spec)
    found = [each.message for each in judge(listed(written, "zz.yaml", text), program)]
    assert any(message in each for each in found), found


def test_two_rules_that_only_meet_are_a_flow(written: Files, program: Program) -> None:
    both = "ingress: [{from: [{podSelector: {}}], ports: [{port: 9}]}]"
    send = "egress: [{to: [{podSelector: {}}], ports: [{port: 9}]}]"
    text = POLICY.replace("ingress: [{}]", f"{both}, {send}")
    found = [each.message for each in judge(listed(written, "zz.yaml", text), program)]
    assert any("can reach TCP port 9 of" in each for each in found), found
