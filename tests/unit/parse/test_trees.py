"""What each form of the language becomes."""

import pytest

from parsing import EXAMPLES, clean, example, only, read
from polc import syntax as s
from polc.parse import parse_bytes

SOFT = """
user fs-group writes cpu memory grace signal base builder app command install mesh none istio
sidecar ambient cni trust-domain dns api-server internal istiod knative-activator uses cidr
except owner consent header path method cookie query rpc tcp grpc exec cluster-wide extends
when relax capability http restricted get both any internet self
"""


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_clean_and_their_spans_hold_their_text(name: str) -> None:
    for declaration in clean(example(name)).declarations:
        if isinstance(declaration, s.Service):
            assert declaration.span.text.startswith("service ")
            assert declaration.span.text.endswith("}")
            for statement in declaration.statements:
                assert statement.span.text.split()[0] in (
                    "image select port allow can run resources probe stop rollout build workload "
                    "scale concurrency timeout"
                )


def test_allow_with_all_its_parts() -> None:
    rule = only(
        'allow from internet, self, any, a, ns/b, std.x.y, namespace z, "any", via ns/g host "h", '
        '"i", on web, 80 { GET, HEAD "/v1/**" "/v2" ANY "/" rpc "p.S/*" } '
        'only in prod, stage until 2026-12-31 because "why"'
    )
    assert [type(peer).__name__ for peer in rule.peers] == [
        *("BroadPeer", "BroadPeer", "BroadPeer", "Ref", "Ref", "Ref", "NamespacePeer", "Ref")
    ]
    assert rule.peers[5].name.text == "std.x.y"
    assert rule.via.gateway.namespace.text == "ns"
    assert [host.value for host in rule.via.hosts] == ["h", "i"]
    assert [port.text for port in rule.ports] == ["web", "80"]
    http, every, rpc = rule.requests
    assert [method.text for method in http.methods] == ["GET", "HEAD"]
    assert [path.value for path in http.paths] == ["/v1/**", "/v2"]
    assert (every.methods[0].text, rpc.name.value) == ("ANY", "p.S/*")
    extra = rule.qualifiers
    assert [name.text for name in extra.only_in] == ["prod", "stage"]
    assert (extra.until.text, extra.because.value) == ("2026-12-31", "why")
    assert extra.span.text == 'only in prod, stage until 2026-12-31 because "why"'
    assert rule.span.text.endswith('because "why"')


def test_no_requests_are_not_the_same_as_all() -> None:
    assert only("allow from a on b").requests is None
    assert only("allow from a on b { }").requests == ()


def test_qualifiers_that_are_not_there_have_a_place() -> None:
    extra = only("allow to a  ").qualifiers
    assert (extra, extra.span.text) == (s.Qualifiers(extra.span), "")
    assert extra.span.column == len("service a { allow to a") + 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("port web 80 -> 8080 http", ("web", "80", "8080", None, "http")),
        ("port web 8000..8100 tcp", ("web", None, "8000", "8100", "tcp")),
        ("port grpc 9555 grpc", ("grpc", None, "9555", None, "grpc")),
        ('port "in" 1->2..3 "x"', ("in", "1", "2", "3", "x")),
    ],
)
def test_ports(text: str, parts: tuple[str | None, ...]) -> None:
    port = only(text)
    service = port.service_port and port.service_port.text
    high = port.container_port.high and port.container_port.high.text
    low = port.container_port.low.text
    assert (port.name.text, service, low, high, port.protocol.text) == parts


@pytest.mark.parametrize(
    ("written", "resource"),
    [
        ("pods", ("pods", "", "")),
        ("pods/log", ("pods", "", "log")),
        ("pods/exec", ("pods", "", "exec")),
        ("deployments.apps/scale", ("deployments", "apps", "scale")),
        (
            "virtualservices.networking.istio.io",
            ("virtualservices", "networking.istio.io", ""),
        ),
    ],
)
def test_resources(written: str, resource: tuple[str, str, str]) -> None:
    [found] = only(f"can get {written}").resources
    assert (found.name, found.group, found.subresource) == resource
    assert found.span.text == written


def test_grants() -> None:
    grant = only('can get, list pods, pods/log, named "a", in ops until 2030-01-01')
    assert [verb.text for verb in grant.verbs] == ["get", "list"]
    assert (len(grant.resources), grant.named[0].value) == (2, "a")
    assert grant.scope.namespace.text == "ops"
    assert only("can get nodes cluster-wide").scope == s.Scope(grant.span, None)
    assert only('can get path "/metrics", "/x"').paths[1].value == "/x"
    assert only("has role ops/reader in x").role.namespace.text == "ops"


def test_run_resources_probes_and_stop() -> None:
    run = only(
        'run { user 1 group 2 fs-group 3 writes "/a", "/b", capability X relax r until 2-3-4 }'
    )
    assert [getattr(item, "kind", type(item).__name__) for item in run.items] == [
        *("user", "group", "fs-group", "Writes", "Capability", "Relax")
    ]
    assert only("resources { cpu 1..2 memory 1Gi }").items[1].amount.high is None
    probe = only('probe ready GET "/x" on web')
    assert (probe.action, probe.path.value, probe.port.text) == ("GET", "/x", "web")
    assert only("probe live tcp on 80").action == "tcp"
    assert only("probe live grpc on grpc").action == "grpc"
    assert [word.value for word in only('probe startup exec ["a", "b",]').command] == ["a", "b"]
    stop = only("stop { signal SIGTERM grace 30s }")
    assert (stop.grace.text, stop.signal.text) == ("30s", "SIGTERM")


def test_rollout_and_build() -> None:
    rollout = only(
        'rollout { when header "x" = "y" and path "/v1/**" and method GET and cookie "c" = "d" '
        '-> v2 v1 90% when 10% version v2 { select { version: "2" } image "i" } }'
    )
    when, first, second, version = rollout.items
    assert [condition.kind for condition in when.conditions] == [
        *("header", "path", "method", "cookie")
    ]
    assert (when.version.text, first.percent.text, second.version.text) == ("v2", "90", "when")
    assert (version.name.text, version.image.ref.value) == ("v2", "i")
    assert isinstance(only('version v2 { image "i" }'), s.Version)
    build = only('build { app "/a" base "b" builder "c" install ["d"] command [] }')
    assert (build.base.value, build.builder.value, build.app.value) == ("b", "c", "/a")
    assert (build.install[0].value, build.command) == ("d", ())


def test_labels_take_any_word_for_a_key() -> None:
    keys = ['"app.kubernetes.io/name"', "version", "app", "role", "a.b/c", "any"]
    text = ", ".join(f'{key}: "x"' for key in keys)
    found = only(f"select {{ {text}, }}").entries
    assert [entry.key.text for entry in found] == [key.strip('"') for key in keys]


def test_declarations() -> None:
    parsed = clean(
        """
        cluster c extends std.platform.openshift { mesh istio ambient cni cilium mesh none
          dns kube-system/kube-dns api-server 10.0.0.1/32 port 6443 internal 10.0.0.0/8, ::/8 }
        cluster d extends c
        namespace shop { owner "x" harden restricted consent both }
        extern service p in monitoring { account "x.y" }
        gateway g { uses "a/b" }
        endpoint e { host "a", cidr 1.0.0.0/8, 2.0.0.0/8 except 3.0.0.0/8 port https 443 tls }
        group h { }
        role r { get pods list nodes get path "/x" }
        profile q extends restricted { writes "/tmp" }
        environment v { cluster c service shop/api { host "x" image "y" } scale 1 }
        """
    )
    types = [type(each).__name__ for each in parsed.declarations]
    assert types == [
        *("Cluster", "Cluster", "Namespace", "ExternService", "Gateway", "Endpoint", "Group"),
        *("Role", "Profile", "Environment"),
    ]
    cluster, _, _, extern, gateway, endpoint, group, role, _, environment = parsed.declarations
    assert [len(item.words) for item in cluster.items if isinstance(item, s.Mesh)] == [2, 1]
    assert (extern.namespace.text, gateway.namespace) == ("monitoring", None)
    assert [len(part) for part in (endpoint.statements[1].cidrs, group.peers)] == [2, 0]
    assert [type(grant).__name__ for grant in role.grants] == ["Can", "Can", "CanPath"]
    assert [type(item).__name__ for item in environment.items] == [
        *("EnvironmentCluster", "EnvironmentService", "Scale")
    ]


def test_imports() -> None:
    module, file, plain = clean('import std.platform import "../x.svc" import x').declarations
    assert (module.target, file.target) == (
        s.Name(module.span, "std.platform"),
        s.String(module.span, "../x.svc"),
    )
    assert plain.target == s.Name(module.span, "x")


@pytest.mark.parametrize("word", SOFT.split())
def test_words_of_a_block_are_names_elsewhere(word: str) -> None:
    parsed = clean(
        f"namespace {word} service {word} {{ port {word} 1 {word} allow from x on {word} "
        f"allow from {word if word not in ('any', 'internet', 'self') else 'x'}, x "
        f'rollout {{ {word} 100% }} select {{ {word}: "x" }} workload {word} {word} '
        f"has role {word}/{word} harden {word} run {{ relax {word} }} }}"
    )
    assert parsed.names == [word, word]


def test_literals_are_kept_as_written_however_wrong() -> None:
    text = "resources { cpu 100Mx..1.5.. }".replace("..", "..2", 1).replace(".. }", " }")
    assert only(text).items[0].amount.low.text == "100Mx"
    blocks = ["10.0.0.0/33", "300.1.2.3/8", "10.0.0.1", "2001:db8::/200", "::/0", "fd00::1"]
    [endpoint] = clean(f"endpoint e {{ cidr {', '.join(blocks)} }}").declarations
    assert [block.text for block in endpoint.statements[0].cidrs] == blocks
    assert only("allow to a until 2026-13-40").qualifiers.until.text == "2026-13-40"


def test_strings_with_escapes() -> None:
    assert only(r'image "a\"b\\c\nd\te\u{1F600}"').ref.value == 'a"b\\c\nd\te\U0001f600'


def test_comments_above_a_declaration_are_its_documentation() -> None:
    parsed = clean(
        "# a file\n\n# One.\n#  Two.\r\n#\nservice a { } # not b's\nservice b { }\n"
        "  # c\n  service c { # no\n }\n# far\n\nnamespace x\n# d\nservice d { } service e { }\n"
    )
    docs = {each.name.text: each.doc for each in parsed.declarations if hasattr(each, "doc")}
    assert docs == {"a": "One.\n Two.\n", "b": "", "c": "c", "x": "", "d": "d", "e": ""}


def test_layout_means_nothing() -> None:
    text = 'namespace x service a { port web 80 http allow from b on web because "c" } role r { }'
    assert read(text.replace(" ", "\r\n")).declarations == read(text).declarations
    assert read(text).declarations == clean(text).declarations


def test_spans_are_relative_to_the_declaration() -> None:
    first, second = clean("# doc\nservice a { }\n\nservice b { }\n").declarations
    assert first.span.anchor is not second.span.anchor
    assert (second.span.line, second.span.column, second.name.span.text) == (4, 1, "b")


def test_bytes() -> None:
    source, file, found = parse_bytes("x", b"\xef\xbb\xbfservice a { }\r\n")
    assert (source.text, len(file.declarations), found) == ("service a { }\r\n", 1, ())
    source, file, found = parse_bytes("x", b"# \xff\nservice a { }")
    assert [(d.code.id, d.span.text) for d in found] == [("POL006", "\ufffd")]
    assert len(file.declarations) == 1
    _, file, found = parse_bytes("x", b"service caf\xe9 { }\nservice b { scal 1 }")
    assert [(d.code.id, d.span.text) for d in found] == [("POL006", "\ufffd"), ("POL001", "scal")]
    _, file, found = parse_bytes("x", "service a { }".encode("utf-16"))
    assert [d.code.id for d in found] == ["POL006"]
