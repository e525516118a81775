"""What somebody is given by all bindings of one place together, and who is given the same."""

from collections.abc import Iterator

from attrs import evolve, field, frozen

from polc.diagnostics import Severity
from polc.powers.table import ALL_POWERS
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import (
    Entry,
    Rbac,
    SubjectKey,
    canonical,
    in_words,
    subject_key,
)
from polc.semantics.rbac.powers import Held, entries, held

ANYBODY = frozenset({
    ("Group", "", "system:unauthenticated"),
    ("User", "", "system:anonymous"),
})  # fmt: skip
_WHO = {
    **dict.fromkeys(ANYBODY, "anybody who reaches the API server"),
    ("Group", "", "system:authenticated"): "everybody with an account of the cluster",
    ("Group", "", "system:serviceaccounts"): "every service account of the cluster",
}


def broad(subject: SubjectKey) -> str | None:
    """Return the words for a group that everybody of some kind is in; None: it is no such group."""
    kind, _, name = subject
    head = "system:serviceaccounts:"
    if kind == "Group" and name.startswith(head):
        return f"every service account of the namespace `{name.removeprefix(head)}`"
    return _WHO.get(subject)


def who(subject: SubjectKey) -> str:
    """Name a subject."""
    words = broad(subject)
    return f"{words} (`{subject[2]}`)" if words is not None else in_words(subject)


@frozen
class Grant:
    """What bindings of one place give to somebody; `where` is a namespace, None the whole cluster.

    `named`: it is about named objects only.
    """

    subject: SubjectKey
    where: str | None
    named: bool
    bindings: tuple[Found, ...] = ()
    held: tuple[tuple[Entry, Held], ...] = field(default=(), repr=False)

    @property
    def home(self) -> bool:
        """Whether it is an account's in its own namespace."""
        return self.subject[0] == "ServiceAccount" and self.subject[1] == self.where

    @property
    def severity(self) -> Severity:
        """How much it needs a look."""
        everything = any(each.power is ALL_POWERS for _, each in self.held)
        own = self.home and self.subject[2] != "default" and not everything
        person = self.where is not None and self.subject[0] != "ServiceAccount"
        calm = not broad(self.subject) and (own or person or self.named)
        weak = not any(each.power.asks for _, each in self.held)
        return Severity.NOTE if calm or weak else Severity.WARNING

    @property
    def powers(self) -> tuple[str, ...]:
        """What it lets do, the gravest first."""
        powers = sorted({each.power for _, each in self.held}, key=lambda each: each.rank)
        return tuple(dict.fromkeys(each.short for each in powers))


def grants(rbac: Rbac) -> Iterator[list[Grant]]:
    """Yield the grants of powers, those together that are told together."""
    found = _by_place(rbac)
    wide = {each.subject: {*each.powers} for each in found if each.where is None and not each.named}
    same: dict[object, list[Grant]] = {}
    for each in found:
        known = wide.get(each.subject, set())
        if (each.home and each.named) or (each.where is not None and {*each.powers} <= known):
            continue
        scope = each.where is None, each.named, each.severity
        same.setdefault((each.subject, each.powers, *scope), []).append(each)
    told: dict[object, list[Grant]] = {}
    for group in same.values():
        first = group[0]
        places: object = frozenset(id(one) for each in group for one in each.bindings)
        if first.severity is Severity.NOTE:
            places = frozenset(each.where for each in group)
        told.setdefault((places, first.powers, first.named, first.severity), []).extend(group)
    yield from told.values()


def _by_place(rbac: Rbac) -> list[Grant]:
    found: dict[tuple[SubjectKey, str | None, bool], Grant] = {}
    for binding in rbac.bindings:
        where = binding.namespace if binding.kind == "RoleBinding" else None
        parts = [(entry, each) for entry in entries(rbac, binding) for each in held(entry.access)]
        for subject in items(binding.body.get("subjects")) if parts else ():
            key = subject_key(mapping(subject), binding)
            for named in (False, True) if key is not None else ():
                some = tuple(each for each in parts if each[1].named is named)
                if some and key is not None:
                    whom = canonical(key)
                    before = found.get((whom, where, named), Grant(whom, where, named))
                    found[whom, where, named] = evolve(
                        before, bindings=(*before.bindings, binding), held=(*before.held, *some)
                    )
    return list(found.values())
