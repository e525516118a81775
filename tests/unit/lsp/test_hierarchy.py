"""The call hierarchy: who may reach whom, through which lines, as whom."""

import pytest
from lsprotocol import types

import polc_stdlib
from lsp_support import LINKED, Editor, editor
from polc.lsp.documents import path_of

PREPARE = types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY

MESH = """\
import std.platform
cluster test { mesh istio sidecar  cni kubernetes }
namespace shop
endpoint stripe { cidr 198.51.100.0/24  port https 443 tls }
group callers { mobile/bff, frontend }
service api {
  port web 80 -> 8080 http
  port metrics 9090 http
  allow from callers on web { GET "/v1/**" }
  allow from frontend on metrics until 2030-12-31
  allow from std.platform.prometheus on metrics
  allow from namespace mobile on metrics because "they look"
  allow from internet via std.platform.istio-ingress host "api.example.com" on web because "so"
  allow to stripe
  allow to any on 9999 because "it scans"
}
service frontend { allow to api on web }
namespace mobile
service bff { allow to shop/api on web, metrics }
"""


def prepared(one: Editor) -> list[types.CallHierarchyItem]:
    return one.ask(PREPARE) or []


def calls(one: Editor, direction: str) -> list[str]:
    """Return each call of the item under the cursor: its name, detail and lines."""
    [item] = prepared(one)
    if direction == "from":
        found = one.ask(
            types.CALL_HIERARCHY_INCOMING_CALLS, types.CallHierarchyIncomingCallsParams(item)
        )
        pairs = [(each.from_, each.from_.uri, each.from_ranges) for each in found]
    else:
        found = one.ask(
            types.CALL_HIERARCHY_OUTGOING_CALLS, types.CallHierarchyOutgoingCallsParams(item)
        )
        pairs = [(each.to, item.uri, each.from_ranges) for each in found]
    return [
        f"{other.name} | {other.detail} | "
        + ", ".join(one.shown(types.Location(uri, each)).split(":", 1)[1] for each in ranges)
        for other, uri, ranges in pairs
    ]


def at(text: str, mark: str) -> str:
    plain = mark.replace("|", "")
    assert text.count(plain) == 1, plain
    return text.replace(plain, mark)


IDENTITY = "as spiffe://cluster.local/ns"


def test_who_may_reach_a_service_as_whom_and_over_what() -> None:
    found = calls(editor(at(MESH, "service |api")), "from")
    requests = 'on web { GET "/v1/**" }, on metrics'
    names = ["istio-ingress/istio-ingress", "monitoring/prometheus"]
    assert [each.rpartition(" | ")[0] for each in found] == [
        f"{names[0]} | on web · {IDENTITY}/istio-ingress/sa/istio-ingressgateway",
        f"mobile/bff | {requests} · {IDENTITY}/mobile/sa/bff",
        f"{names[1]} | on metrics · {IDENTITY}/monitoring/sa/prometheus-k8s",
        "namespace mobile | on metrics",
        f"shop/frontend | {requests} · {IDENTITY}/shop/sa/frontend",
    ]
    # The lines are those of the caller; one in another file that says nothing has only its name.
    assert [each.rpartition(" | ")[2].split(" ", 1)[1] for each in found] == [
        "istio-ingress",
        "shop/api",
        "prometheus",
        "namespace mobile",
        "api",
    ]


def test_whom_a_service_may_reach() -> None:
    assert calls(editor(at(MESH, "service |api")), "to") == [
        f"any | on 9999 · {IDENTITY}/shop/sa/api | 15:12 any",
        f"stripe | on https · {IDENTITY}/shop/sa/api | 14:12 stripe",
    ]


def test_without_a_mesh_the_account_is_named_and_one_end_may_speak_for_both() -> None:
    one = editor(LINKED.replace("service api", "service |api").replace("  allow to api on web", ""))
    assert calls(one, "from") == ["shop/frontend | on web · as shop/frontend | 13:14 frontend"]
    assert calls(editor(LINKED.replace("service front", "service |front")), "to") == [
        "shop/api | on web · as shop/frontend | 7:12 api"
    ]


def test_a_flow_that_ends_says_when() -> None:
    line = "allow from frontend on web"
    text = LINKED.replace(line, f"{line} until 2030-12-31").replace("  allow to api on web", "")
    [found] = calls(editor(text.replace("service api", "service |api")), "from")
    assert " · until 2030-12-31 | " in found


def test_many_requests_are_cut() -> None:
    paths = "  ".join(f'GET "/{n}"' for n in range(9))
    text = MESH.replace('GET "/v1/**"', paths)
    found = calls(editor(at(text, "service |api")), "from")
    assert 'on web { GET "/0"  GET "/1"  GET "/2"  … 6 more }, on metrics' in found[1]


@pytest.mark.parametrize(
    ("mark", "names"),
    [
        ("service |api", ["shop/api"]),
        ("on web {| GET", ["shop/api"]),
        ("  allow| from callers", ["shop/api"]),
        ("frontend { allow to a|pi", ["shop/api"]),
        ("allow to stri|pe", ["stripe"]),
        ("endpoint |stripe", ["stripe"]),
        ("allow to |any", ["any"]),
        ("from |internet", ["internet"]),
        ("from namespace |mobile", ["namespace mobile"]),
        ("group |callers", ["mobile/bff", "shop/frontend"]),
        ("from |callers", ["mobile/bff", "shop/frontend"]),
        ("via std.platform.|istio", ["istio-ingress/istio-ingress"]),
        ("port |metrics", ["shop/api"]),
        ("mesh| istio", []),
        ("import |std", []),
    ],
)
def test_it_starts_from_whoever_is_meant(mark: str, names: list[str]) -> None:
    assert [each.name for each in prepared(editor(at(MESH, mark)))] == names


def test_an_item_says_what_it_is_and_where() -> None:
    [api] = prepared(editor(at(MESH, "service |api")))
    assert (api.kind, api.detail) == (
        types.SymbolKind.Class,
        "service · reachable by 5 · reaches 2",
    )
    assert (api.range.start.line, api.selection_range.start.character) == (5, 8)
    [prometheus] = prepared(editor(at(MESH, "std.platform.|prometheus")))
    assert path_of(prometheus.uri) == polc_stdlib.path("std.platform")


@pytest.mark.parametrize(
    ("mark", "direction", "expected"),
    [
        ("from |internet", "to", ["istio-ingress/istio-ingress | as api.example.com"]),
        ("std.platform.|istio", "from", ["internet | as api.example.com"]),
        ("endpoint |stripe", "from", [f"shop/api | on https · {IDENTITY}/shop/sa/api"]),
        ("allow to |any", "from", [f"shop/api | on 9999 · {IDENTITY}/shop/sa/api"]),
        ("from namespace |mobile", "to", ["shop/api | on metrics"]),
        ("service |frontend", "from", []),
    ],
)
def test_others_than_services_have_calls_too(
    mark: str, direction: str, expected: list[str]
) -> None:
    found = calls(editor(at(MESH, mark)), direction)
    assert [each.rpartition(" | ")[0] for each in found] == expected


def test_it_goes_on_in_other_files() -> None:
    files = {
        "main.svc": 'import "api.svc"\nnamespace web\nservice page { allow to shop/|api on web }\n',
        "api.svc": LINKED.replace("from frontend on", "from frontend, web/page on"),
    }
    one = editor(files)
    [api] = prepared(one)
    assert path_of(api.uri) == one.path("api.svc")
    assert calls(one, "from") == [
        "shop/frontend | on web · as shop/frontend | 7:12 api",
        "web/page | on web · as web/page | 3:25 shop/api",
    ]


# --- no stale answers ---------------------------------------------------------------------------


def test_a_line_that_was_edited_since_counts_no_longer() -> None:
    one = editor(LINKED.replace("service frontend", "service |frontend"))
    assert len(calls(one, "to")) == 1
    one.cursors[one.name] = [one.text().index("allow to api") + 9]
    one.type("x")
    one.cursors[one.name] = [one.text().index("service frontend") + 9]
    assert calls(one, "to") == []
    # The callee's line still permits it alone.
    assert calls(one.settle(), "to") == ["shop/api | on web · as shop/frontend | 13:14 frontend"]


def test_lines_that_moved_since_are_where_they_are_now() -> None:
    one = editor("|" + LINKED.replace("allow from frontend on web", ""))
    one.type("# above\n\n")
    one.cursors[one.name] = [one.text().index("service frontend") + 9]
    assert calls(one, "to") == ["shop/api | on web · as shop/frontend | 9:12 api"]


def test_before_the_first_compilation_there_are_no_calls() -> None:
    one = editor(LINKED.replace("service api", "service |api"), settled=False)
    [item] = prepared(one)
    assert item.detail == "service"
    assert calls(one, "from") == []


@pytest.mark.parametrize("text", ["|", "service |", "cluster |x { }", "namespace a\nservice x {|"])
def test_half_typed_programs_are_no_trouble(text: str) -> None:
    one = editor(text)
    for item in prepared(one):
        params = types.CallHierarchyIncomingCallsParams(item)
        assert one.ask(types.CALL_HIERARCHY_INCOMING_CALLS, params) == []


@pytest.mark.parametrize("data", [None, "x", {}, {"name": 1, "uri": 2}, {"name": "a", "uri": "b"}])
def test_items_of_others_are_answered_with_nothing(data: object) -> None:
    span = types.Range(types.Position(0, 0), types.Position(0, 0))
    item = types.CallHierarchyItem("x", types.SymbolKind.Class, "file:///x", span, span, data=data)
    one = editor(LINKED)
    params = types.CallHierarchyOutgoingCallsParams(item)
    assert one.ask(types.CALL_HIERARCHY_OUTGOING_CALLS, params) is None
