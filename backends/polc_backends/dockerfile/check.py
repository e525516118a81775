"""What a `build` must be before it may become text: no value can bring an instruction of its own.

`lower` has checked all of this with better words; here it is checked once more, because a
Dockerfile has no quoting for paths and references that would hold whatever stands in them.
"""

import re
from collections.abc import Iterator
from datetime import date

from polc.codes import hardening, names, values
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Build, Workload
from polc.source import Span
from polc_backends.dockerfile.bases import end_of_life, has_tools, parse_reference

_PATH = re.compile(r"(/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*|/\.[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)+")
"""No blank, quote, `$` (Dockerfiles expand it), back-slash, `.` or `..`; and not `/` itself."""
_SIGNAL = re.compile(r"SIG[A-Z0-9]+([+-][0-9]+)?|[0-9]+")


def check_build(workload: Workload, build: Build, today: date) -> tuple[Diagnostic, ...]:
    """Report what keeps a build from becoming a Dockerfile, and bases past their end."""
    return (
        *_check_references(build, today),
        *_check_app(build),
        *_check_command(workload, build),
        *_check_install(build),
        *_check_signal(workload),
    )


def under(span: Span, text: str) -> Span:
    """Return the place of `text` within a span, or the span where it can't be found."""
    at = span.text.find(text) if text else -1
    return span if at < 0 else Span(span.anchor, span.start + at, span.start + at + len(text))


def _check_references(build: Build, today: date) -> Iterator[Diagnostic]:
    for text in dict.fromkeys((build.base, build.builder or build.base)):
        reference = parse_reference(text)
        place = under(build.span, text)
        if reference is None:
            yield Diagnostic(
                values.BAD_IMAGE,
                f"`{text}` is not an image reference",
                place,
                help='write `"registry.example.com/path/name:tag@sha256:…"`',
            )
            continue
        end = end_of_life(reference)
        if end is not None and end[1] < today:
            yield Diagnostic(
                hardening.END_OF_LIFE_BASE,
                f"`{end[0]}` has had no fixes since {end[1].isoformat()}",
                place,
                help="build on a release that is still supported",
            )


def _check_app(build: Build) -> Iterator[Diagnostic]:
    if not _PATH.fullmatch(build.app):
        yield Diagnostic(
            values.BAD_VALUE,
            f"`{build.app}` is not a folder that the application can be put into",
            under(build.span, build.app),
            help='write an absolute path of letters, digits, `.`, `_` and `-`: `app "/app"`',
        )


def _check_command(workload: Workload, build: Build) -> Iterator[Diagnostic]:
    if not build.command:
        yield Diagnostic(
            names.MISSING_STATEMENT,
            f"the build of `{workload.key}` has no command",
            build.span,
            help='say what the container runs: `command ["python", "-m", "api"]`',
        )


def _check_install(build: Build) -> Iterator[Diagnostic]:
    builder = parse_reference(build.builder or build.base)
    if build.install and builder is not None and not has_tools(builder):
        yield Diagnostic(
            names.MISSING_STATEMENT,
            f"`{builder.name}` has no shell and no tools, so `install` can't run there",
            build.span,
            help='name an image to install in: `builder "…"`',
        )


def _check_signal(workload: Workload) -> Iterator[Diagnostic]:
    signal = workload.stop.signal if workload.stop else None
    if workload.stop and signal is not None and not _SIGNAL.fullmatch(signal):
        yield Diagnostic(
            values.BAD_VALUE,
            f"`{signal}` is not a signal",
            workload.stop.span,
            help="write its name: `signal SIGTERM`",
        )
