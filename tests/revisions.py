"""Hypothesis strategies for two revisions of a program, both of them correct, as text."""

from attrs import evolve
from hypothesis import assume
from hypothesis import strategies as st

from diffing import compile_text
from polc.diagnostics import has_errors
from strategies import Draft, drafts

_REVISED = ("allow ", "can ", "has role ", "run ", "harden ")


@st.composite
def revisions(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a program, and the same with other statements in some places."""
    draft = draw(drafts())
    one, other = draft.text(), _revised(draw, draft).text()
    assume(one != other)
    for text in (one, other):
        assume(not has_errors(compile_text(text).diagnostics))
    return (one, other) if draw(st.booleans()) else (other, one)


def _revised(draw: st.DrawFn, draft: Draft) -> Draft:
    """Leave some statements out, or change them a little."""
    services = []
    for namespace, name, statements in draft.services:
        kept: list[str] = []
        for line in statements:
            if not line.startswith(_REVISED) or draw(st.integers(0, 2)):
                kept.append(line)
            elif " { GET " in line:
                kept.append(line.replace(" { GET ", " { GET, PUT "))
            elif "{ rpc" in line:
                kept.append(line.partition(" {")[0])
        services.append((namespace, name, tuple(kept)))
    return evolve(draft, services=tuple(services))
