"""Keywords: those that the grammar takes here, with snippets of what they start."""

from collections.abc import Iterator
from datetime import timedelta

from polc import syntax as s
from polc.lsp.forms import FORMS, Form
from polc.lsp.offers import names
from polc.lsp.offers.model import Kind, Offer, Rank
from polc.lsp.spot import Spot
from polc.lsp.uses import children
from polc.parse.lexer import TABLES
from polc.parse.words import STATEMENTS
from polc.resolve.services import REPEATABLE, STATEMENT_WORDS

_WORD_OF = {TABLES.terminals[kind]: word for word, kind in TABLES.words.items()}
_PEERS = frozenset({"ANY", "INTERNET", "SELF", "NAMESPACE"})
"""Words that stand for peers are offered among those."""
_GO_ON = {
    "ONLY": "only in ${1:environment}",
    "BECAUSE": 'because "${1:reason}"',
    "HOST": 'host "${1:example.com}"',
    "NAMED": 'named "${1:name}"',
    "PATH": 'path "${1:/}"',
    "EXEC": 'exec ["${1:command}"]',
    "HEADER": 'header "${1:name}" = "${2:value}"',
    "COOKIE": 'cookie "${1:name}" = "${2:value}"',
    "QUERY": 'query "${1:name}" = "${2:value}"',
}
_LATER = (TABLES.terminals[TABLES.words["cluster-wide"]],)
"""What permits more than other words of the same part."""
_LABELS = {"ONLY": "only in"}
_SOON = timedelta(days=30)


def keywords(spot: Spot) -> Iterator[Offer]:
    """Return what goes on with what is open here, and what can start."""
    accepted = {TABLES.terminals[kind] for kind in spot.parse.keywords()}
    construct = spot.construct
    forms = construct.forms if construct.symbols else ()
    if construct.symbols:
        accepted -= _PEERS
    going_on = accepted.intersection(word for form in forms for word in form.goes_on)
    if not spot.names_broadly("internet"):
        going_on.discard("VIA")
    for word in going_on:
        yield _going_on(spot, word, forms)
    outside = spot.starts_line and spot.parse.outside()
    given = _given(spot)
    seen = {""}
    starters = (accepted - going_on) | _anew(spot)
    for order, form in enumerate(FORMS):
        starts = construct.home in form.home and form.head[0] in starters
        fits = form.word != "rpc" or names.takes_requests(spot, "rpc")
        if fits and form.word not in seen and (starts or (outside and "" in form.home)):
            seen.add(form.word)
            rank = Rank.AGAIN if form.word in given else _rank(spot)
            yield Offer(
                form.word,
                Kind.Keyword,
                rank,
                form.label,
                form.snippet,
                snippet=True,
                about=("form", form.label),
                order=order,
            )


def _going_on(spot: Spot, word: str, forms: tuple[Form, ...]) -> Offer:
    form, part = next(
        (form, part)
        for form in forms
        for part in (form.parts[form.active(spot.construct.symbols) or 0], *form.parts)
        if word in (*form.head, *part.symbols, *part.words)
    )
    insert = _GO_ON.get(word, "")
    if word == "UNTIL":
        insert = f"until ${{1:{spot.view.session.today() + _SOON}}}"
    return Offer(
        _LABELS.get(word, _WORD_OF[word]),
        Kind.Keyword,
        Rank.STARTS if spot.starts_line and not spot.is_needed else Rank.GOES_ON,
        part.text,
        insert,
        snippet=bool(insert),
        about=("part", form.label, part.text),
        order=2 * form.parts.index(part) + (word in _LATER),
    )


def _anew(spot: Spot) -> set[str]:
    """Return what could start on a new line if the line above is left as unfinished as it is."""
    depth = spot.parse.frame()
    if depth is None or not (spot.starts_line and spot.is_needed):
        return set()
    states = spot.parse.states[: depth + 1]
    reserved = (kind for kind in STATEMENTS if spot.parse.accepts(kind, states) is not None)
    return {TABLES.terminals[kind] for kind in reserved}


def _rank(spot: Spot) -> Rank:
    """Return how likely it is that something starts here."""
    is_likely = not spot.construct.symbols or (spot.starts_line and not spot.is_needed)
    return Rank.MEANT if is_likely else Rank.STARTS


def _given(spot: Spot) -> set[str]:
    """Return the words of statements that are there already and may stand only once."""
    statements = list(children(spot.owner.declaration)) if spot.owner else []
    for value in spot.parse.values:
        if isinstance(value, list):
            statements += (each for each in value if isinstance(each, s.Node))
    kinds = {type(each) for each in statements} - REPEATABLE
    return {STATEMENT_WORDS[kind] for kind in kinds if kind in STATEMENT_WORDS}
