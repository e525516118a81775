"""Resources, probes, stopping, scale and builds."""

import pytest
from attrs import evolve

from lowering import Lowered, at, lowered, ports, statement, statements
from polc.ir import nodes as ir
from polc.lower import runtime

DIGEST = "sha256:" + "3" * 64
BASE = f'base "python:3.13-slim@{DIGEST}"'


# --- resources and stopping -------------------------------------------------------------------


def resources(items: str) -> Lowered:
    return lowered(runtime.lower_resources, statement(f"resources {{ {items} }}"))


def test_resources() -> None:
    done = resources("cpu 100m..500m memory 128Mi")
    assert done.value == ir.Resources(("100m", "500m"), ("128Mi", "128Mi"))
    assert resources("cpu 0..1").value == ir.Resources(("0", "1"))
    assert lowered(runtime.lower_resources, None).value is None


@pytest.mark.parametrize(
    ("items", "marks", "hint"),
    [
        ("cpu 500m..100m", [("POL611", "500m..100m")], "did you mean `100m..500m`?"),
        ("memory 128MB", [("POL601", "128MB")], "did you mean `128M` or `128Mi`?"),
        ("memory 128m", [("POL601", "128m")], "did you mean `128Mi`?"),
        ("memory 128", [("POL601", "128")], "did you mean `128Mi`?"),
        ("cpu 500Mi", [("POL601", "500Mi")], "did you mean `500m`?"),
        ("cpu 0", [("POL613", "0")], "cpu 100m..500m"),
        ("memory 0..0", [("POL613", "0")], "memory 64Mi..128Mi"),
        ("cpu 1 cpu 2", [("POL103", "cpu 2")], "keep one"),
    ],
)
def test_bad_resources(items: str, marks: list[tuple[str, str]], hint: str) -> None:
    done = resources(items)
    assert done.marks == marks
    assert hint in (done.only.help or "")


def test_stop() -> None:
    done = lowered(runtime.lower_stop, statement("stop { grace 5m signal SIGQUIT }"))
    assert done.value == ir.Stop(300, "SIGQUIT")
    assert lowered(runtime.lower_stop, None).value is None


@pytest.mark.parametrize(
    ("text", "marks", "hint"),
    [
        ("grace 30", [("POL607", "30")], "did you mean `30s`?"),
        ("signal TERM", [("POL612", "TERM")], "did you mean `SIGTERM`?"),
        ("signal SIGTREM", [("POL612", "SIGTREM")], "did you mean `SIGTERM`?"),
    ],
)
def test_bad_stop(text: str, marks: list[tuple[str, str]], hint: str) -> None:
    done = lowered(runtime.lower_stop, statement(f"stop {{ {text} }}"))
    assert done.marks == marks
    assert done.only.help == hint


# --- probes -----------------------------------------------------------------------------------

PORTS = "port web 80 -> 8080 http  port rpc 9000 grpc  port rtp 20000..20100 tcp  port dns 53 udp"


def probes(text: str, port: str = PORTS) -> Lowered:
    return lowered(runtime.lower_probes, statements(text), ports(port))


def test_probes_are_sorted() -> None:
    done = probes(
        'probe ready GET "/readyz?full=1" on web  probe live exec ["/bin/true", "-v"]  '
        "probe startup grpc on rpc"
    )
    assert done.found == []
    assert [(p.kind, p.action, p.port.name if p.port else None) for p in done.value] == [
        ("live", "exec", None),
        ("ready", "GET", "web"),
        ("startup", "grpc", "rpc"),
    ]
    assert done.value[0].command == ("/bin/true", "-v")
    assert done.value[1].path == "/readyz?full=1"


def test_ports_of_probes() -> None:
    (probe,) = probes("probe live tcp on 8080").value
    assert (probe.port.name, probe.port.container) == ("web", 8080)
    (probe,) = probes("probe live tcp on 20007").value
    assert (probe.port.container, probe.port.end) == (20007, 20007)


@pytest.mark.parametrize(
    ("port", "marks"),
    [
        ("port web 8080 http", []),
        (PORTS, [("POL202", "probe live tcp on web")]),
        ("port rtp 20000..20100 tcp", [("POL202", "probe live tcp on web")]),
        ("", [("POL215", "probe live tcp on web")]),
    ],
)
def test_a_probe_that_names_no_port(port: str, marks: list[tuple[str, str]]) -> None:
    probe = evolve(statement("probe live tcp on web"), port=None)
    done = lowered(runtime.lower_probes, (probe,), ports(port))
    assert done.marks == marks
    assert [each.port.name for each in done.value] == ([] if marks else ["web"])


@pytest.mark.parametrize(
    ("text", "port", "marks", "hint"),
    [
        ('probe alive GET "/" on web', PORTS, [("POL612", "alive")], "did you mean `live`?"),
        ('probe readiness GET "/" on web', PORTS, [("POL612", "readiness")], "`ready`"),
        ("probe live tcp on wbe", PORTS, [("POL203", "wbe")], "did you mean `web`?"),
        ("probe live tcp on 80", PORTS, [("POL203", "80")], "write `web`"),
        ("probe live tcp on 7", PORTS, [("POL203", "7")], "it has"),
        ("probe live tcp on dns", PORTS, [("POL613", "dns")], "probe a TCP port"),
        ("probe live tcp on rtp", PORTS, [("POL202", "rtp")], "20000..20100/TCP"),
        ('probe live GET "healthz" on web', PORTS, [("POL608", '"healthz"')], "from its `/` on"),
        ('probe live GET "/a/**" on web', PORTS, [("POL608", '"/a/**"')], "from its `/` on"),
        (
            "probe live tcp on web  probe live tcp on rpc",
            PORTS,
            [("POL103", "probe live tcp on rpc")],
            "keep one",
        ),
    ],
)
def test_bad_probes(text: str, port: str, marks: list[tuple[str, str]], hint: str) -> None:
    done = probes(text, port)
    assert done.marks == marks
    assert hint in (done.only.help or "")


# --- Knative ----------------------------------------------------------------------------------


def test_knative_settings() -> None:
    assert lowered(runtime.lower_scale, statement("scale 0..20"), "knative").value == (0, 20)
    assert lowered(runtime.lower_scale, statement("scale 3"), "knative").value == (3, 3)
    assert lowered(runtime.lower_concurrency, statement("concurrency 0"), "knative").value == 0
    assert lowered(runtime.lower_timeout, statement("timeout 10m"), "knative").value == 600


@pytest.mark.parametrize(
    ("text", "convert", "marks"),
    [
        ("scale 20..2", runtime.lower_scale, [("POL611", "20..2")]),
        ("scale 0..0", runtime.lower_scale, [("POL506", "0..0")]),
        ("scale 0", runtime.lower_scale, [("POL506", "0")]),
        ("scale 1..99999999999", runtime.lower_scale, [("POL506", "1..99999999999")]),
        ("scale 1..10m", runtime.lower_scale, [("POL613", "10m")]),
        ("concurrency 1001", runtime.lower_concurrency, [("POL613", "1001")]),
        ("timeout 601s", runtime.lower_timeout, [("POL613", "601s")]),
        ("timeout 0s", runtime.lower_timeout, [("POL613", "0s")]),
        ("timeout 30", runtime.lower_timeout, [("POL607", "30")]),
    ],
)
def test_bad_knative_settings(text: str, convert: object, marks: list[tuple[str, str]]) -> None:
    assert callable(convert)
    assert lowered(convert, statement(text), "knative").marks == marks
    assert lowered(convert, statement(text), "job").marks == [("POL505", text)]
    assert lowered(convert, None, "job").found == []


def test_the_scale_of_a_deployment_is_not_compiled() -> None:
    done = lowered(runtime.lower_scale, statement("scale 2..50"), "deployment")
    assert (done.value, done.marks) == (None, [("POL591", "scale 2..50")])


# --- builds -----------------------------------------------------------------------------------


def build(items: str) -> Lowered:
    return lowered(runtime.lower_build, statement(f"build {{ {items} }}"), at("api"))


def test_build() -> None:
    done = build(f'{BASE} app "/app" install ["pip", "install", "."] command ["python"]')
    assert done.found == []
    assert done.value == ir.Build(
        f"python:3.13-slim@{DIGEST}", "/app", ("python",), None, ("pip", "install", ".")
    )
    assert lowered(runtime.lower_build, None, at("api")).value is None


@pytest.mark.parametrize(
    ("items", "marks", "hint"),
    [
        (BASE, [("POL112", "build")], 'app "/app"  command ["…"]'),
        (f'{BASE} app "/app" command []', [("POL112", "build")], 'command ["…"]'),
        (f'{BASE} app "app" command ["x"]', [("POL613", '"app"')], "from the root on"),
        (f'{BASE} app "/" command ["x"]', [("POL613", '"/"')], "from the root on"),
        (
            'base "python:3.13-slim" app "/app" command ["x"]',
            [("POL490", '"python:3.13-slim"')],
            "",
        ),
    ],
)
def test_bad_build(items: str, marks: list[tuple[str, str]], hint: str) -> None:
    done = build(items)
    assert done.marks == marks
    assert hint in (done.only.help or "")
