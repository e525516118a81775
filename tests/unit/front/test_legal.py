"""Programs in odd layouts, and with words as names, that are as good as any other."""

import pytest

from compiling import build, compile_text, flows_of
from polc.diagnostics import Severity

LEGAL = {
    "all on one line": (
        'cluster c { mesh istio sidecar cni kubernetes } namespace n { owner "t" consent both } '
        'service a { select { app: "a" } port w 80 -> 8080 http allow from b on w '
        '{ GET, HEAD "/x" "/y" POST "/z" ANY "/q/**" } } service b { allow to a, }'
    ),
    "trailing commas": """
        namespace n
        group g { a, b, }
        service a { select { app: "a", } run { writes "/a", "/b", } can get path "/x", "/y", }
        service b { port w 1 tcp  allow from g, on w, }
    """,
    "words of blocks as names": """
        namespace app
        service user { port grpc 1 grpc  allow from app, path, header, base, rpc, cpu on grpc }
        service app { } service path { } service header { } service base { } service cpu { }
        service rpc { port exec 8080 tcp  port tcp 53 udp  allow from user on exec, tcp }
    """,
    "words of blocks as all kinds of names": """
        namespace consent { consent both }
        role owner { get pods }
        profile writes extends restricted { writes "/tmp" }
        endpoint internal { cidr 10.1.0.0/24 port path 1 tcp }
        group cookie { command }
        service command { harden writes has role owner allow to internal on path, allow to signal }
        service signal { account user workload deployment install port query 7 http
          allow from cookie on query }
        environment capability { cluster cni }
        cluster cni { mesh none }
    """,
    "quoted names": """
        namespace "2048-game"
        service "gateway" { port "allow" 80 http  allow from "service" on "allow" }
        service "service" { account "my.account" select { "a.b/c": "d", e: "", f.g/h: "x" } }
        service "3scale" { workload statefulset "a.b.c" }
        group "group" { "gateway", "2048-game"/"service" }
        service x { port "8080" 8080 http allow from "group" on "8080" }
    """,
    "statements from the last to the first": """
        namespace n
        service z {
          probe live GET "/h" on w  stop { signal SIGINT grace 1m }
          resources { memory 1Gi cpu 1 }  run { writes "/b" group 7 user 6 }
          allow to y  harden restricted  port w 8080 http  workload deployment zz  account zzz
        }
        service y { allow from z on p  port p 1 tcp }
        cluster c { cni cilium mesh none dns kube-system/kube-dns trust-domain "x.example" }
        import std.platform
    """,
    "ports of all kinds, by name and number": """
        namespace n
        service a {
          port rtp 20000..20100 udp  port s 5060 sctp  port k 9092 kafka  port m 27017 mongo
          port q 3306 mysql
          allow from b on rtp, s, k, 27017, 3306
        }
        service b { }
        endpoint six { cidr 2001:db8::/64, 198.51.100.7/32 port https 443 tls port alt 8443 https }
        service c { allow to six on https, 8443 }
    """,
    "things of other namespaces": """
        namespace a
        role r { get pods }
        profile p extends restricted { }
        group g { b/s }
        namespace b
        service s { has role a/r harden a/p allow to t }
        service t { port w 1 tcp allow from a/g, b/s on w }
    """,
    "comments everywhere": """
        # of nobody

        # of n
        namespace n   # behind
        # of a
        service a { # inside
          port w 80 http # behind a port
          allow from # between
            self on w
        } # behind a
        # at the end""",
    "empty blocks": (
        'namespace n { } service a { run { } resources { } select { a: "b" } stop { } }'
    ),
    "escapes": r"""
        namespace n { owner "a \"b\" \\ \u{1F600} \t" }
        service a { port w 1 tcp allow from any because "x\ny" }
    """,
    "a library's presets as they are": """
        import std.platform
        cluster prod extends std.platform.openshift
        profile x extends baseline
        namespace n service a { harden x }
    """,
}


@pytest.mark.parametrize("text", LEGAL.values(), ids=LEGAL)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\t"])
def test_legal(text: str, end: str) -> None:
    done = compile_text("\ufeff" + text.replace("\n", end))
    assert [each for each in done.diagnostics if each.severity is Severity.ERROR] == []


def test_words_of_blocks_are_just_names() -> None:
    assert flows_of(LEGAL["words of blocks as names"]) == {
        *((f"app/{name}", "app/user", "grpc") for name in ("app", "path", "header", "base")),
        *((f"app/{name}", "app/user", "grpc") for name in ("rpc", "cpu")),
        *(("app/user", "app/rpc", port) for port in ("exec", "tcp")),
    }


def test_a_file_may_be_imported_behind_what_uses_it() -> None:
    files = {"o.svc": "namespace n\nservice b { port p 1 tcp }"}
    done = compile_text('namespace n\nservice a { allow to b }\nimport "o.svc"', files=files)
    assert done.diagnostics == ()


def test_nothing_at_all_is_a_program() -> None:
    for text in ("", "\n", "# a comment", "namespace n"):
        assert build(text).workloads == ()
