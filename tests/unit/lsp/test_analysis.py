"""Diagnostics of edited programs: at once of what was edited, and in the end of everything."""

import re
from collections.abc import Iterable

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from lsp_support import CURSOR, LINKED, Editor, editor
from polc.backend import Artifact, Backend, Feature
from polc.diagnostics import Diagnostic, Severity
from polc.driver import compile_program, compile_units
from polc.ir.nodes import Cluster, Program
from polc.lsp.analysis import _OF_THE_WHOLE, Stale, _changed, settle
from polc.lsp.session import Settings
from support import CASES, EXAMPLES, programs

TEXTS = tuple(
    text
    for folder in (CASES, EXAMPLES)
    for path in programs(folder)
    if CURSOR not in (text := path.read_text(encoding="utf-8")) and 'import "' not in text
)
TYPED = ("{", "}", '"', "#", "\n", " ", "x", "service x { }\n", "allow from any on web because ")

edits = st.lists(
    st.tuples(
        st.sampled_from(("drop line", "copy line", "word", "word", "type")),
        st.floats(0, 1, exclude_max=True),
        st.floats(0, 1, exclude_max=True),
    ),
    min_size=1,
    max_size=3,
)


def edited(text: str, kind: str, here: float, there: float) -> str:
    """Return a text with one line or word of it elsewhere, or something typed."""
    lines = text.split("\n")
    words = list(re.finditer(r"[\w-]+", text))
    match kind:
        case "drop line":
            del lines[int(here * len(lines))]
        case "copy line":
            lines.insert(int(here * len(lines)), lines[int(there * len(lines))])
        case "word" if words:
            old, new = words[int(here * len(words))], words[int(there * len(words))]
            return text[: old.start()] + new.group() + text[old.end() :]
        case _:
            at = int(here * len(text))
            return text[:at] + TYPED[int(there * len(TYPED))] + text[at:]
    return "\n".join(lines)


def rewrite(one: Editor, text: str) -> None:
    one.session.change(one.uri(), one.view().document.version + 1, [(None, text)])


@frozen
class Silent:
    """A backend that restricts as another does, and finds nothing."""

    backend: Backend

    @property
    def name(self) -> str:
        return self.backend.name

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        return self.backend.features(cluster)

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        return (), ()


def errors(found: Iterable[Diagnostic]) -> dict[object, Diagnostic]:
    return {
        each.sort_key(): each
        for each in found
        if each.severity is Severity.ERROR and each.code not in _OF_THE_WHOLE
    }


@given(st.sampled_from(TEXTS), edits)
def test_edited_declarations_have_at_once_the_errors_of_a_whole_compilation(
    text: str, changes: list[tuple[str, float, float]]
) -> None:
    one = editor(text)
    program = one.view().program
    for change in changes:
        text = edited(text, *change)
    rewrite(one, text)
    snapshot, settled = program.snapshot(), program.settled
    assert settled is not None
    told = errors(program.at_once())
    backends = tuple(map(Silent, program.backends))
    done = compile_units(
        snapshot.units, snapshot.read_errors, snapshot.resolved, backends, snapshot.options
    )
    whole = errors(done.diagnostics)
    edited_pieces = {piece.anchor for piece in snapshot.pieces() if piece not in settled.pieces}
    missed = [whole[key] for key in whole.keys() - told.keys()]
    assert [each for each in missed if each.span.anchor in edited_pieces] == []
    looked_at = {piece.anchor for piece in _changed(snapshot, settled)}
    invented = [told[key] for key in told.keys() - whole.keys()]
    assert [each for each in invented if each.span.anchor in looked_at | edited_pieces] == []


@given(st.sampled_from(TEXTS), edits)
def test_no_finding_points_into_an_earlier_text(
    text: str, changes: list[tuple[str, float, float]]
) -> None:
    one = editor(text)
    program = one.view().program
    for change in changes:
        text = edited(text, *change)
        rewrite(one, text)
        for found in program.findings():
            for span in (found.span, *(label.span for label in found.labels)):
                assert program.snapshot().is_live(span), found
                if span.source.name == one.path():
                    assert span.source.text == text
                    assert 0 <= span.offset <= span.end_offset <= len(text)


@given(st.sampled_from(TEXTS), edits)
def test_once_settled_findings_are_those_of_the_command_line(
    text: str, changes: list[tuple[str, float, float]]
) -> None:
    one = editor(text)
    program = one.view().program
    for change in changes:
        text = edited(text, *change)
        rewrite(one, text)
        program.at_once()
    one.settle()
    told = [(each.sort_key(), each.help, each.severity) for each in program.at_once()]
    fresh = compile_program(
        (one.path(),), lambda _: text.encode(), program.backends, program.snapshot().options
    )
    assert told == [(each.sort_key(), each.help, each.severity) for each in fresh.diagnostics]
    assert program.settled is not None
    assert program.settled.compilation.artifacts == fresh.artifacts


BOTH = LINKED.replace("namespace shop", "namespace shop { consent both }")
APPLIED = LINKED.replace('app: "api" }', 'app: "api" }  harden p  has role r')
SETTINGS = """
profile p extends restricted { writes "/tmp" }
role r { get configmaps }
environment e { service api { resources { cpu 100m } } }
"""


def told(one: Editor) -> list[tuple[str, str]]:
    """Return code and underlined text of all that is told now."""
    return [(each.code.id, each.span.text) for each in one.view().program.at_once()]


def test_the_missing_half_is_told_at_once_and_no_longer_once_it_is_there() -> None:
    one = editor(BOTH.replace("  allow to api on web\n", "  |\n"))
    assert told(one) == [("POL201", "frontend")]
    one.type("allow to api on web")
    assert told(one) == []


def test_a_name_that_comes_takes_away_the_error_of_whoever_used_it() -> None:
    one = editor(f"{LINKED}|".replace("allow from frontend", "allow from page"))
    assert ("POL101", "page") in told(one)
    one.type("\ngroup page { frontend }\n")
    assert told(one) == []


def test_a_group_that_goes_takes_what_was_found_through_it_with_it() -> None:
    group = "group page { frontend, idle }\n"
    service = 'service idle { select { app: "idle" } }\n'
    text = BOTH.replace("allow from frontend", "allow from page")
    one = editor(f"{text}{service}|{group}")
    assert told(one) == [("POL201", "page")]
    one.type("", instead=len(group))
    assert told(one) == [("POL101", "page")]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('writes "/tmp"', 'relax host-network because "of it"', "POL401"),
        ("get configmaps", "get secrets", "POL301"),
        ("resources { cpu 100m }", "rollout { v1 90% }", "POL501"),
        ("namespace shop", "namespace shop { harden nobody }", "POL101"),
    ],
)
def test_settings_are_looked_at_with_the_service_that_they_are_for(
    before: str, after: str, code: str
) -> None:
    """What is wrong with them shows only where they are applied."""
    text = APPLIED + SETTINGS
    if code == "POL101":
        text = text.replace("  harden p", "")
    one = editor(text.replace(before, f"|{before}"), settings=Settings(environment="e"))
    assert "ERROR" not in [each.severity.name for each in one.view().program.at_once()]
    one.type(after, instead=len(before))
    assert code in [each for each, _ in told(one)]
    one.settle()
    assert code in [each for each, _ in told(one)]


def test_a_compilation_that_nobody_waits_for_gives_up() -> None:
    program = editor(LINKED, settled=False).view().program
    with pytest.raises(Stale):
        settle(program.snapshot(), program.backends, lambda: True)


def test_what_only_a_whole_compilation_finds_holds_until_the_next() -> None:
    one = editor(LINKED.replace('app: "api"', 'app: "frontend"|'))
    assert [code for code, _ in told(one)] == ["POL206"]
    one.cursors[one.name] = [len(one.text())]
    one.type("role web { }\n")  # a name that is in both of them
    assert "POL206" in [code for code, _ in told(one)]


SEVERAL = """\
cluster a { mesh none  cni kubernetes }
cluster b { mesh istio sidecar  cni kubernetes }
environment dev { cluster a }
environment prod { cluster b }
namespace n
service x { port w 1 http allow from self on w { GET "/" } }
"""


def test_a_program_of_several_clusters_is_seen_in_its_first_environment() -> None:
    one = editor(SEVERAL)
    [program] = one.session.all_programs()
    found = {each.code.id: each for each in program.findings()}
    assert found["POL204"], "in `dev` nothing enforces requests"
    assert found["POL702"].severity is Severity.NOTE
    assert found["POL702"].span.text == "dev"


def test_an_environment_that_is_chosen_counts() -> None:
    one = editor(SEVERAL, settings=Settings(environment="prod"))
    [program] = one.session.all_programs()
    assert [each.code.id for each in program.findings()] == []
