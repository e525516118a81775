"""Bring an existing Dockerfile up to policy, between two marks, or say why that can't be.

What polc adds stands at the end of the file, so in the last stage and behind every instruction of
it: there a `USER` holds for the running container whatever was said above it. The rest of the file
stays as it is, byte for byte; hardening a hardened file changes nothing.
"""

import re

from attrs import frozen

from polc.diagnostics import Diagnostic, has_errors, in_order
from polc.ir.nodes import Workload
from polc.source import Anchor, Source, Span
from polc_backends.dockerfile.parse import Comment, Instruction, Parsed, parse
from polc_backends.dockerfile.rules import check_rules, check_secrets, refuse
from polc_backends.dockerfile.stages import Stage, split_stages, tools_in
from polc_backends.dockerfile.text import STRIP_SETUID, exec_form, user_of

BEGIN, END = "polc:begin", "polc:end"


def harden(dockerfile_text: str, workload: Workload) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return the text with polc's lines in place; with errors, the text as it was.

    Spans of the diagnostics lie in a source named `Dockerfile`.
    """
    source = Source("Dockerfile", dockerfile_text)
    parsed = parse(source)
    found = [refuse(each.message, each.span, each.help) for each in parsed.problems]
    block, problems = _find_block(parsed)
    found += problems
    own = tuple(each for each in parsed.instructions if block is None or not block.holds(each))
    stages = split_stages(own)
    found += _check(source, workload, own, stages)
    if has_errors(found):
        return dockerfile_text, in_order(found)
    text = _without(dockerfile_text, block)
    lines = _missing_lines(workload, stages)
    return (_with_block(text, lines) if lines or block else text), ()


def _check(
    source: Source,
    workload: Workload,
    own: tuple[Instruction, ...],
    stages: tuple[Stage, ...],
) -> list[Diagnostic]:
    """Check the instructions that are not polc's own."""
    if not stages:
        place = own[0].span if own else Span(Anchor(source), 0, 0)
        return [refuse("there is no `FROM`", place, "write `FROM NAME:TAG@sha256:…` first")]
    before = own[: own.index(stages[0].start)]
    return [
        *(diagnostic for each in before for diagnostic in check_secrets(each)),
        *check_rules(workload, stages),
    ]


# --- the marks --------------------------------------------------------------------------------


@frozen
class _Block:
    """The offsets between which polc's lines stand, marks included."""

    start: int
    end: int

    def holds(self, instruction: Instruction) -> bool:
        return self.start <= instruction.span.start < self.end


def _find_block(parsed: Parsed) -> tuple[_Block | None, list[Diagnostic]]:
    """Find the marks: none, or one of each, in order, behind the first `FROM`."""
    begins = [each for each in parsed.comments if _mark(each) == BEGIN]
    ends = [each for each in parsed.comments if _mark(each) == END]
    if not begins and not ends:
        return None, []
    if len(begins) == 1 == len(ends) and begins[0].end <= ends[0].span.start:
        first = next((i.span.start for i in parsed.instructions if i.name == "FROM"), None)
        if first is not None and first < begins[0].span.start:
            block = _Block(begins[0].span.start, ends[0].end)
            return block, _strangers(parsed, block)
    place = (begins or ends)[-1].span
    return None, [
        refuse(
            f"the marks `# {BEGIN}` and `# {END}` stand for one pair of lines in the last stage",
            place,
            "remove both, with what polc wrote between them, and run `polc harden` again",
        )
    ]


def _strangers(parsed: Parsed, block: _Block) -> list[Diagnostic]:
    """Report lines between the marks that polc never writes: they would be lost."""
    return [
        refuse(
            f"this `{each.name}` stands between polc's marks, and polc did not write it",
            each.span,
            f"move it above `# {BEGIN}`",
        )
        for each in parsed.instructions
        if block.holds(each)
        and each.name not in ("USER", "STOPSIGNAL")
        and not (each.name == "RUN" and each.strings == STRIP_SETUID)
    ]


def _mark(comment: Comment) -> str:
    return comment.text.split()[0] if comment.text else ""


def _without(text: str, block: _Block | None) -> str:
    return text if block is None else text[: block.start] + text[block.end :]


def _with_block(text: str, lines: list[str]) -> str:
    # Only whole empty lines go: a blank may be what keeps a line from continuing on the next one.
    body = re.sub(r"(\r?\n[ \t]*)+\Z", "", text)
    ending = _line_ending(body) or _line_ending(text) or "\n"
    if not lines:
        return body + ending
    marked = [f"# {BEGIN}", *lines, f"# {END}"]
    return body + 2 * ending + "".join(line + ending for line in marked)


def _line_ending(text: str) -> str:
    feeds, both = text.count("\n"), text.count("\r\n")
    return "" if not feeds else "\r\n" if 2 * both > feeds else "\n"


# --- polc's lines ------------------------------------------------------------------------------


def _missing_lines(workload: Workload, stages: tuple[Stage, ...]) -> list[str]:
    """Return what the last stage lacks; nothing for a file that polc generated."""
    stage = stages[-1]
    user, strip = user_of(workload.security), exec_form(STRIP_SETUID)
    lines = []
    if tools_in(stages) and not _strips_last(stage):
        lines += ["USER 0:0", f"RUN {strip}"]
    signal = workload.stop.signal if workload.stop else None
    if signal is not None and _last(stage, "STOPSIGNAL") != signal:
        lines.append(f"STOPSIGNAL {signal}")
    if lines[:1] == ["USER 0:0"] or _last(stage, "USER") != user:
        if workload.security.user == 0:
            lines.append("# hadolint ignore=DL3002")
        lines.append(f"USER {user}")
    if lines:
        lines.insert(0, f"# By `polc harden` from `{workload.key}`; the next run rewrites it.")
    return lines


def _last(stage: Stage, name: str) -> str | None:
    """Return what the last instruction of a kind says in a stage."""
    return next((each.rest for each in reversed(stage.instructions) if each.name == name), None)


def _strips_last(stage: Stage) -> bool:
    """Tell whether the last instruction that makes files takes the setuid bits from all of them."""
    makers = [each for each in stage.instructions if each.name in ("ADD", "COPY", "RUN", "WORKDIR")]
    return bool(makers) and makers[-1].name == "RUN" and makers[-1].strings == STRIP_SETUID
