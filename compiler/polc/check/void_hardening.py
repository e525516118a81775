"""Relaxations and capabilities of a service that its profile gives already."""

from collections.abc import Iterable, Iterator

from polc import syntax as s
from polc.codes.flows import VOID_LINE
from polc.diagnostics import Diagnostic, Label
from polc.lower.cluster import chain, is_level
from polc.lower.qualifiers import Context, holds_whenever, until_of
from polc.resolve.services import ServiceModel
from polc.resolve.symbols import Symbol, Table

Given = dict[tuple[str, str], s.Relax | s.Capability]
"""What a profile and those that it extends give, by word and name."""


def void_hardening(
    models: Iterable[ServiceModel], table: Table, context: Context
) -> tuple[Diagnostic, ...]:
    """Warn of every item of a `run` that the profile gives whenever the item holds."""
    known: dict[Symbol, Given] = {}
    found = []
    for model in models:
        run, profile = model.one(s.Run), _profile(model, table)
        if run is None or profile is None:
            continue
        if profile not in known:
            known[profile] = _given(profile, table)
        for item in _relaxing(run.items):
            other = known[profile].get(_key(item))
            if other is not None and _holds_whenever(other, item, context):
                found.append(_void(item, other, profile))
    return tuple(found)


def _profile(model: ServiceModel, table: Table) -> Symbol | None:
    harden = model.one(s.Harden) or model.namespace.harden
    if harden is None or is_level(harden.profile):
        return None
    return table.find(harden.profile, "profile", model.namespace.name, [])


def _given(profile: Symbol, table: Table) -> Given:
    return {
        _key(item): item
        for each in chain(table, profile, [])
        if isinstance(each.declaration, s.Profile)
        for item in _relaxing(each.declaration.items)
    }


def _relaxing(items: Iterable[s.RunItem]) -> Iterator[s.Relax | s.Capability]:
    return (item for item in items if isinstance(item, s.Relax | s.Capability))


def _key(item: s.Relax | s.Capability) -> tuple[str, str]:
    if isinstance(item, s.Relax):
        return "relax", item.field.text
    return "capability", item.name.text


def _holds_whenever(
    wide: s.Relax | s.Capability, narrow: s.Relax | s.Capability, context: Context
) -> bool:
    end = until_of(wide.qualifiers)
    if end is not None and end < context.today:
        return False
    places = [frozenset(name.text for name in each.qualifiers.only_in) for each in (wide, narrow)]
    return holds_whenever(places[0], end, places[1], until_of(narrow.qualifiers))


def _void(
    item: s.Relax | s.Capability, other: s.Relax | s.Capability, profile: Symbol
) -> Diagnostic:
    return Diagnostic(
        VOID_LINE,
        f"`{' '.join(_key(item))}` makes no difference: the profile `{profile.name}` has it too",
        item.span,
        (Label(other.span, "by this"),),
        help="delete it, or take it out of the profile",
    )
