"""What a message suggests can be written: names in quotes where they need them."""

import re
from functools import cache
from textwrap import dedent

import pytest

from compiling import compile_text
from polc.diagnostics import Diagnostic
from polc.parse import parse
from polc.source import Source
from support import CASES, REPO

NAMES = ('"service"', '"2048-game"', '"port"', "plain")


def programs(name: str) -> dict[str, str]:
    two = f"port {name} 80 http  port other 81 http"
    return {
        "which port": f"namespace n\nservice a {{ allow to b }}\nservice b {{ {two} }}",
        "two ports of a number": "namespace n\nservice a { allow to b on 81 }\n"
        f"service b {{ port {name} 81 -> 80 http  port other 82 -> 81 http }}",
        "misspelt port": "namespace n\nservice a { allow to b on othr }\n"
        f"service b {{ port {name} 80 http  port other 81 http }}",
        "missing half": f"namespace n\nservice {name} {{ allow to m/b }}\nnamespace m\n"
        f"service b {{ {two} allow from self on {name}, other }}".replace("m/b ", "m/b on 80 "),
        "decided by the callee": f"namespace n\nservice {name} {{ allow to b on 80 }}\n"
        f"service b {{ {two}  allow from self on {name} }}",
        "unused port": f"namespace n\nservice b {{ {two}  allow from self on other }}",
        "one namespace": f"namespace n\nservice b {{ can get namespaces named {name} }}".replace(
            "plain", '"plain"'
        ),
        "ports behind one": "cluster c { mesh istio sidecar }\nnamespace n\nservice w { }\n"
        f"service b {{ port {name} 80 -> 9000 http  port other 81 -> 9000 http"
        f"  allow from w on {name} }}",
        "on its node": "cluster c { mesh istio sidecar  nodes 10.0.0.0/24 }\n"
        "namespace n { harden privileged }\n"
        'service w { run { relax host-network because "x" } }\n'
        f"service b {{ {two}  allow from w on {name} }}",
        "open on its node": "namespace n { harden privileged }\nservice w { }\n"
        f'service b {{ {two}  run {{ relax host-network because "x" }}  allow from w on {name} }}',
        "range behind a Service": f"namespace n\nservice b {{ port {name} 80 -> 90..99 tcp }}",
        "other environment": "namespace n\nservice a { allow to b until 2999-01-01 }\n"
        f"service b {{ port h 80 http  allow from a only in {name} }}",
        "which cluster": f"cluster {name} {{ }}\ncluster other {{ }}\nnamespace n\nservice a {{ }}",
        "elsewhere": f"namespace n\nservice a {{ allow to {name} }}\n"
        f"namespace m\nservice {name} {{ port h 80 http  allow from n/a }}",
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", programs("x"))
def test_what_is_suggested_parses(name: str, case: str) -> None:
    text = programs(name)[case]
    found = [each for each in compile_text(text).diagnostics if each.help]
    assert found
    for each in found:
        for line in re.findall(r"`((?:on|in|allow (?:from|to)) [^`]*)`", each.help or ""):
            line = line.replace("…", "self")
            before = {"on": "allow from b ", "in": "can get pods "}.get(line.split()[0], "")
            assert parse(Source("x", f"service a {{ {before}{line} }}"))[1] == (), line
        for edit in each.fix.edits if each.fix else ():
            at = edit.span.offset
            changed = text[:at] + edit.text + text[edit.span.end_offset :]
            assert parse(Source("x", changed))[1] == (), changed


_FENCE = re.compile(r"^```svc[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INSIDE = ("account", "can", "capability", "has", "harden", "port", "relax", "run", "select")
_STATEMENT = re.compile(rf"`((?:allow (?:from|to)|{'|'.join(_INSIDE)}) [^`]*)`")
_PORTS = re.compile(r"`(on [^`]*)`")
_DECLARATION = re.compile(r"`((?:environment|service|cluster|namespace|endpoint) [^`]*\{[^`]*)`")
_RELAXING = ("relax", "capability")
_BLANK = ("…", "NAME", "FIELD", "ENV", "<", "*")
"""What stands for something that only the user knows."""


@cache
def texts() -> dict[str, str]:
    found = {
        f"{path.parent.parent.name}/{path.parent.name}": path.read_text(encoding="utf-8")
        for topic in ("broken", "warnings")
        for path in sorted((CASES / topic).glob("*/policy.svc"))
    }
    for page in sorted((REPO / "compiler/polc/codes").glob("*.md")):
        for number, fence in enumerate(_FENCE.findall(page.read_text(encoding="utf-8"))):
            found[f"{page.stem}-{number}"] = fence
    for name in NAMES:
        found |= {f"{case} {name}": text for case, text in programs(name).items()}
    return {case: dedent(text) for case, text in found.items()}


def mistakes(text: str) -> int:
    return len([each for each in parse(Source("x", text))[1] if each.severity.value == "error"])


def in_a_service(snippet: str) -> str:
    filled = snippet.replace('"…"', '"x"').replace("from …", "from self").replace("to …", "to x")
    if snippet.split()[0] in _RELAXING:
        filled = f"run {{ {filled} }}"
    return f"service a {{ {filled} }}"


def test_there_is_much_to_look_at() -> None:
    suggesting = [each for text in texts().values() for each in said(text) if each.help]
    assert len(suggesting) > 150
    assert len([each for each in suggesting if each.fix]) > 30
    assert len([each for each in suggesting if _STATEMENT.search(each.help or "")]) > 15


@pytest.mark.parametrize("case", texts())
def test_what_is_suggested_can_be_written(case: str) -> None:
    text = texts()[case]
    before = mistakes(text)
    for each in said(text):
        if each.fix:
            assert mistakes(mended(text, each)) <= before, each
        for snippet in _PORTS.findall(each.help or ""):
            assert mistakes(f"service a {{ allow from b {snippet.replace('…', 'x')} }}") == 0, (
                snippet
            )
        for snippet in _DECLARATION.findall(each.help or ""):
            written = re.sub("cluster …", "cluster x", snippet.replace("NAME", "x"))
            assert "…" in written or mistakes(written) == 0, snippet
        for snippet in _STATEMENT.findall(each.help or ""):
            written = in_a_service(snippet)
            if not any(blank in written for blank in _BLANK):
                assert mistakes(written) == 0, (each.message, snippet)


@cache
def said(text: str) -> tuple[Diagnostic, ...]:
    return compile_text(text).diagnostics


def mended(text: str, diagnostic: Diagnostic) -> str:
    assert diagnostic.fix is not None
    for edit in sorted(diagnostic.fix.edits, key=lambda each: -each.span.offset):
        text = text[: edit.span.offset] + edit.text + text[edit.span.end_offset :]
    return text
