"""What a message suggests can be written: names in quotes where they need them."""

import re

import pytest

from compiling import compile_text
from polc.parse import parse
from polc.source import Source

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
            before = {"on": "allow to b ", "in": "can get pods "}.get(line.split()[0], "")
            assert parse(Source("x", f"service a {{ {before}{line} }}"))[1] == (), line
        for edit in each.fix.edits if each.fix else ():
            at = edit.span.offset
            changed = text[:at] + edit.text + text[edit.span.end_offset :]
            assert parse(Source("x", changed))[1] == (), changed
