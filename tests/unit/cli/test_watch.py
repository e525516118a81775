"""`--watch`: what makes it run again, what it says, and how it ends. Nothing here waits."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import Run, polc

Step = Callable[[], object]


@pytest.fixture
def watched(here: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Run a command under `--watch`; a step is taken where it would wait, at last an interrupt."""

    def run(*arguments: str, steps: list[Step]) -> Run:
        todo = iter(steps)

        def wait(_seconds: float) -> None:
            step = next(todo, None)
            if step is None:
                raise KeyboardInterrupt
            step()

        monkeypatch.setattr("polc.cli.watch.time.sleep", wait)
        return polc(*arguments, "--watch", "--today", "2026-11-01")

    return run


def put(path: str, text: str) -> Step:
    """Write a file, later than anything before."""

    def step() -> None:
        Path(path).write_text(text)
        now = next(CLOCK)
        os.utime(path, ns=(now, now))

    return step


def rest() -> None:
    """Do nothing: whoever saw a change looks once more."""


CLOCK: Iterator[int] = iter(range(2_000_000_000_000_000_000, 2**62, 1_000_000_000))
GOOD = "namespace shop\nservice api { }\n"
BAD = "namespace shop\nservice api { allow to nobody }\n"
TARGET = ("--target", "networkpolicy")


def changes(run: Run) -> list[str]:
    return [row for row in run.err.splitlines() if row.startswith("---")]


def test_it_runs_once_where_nothing_changes(watched: Callable[..., Run]) -> None:
    run = watched("check", "policy.svc", steps=[rest] * 5)
    assert run.status == 130
    assert run.out == ""
    assert run.err == "no findings: 2 services, 1 flow\nwatching 1 file; Ctrl-C ends it\n"
    assert watched("check", "policy.svc", "-q", steps=[]).err == ""


def test_it_runs_again_after_a_change(watched: Callable[..., Run]) -> None:
    run = watched(
        "check", "policy.svc",
        steps=[rest, put("policy.svc", BAD), rest, rest, put("policy.svc", GOOD), rest, rest],
    )  # fmt: skip
    assert run.out.count("error[POL101]") == 1
    assert changes(run) == ["--- changed: policy.svc"] * 2
    assert run.err.splitlines()[-1] == "no findings: 1 service, 0 flows"


def test_it_waits_until_an_editor_is_done(watched: Callable[..., Run]) -> None:
    steps = [put("policy.svc", ""), put("policy.svc", BAD), put("policy.svc", GOOD), rest]
    run = watched("check", "policy.svc", steps=steps)
    assert run.out == ""
    assert changes(run) == ["--- changed: policy.svc"]


def test_imports_are_watched_too_and_those_that_are_missing(watched: Callable[..., Run]) -> None:
    Path("policy.svc").write_text(f'import "more.svc"\n{GOOD}')
    more = "namespace more\nservice one { }\n"
    run = watched(
        "check", "policy.svc",
        steps=[put("more.svc", more), rest, lambda: os.remove("more.svc"), rest],
    )  # fmt: skip
    assert changes(run) == ["--- changed: more.svc"] * 2
    assert run.out.count("can't read `more.svc`") == 2
    assert "no findings: 2 services" in run.err


def test_a_file_that_is_replaced_by_one_of_the_same_age_and_size(
    watched: Callable[..., Run],
) -> None:
    def replace() -> None:
        status = os.stat("policy.svc")
        Path("new.svc").write_bytes(Path("policy.svc").read_bytes())
        os.utime("new.svc", ns=(status.st_atime_ns, status.st_mtime_ns))
        os.replace("new.svc", "policy.svc")

    assert len(changes(watched("check", "policy.svc", steps=[replace, rest]))) == 1


def test_build(here: Path, watched: Callable[..., Run]) -> None:
    text = (here / "policy.svc").read_text()
    steps = [put("policy.svc", BAD), rest, put("policy.svc", text + "service third { }\n"), rest]
    run = watched("build", "policy.svc", "-o", "out", *TARGET, steps=steps)
    assert run.status == 130
    assert run.out == ""
    assert run.err.count("proved: ") == 2
    assert run.err.count("error[POL101]") == 1
    assert (here / "out/shop/third.networkpolicy.yaml").exists()


def test_the_configuration_is_watched(here: Path, watched: Callable[..., Run]) -> None:
    (here / "polc.toml").write_text("files = ['*.svc']\n")
    fault = "files = ['*.svc']\nformt = 'x'\n"
    run = watched(
        "check",
        steps=[
            put("b.svc", "namespace b\nservice one { }\n"), rest,
            put("polc.toml", fault), rest, rest,
            put("polc.toml", fault.replace("formt", "frmt")), rest, rest,
            put("polc.toml", "files = ['b.svc']\n"), rest, rest,
            lambda: os.remove("polc.toml"), rest, rest,
        ],
    )  # fmt: skip
    assert changes(run) == [
        "--- changed: b.svc",
        "--- changed: polc.toml",
        "--- changed: polc.toml",
        "--- changed: polc.toml",
        "--- changed: polc.toml",
    ]
    said = [row for row in run.err.splitlines() if not row.startswith("---")]
    assert said == [
        "no findings: 2 services, 1 flow",
        "watching 2 files; Ctrl-C ends it",
        "no findings: 3 services, 1 flow",
        "polc: error: polc.toml:2: there is no setting `formt`",
        "help: did you mean `format`?",
        "polc: error: polc.toml:2: there is no setting `frmt`",
        "help: did you mean `format`?",
        "no findings: 1 service, 0 flows",
        "polc: error: these are missing: FILE",
        'help: name what is meant, or write `files = ["policy.svc"]` into polc.toml',
    ]


def test_a_nearer_configuration_is_noticed(here: Path, watched: Callable[..., Run]) -> None:
    os.makedirs("sub")
    (here / "sub/policy.svc").write_text(GOOD)
    steps = [put("polc.toml", ""), rest, put("sub/polc.toml", "env = 'x"), rest]
    run = watched("check", "sub/policy.svc", steps=steps)
    assert changes(run) == ["--- changed: polc.toml", "--- changed: the configuration"]
    assert "polc: error: sub/polc.toml:1: this is not TOML" in run.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "-"), "standard input can't be watched"),
        (("check",), "these are missing: FILE"),
        (("check", "policy.svc", "--target", "istoi"), "did you mean `istio`"),
        (("build", "policy.svc", "-o", "-", "--check"), "`--check` compares with a folder"),
        (("check", "policy.svc", "--config", "no.toml"), "no.toml: can't be read"),
    ],
)
def test_what_cannot_be_done_at_first_ends_it(
    watched: Callable[..., Run], arguments: tuple[str, ...], message: str
) -> None:
    run = watched(*arguments, steps=[])
    assert run.status == 2
    assert message in run.err


def test_the_collector_is_made_up_for(watched: Callable[..., Run]) -> None:
    import gc

    watched("check", "policy.svc", steps=[put("policy.svc", GOOD), rest])
    assert gc.get_freeze_count() == 0
