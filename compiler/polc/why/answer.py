"""What an answer is made of: a verdict, and for each layer what decides there."""

from typing import Literal

from attrs import frozen

Verdict = Literal["allowed", "partly", "denied"]


@frozen
class Reason:
    """One thing that decides: a line of the program, or a rule of an object."""

    text: str
    place: str | None = None


@frozen
class Step:
    """One layer and its verdict. `title` says between whom and on what port it decides."""

    layer: str
    title: str
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


@frozen
class Answer:
    """The whole: `question` in words, steps in order, and what to write to permit it.

    `missing` pairs a place with the line to add there.
    """

    question: str
    verdict: Verdict
    steps: tuple[Step, ...]
    missing: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()


def joined(verdicts: tuple[Verdict, ...]) -> Verdict:
    """Return the verdict of layers that all have to agree."""
    if "denied" in verdicts:
        return "denied"
    return "partly" if "partly" in verdicts else "allowed"
