"""The Dockerfile that a `build` becomes."""

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from oracles import hadolint
from polc.backend import Feature, TextFile
from polc.diagnostics import Severity, has_errors
from polc.ir.nodes import Build, Program, Stop, Transport
from polc.source import Anchor, Source, Span
from polc_backends.dockerfile import BACKEND, harden
from polc_backends.dockerfile.parse import parse
from unit.backends.dockerfile.programs import (
    DIGEST,
    PYTHON,
    ROOT,
    STRIP,
    api,
    build,
    built,
    program,
    security,
)
from unit.backends.knative.programs import port

GOLDEN = Path(__file__).with_name("golden")
DISTROLESS = f"gcr.io/distroless/static-debian12:nonroot@{DIGEST}"
INSTALL = ("pip", "install", "--no-cache-dir", "--target", "/app/lib", "-r", "requirements.txt")

PROGRAMS = {
    "plain": built(security=security(user=1000, group=3000, writes=("/tmp", "/data"))),
    "install": built(build=build(install=INSTALL), stop=None),
    "distroless": built(
        build=build(
            base=DISTROLESS,
            app="/srv/app",
            command=("/srv/app/bin/api",),
            builder=f"golang:1.26@{DIGEST}",
            install=("go", "build", "-o", "/srv/app/bin/", "./..."),
        ),
        ports=(port("grpc", 50051), evolve(port("udp", 6000), end=6010, transport=Transport.UDP)),
    ),
    "shell-less": built(build=build(base=DISTROLESS, command=("/app/api",)), ports=()),
    "root": built(security=security(user=0, group=0, relaxed=(ROOT,))),
}


def text_of(source: Program) -> str:
    artifacts, found = BACKEND.emit(source)
    assert not has_errors(found)
    (artifact,) = artifacts
    assert isinstance(artifact, TextFile)
    return artifact.text


def names_of(text: str) -> list[str]:
    return [each.name for each in parse(Source("Dockerfile", text)).instructions]


@pytest.mark.parametrize("name", PROGRAMS)
def test_golden(name: str, update: bool) -> None:
    path = GOLDEN / f"{name}.Dockerfile"
    text = text_of(PROGRAMS[name])
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROGRAMS)
def test_hadolint_has_nothing_to_say(name: str) -> None:
    hadolint.check(text_of(PROGRAMS[name]))


@pytest.mark.parametrize("name", PROGRAMS)
def test_there_is_nothing_left_to_harden(name: str) -> None:
    (workload,) = PROGRAMS[name].workloads
    text = text_of(PROGRAMS[name])

    assert harden(text, workload) == (text, ())


def test_one_file_per_build() -> None:
    artifacts, found = BACKEND.emit(program(api(build=None), api(name="b", build=build())))

    assert found == ()
    assert [artifact.path for artifact in artifacts if isinstance(artifact, TextFile)] == [
        "backend/b.Dockerfile"
    ]


def test_features() -> None:
    assert BACKEND.features(built().cluster) == {Feature.IMAGE_BUILD}


# --- what the rules ask for ---------------------------------------------------------------------


def test_both_stages_are_pinned_and_the_last_one_takes_only_the_application() -> None:
    lines = text_of(built()).splitlines()

    assert [line for line in lines if line.startswith("FROM")] == [
        f"FROM {PYTHON} AS build",
        f"FROM {PYTHON}",
    ]
    assert [line for line in lines if line.startswith("COPY")] == [
        "COPY . ./",
        "COPY --from=build --chown=0:0 /app /app",
    ]


def test_the_process_is_a_numbered_user_that_can_not_alter_its_code() -> None:
    text = text_of(built())

    assert text.splitlines().count("USER 1000:3000") == 2
    assert text.rindex("USER 1000:3000") > text.rindex("USER 0:0")
    assert 'RUN ["chmod", "-R", "u=rwX,go=rX", "/app"]' in text
    assert text.index("COPY --from=build") < text.index(STRIP)


def test_the_command_is_in_exec_form_and_the_signal_is_the_declared_one() -> None:
    text = text_of(built(stop=Stop(None, "SIGQUIT")))

    assert '\nENTRYPOINT ["python", "-m", "myapp"]\n' in text
    assert "\nSTOPSIGNAL SIGQUIT\n" in text


def test_an_end_of_life_base_is_reported_under_its_name() -> None:
    source = Source("policy.svc", f'build {{ base "python:3.9-slim@{DIGEST}" }}')
    place = Span(Anchor(source), 0, len(source.text))
    old = build(base=f"python:3.9-slim@{DIGEST}", span=place)

    artifacts, (found,) = BACKEND.emit(built(build=old))

    assert (found.code.id, found.severity) == ("POL493", Severity.WARNING)
    assert found.span.text == f"python:3.9-slim@{DIGEST}"
    assert "2025-10-31" in found.message
    assert len(artifacts) == 1


@pytest.mark.parametrize(
    ("tag", "ended"),
    [
        ("python:3.10", True),
        ("python:3.1", False),
        ("python:3.13-slim-bullseye", True),
        ("python:3.13-slim-trixie", False),
        ("registry.example.com/node:20-alpine", True),
        ("node:22", False),
        ("debian:buster", True),
        ("python:latest", False),
    ],
)
def test_end_of_life_depends_on_the_day_of_the_build(tag: str, ended: bool) -> None:
    _, found = BACKEND.emit(built(build=build(base=f"{tag}@{DIGEST}")))

    assert [each.code.id for each in found] == ["POL493"] * ended


# --- where the tutorials go wrong ---------------------------------------------------------------


def test_no_names_for_users_and_no_unpinned_ids() -> None:
    """`groupadd -r app && useradd -r app` and `USER app` fail `runAsNonRoot`."""
    text = text_of(built())

    assert "useradd" not in text
    assert "groupadd" not in text
    assert "adduser" not in text
    users = [line.split()[1] for line in text.splitlines() if line.startswith("USER")]
    assert all(part.isdecimal() for user in users for part in user.split(":"))


def test_no_capability_is_put_on_a_file() -> None:
    assert "setcap" not in text_of(built(ports=(port("http", 80),)))


# --- nothing can bring an instruction of its own ------------------------------------------------

NASTY = st.text(st.sampled_from("\n\r\\`\"'$ #[]{}<>,a/.:@-\x00\u2028\ud83d"), max_size=12)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"base": f"{PYTHON}\nRUN evil"}, "POL605"),
        ({"base": f"{PYTHON} AS x"}, "POL605"),
        ({"base": "$BASE"}, "POL605"),
        ({"builder": "--platform=x y"}, "POL605"),
        ({"app": "/app\nUSER 0"}, "POL613"),
        ({"app": "/"}, "POL613"),
        ({"app": "app"}, "POL613"),
        ({"app": "/app/../etc"}, "POL613"),
        ({"app": "/a b"}, "POL613"),
        ({"app": "/$HOME"}, "POL613"),
        ({"command": ()}, "POL112"),
        ({"base": DISTROLESS, "install": ("make",)}, "POL112"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(changes: dict[str, Any], code: str) -> None:
    artifacts, found = BACKEND.emit(built(build=build(**changes)))

    assert [each.code.id for each in found] == [code]
    assert all(each.help for each in found)
    assert artifacts == ()


def test_a_signal_that_is_none_is_refused() -> None:
    artifacts, (found,) = BACKEND.emit(built(stop=Stop(None, "SIGTERM\nUSER 0")))

    assert found.code.id == "POL613"
    assert artifacts == ()


@given(
    st.lists(NASTY, min_size=1, max_size=3),
    st.lists(NASTY, max_size=3),
    st.lists(NASTY, max_size=2),
    st.sampled_from([PYTHON, f"{PYTHON}\n", "a b"]) | NASTY,
    NASTY.map(lambda text: "/app" + text),
)
def test_no_value_adds_an_instruction(
    command: list[str], install: list[str], writes: list[str], base: str, app: str
) -> None:
    values = Build(base, app, tuple(command), None, tuple(install))
    hardening = security(writes=tuple(writes))

    artifacts, found = BACKEND.emit(built(build=values, security=hardening, stop=None))

    assert bool(artifacts) != has_errors(found)
    for artifact in artifacts:
        assert isinstance(artifact, TextFile)
        plain = [
            *("FROM", "USER", "WORKDIR", "COPY", *["RUN"] * bool(install), "RUN", "USER"),
            *("FROM", "LABEL", "LABEL", "WORKDIR", "COPY", "USER", "RUN", "USER", "EXPOSE"),
            "ENTRYPOINT",
        ]
        names = [name for name in names_of(artifact.text) if name != "LABEL"]
        assert names == [name for name in plain if name != "LABEL"]
        entry = parse(Source("Dockerfile", artifact.text)).instructions[-1]
        assert entry.strings == tuple(command)
