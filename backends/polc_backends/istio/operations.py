"""What may be asked: ports and requests of the IR to the `operation`s of an AuthorizationPolicy.

Sources (istio/istio 86c9f01, envoyproxy/envoy 0f39b1c):

- A path is compared without its query, exactly, or as a prefix where it ends in `*`
  (pilot/pkg/security/authz/matcher/string.go). One prefix can't say "`/v1` and below": `/v1*`
  would match `/v1x` too, so a rest takes two entries.
- `{*}` and `{**}` make it a template, and then a final `*` is no prefix any more. `{*}` is one
  non-empty segment, `{**}` has to be last (pkg/config/security/security.go).
- Envoy's parser of templates refuses empty segments and the sign `=` in a literal, and one bad
  template makes the proxy refuse its whole configuration
  (source/extensions/path/uri_template_lib/uri_template_internal.cc). Its wildcards do not match
  `=` and `*` either, so such a request is denied: narrower than declared, never wider.
- gRPC is `POST` on `/package.Service/Method` (gRPC over HTTP/2, "Requests").
- `ports` are strings, one number each.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from polc.ir.nodes import HttpRequest, Path, Port, Request, RpcRequest
from polc_backends.istio.minimal import Asked, reduced

MAX_PORTS = 256
"""The longest range that is written out, port by port."""


class Inexpressible(Exception):
    """Istio has no words for it; the message completes "not enforceable: "."""

    def __init__(self, message: str, help_line: str) -> None:
        super().__init__(message)
        self.help_line = help_line


def container_ports(port: Port) -> tuple[int, ...]:
    """Return the ports of a pod that a port stands for."""
    return _range(port, port.container)


def service_ports(port: Port) -> tuple[int, ...]:
    """Return the ports of the Service in front of it."""
    return _range(port, port.service)


def _range(port: Port, first: int) -> tuple[int, ...]:
    count = port.end - port.container + 1
    if count > MAX_PORTS:
        raise Inexpressible(
            f"Istio's rules name each port, and `{port.name}` has {count}",
            f"declare at most {MAX_PORTS} ports at a time",
        )
    return tuple(range(first, first + count))


@lru_cache(maxsize=1 << 12)
def asked(requests: tuple[Request, ...] | None) -> Asked | None:
    """Return what requests ask for, with nothing in it twice; None: everything."""
    if requests is None:
        return None
    by_methods: dict[tuple[str, ...], dict[str, None]] = {}
    for request in requests:
        methods, paths = _request(request)
        by_methods.setdefault(methods, {}).update(dict.fromkeys(paths))
    return reduced((methods, tuple(paths)) for methods, paths in by_methods.items())


def operations(ports: Iterable[int], entries: Asked | None) -> list[dict[str, Any]]:
    """Return the `to` of a rule, never empty: one of its entries has to match.

    Requests are joined by their methods, which is exact: an entry admits each of its methods on
    each of its paths.
    """
    where = {"ports": [str(port) for port in ports]}
    if entries is None:
        return [{"operation": where}]
    return [
        {
            "operation": {
                **where,
                **({"methods": list(methods)} if methods else {}),
                "paths": list(paths),
            }
        }
        for methods, paths in entries
    ]


def _request(request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    match request:
        case HttpRequest():
            return request.methods, path_forms(request.path)
        case RpcRequest():
            return ("POST",), (f"/{request.service}/{request.method or '*'}",)


def path_forms(path: Path) -> tuple[str, ...]:
    """Return what stands for a path in `paths`; one of several has to match."""
    if "*" in path.segments:
        return _templates(path)
    text = "".join(f"/{segment}" for segment in path.segments)
    if not path.rest:
        return (text,)
    # Every path starts with `/`, so `/**` needs no second form.
    return (text, f"{text}/*") if text else ("/*",)


def _templates(path: Path) -> tuple[str, ...]:
    if "" in path.segments:
        raise Inexpressible(
            f"a path with `*` can't end in `/` for Istio: `{path}`",
            "leave out the final `/`, or write the segments out",
        )
    if odd := next((segment for segment in path.segments if "=" in segment), None):
        raise Inexpressible(
            f"a path with `*` can't have `=` elsewhere for Istio: `{odd}`",
            "write the path out without `*`",
        )
    text = "".join("/{*}" if segment == "*" else f"/{segment}" for segment in path.segments)
    return (text, f"{text}/{{**}}") if path.rest else (text,)
