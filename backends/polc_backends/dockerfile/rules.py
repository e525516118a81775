"""What no added line can mend in a Dockerfile; the person who wrote it has to."""

import json
import posixpath
import re
from collections.abc import Iterator

from polc.codes import output
from polc.diagnostics import Diagnostic, Edit, Fix
from polc.ir.nodes import Workload
from polc.source import Span
from polc_backends.dockerfile.bases import is_windows, parse_reference
from polc_backends.dockerfile.parse import Instruction, inner_of
from polc_backends.dockerfile.stages import Stage, base_of, find_stage, lineage, unquote

_SECRET = re.compile(
    r"(^|_)(apikey|auth|credentials?|key|passwd|password|pword|secret|token)(_|$)", re.IGNORECASE
)
_NO_SECRET = re.compile(r"(^|_)public(_|$)|_(file|path|dir|sock)$", re.IGNORECASE)
"""A name that says that it is public, or that its value is only a place."""
_REMOTE = re.compile(r"(https?|ftp|git|ssh)://|git@")
_COMMIT = re.compile(r"#[0-9a-f]{40}([0-9a-f]{24})?(:|$)")
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9_./:=@%+,-]+(?: +[A-Za-z0-9_./:=@%+,-]+)*")
# fmt: off
_SHELL_WORDS = frozenset({
    ".", ":", "alias", "bg", "case", "cd", "command", "eval", "exec", "exit", "export", "fg", "for",
    "hash", "if", "jobs", "read", "readonly", "return", "set", "shift", "source", "test", "times",
    "trap", "type", "ulimit", "umask", "unset", "until", "wait", "while",
})
# fmt: on


def check_rules(workload: Workload, stages: tuple[Stage, ...]) -> Iterator[Diagnostic]:
    """Report everything that keeps a Dockerfile from being hardened."""
    for number, stage in enumerate(stages):
        yield from _check_base(stages, stage)
        for instruction in stage.instructions:
            yield from _check_instruction(stages[: number + 1], instruction)
    yield from _check_windows(stages)
    yield from _check_shell_forms(stages)
    yield from _check_volumes(workload, stages)


def check_secrets(instruction: Instruction) -> Iterator[Diagnostic]:
    """Report names in ENV and ARG that look like secrets; both stay readable in the image."""
    if instruction.name not in ("ENV", "ARG"):
        return
    words = instruction.words
    if instruction.name == "ENV" and words and "=" not in words[0].text:
        words = words[:1]  # the old form: ENV NAME VALUE
    for word in words:
        name = word.text.partition("=")[0]
        if _SECRET.search(name) and not _NO_SECRET.search(name):
            yield refuse(
                f"`{name}` looks like a secret, and whoever has the image can read it",
                Span(word.span.anchor, word.span.start, word.span.start + len(name)),
                "mount it for one command, `RUN --mount=type=secret,id=…`, or at run time; if "
                "it is none, say so in the name, as in `GPG_PUBLIC_KEY`",
            )


def refuse(message: str, span: Span, help_: str, fix: Fix | None = None) -> Diagnostic:
    """Return the error that says why a Dockerfile can't be hardened."""
    return Diagnostic(output.CANNOT_HARDEN, message, span, help=help_, fix=fix)


# --- images -----------------------------------------------------------------------------------


def _check_base(stages: tuple[Stage, ...], stage: Stage) -> Iterator[Diagnostic]:
    if stage.base is None:
        yield refuse("`FROM` names no image", stage.start.span, "write `FROM NAME:TAG@sha256:…`")
    elif stage.image is None:
        yield refuse(
            f"`{stage.base.text}` has no value in this file, so nobody can tell which image it is",
            stage.base.span,
            "give the variable a default before the first `FROM`: `ARG BASE=NAME:TAG@sha256:…`",
        )
    elif stage.parent is None:
        yield from _check_pinned(stage.image, stage.base.span)


def _check_pinned(image: str, span: Span) -> Iterator[Diagnostic]:
    reference = parse_reference(image)
    if image == "scratch":
        return
    if reference is None:
        yield refuse(f"`{image}` is not an image reference", span, "write `NAME:TAG@sha256:…`")
    elif reference.tag == "latest":
        yield refuse(
            f"`{image}` has the tag `latest`, which says nothing about its version",
            span,
            "name a version, with its digest: `NAME:1.4.2@sha256:…`",
        )
    elif not reference.digest:
        yield refuse(
            f"`{image}` is not pinned: its tag can be moved to other contents",
            span,
            "add its digest, `@sha256:…`; `docker buildx imagetools inspect` prints it",
        )


def _check_other_stage(earlier: tuple[Stage, ...], name: str, span: Span) -> Iterator[Diagnostic]:
    """Check what `--from` names: a stage, the number of one, or an image."""
    if name.isdecimal() or find_stage(earlier, name) is not None:
        return
    if "$" in name:
        yield refuse(
            f"nobody can tell which image `{name}` is", span, "name a stage, or a pinned image"
        )
        return
    yield from _check_pinned(name, span)


# --- instructions -----------------------------------------------------------------------------


def _check_instruction(
    earlier: tuple[Stage, ...], instruction: Instruction
) -> Iterator[Diagnostic]:
    if instruction.name == "ONBUILD" and instruction.words:
        instruction = inner_of(instruction)
    yield from check_secrets(instruction)
    for flag in instruction.flags:
        name, _, value = unquote(flag.text).partition("=")
        if instruction.name == "COPY" and name == "--from":
            yield from _check_other_stage(earlier, value, flag.span)
        if instruction.name == "RUN" and name == "--mount":
            for option in value.split(","):
                if option.startswith("from="):
                    image = option.removeprefix("from=")
                    yield from _check_other_stage(earlier, image, flag.span)
    if instruction.name == "ADD":
        yield from _check_add(instruction)


def _check_add(instruction: Instruction) -> Iterator[Diagnostic]:
    if any(flag.text.startswith("--checksum=") for flag in instruction.flags):
        return
    for word in instruction.words:
        url = word.text.strip("[]\"',")
        if _REMOTE.match(url) and not _COMMIT.search(url):
            yield refuse(
                f"`{url}` may be anything by the time of the next build",
                word.span,
                "say what it must be: `ADD --checksum=sha256:… URL`; for git, the whole commit: "
                "`URL#COMMIT`",
            )


def _check_windows(stages: tuple[Stage, ...]) -> Iterator[Diagnostic]:
    base, root = base_of(stages), lineage(stages)[0].base
    if base is not None and root is not None and is_windows(base):
        yield refuse(
            "an image for Windows has no numeric users",
            root.span,
            "polc hardens images for Linux only",
        )


# --- the command ------------------------------------------------------------------------------


def _check_shell_forms(stages: tuple[Stage, ...]) -> Iterator[Diagnostic]:
    """Refuse a command that runs below a shell, which passes on no signal."""
    for name in ("ENTRYPOINT", "CMD"):
        found = [
            each for stage in lineage(stages) for each in stage.instructions if each.name == name
        ]
        if found and found[-1].rest and found[-1].strings is None:
            yield _shell_form(found[-1])


def _shell_form(instruction: Instruction) -> Diagnostic:
    words = _without_shell(instruction.rest)
    if words is None:
        return refuse(
            f"this `{instruction.name}` runs below a shell, which passes on no signal, and does "
            "something that only a shell can",
            instruction.span,
            "put it into a script that ends in `exec`, and write "
            f'`{instruction.name} ["/app/run"]`',
        )
    better = f"{instruction.name} {json.dumps(words)}"
    return refuse(
        f"this `{instruction.name}` runs below a shell, which passes on no signal",
        instruction.span,
        f"write `{better}`",
        Fix("Write it in exec form", (Edit(instruction.span, better),)),
    )


def _without_shell(text: str) -> list[str] | None:
    """Return the words of a command that a shell would run unchanged, or None."""
    if not _PLAIN_WORDS.fullmatch(text):
        return None
    words = text.split()
    if words[0] == "exec":
        words = words[1:]
    if not words or words[0] in _SHELL_WORDS or "=" in words[0]:
        return None
    return words


# --- volumes ----------------------------------------------------------------------------------


def _check_volumes(workload: Workload, stages: tuple[Stage, ...]) -> Iterator[Diagnostic]:
    """Refuse a VOLUME that the program does not make writable.

    Container runtimes mount something writable there, also on a read-only root file system.
    """
    if "read-only-root" in workload.security.relaxes:
        return
    for stage in lineage(stages):
        for instruction in stage.instructions:
            if instruction.name != "VOLUME":
                continue
            for path in instruction.strings or [unquote(w.text) for w in instruction.words]:
                if not _declared(posixpath.normpath(path), workload.security.writes):
                    yield refuse(
                        f"`{path}` would be writable, and the program does not say so",
                        instruction.span,
                        f'remove it, or write `run {{ writes "{path}" }}` in `{workload.key}`',
                    )


def _declared(path: str, writes: tuple[str, ...]) -> bool:
    folders = [each.rstrip("/") for each in writes]
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
