"""Diagnostics as JUnit XML: a test case per finding, or one that passes where there is none."""

from collections.abc import Sequence

from polc.diagnostics import Diagnostic, Severity
from polc.plain import harmless
from polc.render.concise import render as concise


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return one test suite; warnings and notes are test cases that pass, with their text."""
    failures = sum(item.severity is Severity.ERROR for item in diagnostics)
    total = max(len(diagnostics), 1)
    cases = [_case(item) for item in diagnostics] or [
        '    <testcase classname="polc" name="polc"/>'
    ]
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites tests="{total}" failures="{failures}" errors="0">',
        f'  <testsuite name="polc" tests="{total}" failures="{failures}" errors="0" skipped="0">',
        *cases,
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(rows) + "\n"


def _case(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    name = f"{diagnostic.code.id} {diagnostic.code.name} {span}"
    text = concise([diagnostic]) + (f"help: {diagnostic.help}\n" if diagnostic.help else "")
    head = f"    <testcase classname={_attribute(span.source.name)} name={_attribute(name)}>\n"
    if diagnostic.severity is Severity.ERROR:
        message = _attribute(diagnostic.message)
        body = f"      <failure type={_attribute(diagnostic.code.id)} message={message}>"
        body += f"{_escaped(text)}</failure>\n"
    else:
        body = f"      <system-out>{_escaped(text)}</system-out>\n"
    return head + body + "    </testcase>"


def _escaped(text: str) -> str:
    """Escape for XML 1.0, which has no way to write most control characters (section 2.2)."""
    text = "\n".join(map(harmless, text.split("\n")))
    text = text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    quoted = _escaped(text).replace('"', "&quot;").replace("\n", "&#10;")
    return f'"{quoted}"'
