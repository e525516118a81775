"""From single rules of objects back to the lines that they come of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from compiling import compile_text
from polc.backend import KubernetesObject
from support import EXAMPLES, as_params, programs


def lists(made: KubernetesObject) -> dict[tuple[str, ...], list[set[str]]]:
    """Return each list that an object speaks of, with the lines that its items come of."""
    found: dict[tuple[str, ...], list[set[str]]] = {}
    for (keys, number), spans in made.items():
        here = found.setdefault(keys, [])
        assert number == len(here)
        here.append({span.text for span in spans})
    return found


def at(body: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    value: Any = body
    for key in keys:
        value = value[key]
    return value


def objects(text: str, environment: str | None = None) -> list[KubernetesObject]:
    made = compile_text(text, environment).artifacts
    return [each for each in made if isinstance(each, KubernetesObject)]


@pytest.mark.parametrize("path", as_params(programs(EXAMPLES), EXAMPLES))
def test_all_items_of_a_list_come_of_lines_of_their_object(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    made = objects(text, "prod" if "environment prod" in text else None)
    kinds = set()
    for each in made:
        lines = {span.text for span in each.spans}
        for keys, items in lists(each).items():
            kinds.add(each.body["kind"])
            assert len(at(each.body, keys)) == len(items), each.body["metadata"]
            assert lines.issuperset(set().union(*items))
    assert "NetworkPolicy" in kinds


SHOP = """\
cluster test {{ mesh istio {mode}  cni kubernetes }}
namespace shop
service a {{ select {{ app: "a" }} }}
service b {{ select {{ app: "b" }} }}
service api {{
  select {{ app: "api" }}
  port web 80 -> 8080 http
  port admin 9000 http
  allow from a on web {{ GET "/v1" }}
  allow from b on admin
}}
"""
CALLERS = {"a", "b"}
"""As their lines name them: a flow comes of its peer's name."""


@pytest.mark.parametrize(
    ("mode", "name"),
    [("sidecar", "api"), ("ambient", "api"), ("ambient", "api.waypoint")],
)
def test_a_rule_of_the_mesh_comes_of_its_callers_lines(mode: str, name: str) -> None:
    [policy] = [
        each
        for each in objects(SHOP.format(mode=mode))
        if each.body["kind"] == "AuthorizationPolicy" and each.body["metadata"]["name"] == name
    ]
    [items] = lists(policy).values()
    told = dict(zip(map(str, policy.body["spec"]["rules"]), items, strict=True))
    for rule, lines in told.items():
        assert lines == {each for each in CALLERS if f"/sa/{each}'" in rule}


def test_a_rule_of_the_network_comes_of_its_peers_lines() -> None:
    [policy] = [
        each
        for each in objects(SHOP.format(mode="sidecar"))
        if each.body["kind"] == "NetworkPolicy" and each.body["metadata"]["name"] == "api"
    ]
    found = lists(policy)
    told = zip(policy.body["spec"]["ingress"], found["spec", "ingress"], strict=True)
    assert [lines for _, lines in told] == [{"a"}, {"b"}]
    assert all(lines.isdisjoint(CALLERS) for lines in found["spec", "egress"])
