"""Inputs that came out wrong: differences that are none, and words that lost a part."""

from pathlib import Path

import pytest

from support import REPO, polc

CASES = REPO.parent / "shared" / "cases" / "diff"
needs_cases = pytest.mark.skipif(
    not CASES.is_dir(), reason="NOT CHECKED: `../shared/cases` is not beside this clone"
)
NETPOL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: shop}}
spec: {spec}
"""
PODS = """
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api, tier: back}}
spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
"""


def diff(tmp_path: Path, old: str, new: str, *more: str) -> tuple[int, list[str]]:
    for name, text in (("old", old), ("new", new)):
        (tmp_path / f"{name}.yaml").write_text(text)
    run = polc("diff", tmp_path / "old.yaml", tmp_path / "new.yaml", *more)
    return run.status, run.out.splitlines()


@needs_cases
@pytest.mark.parametrize("name", ["port0", "named-to-number"])
def test_no_change(name: str) -> None:
    run = polc("diff", CASES / name / "old", CASES / name / "new", "--fail-on", "any")
    assert (run.status, run.out) == (0, "nothing is permitted or taken away\n")


@needs_cases
def test_every_joined_name_keeps_what_is_below_it() -> None:
    run = polc("diff", CASES / "subresource" / "old", CASES / "subresource" / "new")
    assert (
        "podmonitors.monitoring.coreos.com/status, probes.monitoring.coreos.com/status" in run.out
    )


@needs_cases
def test_what_can_be_compared_is_compared() -> None:
    folder = CASES / "diff-all-or-nothing"
    run = polc("diff", folder / "old", folder / "new", "--fail-on", "widening")
    assert run.status == 1
    assert "shop { app: api } may receive from every pod on every port" in run.out
    assert "note[POL903]" in run.err
    assert "it is the same on both sides" in run.err


@needs_cases
def test_blocks_stay_as_they_were_written() -> None:
    run = polc("diff", CASES / "except" / "old.yaml", CASES / "except" / "new.yaml")
    assert "to 0.0.0.0/0 except 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 on every" in run.out


def test_every_port_is_written_in_two_ways(tmp_path: Path) -> None:
    ports = ", ".join(
        f"{{protocol: {name}, port: 1, endPort: 65535}}" for name in ("TCP", "UDP", "SCTP")
    )
    old = NETPOL.format(spec="{podSelector: {}, egress: [{to: [{podSelector: {}}]}]}")
    new = NETPOL.format(
        spec=f"{{podSelector: {{}}, egress: [{{to: [{{podSelector: {{}}}}], ports: [{ports}]}}]}}"
    )
    assert diff(tmp_path, old, new, "--fail-on", "any")[0] == 0


def test_a_name_that_moves_to_another_number_is_a_change(tmp_path: Path) -> None:
    spec = "{{podSelector: {{matchLabels: {{app: api}}}}, ingress: [{{ports: [{{port: {0}}}]}}]}}"
    old = NETPOL.format(spec=spec.format("http")) + PODS
    new = NETPOL.format(spec=spec.format("9090")) + PODS
    status, lines = diff(tmp_path, old, new, "--fail-on", "any")
    assert status == 1
    assert any("TCP 9090" in line for line in lines)
    assert any("TCP 8080" in line for line in lines)


def test_what_only_one_side_has_unread_stops_a_gate(tmp_path: Path) -> None:
    odd = "---\napiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: j, namespace: shop}\n"
    plain = NETPOL.format(spec="{podSelector: {}}")
    opened = NETPOL.format(spec="{podSelector: {}, ingress: [{}]}") + odd
    status, lines = diff(tmp_path, plain, opened)
    assert status == 1
    assert any("every pod" in line or "may" in line for line in lines)
