"""Requests: the methods and paths, or gRPC methods, to which a flow is narrowed."""

import re

from polc import syntax
from polc.codes import flows, values
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import HTTP_PROTOCOLS, HttpRequest, Path, Port, Request, RpcRequest
from polc.ir.paths import covers
from polc.lower.values import path
from polc.lower.words import replaceable, unknown

ANY = "ANY"
METHODS = (
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"),
    *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH"),
    *("MKCALENDAR", "ACL", "QUERY"),
)
"""Methods of the IANA registry that servers answer: RFC 9110, 5789, WebDAV and its kin."""

_RPC_SERVICE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_RPC_METHOD = re.compile(r"\*|[A-Za-z_][A-Za-z0-9_]*")


def lower_requests(
    requests: tuple[syntax.Request, ...], port: Port, found: list[Diagnostic]
) -> tuple[Request, ...]:
    """Read the requests that a flow to `port` is narrowed to, sorted, without contained ones."""
    http: dict[Path, frozenset[str]] = {}
    rpc: set[RpcRequest] = set()
    for request in requests:
        if isinstance(request, syntax.HttpRequest):
            methods = _methods(request, found)
            paths = [path(each, found) for each in request.paths]
            if not _fits(request, port, found) or methods is None:
                continue
            for each in paths:
                if each is not None:
                    http[each] = _join(http.get(each), methods)
        else:
            name = _rpc(request.name, found)
            if _fits(request, port, found) and name is not None:
                rpc.add(name)
    return (*_http_requests(http), *_rpc_requests(rpc))


def method(word: syntax.Word | syntax.String, found: list[Diagnostic]) -> str | None:
    """Read one method, in upper case (methods are case-sensitive: RFC 9110, section 9.1)."""
    text = word.value if isinstance(word, syntax.String) else word.text
    if text in METHODS:
        return text
    message = f"`{text}` is not an HTTP method that polc knows"
    if text.upper() in METHODS:
        found.append(replaceable(values.UNKNOWN_WORD, message, word.span, text.upper()))
        return None
    hint = "write `ANY` for every method"
    found.append(unknown(values.UNKNOWN_WORD, message, word.span, text, METHODS, otherwise=hint))
    return None


def _methods(request: syntax.HttpRequest, found: list[Diagnostic]) -> frozenset[str] | None:
    """Return the methods, none for `ANY`, or None where one of them is unknown."""
    read = [method(word, found) for word in request.methods if word.text != ANY]
    if None in read:
        return None
    if len(read) < len(request.methods):
        return frozenset()
    return frozenset(each for each in read if each is not None)


def _join(one: frozenset[str] | None, other: frozenset[str]) -> frozenset[str]:
    if one is None:
        return other
    return one | other if one and other else frozenset()


def _fits(request: syntax.Request, port: Port, found: list[Diagnostic]) -> bool:
    """Report a request on a port where nobody could read it."""
    is_rpc = isinstance(request, syntax.RpcRequest)
    if port.protocol == "grpc" or (not is_rpc and port.protocol in HTTP_PROTOCOLS):
        return True
    if port.protocol in ("https", "tls"):
        hint = (
            f"nobody but `{port.name}` itself can read what it encrypts; let the mesh encrypt "
            f"and declare the port as `{'grpc' if is_rpc else 'http'}`, or allow the whole port"
        )
    elif is_rpc:
        hint = "declare the port as `grpc`, or allow the whole port"
    else:
        hint = "declare the port as `http`, `http2` or `grpc`, or allow the whole port"
    kind = "gRPC methods" if is_rpc else "HTTP requests"
    found.append(
        Diagnostic(
            flows.REQUESTS_ON_PORT,
            f"port `{port.name}` speaks `{port.protocol}`, where no {kind} can be told apart",
            request.span,
            (Label(port.span, "the port"),),
            help=hint,
        )
    )
    return False


def _rpc(name: syntax.String, found: list[Diagnostic]) -> RpcRequest | None:
    """Read `pkg.Service/Method` or `pkg.Service/*` (protobuf's names)."""
    service, slash, called = name.value.partition("/")
    if slash and _RPC_SERVICE.fullmatch(service) and _RPC_METHOD.fullmatch(called):
        return RpcRequest(service, "" if called == "*" else called)
    message = f"`{name.value}` is not a gRPC method"
    bare = name.value.strip("/")
    if name.value.startswith("/") and "/" in bare:
        hint = f"leave out the first `/`: `{bare}`"
        found.append(replaceable(values.BAD_RPC, message, name.span, f'"{bare}"', help=hint))
    elif _RPC_SERVICE.fullmatch(bare):
        hint = f"for all methods of the service write `{bare}/*`"
        found.append(replaceable(values.BAD_RPC, message, name.span, f'"{bare}/*"', help=hint))
    else:
        hint = "write `package.Service/Method`, or `package.Service/*` for all of its methods"
        found.append(Diagnostic(values.BAD_RPC, message, name.span, help=hint))
    return None


def _http_requests(http: dict[Path, frozenset[str]]) -> tuple[HttpRequest, ...]:
    shapes = {_shape(each) for each in http if each.rest or "*" in each.segments}
    made = []
    for each, methods in http.items():
        left = methods
        contained = False
        for other in {_shaped(each, *shape) for shape in shapes}:
            more = http.get(other)
            if more is not None and other != each and covers(other, each):
                contained = contained or not more
                left = left - more
        if not contained and (left or not methods):
            made.append(HttpRequest(tuple(sorted(left)), each))
    return tuple(sorted(made, key=lambda request: (str(request.path), request.methods)))


def _shape(wide: Path) -> tuple[int, tuple[int, ...], bool]:
    """Return how a path is wide: many paths have few shapes, so covers are looked up by these."""
    stars = tuple(at for at, segment in enumerate(wide.segments) if segment == "*")
    return len(wide.segments), stars, wide.rest


def _shaped(narrow: Path, size: int, stars: tuple[int, ...], rest: bool) -> Path:
    """Return the only path of a shape that may cover this one."""
    segments = list(narrow.segments[:size])
    for at in stars:
        if at < len(segments):
            segments[at] = "*"
    return Path(tuple(segments), rest)


def _rpc_requests(rpc: set[RpcRequest]) -> tuple[RpcRequest, ...]:
    whole = {each.service for each in rpc if not each.method}
    return tuple(sorted(each for each in rpc if not each.method or each.service not in whole))
