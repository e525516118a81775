"""An answer as text for a person, or as JSON."""

import json
from typing import Any

from attrs import asdict

from polc.plain import harmless
from polc.why.answer import Answer, Reason, Step, Verdict

_PAINT: dict[Verdict, str] = {
    "allowed": "\x1b[1;32m",
    "partly": "\x1b[1;33m",
    "denied": "\x1b[1;31m",
}
_DIM, _OFF = "\x1b[2m", "\x1b[0m"
_MARK: dict[Verdict, str] = {"allowed": "+", "partly": "~", "denied": "-"}


def render(answer: Answer, colour: bool = False) -> str:
    """Return the verdict, what each layer says, and what to write where something is missing."""
    lines = [f"{_painted(answer.verdict, answer.verdict, colour)}: {harmless(answer.question)}"]
    lines += [f"  {harmless(note)}" for note in answer.notes]
    for step in answer.steps:
        lines += ["", *_step(step, colour)]
    if answer.missing:
        what = "every request" if answer.verdict == "partly" else "it"
        lines += ["", f"to permit {what}, write"]
        lines += [f"  {_reason(reason, colour)}" for reason in answer.missing]
    return "".join(f"{line}\n" for line in lines)


def render_json(answer: Answer) -> str:
    """Return the answer as a JSON object."""
    data: dict[str, Any] = asdict(answer)
    return json.dumps({"format": "polc why", "version": 1, **data}, indent=2) + "\n"


def _step(step: Step, colour: bool) -> list[str]:
    mark = _painted(_MARK[step.verdict], step.verdict, colour)
    title = f"  ({harmless(step.title)})" if step.title else ""
    rows = [f"{mark} {harmless(step.layer)}: {step.verdict}{_dimmed(title, colour)}"]
    return rows + [f"    {_reason(reason, colour)}" for reason in step.reasons]


def _reason(reason: Reason, colour: bool) -> str:
    place = _dimmed(f"  {harmless(reason.place)}", colour) if reason.place else ""
    return harmless(reason.text) + place


def _painted(text: str, verdict: Verdict, colour: bool) -> str:
    return f"{_PAINT[verdict]}{text}{_OFF}" if colour else text


def _dimmed(text: str, colour: bool) -> str:
    return f"{_DIM}{text}{_OFF}" if colour and text else text
