"""Two services under one host: what is emitted is proved, and what goes elsewhere is caught."""

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiling import compile_text
from polc.diagnostics import has_errors
from polc.verify.gateways.compare import gateway_findings
from semantics.routes import Request, http_routes, virtual_service
from unit.verify.meshed import compiled, manifests, told

TEXT = """
cluster test {{ mesh istio {mesh}  cni kubernetes }}
gateway public in edge {{ select {{ istio: "gw" }}  account "gw"  uses "edge/public" }}
namespace shop
service api {{ port web 80 http
  allow from internet via public host "shop.example.com" on web {{ {api} }} because "a test" }}
service docs {{ port web 80 http
  allow from internet via public host "shop.example.com" on web {{ {docs} }} because "a test" }}
"""
PATHS = ("/v1/**", "/v1", "/v1/a", "/v1/a/**", "/v1/a/b", "/b/**", "/", "/v1/*/c", "/**")
METHODS = ("ANY", "GET", "POST", "GET, HEAD")
Asked = tuple[tuple[str, str], ...]
REQUESTS = tuple(
    Request(path, method)
    for path in ("/", "/v1", "/v1/", "/v1x", "/v1/a", "/v1/ab", "/v1/a/b", "/v1/x/c", "/b", "/b/c")
    for method in ("GET", "POST", "HEAD", "DELETE")
)


def asked() -> st.SearchStrategy[Asked]:
    one = st.tuples(st.sampled_from(METHODS), st.sampled_from(PATHS))
    return st.lists(one, min_size=1, max_size=3, unique=True).map(tuple)


def declares(made: Asked, request: Request) -> bool:
    for methods, path in made:
        pattern = path.replace("/**", "(/.*)?").replace("/*/", "/[^/]+/")
        if re.fullmatch(pattern or "(/.*)?", request.path) and (
            methods == "ANY" or request.method in methods.split(", ")
        ):
            return True
    return False


def built(mesh: str, api: Asked, docs: Asked) -> tuple[list[Any], Any] | None:
    """Return the objects and the program, unless no route can tell the two apart."""
    words = [" ".join(f'{methods} "{path}"' for methods, path in each) for each in (api, docs)]
    text = TEXT.format(mesh=mesh, api=words[0], docs=words[1])
    return None if has_errors(compile_text(text).diagnostics) else compiled(text)


def gone_wrong(bodies: list[Any], api: Asked, docs: Asked) -> list[Request]:
    """Return requests that only one of the two declares, and that do not get to it."""
    virtual = [each["spec"] for each in bodies if each["kind"] == "VirtualService"]
    routes = [each["spec"] for each in bodies if each["kind"] == "HTTPRoute"]
    wrong = []
    for request in REQUESTS:
        wanted = [name for name, each in (("api", api), ("docs", docs)) if declares(each, request)]
        found = virtual_service(virtual[0], request) if virtual else http_routes(routes, request)
        names = {name.partition(".")[0] for name, _ in found or ()}
        if len(wanted) == 1 and names != set(wanted):
            wrong.append(request)
    return wrong


@pytest.mark.parametrize("mesh", ["sidecar", "ambient"])
@given(api=asked(), docs=asked())
def test_what_is_emitted_is_proved(mesh: str, api: Asked, docs: Asked) -> None:
    made = built(mesh, api, docs)
    if made is None:
        return
    bodies, program = made
    assert gone_wrong(bodies, api, docs) == []
    assert gateway_findings(manifests(bodies), program) == ((), ())


@pytest.mark.parametrize("mesh", ["sidecar", "ambient"])
@given(api=asked(), docs=asked(), data=st.data())
def test_what_goes_elsewhere_is_caught(
    mesh: str, api: Asked, docs: Asked, data: st.DataObject
) -> None:
    made = built(mesh, api, docs)
    if made is None:
        return
    bodies, program = copy.deepcopy(made[0]), made[1]
    for each in bodies:
        spec = each.get("spec", {})
        if each["kind"] == "VirtualService":
            rules = data.draw(st.permutations(spec["http"]))
            spec["http"] = rules[: data.draw(st.integers(1, len(rules)))]
        elif each["kind"] == "HTTPRoute":
            for rule in spec["rules"]:
                kept = data.draw(st.integers(1, len(rule["matches"])))
                rule["matches"] = data.draw(st.permutations(rule["matches"]))[:kept]
    violations, undecided = gateway_findings(manifests(bodies), program)
    assert undecided == ()
    wrong = gone_wrong(bodies, api, docs)
    assert not wrong or violations, wrong[:1]
    assert {each[:6] for each in told(violations)} <= {"POL940"}
