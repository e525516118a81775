"""What tests of `polc diff` share: objects written as text, compared, and told in short lines."""

from collections.abc import Iterable
from datetime import date

from attrs import evolve

from polc.cli.proof import built
from polc.diagnostics import has_errors
from polc.diff.changes import Change
from polc.diff.objects.compare import Comparison, compare_objects
from polc.diff.objects.side import Side
from polc.diff.render_words import sentence
from polc.driver import Compilation, Options, compile_program
from polc.output.layout import arrange
from polc.semantics.objects.reading import read_files
from polc_backends.registry import load
from support import TODAY


def compile_text(text: str) -> Compilation:
    """Compile a program for the day of all tests."""
    options = Options(date.fromisoformat(TODAY))
    return compile_program(("p.svc",), lambda _: text.encode(), load(None), options)


def compiled(text: str) -> Compilation:
    """Compile a program that has to be right."""
    done = compile_text(text)
    assert not has_errors(done.diagnostics), [each.message for each in done.diagnostics]
    return done


def program_side(text: str) -> Side:
    """Return a program as a side: what it compiles to."""
    done = compiled(text)
    layout, _ = arrange(done.artifacts)
    return Side(built(done.artifacts, layout), done.program)


def output_side(text: str) -> Side:
    """Return what a program compiles to as a side that knows no program: read from its YAML."""
    layout, _ = arrange(compiled(text).artifacts)
    return objects_side(
        {path: each for path, each in layout.files.items() if path.endswith(".yaml")}
    )


def objects_side(texts: str | dict[str, str]) -> Side:
    """Return objects as a side; all of them have to be readable."""
    manifests, found = read_files({"x.yaml": texts} if isinstance(texts, str) else texts)
    assert not found, [each.message for each in found]
    return Side(manifests)


def compare(old: str | Side, new: str | Side) -> Comparison:
    """Compare two sides."""
    one, other = (side if isinstance(side, Side) else objects_side(side) for side in (old, new))
    return compare_objects(one, other)


def lines(changes: Iterable[Change]) -> list[str]:
    """Tell changes as people read them, a line each, with requests in brackets."""
    found = []
    for change in changes:
        mark = "~" if change.shifted else "+" if change.gained else "-"
        text = sentence(evolve(change, flow=None))
        requests = f" [{', '.join(change.requests)}]" if change.requests else ""
        found.append(f"{mark} {text}{requests}")
    return found


def told(old: str | Side, new: str | Side) -> list[str]:
    """Compare two sides that leave nothing open, and tell the changes."""
    found = compare(old, new)
    assert [each.message for each in found.left_open] == []
    return lines(found.changes)
