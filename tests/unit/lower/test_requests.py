"""Requests: what narrows a flow, and where nothing can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowering import Lowered, lowered, ports, statement
from polc.ir.nodes import HttpRequest, Path, RpcRequest
from polc.ir.paths import matches
from polc.lower.requests import lower_requests


def narrowed(requests: str, protocol: str = "http") -> Lowered:
    allow = statement(f"allow from a on p {{ {requests} }}")
    (port,) = ports(f"port p 9000 {protocol}")
    return lowered(lower_requests, allow.requests, port)


def test_methods_and_paths_are_sorted() -> None:
    assert narrowed('POST "/v1/orders" HEAD, GET "/v1/**" "/a"').value == (
        HttpRequest(("GET", "HEAD"), Path(("a",))),
        HttpRequest(("GET", "HEAD"), Path(("v1",), rest=True)),
        HttpRequest(("POST",), Path(("v1", "orders"))),
    )


def test_any_is_every_method() -> None:
    assert narrowed('ANY "/a"').value == (HttpRequest((), Path(("a",))),)
    assert narrowed('GET, ANY "/a"').value == (HttpRequest((), Path(("a",))),)


def test_contained_requests_are_left_out() -> None:
    wide = HttpRequest(("GET",), Path((), rest=True))
    assert narrowed('GET "/**" GET "/a"').value == (wide,)
    assert narrowed('GET "/**" GET, PUT "/a"').value == (wide, HttpRequest(("PUT",), Path(("a",))))
    assert narrowed('ANY "/**" PUT "/a"').value == (HttpRequest((), Path((), rest=True)),)
    assert narrowed('PUT "/a" ANY "/a"').value == (HttpRequest((), Path(("a",))),)
    assert len(narrowed('GET "/**" ANY "/a"').value) == 2


def test_rpc() -> None:
    assert narrowed('rpc "shop.Cart/Add" rpc "shop.Cart/*" rpc "Echo/Ping"', "grpc").value == (
        RpcRequest("Echo", "Ping"),
        RpcRequest("shop.Cart", ""),
    )


@pytest.mark.parametrize("protocol", ["http", "http2", "grpc"])
def test_ports_with_requests(protocol: str) -> None:
    assert narrowed('GET "/"', protocol).found == []


@pytest.mark.parametrize("protocol", ["https", "tls", "tcp", "postgres"])
def test_ports_without_requests(protocol: str) -> None:
    done = narrowed('GET, PUT "/a" "/b"', protocol)
    assert done.marks == [("POL209", 'GET, PUT "/a" "/b"')]
    assert done.only.labels[0].span.text == f"port p 9000 {protocol}"
    assert done.value == ()
    assert ("encrypts" in (done.only.help or "")) is (protocol in ("https", "tls"))


def test_rpc_needs_grpc() -> None:
    assert narrowed('rpc "a.B/C"', "http2").marks == [("POL209", 'rpc "a.B/C"')]


@pytest.mark.parametrize(
    ("requests", "protocol", "marks", "hint"),
    [
        ('GTE "/"', "http", [("POL612", "GTE")], "did you mean `GET`?"),
        ('ALL "/"', "http", [("POL612", "ALL")], ""),
        ('GET "v1"', "http", [("POL608", '"v1"')], "write `/v1`"),
        ('rpc "/a.B/C"', "grpc", [("POL609", '"/a.B/C"')], "`a.B/C`"),
        ('rpc "a.B"', "grpc", [("POL609", '"a.B"')], "`a.B/*`"),
        ('rpc "*/C"', "grpc", [("POL609", '"*/C"')], "package.Service/Method"),
        ('rpc "a.B/C*"', "grpc", [("POL609", '"a.B/C*"')], "package.Service/Method"),
        ('rpc "a..B/C"', "grpc", [("POL609", '"a..B/C"')], "package.Service/Method"),
    ],
)
def test_findings(requests: str, protocol: str, marks: list[tuple[str, str]], hint: str) -> None:
    done = narrowed(requests, protocol)
    assert done.marks == marks
    assert hint in (done.only.help or "")


def admits(requests: tuple[HttpRequest, ...], method: str, path: str) -> bool:
    return any(
        (not each.methods or method in each.methods) and matches(each.path, path)
        for each in requests
    )


LINES = st.lists(
    st.tuples(
        st.sampled_from(["GET", "PUT", "GET, PUT", "ANY"]),
        st.sampled_from(["/", "/a", "/*", "/a/**", "/**", "/*/b", "/a/*"]),
    ),
    min_size=1,
    max_size=4,
)


@given(
    LINES, st.sampled_from(["GET", "PUT", "DELETE"]), st.sampled_from(["/", "/a", "/a/b", "/c/b"])
)
def test_simplifying_changes_nothing(lines: list[tuple[str, str]], method: str, path: str) -> None:
    together = narrowed(" ".join(f'{methods} "{pattern}"' for methods, pattern in lines)).value
    each = [narrowed(f'{methods} "{pattern}"').value for methods, pattern in lines]
    assert admits(together, method, path) == any(admits(one, method, path) for one in each)
