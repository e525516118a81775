"""What a broader caller or another line admits anyway is not written a second time."""

import pytest

from ir_build import INTERNET, blocks, flow, pods, port, workload
from polc.ir.nodes import AllPods, Flow, HttpRequest, NamespacePods, Path, RpcRequest
from polc_backends.istio.minimal import reduced
from unit.backends.istio.emitting import AMBIENT, SIDECAR, objects

WEB = port("web", 8080, service=80)
SQL = port("sql", 5432, "postgres")
MEDIA = port("media", 9000, "tcp", end=9002)
ONE = port("one", 9001, "tcp")
API = workload("shop/api", WEB, SQL, MEDIA, ONE)
WORKER, MOBILE = pods("shop/worker"), pods("front/mobile")
FRONT = NamespacePods("front")
ME = "cluster.local/ns/front/sa/mobile"
NAMESPACE = "cluster.local/ns/front/sa/*"


def get(path: str, *methods: str) -> HttpRequest:
    segments = tuple(path.removeprefix("/").split("/"))
    rest = segments[-1] == "**"
    return HttpRequest(methods or ("GET",), Path(segments[:-1] if rest else segments, rest))


def asks(*requests: HttpRequest) -> dict[str, tuple[HttpRequest, ...]]:
    return {"requests": requests}


def rules(*flows: Flow, on=SIDECAR, name="api") -> list[tuple[list[str], list[dict[str, object]]]]:
    """Return principals (or blocks) and operations of each rule, without the ports."""
    found = []
    for rule in objects(API, flows=flows, on=on)["AuthorizationPolicy", name]["rules"]:
        callers = [value for each in rule["from"] for value in next(iter(each["source"].values()))]
        bodies = [dict(each["operation"]) for each in rule["to"]]
        for body in bodies:
            if on is SIDECAR and body["ports"] == ["8080"]:
                del body["ports"]
        found.append((callers, bodies))
    return found


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ([get("/**"), get("/v1")], [{"methods": ["GET"], "paths": ["/*"]}]),
        ([get("/v1"), get("/**", "GET", "POST")], [{"methods": ["GET", "POST"], "paths": ["/*"]}]),
        (
            [get("/**"), get("/v1", "GET", "POST")],
            [{"methods": ["GET"], "paths": ["/*"]}, {"methods": ["POST"], "paths": ["/v1"]}],
        ),
        ([get("/v1/*"), get("/v1/a")], [{"methods": ["GET"], "paths": ["/v1/{*}"]}]),
        ([get("/v1/*"), get("/v1/a=b")], [{"methods": ["GET"], "paths": ["/v1/{*}", "/v1/a=b"]}]),
        (
            [get("/*"), get("/v1/**")],
            [{"methods": ["GET"], "paths": ["/{*}", "/v1/*"]}],
        ),
        (
            [get("/*/**"), get("/a/*"), get("/a/*/b"), get("/a/")],
            [{"methods": ["GET"], "paths": ["/{*}", "/{*}/{**}"]}],
        ),
        ([get("/a"), get("/a", "POST")], [
            {"methods": ["GET"], "paths": ["/a"]}, {"methods": ["POST"], "paths": ["/a"]},
        ]),
    ],
)  # fmt: skip
def test_of_one_callers_requests_none_holds_another(asked, left) -> None:
    ((_, operations),) = rules(flow(MOBILE, API, WEB, requests=tuple(asked)))
    assert operations == left


def test_calls_of_one_service_hold_each_other() -> None:
    requests = (RpcRequest("shop.Cart", ""), RpcRequest("shop.Cart", "Get"))
    ((_, operations),) = rules(flow(MOBILE, API, WEB, requests=requests))
    assert operations == [{"methods": ["POST"], "paths": ["/shop.Cart/*"]}]


def test_a_broader_caller_holds_what_a_narrower_one_asks_for() -> None:
    assert rules(
        flow(FRONT, API, WEB, **asks(get("/v1/**"))),
        flow(MOBILE, API, WEB, **asks(get("/v1/a"), get("/v2"))),
    ) == [
        ([ME], [{"methods": ["GET"], "paths": ["/v2"]}]),
        ([NAMESPACE], [{"methods": ["GET"], "paths": ["/v1", "/v1/*"]}]),
    ]
    ((callers, _),) = rules(
        flow(AllPods(), API, WEB, **asks(get("/**"))),
        flow(FRONT, API, WEB, **asks(get("/b"))),
        flow(MOBILE, API, WEB, **asks(get("/a"))),
    )
    assert callers == ["cluster.local/*"]


def test_every_request_is_everything_where_requests_are_read() -> None:
    every = get("/**")
    ((callers, _),) = rules(
        flow(FRONT, API, WEB, **asks(HttpRequest((), every.path))), flow(MOBILE, API, WEB)
    )
    assert callers == [NAMESPACE]


def test_one_account_is_one_caller_whatever_it_is_called() -> None:
    twin = pods("front/twin", account="mobile")
    assert rules(
        flow(MOBILE, API, WEB, **asks(get("/a"))), flow(twin, API, WEB, **asks(get("/**")))
    ) == [([ME], [{"methods": ["GET"], "paths": ["/*"]}])]
    ((_, operations),) = rules(flow(MOBILE, API, WEB, **asks(get("/a"))), flow(twin, API, WEB))
    assert operations == [{}]


def test_ports_that_are_open_already_are_not_named_again() -> None:
    assert rules(flow(MOBILE, API, MEDIA), flow(FRONT, API, ONE)) == [
        ([ME], [{"ports": ["9000", "9002"]}]),
        ([NAMESPACE], [{"ports": ["9001"]}]),
    ]
    ((_, operations),) = rules(flow(MOBILE, API, MEDIA), flow(MOBILE, API, ONE))
    assert operations == [{"ports": ["9000", "9001", "9002"]}]


def test_of_addresses_only_the_blocks_stay_that_others_do_not_hold() -> None:
    mixed = blocks("mixed", "10.1.0.0/16", "203.0.113.0/24", "203.0.113.128/25")
    assert [callers for callers, _ in rules(flow(mixed, API, SQL), flow(INTERNET, API, SQL))] == [
        ["0.0.0.0/0", "::/0", "10.1.0.0/16"]
    ]
    assert rules(
        flow(mixed, API, WEB, **asks(get("/a"), get("/b"))),
        flow(INTERNET, API, WEB, **asks(get("/a"))),
    ) == [
        (["0.0.0.0/0", "::/0"], [{"methods": ["GET"], "paths": ["/a"]}]),
        (["10.1.0.0/16"], [{"methods": ["GET"], "paths": ["/a", "/b"]}]),
        (["203.0.113.0/24"], [{"methods": ["GET"], "paths": ["/b"]}]),
    ]


def test_the_waypoint_is_admitted_where_nobody_else_lets_it_in() -> None:
    made = flow(MOBILE, API, WEB, **asks(get("/a"))), flow(AllPods(), API, SQL)
    assert (
        rules(*made, on=AMBIENT)
        == [
            (["cluster.local/*"], [{"ports": ["5432"]}]),
            (["cluster.local/ns/shop/sa/waypoint"], [{"ports": ["8080"]}]),
        ][::-1]
    )
    shop = flow(MOBILE, API, WEB, **asks(get("/a"))), flow(NamespacePods("shop"), API, SQL)
    assert [callers for callers, _ in rules(*shop, on=AMBIENT)] == [
        ["cluster.local/ns/shop/sa/waypoint"], ["cluster.local/ns/shop/sa/*"],
    ]  # fmt: skip
    other = flow(MOBILE, API, WEB, **asks(get("/a"))), flow(FRONT, API, SQL)
    assert [operations for _, operations in rules(*other, on=AMBIENT)] == [
        [{"ports": ["5432", "8080"]}], [{"ports": ["5432"]}],
    ]  # fmt: skip


def test_what_holds_nothing_stays_as_it_is() -> None:
    asked = ((("GET",), ("/a", "/b/*")), ((), ("/c",)))
    assert reduced(asked) is asked
    assert reduced(asked, [((), ("/*",))]) == ()
