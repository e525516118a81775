"""Diagnostics as a SARIF 2.1.0 log, for code scanning.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from polc import __version__
from polc.codes import page
from polc.diagnostics import Code, Diagnostic, Fix, Severity
from polc.source import Span

_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
    Severity.HINT: "note",
}


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return a log with one run; its rules are the codes that occur."""
    codes = {item.code.id: item.code for item in diagnostics}
    rules = [codes[key] for key in sorted(codes)]
    index = {code.id: number for number, code in enumerate(rules)}
    driver = {
        "name": "polc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, index[item.code.id]) for item in diagnostics],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    """Describe a code; its page is the `help` that code scanning shows.

    There is no `helpUri`: the pages are in the program (`polc explain`), and nowhere to be fetched.
    """
    rule: dict[str, Any] = {
        "id": code.id,
        "name": "".join(word.capitalize() for word in code.name.split("-")),
        "shortDescription": {"text": code.summary},
        "fullDescription": {"text": f"{code.summary} (`polc explain {code.id}`)"},
        "defaultConfiguration": {"level": _LEVELS[code.severity]},
    }
    try:
        text = page(code)
    except FileNotFoundError:  # a code of a third-party target
        return rule
    paragraphs = text.split("\n\n")
    if len(paragraphs) > 1:
        first = " ".join(paragraphs[1].split())
        rule["fullDescription"] = {"text": _plain(first), "markdown": first}
    rule["help"] = {"text": _plain(text), "markdown": text}
    return rule


def _plain(markdown: str) -> str:
    """Return a page without its marks: `text` is for viewers that show none.

    Source: SARIF 2.1.0, "multiformatMessageString object".
    """
    lines = (line for line in markdown.splitlines() if not line.startswith("```"))
    return "\n".join(line.removeprefix("# ").replace("`", "") for line in lines).strip()


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = diagnostic.message
    if diagnostic.help:
        text += f"\n\nhelp: {diagnostic.help}"
    result: dict[str, Any] = {
        "ruleId": diagnostic.code.id,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": text},
        "locations": [_location(diagnostic.span)],
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {"id": number, **_location(label.span), "message": {"text": label.message}}
            for number, label in enumerate(diagnostic.labels)
        ]
    if diagnostic.fix:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _location(span: Span) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(span.source.name)}}
    if span.source.text:
        physical["region"] = _region(span)
    return {"physicalLocation": physical}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.line_col(span.offset)
    end_line, end_column = span.source.line_col(span.end_offset)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _uri(name: str) -> str:
    """Return a URI; a relative name stays one (`:` is escaped, it would end a scheme)."""
    path = quote(name.replace("\\", "/"), safe="/~", errors="replace")
    return f"file://{path}" if path.startswith("/") else path


def _fix(fix: Fix) -> dict[str, Any]:
    return {"description": {"text": fix.title}, "artifactChanges": list(_changes(fix))}


def _changes(fix: Fix) -> Iterable[dict[str, Any]]:
    names = dict.fromkeys(edit.span.source.name for edit in fix.edits)
    for name in names:
        yield {
            "artifactLocation": {"uri": _uri(name)},
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                for edit in fix.edits
                if edit.span.source.name == name
            ],
        }
