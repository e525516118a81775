"""`polc verify`, and `polc build` that proves what it writes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from polc.codes.proof import PERMITS_UNDECLARED
from polc.diagnostics import Diagnostic
from polc.source import nowhere
from polc.verify.verdict import Verdict
from support import EXAMPLES, TODAY, kustomize, polc

POLICY = EXAMPLES / "cloud-native" / "policy.svc"
DAY = ("--today", TODAY)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    assert polc("build", POLICY, "-o", tmp_path / "out", *DAY, "-q").status == 0
    return tmp_path / "out"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_was_built_is_proved(out: Path) -> None:
    run = polc("verify", out, "--policy", POLICY, *DAY)
    assert (run.status, run.out) == (0, "")
    assert run.err.startswith("proved: nothing more and nothing less than declared (")
    assert "2 grants" in run.err


def test_build_says_what_it_proved(tmp_path: Path) -> None:
    assert "\nproved: " in polc("build", POLICY, "-o", tmp_path / "out", *DAY).err


@pytest.mark.parametrize("target", ["rbac", "networkpolicy,istio", "securitycontext,rbac"])
def test_a_part_of_the_targets_is_proved_for_what_it_is(tmp_path: Path, target: str) -> None:
    program = EXAMPLES / "boutique" / "policy.svc"
    flags = ("--target", target, *DAY)
    built = polc("build", program, "-o", tmp_path / "out", *flags)
    assert built.status == 0, built.err
    assert polc("verify", tmp_path / "out", "--policy", program, *flags).status == 0


def test_an_edited_role_is_found_at_its_line(out: Path) -> None:
    edit(out / "backend" / "api.rbac.yaml", "  - watch\n", "  - watch\n  - delete\n")
    run = polc("verify", out, "--policy", POLICY, *DAY)
    assert run.status == 1
    assert "error[POL950]: service account `backend/api` may do `delete` on `pods" in run.out
    assert "backend/api.rbac.yaml:" in run.out


def test_an_edited_component_is_found(out: Path) -> None:
    values = out / "backend" / "hardening" / "api.values.yaml"
    edit(values, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
    run = polc("verify", out, "--policy", POLICY, *DAY, "--format", "json")
    assert run.status == 1
    assert "POL960" in json.dumps(json.loads(run.out))


def test_objects_that_kustomize_rendered(tmp_path: Path) -> None:
    program = EXAMPLES / "boutique" / "policy.svc"
    objects = kustomize(EXAMPLES / "boutique")
    stream = yaml.safe_dump_all(objects)
    run = polc("verify", "-", "--policy", program, *DAY, stdin=stream)
    assert run.status == 0, run.out
    [frontend] = [
        each
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["name"] == "frontend"
    ]
    frontend["spec"]["template"]["spec"]["containers"][0]["securityContext"]["privileged"] = True
    dump = tmp_path / "dump.yaml"  # as `kubectl get -o yaml` writes it
    dump.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects}))
    run = polc("verify", dump, "--policy", program, *DAY)
    assert run.status == 1
    assert "`spec.template.spec.containers[0].securityContext.privileged`" in run.out


def test_without_a_policy_it_tells_mistakes_and_connections(tmp_path: Path) -> None:
    pods = "\n---\n".join(_deployment(name) for name in ("web", "api"))
    policy = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  policyTypes: [Ingress]
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {name: shop}}
    - podSelector: {matchLabels: {app: web}}
    ports: [{port: 8080}]
  - from: []
    ports: [{port: 9090}]
"""
    (tmp_path / "all.yaml").write_text(f"{pods}\n---\n{policy}")
    run = polc("verify", tmp_path)
    assert run.status == 0
    assert "has two peers in `from`" in run.out
    assert "by the label `name`" in run.out
    assert "has an empty `from`, which means everybody" in run.out
    assert [line for line in run.out.splitlines() if " -> " in line] == [
        "  everybody -> shop/web: every port",
        "  shop/api, shop/web -> every address: every port",
        "  any other pod, every address -> shop/api: TCP 9090",
        "  shop/web -> shop/api: TCP 8080,9090",
    ]
    assert polc("verify", tmp_path, "--fail-level", "warning").status == 1


def _deployment(name: str) -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c}}]}}
"""


def test_what_can_not_be_read_is_not_decided(tmp_path: Path) -> None:
    (tmp_path / "chart.yaml").write_text("a: {{ .Values.x }}\n")
    run = polc("verify", tmp_path)
    assert run.status == 1
    assert "error[POL903]" in run.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "can't read `nowhere`"),
        (("-", "--policy", "-"), "standard input can be read only once"),
        (("-", "-"), "standard input can be read only once"),
    ],
)
def test_what_polc_can_not_do(arguments: tuple[str, ...], words: str) -> None:
    run = polc("verify", *arguments, stdin="")
    assert run.status == 2
    assert words in run.err


def test_a_folder_without_manifests(tmp_path: Path) -> None:
    run = polc("verify", tmp_path)
    assert (run.status, run.out) == (2, "")
    assert "no YAML or JSON files" in run.err


def test_errors_of_the_policy_come_first(tmp_path: Path, out: Path) -> None:
    program = tmp_path / "bad.svc"
    program.write_text("namespace\n")
    run = polc("verify", out, "--policy", program, *DAY)
    assert run.status == 1
    assert "error[POL001]" in run.out


def test_build_writes_nothing_that_is_not_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: Any) -> Verdict:
        message = "pod `x` can reach `y`; nothing declares it"
        return Verdict((Diagnostic(PERMITS_UNDECLARED, message, nowhere()),))

    monkeypatch.setattr("polc.cli.proof.verify", wrong)
    run = polc("build", POLICY, "-o", tmp_path / "out", *DAY)
    assert run.status == 1
    assert "error[POL901]" in run.err
    assert "so nothing is written" in run.err
    assert not (tmp_path / "out").exists()
    run = polc("build", POLICY, "-o", tmp_path / "out", *DAY, "--no-verify")
    assert run.status == 0
    assert "proved" not in run.err
    assert (tmp_path / "out").exists()


# --- what is looked at ----------------------------------------------------------------------------

KNATIVE = """cluster c { mesh none cni kubernetes }
namespace shop
service k {
  image "registry.example.com/x/k:1@sha256:%s"
  workload knative
  port web 8080 http
  allow from any on web because "x"
  rollout { k-00001 60%% k-00002 40%% }
}
""" % ("4" * 64)


def knative(tmp_path: Path, old: str = "", new: str = "") -> tuple[Path, Path]:
    program, out = tmp_path / "p.svc", tmp_path / "out"
    program.write_text(KNATIVE, encoding="utf-8")
    assert polc("build", program, "-o", out, "-q").status == 0
    if old:
        edit(out / "shop" / "k.knative.yaml", old, new)
    return program, out


@pytest.mark.parametrize("target", [(), ("--target", "knative")])
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("percent: 40", "percent: 30", "POL942"),
        ("percent: 60", "percent: 40\n  - revisionName: k-00003\n    percent: 20", "POL940"),
        ("revisionName: k-00002", "revisionName: k-00003", "POL940"),
    ],
)
def test_traffic_is_judged_with_the_target_that_emits_it(
    tmp_path: Path, target: tuple[str, ...], old: str, new: str, code: str
) -> None:
    program, out = knative(tmp_path, old, new)
    run = polc("verify", out, "--policy", program, *target)
    assert run.status == 1
    assert f"error[{code}]" in run.out


def test_what_the_knative_target_emits_is_proved(tmp_path: Path) -> None:
    program, out = knative(tmp_path)
    run = polc("verify", out, "--policy", program, "--target", "knative")
    assert run.status == 0
    assert "1 rollout" in run.err


def test_a_proof_that_looks_at_nothing_proves_nothing(tmp_path: Path) -> None:
    program, out = tmp_path / "p.svc", tmp_path / "out"
    program.write_text("namespace shop\nservice web { port a 8080 http }\n", encoding="utf-8")
    assert polc("build", program, "-o", out, "-q").status == 0
    run = polc("verify", out, "--policy", program, "--target", "knative")
    assert run.status == 1
    assert "proved:" not in run.err
    assert "error[POL974]: nothing was looked at, so nothing is proved" in run.out
    assert "the target `knative` emits" in run.out


def test_a_build_that_the_proof_does_not_look_at_says_so(tmp_path: Path) -> None:
    program = tmp_path / "p.svc"
    program.write_text("namespace shop\nservice web { port a 8080 http }\n", encoding="utf-8")
    run = polc("build", program, "-o", tmp_path / "out", "--target", "dockerfile")
    assert run.status == 0
    assert "nothing was proved: the targets emit nothing that the proof looks at" in run.err


def test_a_component_for_linux_is_not_for_pods_of_windows(tmp_path: Path) -> None:
    program, out, app = tmp_path / "p.svc", tmp_path / "out", tmp_path / "app.yaml"
    program.write_text('namespace shop service win { select { app: "win" } }', encoding="utf-8")
    assert polc("build", program, "-o", out, "-q").status == 0
    app.write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: win, namespace: shop}\n"
        "spec: {selector: {}, template: {metadata: {labels: {app: win}}, spec: {"
        "os: {name: windows},"
        " serviceAccountName: win, automountServiceAccountToken: false, securityContext:"
        " {runAsNonRoot: true}, containers: [{name: c, image: i}]}}}\n",
        encoding="utf-8",
    )
    run = polc("verify", app, out, "--policy", program)
    assert run.status == 1
    assert (
        "error[POL972]: Deployment `shop/win` makes pods of Windows, and the component" in run.out
    )
    (out / "shop" / "hardening" / "kustomization.yaml").unlink()
    assert "POL972" not in polc("verify", app, out, "--policy", program).out
