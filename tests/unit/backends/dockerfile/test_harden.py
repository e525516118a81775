"""Bringing a Dockerfile that someone wrote up to policy."""

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from oracles import hadolint
from polc.ir.nodes import Stop
from polc.source import Source
from polc_backends.dockerfile import harden
from polc_backends.dockerfile.parse import Instruction, parse
from polc_backends.dockerfile.stages import split_stages
from unit.backends.dockerfile.programs import (
    BUSYBOX,
    DIGEST,
    PYTHON,
    ROOT,
    STRIP,
    api,
    security,
)

BLOCK = f"""
# polc:begin
# By `polc harden` from `backend/api`; the next run rewrites it.
USER 0:0
{STRIP}
STOPSIGNAL SIGQUIT
USER 1000:3000
# polc:end
"""
TUTORIAL = f"""\
FROM {PYTHON}
RUN groupadd -r app && useradd -r -g app app
COPY . /app
USER app
CMD ["python", "-m", "myapp"]
"""
STOP = Stop(30, "SIGQUIT")


def hardened(text: str, **changes: Any) -> str:
    result, found = harden(text, api(**{"stop": STOP, **changes}))
    assert found == ()
    return result


def instructions(text: str) -> tuple[Instruction, ...]:
    return parse(Source("Dockerfile", text)).instructions


def effective(text: str, name: str) -> str | None:
    """Return what a kind of instruction says in the end, as the container sees it."""
    found = [
        each.rest for each in split_stages(instructions(text))[-1].instructions if each.name == name
    ]
    return found[-1] if found else None


# --- what is added ------------------------------------------------------------------------------


def test_the_lines_go_to_the_end_and_the_rest_stays() -> None:
    assert hardened(TUTORIAL) == TUTORIAL + BLOCK


def test_a_named_user_of_the_tutorials_is_overruled_by_a_number() -> None:
    assert effective(TUTORIAL, "USER") == "app"
    assert effective(hardened(TUTORIAL), "USER") == "1000:3000"


def test_hadolint_has_nothing_more_to_say() -> None:
    lines = TUTORIAL.count("\n")

    new = [each for each in hadolint.findings(hardened(TUTORIAL)) if int(each.split()[0]) > lines]

    assert new == []


def test_what_is_there_already_is_not_said_again() -> None:
    text = f"FROM {PYTHON}\nUSER 0\n{STRIP}\nUSER 1000:3000\nSTOPSIGNAL SIGQUIT\n"

    assert hardened(text) == text
    assert "STOPSIGNAL" not in hardened(f"FROM {PYTHON}\n", stop=None)


def test_a_strip_before_the_last_copy_does_not_count() -> None:
    text = f"FROM {PYTHON}\nUSER 0\n{STRIP}\nCOPY a /\nUSER 1000:3000\nSTOPSIGNAL SIGQUIT\n"

    assert hardened(text).count(STRIP) == 2


def test_an_image_without_tools_gets_the_user_only() -> None:
    text = f"FROM golang:1.26@{DIGEST} AS build\nRUN make\nFROM scratch\nCOPY --from=build /a /\n"

    added = hardened(text, stop=None).removeprefix(text)

    assert "RUN" not in added
    assert "USER 1000:3000" in added


def test_the_tools_of_a_stage_come_from_the_stage_before() -> None:
    text = f"FROM {PYTHON} AS base\nFROM scratch AS other\nFROM base\n"

    assert STRIP in hardened(text)


def test_root_is_said_with_the_reason_kept_in_the_program() -> None:
    text = hardened(TUTORIAL, security=security(user=0, group=0, relaxed=(ROOT,)))

    assert effective(text, "USER") == "0:0"
    assert "# hadolint ignore=DL3002\nUSER 0:0\n" in text


def test_lines_added_below_the_marks_do_not_win() -> None:
    text = hardened(TUTORIAL) + "RUN id\nUSER root\n"

    again = hardened(text)

    assert effective(again, "USER") == "1000:3000"
    assert again.count("polc:begin") == 1
    assert again.index("USER root") < again.index("polc:begin")


def test_a_changed_policy_replaces_the_lines() -> None:
    text = hardened(hardened(TUTORIAL), security=security(user=7, group=8), stop=None)

    assert effective(text, "USER") == "7:8"
    assert "1000" not in text
    assert "STOPSIGNAL" not in text


def test_lines_that_are_no_longer_needed_go() -> None:
    text = f"FROM {BUSYBOX}\n{STRIP}\nUSER 7:8\n"

    assert hardened(hardened(text), security=security(user=7, group=8), stop=None) == text


def test_carriage_returns_are_kept() -> None:
    text = hardened(TUTORIAL.replace("\n", "\r\n"))

    assert text == (TUTORIAL + BLOCK).replace("\n", "\r\n")


def test_a_file_without_a_last_line_end() -> None:
    assert hardened(TUTORIAL.removesuffix("\n")) == TUTORIAL + BLOCK


def test_marks_in_a_here_document_are_text() -> None:
    text = f"FROM {PYTHON}\nCOPY <<E /x\n# polc:begin\nE\n"

    assert hardened(text) == text + BLOCK


# --- what is refused ----------------------------------------------------------------------------

OK = f"FROM {PYTHON}\n"


@pytest.mark.parametrize(
    ("text", "under"),
    [
        ("", ""),
        ("# nothing\n", ""),
        ("ARG A=1\n", "ARG A=1"),
        ("FROM\n", "FROM"),
        ("FROM python:3.13\n", "python:3.13"),
        ("FROM python\n", "python"),
        (f"FROM python:latest@{DIGEST}\n", f"python:latest@{DIGEST}"),
        (f"FROM golang:1 AS b\n{OK}", "golang:1"),
        ("ARG B=python:3\nFROM ${B}\n", "${B}"),
        ("ARG B\nFROM $B\n", "$B"),
        (f"FROM {PYTHON}x\n", f"{PYTHON}x"),
        (
            f"FROM mcr.microsoft.com/windows/nanoserver:1@{DIGEST}\n",
            f"mcr.microsoft.com/windows/nanoserver:1@{DIGEST}",
        ),
        (f"{OK}COPY --from=nginx:1 /a /a\n", "--from=nginx:1"),
        (f"{OK}COPY --from=later /a /a\nFROM {PYTHON} AS later\n", "--from=later"),
        (
            f"{OK}RUN --mount=type=bind,from=x:1,target=/a true\n",
            "--mount=type=bind,from=x:1,target=/a",
        ),
        (f"{OK}ADD https://example.com/a.tgz /\n", "https://example.com/a.tgz"),
        (f'{OK}ADD ["https://example.com/a b", "/"]\n', '["https://example.com/a b",'),
        (f"{OK}ADD https://github.com/a/b.git#main /\n", "https://github.com/a/b.git#main"),
        (f"{OK}ENV A=1 \\\n  API_TOKEN=x\n", "API_TOKEN"),
        (f"{OK}ENV DB_PASSWORD x y\n", "DB_PASSWORD"),
        (f"{OK}ARG AWS_SECRET_ACCESS_KEY\n", "AWS_SECRET_ACCESS_KEY"),
        (f"ARG npm_token=x\n{OK}", "npm_token"),
        (f"{OK}ONBUILD ENV API_KEY=x\n", "API_KEY"),
        (f"{OK}ENTRYPOINT python -m api\n", "ENTRYPOINT python -m api"),
        (f"{OK}CMD cd /app && ./run\n", "CMD cd /app && ./run"),
        (f"FROM {PYTHON} AS a\nCMD run\nFROM a\n", "CMD run"),
        (f"{OK}VOLUME /data\n", "VOLUME /data"),
        (f'{OK}VOLUME ["/tmp", "/data"]\n', 'VOLUME ["/tmp", "/data"]'),
        (f"{OK}RUN a \\\n", "RUN a"),
        (f"{OK}RUN <<E\na\n", "<<E"),
        (f"{OK}USR x\n", "USR x"),
        (f"{OK}# polc:begin\n", "# polc:begin"),
        (f"{OK}# polc:end\n# polc:begin\n", "# polc:begin"),
        (f"{OK}# polc:begin\n# polc:begin\n# polc:end\n", "# polc:begin"),
        (f"# polc:begin\n# polc:end\n{OK}", "# polc:begin"),
        (f"{OK}# polc:begin\nUSER 1\nCOPY a /\n# polc:end\n", "COPY a /"),
    ],
)
def test_it_says_what_it_can_not_mend(text: str, under: str) -> None:
    policy = api(security=security(writes=("/tmp",)))

    result, (found,) = harden(text, policy)

    assert result == text
    assert (found.code.id, found.span.source.name) == ("POL804", "Dockerfile")
    assert found.span.text.rstrip(" \\") == under
    assert found.help


@pytest.mark.parametrize(
    "text",
    [
        f"ARG BASE={PYTHON}\nFROM $BASE\n",
        f"FROM {PYTHON} AS a\nFROM a\nCOPY --from=A /x /x\nCOPY --from=0 /x /x\n",
        f"FROM {PYTHON.replace(':3.13-slim', '')}\n",
        f"{OK}ADD --checksum=sha256:{'0' * 64} https://example.com/a.tgz /\n",
        f"{OK}ADD https://github.com/a/b.git#{'0' * 40}:dir /\n",
        f"{OK}ADD local.tgz /\n",
        f"{OK}ENV GPG_PUBLIC_KEY=x TLS_KEY_FILE=/run/key PATH=/token KEYBOARD=x\n",
        f'{OK}CMD python -m api\nCMD ["python"]\n',
        f"FROM {PYTHON} AS a\nENTRYPOINT run it\nFROM {PYTHON}\n",
        f"{OK}VOLUME /tmp /tmp/x\n",
        f"{OK}RUN --mount=type=secret,id=x,env=API_TOKEN make\n",
        f"{OK}ENTRYPOINT []\n",
    ],
)
def test_it_accepts(text: str) -> None:
    result, found = harden(text, api(security=security(writes=("/tmp/",))))

    assert found == ()
    assert effective(result, "USER") == "10001:10001"


def test_all_of_it_is_said_at_once() -> None:
    _, found = harden("FROM python\nENV TOKEN=x\nCMD a | b\n", api())

    assert [each.span.text for each in found] == ["python", "TOKEN", "CMD a | b"]


@pytest.mark.parametrize(
    ("line", "better"),
    [
        ("CMD python -m api", 'CMD ["python", "-m", "api"]'),
        ("ENTRYPOINT exec java -jar /app.jar", 'ENTRYPOINT ["java", "-jar", "/app.jar"]'),
        ("CMD cd /app", None),
        ("CMD A=1 run", None),
        ("CMD run $HOME", None),
        ("CMD run 'a b'", None),
        ("CMD run *", None),
    ],
)
def test_a_simple_command_can_be_fixed_in_the_editor(line: str, better: str | None) -> None:
    _, (found,) = harden(f"{OK}{line}\n", api())

    assert (found.fix and found.fix.edits[0].text) == better
    if found.fix is not None:
        assert found.fix.edits[0].span.text == line


# --- properties ---------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        [
            f"FROM {PYTHON}",
            f"from {BUSYBOX} as b",
            "FROM scratch",
            "FROM b",
            "USER root",
            "USER 1000:3000",
            "RUN a \\\n  # c\n\n  && b",
            "RUN <<E\nUSER 0\n# polc:begin\nE",
            STRIP,
            "COPY --from=b /x /y",
            "STOPSIGNAL SIGQUIT",
            'ENTRYPOINT ["x"]',
            "# polc:begin",
            "# polc:begin\nUSER 5\n# polc:end",
            "# comment",
            "# escape=`",
            "RUN a `",
            "RUN b \\",
            "",
            "  \t",
            "RUN it's",
        ]
    ),
    max_size=8,
)
ENDINGS = st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\n", "\n \n", ""])


def above_the_marks(text: str) -> list[Instruction]:
    parsed = parse(Source("Dockerfile", text))
    marks = [each.span.start for each in parsed.comments if each.text == "polc:begin"]
    end = marks[0] if marks else len(text)
    return [each for each in parsed.instructions if each.span.start < end]


@given(PIECES, st.lists(ENDINGS, min_size=8, max_size=8), st.booleans(), st.integers(0, 2))
@example([f"FROM {PYTHON}", "RUN b \\"], ["\n"] * 8, True, 1)
def test_hardening_twice_is_hardening_once(
    pieces: list[str], endings: list[str], signal: bool, user: int
) -> None:
    start = [f"FROM {PYTHON}", *pieces]
    text = "".join(piece + end for piece, end in zip(start, ["\n", *endings], strict=False))
    policy = api(security=security(user=user, group=user), stop=STOP if signal else None)

    once, found = harden(text, policy)
    if found:
        assert once == text
    assume(not found)

    assert harden(once, policy) == (once, ())
    assert effective(once, "USER") == f"{user}:{user}"
    assert not signal or effective(once, "STOPSIGNAL") == "SIGQUIT"
    own = [(each.name, each.rest) for each in above_the_marks(text)]
    assert [(each.name, each.rest) for each in instructions(once)][: len(own)] == own
    assert ("\r\n" in once) <= ("\r\n" in text)


@given(st.text(max_size=40) | PIECES.map("\n".join))
def test_it_never_raises(text: str) -> None:
    result, found = harden(text, api())

    assert result == text or not found
