"""The stages of a Dockerfile, and the image that each one starts from."""

import re

from attrs import frozen

from polc_backends.dockerfile.bases import Reference, has_tools, parse_reference
from polc_backends.dockerfile.parse import Instruction, Word

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::([-+])([^${}]*))?\})")


@frozen
class Stage:
    """One `FROM` and what follows it.

    `image` is the reference with variables replaced, None where they have no value in the file;
    `parent` is the number of the stage that it names instead of an image.
    """

    name: str
    start: Instruction
    base: Word | None
    image: str | None
    parent: int | None
    instructions: tuple[Instruction, ...]


def split_stages(instructions: tuple[Instruction, ...]) -> tuple[Stage, ...]:
    """Split at every `FROM`; what stands before the first one gives variables only."""
    starts = [at for at, each in enumerate(instructions) if each.name == "FROM"]
    if not starts:
        return ()
    arguments = _global_arguments(instructions[: starts[0]])
    stages: list[Stage] = []
    for start, end in zip(starts, [*starts[1:], len(instructions)], strict=True):
        line = instructions[start]
        base = line.words[0] if line.words else None
        image = expand(base.text, arguments) if base else None
        stages.append(
            Stage(
                name=_stage_name(line),
                start=line,
                base=base,
                image=image,
                parent=find_stage(stages, image) if image else None,
                instructions=instructions[start + 1 : end],
            )
        )
    return tuple(stages)


def find_stage(stages: list[Stage] | tuple[Stage, ...], name: str) -> int | None:
    """Return the number of the last stage with a name, which is case-insensitive."""
    found = [at for at, stage in enumerate(stages) if stage.name and stage.name == name.lower()]
    return found[-1] if found else None


def lineage(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return the stages that the last one is made of, the first one first."""
    chain = [stages[-1]]
    while (parent := chain[0].parent) is not None:
        chain.insert(0, stages[parent])
    return tuple(chain)


def base_of(stages: tuple[Stage, ...]) -> Reference | None:
    """Return the image that the last stage is made from in the end."""
    image = lineage(stages)[0].image
    return parse_reference(image) if image else None


def tools_in(stages: tuple[Stage, ...]) -> bool:
    """Tell whether the last stage has `find` and `chmod`."""
    base = base_of(stages)
    return base is not None and has_tools(base)


def expand(text: str, arguments: dict[str, str]) -> str | None:
    """Replace variables; None where one of them has no value."""
    unknown = False

    def value(match: re.Match[str]) -> str:
        nonlocal unknown
        known = arguments.get(match[1] or match[2], "")
        if match[3] == "-":
            return known or match[4]
        if match[3] == "+":
            return match[4] if known else ""
        unknown = unknown or not known
        return known

    expanded = _VARIABLE.sub(value, unquote(text))
    return None if unknown or "$" in expanded else expanded


def unquote(text: str) -> str:
    """Remove the quotes of a word."""
    return re.sub(r"[\"']", "", text)


def _stage_name(line: Instruction) -> str:
    words = [word.text.lower() for word in line.words]
    return words[2] if len(words) == 3 and words[1] == "as" else ""


def _global_arguments(instructions: tuple[Instruction, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for instruction in instructions:
        for word in instruction.words if instruction.name == "ARG" else ():
            name, equals, text = word.text.partition("=")
            value = expand(text, values) if equals else None
            if value is not None:
                values[name] = value
    return values
