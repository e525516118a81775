"""Diagnostics as text for people and machines: one format, one file, one row of the table."""

from collections.abc import Callable, Sequence
from importlib import import_module

from polc.diagnostics import Diagnostic

Renderer = Callable[[Sequence[Diagnostic], bool], str]
"""Turn diagnostics, in order, into a text; the flag asks for colour."""

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit")
"""What `--format` takes: each names the module here that has its `render`."""

FOR_PEOPLE = frozenset({"full", "concise"})
"""Formats that go where messages go; all others are documents."""


def render(name: str, diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Render in the format `name`, one of `FORMATS`."""
    renderer: Renderer = import_module(f"polc.render.{name}").render
    return renderer(diagnostics, colour)
