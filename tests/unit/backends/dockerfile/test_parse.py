"""Splitting a Dockerfile as BuildKit does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polc.source import Source
from polc_backends.dockerfile.parse import Instruction, parse
from polc_backends.dockerfile.stages import base_of, expand, lineage, split_stages


def instructions(text: str) -> tuple[Instruction, ...]:
    parsed = parse(Source("Dockerfile", text))
    assert parsed.problems == ()
    return parsed.instructions


def rests(text: str) -> list[tuple[str, str]]:
    return [(each.name, each.rest) for each in instructions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from a\nrUn b c", [("FROM", "a"), ("RUN", "b c")]),
        ("  RUN a  \n\n\t# USER x\nCMD b\n", [("RUN", "a"), ("CMD", "b")]),
        ("RUN a \\\n  b\nCMD c", [("RUN", "a   b"), ("CMD", "c")]),
        ("RUN a \\  \n# USER x\n\n  # y\n  b\nCMD c", [("RUN", "a   b"), ("CMD", "c")]),
        ("RUN a \\\\\nCMD c", [("RUN", "a \\\\"), ("CMD", "c")]),
        ("\\\nRUN a\nCMD c", [("RUN", "a"), ("CMD", "c")]),
        ("RUN a \\\r\n  b\r\nCMD c\r\n", [("RUN", "a   b"), ("CMD", "c")]),
        (
            "# escape=`\nRUN a `\n  b\nRUN c \\\nCMD d",
            [("RUN", "a   b"), ("RUN", "c \\"), ("CMD", "d")],
        ),
        ("# syntax=x\n# Escape = `\nRUN a `\nb", [("RUN", "a b")]),
        ("# hello\n# escape=`\nRUN a `\nCMD b", [("RUN", "a `"), ("CMD", "b")]),
        ("\ufeffFROM a", [("FROM", "a")]),
        ("RUN <<EOF\nUSER x\n# y \\\nEOF\nCMD b", [("RUN", "<<EOF"), ("CMD", "b")]),
        ("RUN <<-'EOF' cat\nUSER x\n\tEOF\nCMD b", [("RUN", "<<-'EOF' cat"), ("CMD", "b")]),
        ('COPY <<a <<"b" /\nUSER\na\nUSER\nb\nCMD c', [("COPY", '<<a <<"b" /'), ("CMD", "c")]),
        ("ONBUILD RUN <<E\nUSER x\nE\nCMD c", [("ONBUILD", "RUN <<E"), ("CMD", "c")]),
        ("CMD <<EOF\nCMD c", [("CMD", "<<EOF"), ("CMD", "c")]),
        ('RUN ["a", "<<E"]\nCMD c', [("RUN", '["a", "<<E"]'), ("CMD", "c")]),
        ("RUN echo '<<E'\nCMD c", [("RUN", "echo '<<E'"), ("CMD", "c")]),
        ("RUN a<<E\nCMD c", [("RUN", "a<<E"), ("CMD", "c")]),
    ],
)
def test_instructions(text: str, expected: list[tuple[str, str]]) -> None:
    assert rests(text) == expected


def test_spans_survive_continuation_lines() -> None:
    (copy,) = instructions("COPY --from=a \\\n  # why\n  --chown=0:0 \\\n  x 'y z' \\\n\n  /w")

    assert [flag.span.text for flag in copy.flags] == ["--from=a", "--chown=0:0"]
    assert [word.span.text for word in copy.words] == ["x", "'y z'", "/w"]
    assert copy.span.text.startswith("COPY --from=a")
    assert copy.span.text.endswith("/w")


def test_strings_are_those_of_the_json_form() -> None:
    exec_form, shell_form, broken, numbers = instructions(
        'CMD ["a", "b\\n"]\nCMD a b\nCMD ["a\', b]\nCMD [1]'
    )

    assert exec_form.strings == ("a", "b\n")
    assert shell_form.strings is None
    assert broken.strings is None
    assert numbers.strings is None


@pytest.mark.parametrize(
    ("text", "under"),
    [
        ("FROM a\nRUN b \\", "RUN b"),
        ("FROM a\nRUN b \\\n# c", "RUN b"),
        ("FROM a\nRUN <<EOF\nb", "<<EOF"),
        ("FROM a\nUSR b", "USR b"),
        ("# escape=x\nFROM a", "# escape=x"),
    ],
)
def test_what_buildkit_refuses_is_a_problem(text: str, under: str) -> None:
    (problem,) = parse(Source("Dockerfile", text)).problems

    assert problem.span.text.rstrip(" \\") == under


LINES = st.lists(
    st.sampled_from(
        [
            "FROM a",
            "\x1f",
            "RUN b \\",
            "RUN <<E",
            "E",
            "# c",
            "",
            "\\",
            "ONBUILD",
            "USER",
            "  x",
            "\r",
            '"',
        ]
    )
    | st.text(max_size=6)
)


@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_parsing_never_raises_and_spans_lie_in_the_text(lines: list[str], ending: str) -> None:
    text = ending.join(lines)

    parsed = parse(Source("Dockerfile", text))

    split_stages(parsed.instructions)
    at = 0
    for each in parsed.instructions:
        assert at <= each.span.start <= each.span.end <= each.end <= len(text)
        assert all(w.span.text and w.span.text[0] == w.text[0] for w in (*each.flags, *each.words))
        at = each.end


# --- stages -------------------------------------------------------------------------------------


def test_stages_know_where_they_start_from() -> None:
    stages = split_stages(
        instructions(
            "ARG V=3\nARG BASE=python:$V\n"
            "FROM --platform=$BUILDPLATFORM golang:1 AS Build\nARG V=9\n"
            "FROM ${BASE} AS base\nFROM base\nFROM BUILD as last"
        )
    )

    assert [stage.image for stage in stages] == ["golang:1", "python:3", "base", "BUILD"]
    assert [stage.name for stage in stages] == ["build", "base", "", "last"]
    assert [stage.parent for stage in stages] == [None, None, 1, 0]
    assert lineage(stages) == (stages[0], stages[3])
    base = base_of(stages)
    assert base is not None
    assert (base.name, base.tag) == ("golang", "1")


def test_a_stage_can_not_start_from_itself() -> None:
    (stage,) = split_stages(instructions("FROM a AS a"))

    assert stage.parent is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a:$V", "a:1"),
        ("a:${V}", "a:1"),
        ("a:${W:-2}", "a:2"),
        ("a${V:+:3}", "a:3"),
        ("a${W:+:3}", "a"),
        ('"a:$V"', "a:1"),
        ("a:$W", None),
        ("a:${W", None),
        ("a:${V%x}", None),
    ],
)
def test_variables(text: str, value: str | None) -> None:
    assert expand(text, {"V": "1"}) == value
