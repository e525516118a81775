"""`polc explain POLnnn`: the page of a diagnostic code."""

import re
import sys
from typing import Any

from polc.cli import CLEAN
from polc.cli.console import has_colour, to_stdout
from polc.cli.usage import UsageError
from polc.codes import all_codes, find, page
from polc.render.paint import Paint


def run(chosen: Any) -> int:
    """Carry out the command."""
    code = find(_normal(chosen.code))
    if code is None:
        raise UsageError(f"there is no code `{chosen.code}`{_advice(chosen.code)}")
    try:
        text = page(code)
    except FileNotFoundError:
        text = f"# {code.id}: {code.summary}\n"
    to_stdout(_painted(text, Paint(has_colour(chosen.color, sys.stdout))))
    return CLEAN


def _normal(text: str) -> str:
    """Read `201` and `pol201` as `POL201`, and `half-flow` as the code of that name."""
    if text.isdecimal():
        return f"POL{int(text):03d}"
    by_name = {code.name: code.id for code in all_codes()}
    return by_name.get(text.lower(), text)


def _advice(text: str) -> str:
    from polc.suggest import nearest

    codes = {code.id: code for code in all_codes()}
    near = nearest(_normal(text).upper(), codes) or nearest(
        text.lower(), [code.name for code in codes.values()]
    )
    if near is None:
        return f"; codes go from {min(codes)} to {max(codes)}"
    code = codes.get(near) or next(code for code in codes.values() if code.name == near)
    return f"; did you mean `{near}` ({code.summary})?"


def _painted(text: str, paint: Paint) -> str:
    """Set headings and code apart; without colour the Markdown is good to read as it is."""
    if not paint.on:
        return text
    rows = []
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            rows.append("")
        elif fenced:
            rows.append("    " + paint.frame(line))
        elif line.startswith("#"):
            rows.append(paint.strong(line.lstrip("# ")))
        else:
            rows.append(re.sub(r"`([^`]+)`", lambda match: paint.strong(match[1]), line))
    return "\n".join(rows) + "\n"
