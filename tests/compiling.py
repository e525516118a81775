"""Compile a text up to the IR, for tests of what lies before the backends."""

from datetime import date
from textwrap import dedent

from polc.diagnostics import Diagnostic, Severity
from polc.driver import Compilation, Options, compile_program
from polc.ir.check import check
from polc.ir.nodes import Program
from polc.ir.show import peer_text
from polc_backends import registry


def compile_text(
    text: str, environment: str | None = None, files: dict[str, str] | None = None
) -> Compilation:
    """Compile `text` as `policy.svc`, beside `files`, for every target."""
    texts = {"policy.svc": dedent(text), **(files or {})}

    def read(path: str) -> bytes:
        if path not in texts:
            raise FileNotFoundError(2, "No such file or directory")
        return texts[path].encode()

    options = Options(date(2026, 12, 1), environment)
    return compile_program(
        ("policy.svc",), read, registry.load(("networkpolicy", "istio", "knative")), options
    )


def build(text: str, environment: str | None = None) -> Program:
    """Return the IR of a program that has no errors."""
    done = compile_text(text, environment)
    assert [d for d in done.diagnostics if d.severity is Severity.ERROR] == []
    assert done.program is not None
    check(done.program)
    return done.program


def errors(text: str, environment: str | None = None) -> tuple[Diagnostic, ...]:
    """Return the errors of a program."""
    found = compile_text(text, environment).diagnostics
    return tuple(d for d in found if d.severity is Severity.ERROR)


def warnings(text: str, environment: str | None = None) -> tuple[Diagnostic, ...]:
    """Return the warnings of a program."""
    found = compile_text(text, environment).diagnostics
    return tuple(d for d in found if d.severity is Severity.WARNING)


def underlined(found: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    """Return code and underlined text of each finding."""
    return [(d.code.id, d.span.text) for d in found]


def flows_of(text: str, environment: str | None = None) -> set[tuple[str, str, str]]:
    """Return caller, callee and port of every flow."""
    return {
        (peer_text(flow.source), peer_text(flow.target), flow.port.name)
        for flow in build(text, environment).flows
    }
