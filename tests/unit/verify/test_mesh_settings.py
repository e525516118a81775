"""Settings of the mesh count wherever they stand, also on pods that bear another object's name."""

from unit.verify.with_workloads import deployment, findings

POLICY = """
cluster c {{ mesh istio {mesh}  cni kubernetes }}
namespace shop
service web {{ select {{ app: "web" }}  allow to api }}
service api {{ select {{ app: "api" }}  port web 8080 http  allow from web }}
"""


def said(mesh: str, labels: str, annotations: str = "") -> list[str]:
    app = deployment(called="api-v2", labels=f"app: api{labels}", annotations=annotations)
    found = findings(POLICY.format(mesh=mesh), app, ("mesh",))
    return [f"{each.code.id} {each.message}" for each in found]


def test_pods_of_another_object_may_have_left_the_mesh() -> None:
    for mesh, label in (
        ("sidecar", "sidecar.istio.io/inject: 'false'"),
        ("ambient", "istio.io/dataplane-mode: none"),
    ):
        assert said(mesh, "") == []
        assert any("POL93" in each for each in said(mesh, f", {label}")), mesh


def test_an_annotation_counts_as_well() -> None:
    assert said("sidecar", "", "sidecar.istio.io/inject: 'false'") != []
