"""What Knative cannot say is an error at the line that asks for it."""

from typing import Any

import pytest
from attrs import evolve

from polc.diagnostics import Severity
from polc.ir.nodes import Build, Condition, Probe, Rollout, RouteRule, Stop
from polc_backends.knative import BACKEND
from unit.backends.knative.programs import port, program, relaxation, security, span, workload

RULE = RouteRule((Condition("header", "x", "y"),), "thumbnails-00002", span("rollout"))


def rollout(*weights: tuple[str, int]) -> Rollout:
    return Rollout((), weights, (), span("rollout"))


def stop(grace: int | None = None, signal: str | None = None) -> Stop:
    return Stop(grace, signal, span("stop"))


@pytest.mark.parametrize(
    ("changes", "code", "under"),
    [
        ({"image": None}, "POL112", "thumbnails"),
        ({"object_name": "other"}, "POL507", "thumbnails"),
        ({"ports": ()}, "POL112", "thumbnails"),
        ({"ports": (port(), port(container=9000, name="second"))}, "POL507", "port"),
        ({"ports": (port("tcp"),)}, "POL507", "port"),
        ({"ports": (port("https"),)}, "POL507", "port"),
        ({"ports": (evolve(port(), end=8090),)}, "POL507", "port"),
        ({"ports": (port(container=8012),)}, "POL507", "port"),
        ({"ports": (port(container=9090),)}, "POL507", "port"),
        (
            {"probes": (Probe("live", "tcp", port(name="other"), span=span("probe")),)},
            "POL507",
            "probe",
        ),
        ({"security": security(fs_group=2000)}, "POL507", "fs-group"),
        ({"security": security(unprivileged_port_start=80)}, "POL507", "fs-group"),
        ({"security": security(writes=("/dev",))}, "POL507", "fs-group"),
        (
            {"security": security(capabilities=(relaxation("NET_BIND_SERVICE", "capability"),))},
            "POL507",
            "capability",
        ),
        *(
            ({"security": security(relaxed=(relaxation(name, "relax"),))}, "POL507", "relax")
            for name in ("host-network", "host-pid", "host-ipc", "privileged", "host-ports")
        ),
        ({"timeout": 601}, "POL507", "thumbnails"),
        ({"concurrency": 1001}, "POL507", "thumbnails"),
        ({"stop": stop(grace=30)}, "POL507", "stop"),
        ({"rollout": Rollout((RULE,), (("thumbnails-1", 100),), ())}, "POL503", "rollout"),
        ({"rollout": rollout(("v1", 100))}, "POL504", "rollout"),
        ({"rollout": rollout(("thumbnails-1", 90))}, "POL501", "rollout"),
    ],
)
def test_it_is_refused(changes: dict[str, Any], code: str, under: str) -> None:
    artifacts, (found,) = BACKEND.emit(program(workload(**changes)))

    assert (found.code.id, found.span.text, found.severity) == (code, under, Severity.ERROR)
    assert found.help
    assert artifacts == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"stop": stop(grace=30), "timeout": 30},
        {"stop": stop(grace=300)},
        {"stop": stop(signal="SIGTERM")},
        {"stop": stop(signal="SIGINT"), "build": Build("b", "/app", ("x",))},
        {"timeout": 600, "concurrency": 1000},
        {"concurrency": 0},
    ],
)
def test_it_is_accepted(changes: dict[str, Any]) -> None:
    artifacts, found = BACKEND.emit(program(workload(**changes)))

    assert found == ()
    assert len(artifacts) == 1


def test_a_signal_that_only_the_image_can_choose_is_a_warning() -> None:
    artifacts, (found,) = BACKEND.emit(program(workload(stop=stop(signal="SIGINT"))))

    assert (found.severity, found.span.text) == (Severity.WARNING, "stop")
    assert found.help is not None
    assert "STOPSIGNAL SIGINT" in found.help
    assert len(artifacts) == 1


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"fs_group": 1}, "kubernetes.podspec-securitycontext"),
        (
            {"capabilities": (relaxation("NET_BIND_SERVICE", "capability"),)},
            "kubernetes.containerspec-addcapabilities",
        ),
        ({"relaxed": (relaxation("host-pid", "relax"),)}, "kubernetes.podspec-hostpid"),
    ],
)
def test_the_feature_flag_is_named(changes: dict[str, Any], flag: str) -> None:
    _, (found,) = BACKEND.emit(program(workload(security=security(**changes))))

    assert flag in found.message
