"""Roles and bindings of two sides to the requests on the Kubernetes API that only one allows."""

from collections.abc import Iterator

from attrs import frozen

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.diff.changes import Change, Kind
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import (
    Entry,
    Gap,
    Rbac,
    SubjectKey,
    canonical,
    in_words,
    read_rbac,
    role_key,
    subject_key,
)
from polc.semantics.rbac.privileges import EVERYONE, Access, union
from polc.semantics.sets.boxes import Box
from polc.semantics.sets.words import Urls, Words

_GROUP = "system:serviceaccounts:"
_ACCOUNTS, _EVERYBODY = "system:serviceaccounts", "system:authenticated"


@frozen(eq=False)
class _Held:
    """What bindings give, by whom they name."""

    rbac: Rbac
    by_subject: dict[SubjectKey, list[Found]]

    @classmethod
    def of(cls, manifests: Manifests) -> "_Held":
        rbac = read_rbac(manifests)
        found: dict[SubjectKey, list[Found]] = {}
        for binding in rbac.bindings:
            for subject in items(binding.body.get("subjects")):
                key = subject_key(mapping(subject), binding)
                if key is not None:
                    found.setdefault(canonical(key), []).append(binding)
        return cls(rbac, found)

    def given(self, key: SubjectKey) -> tuple[list[Entry], list[Gap]]:
        """Return the rules that reach a subject by its own name, and what is not known."""
        entries: list[Entry] = []
        gaps: list[Gap] = []
        for binding in self.by_subject.get(key, ()):
            more, unknown = self.rbac.given(binding, in_words(key))
            entries += more
            gaps += unknown
        return entries, gaps

    def all_given(self, key: SubjectKey) -> Access:
        """Return what a subject may do by its own name or by a group that it is in."""
        entries = (entry for each in (key, *_groups(key)) for entry in self.given(each)[0])
        return union(entry.access for entry in entries)


def privilege_changes(one: Manifests, other: Manifests) -> Iterator[Change]:
    """Yield what only `one` allows somebody, by each rule that allows it."""
    mine, theirs = _Held.of(one), _Held.of(other)
    for key in sorted(mine.by_subject):
        held = theirs.all_given(key)
        for entry in mine.given(key)[0]:
            left = entry.access - held
            if not left - EVERYONE:
                continue
            notes = [f"by {_role(entry)}, which {entry.binding.kind} {entry.binding.name} gives"]
            if any(map(_is_odd, left.resources)):
                left = entry.access
                notes.append("a part of it is permitted on the other side")
            for text in (*map(_request, left.resources), *map(_path, left.paths)):
                yield Change(
                    Kind.VERB,
                    True,
                    _name(key),
                    "can",
                    text,
                    notes=tuple(notes),
                    span=(entry.role or entry.binding).span(*entry.place),
                )


def open_privileges(old: Manifests, new: Manifests) -> Iterator[Diagnostic]:
    """Yield what of the new side's privileges nobody can tell, unless it was there before."""
    before, after = _Held.of(old), _Held.of(new)
    known = set(map(_place, _gaps(before)))
    for key, gap in _gaps(after):
        if _place((key, gap)) not in known:
            message = f"{gap.at.kind} `{gap.at.name}`: {gap.reason}"
            yield Diagnostic(NOT_DECIDED, message, gap.at.span(*gap.place))


def _gaps(held: _Held) -> Iterator[tuple[SubjectKey | None, Gap]]:
    yield from ((None, gap) for gap in held.rbac.gaps)
    for key in held.by_subject:
        yield from ((key, gap) for gap in held.given(key)[1])


def _place(found: tuple[SubjectKey | None, Gap]) -> tuple[object, ...]:
    """Return what a gap is known by: whose, in what, and what is unknown there."""
    key, gap = found
    at = gap.at
    if key is None:
        return None, at.kind, at.namespace, at.name, gap.reason, repr(at.body)
    where = at.namespace if at.kind == "RoleBinding" else None
    role = role_key(at) if at.kind.endswith("Binding") else (None, at.name)
    return key, where, role, gap.reason


def _groups(key: SubjectKey) -> Iterator[SubjectKey]:
    """Yield the groups that hold a subject."""
    kind, namespace, name = key
    if kind == "ServiceAccount":
        yield ("Group", "", f"{_GROUP}{namespace}")
        yield ("Group", "", _ACCOUNTS)
    elif kind == "Group" and name.startswith(_GROUP):
        yield ("Group", "", _ACCOUNTS)
    if name not in (_EVERYBODY, "system:unauthenticated", "system:anonymous"):
        yield ("Group", "", _EVERYBODY)


def _name(key: SubjectKey) -> str:
    kind, namespace, name = key
    if kind == "ServiceAccount":
        return f"{namespace}/{name}"
    if name == _ACCOUNTS:
        return "every service account"
    if kind == "Group" and name.startswith(_GROUP):
        return f"every service account of {name.removeprefix(_GROUP)}"
    return f"{kind.lower()} {name}"


# --- requests in words ------------------------------------------------------------------------


def _role(entry: Entry) -> str:
    return f"{entry.role.kind} {entry.role.name}" if entry.role else "cluster-admin"


def _is_odd(box: Box) -> bool:
    """Tell whether a box is everything but something, which nobody would read."""
    return any(words.rest and words.names for words in map(_words, box[:4]))


def _request(box: Box) -> str:
    """Return requests as the language writes a grant."""
    verbs, groups, resources, below, names, where = (_words(each) for each in box)
    resource = _resource(groups, resources, below)
    named = f" named {_quoted(names)}" if names != _EVERY else ""
    scope = " cluster-wide" if where == _EVERY else f" in {_listed(where, 'every namespace')}"
    return f"{_listed(verbs, 'do anything with')} {resource}{named}{scope}"


def _resource(groups: Words, resources: Words, below: Words) -> str:
    """Return resources and what is below them: `pods/log`, `finalizers of every resource`."""
    group = _listed(groups, "every API group")
    apart = resources.rest or groups.rest or len(groups.names) > 1
    own = "" if apart or not group else f".{group}"
    every = [_listed(resources, "every resource")] if resources.rest else sorted(resources.names)
    parts = [""] if below.rest else sorted(below.names)
    sign = "{1} of {0}" if resources.rest else "{0}/{1}"
    found = [
        sign.format(f"{each}{own}", part) if part else f"{each}{own}"
        for each in every
        for part in parts
    ]
    text = ", ".join(found)
    if apart:
        text += f" of {group or 'the core group'}"
    return f"{text} and what is below" if below.rest and not resources.rest else text


def _path(box: Box) -> str:
    verbs, paths = box
    assert isinstance(paths, Urls)
    shown = ", ".join(
        f'"{each.pattern.text}{"*" if each.pattern.rest else ""}"' for each in paths.regions
    )
    return f"{_listed(_words(verbs), 'do anything with')} path {shown}"


_EVERY = Words(frozenset(), rest=True)


def _words(side: object) -> Words:
    assert isinstance(side, Words)
    return side


def _listed(words: Words, everything: str) -> str:
    listed = ", ".join(sorted(words.names))
    if not words.rest:
        return listed
    return f"{everything} but {listed}" if words.names else everything


def _quoted(words: Words) -> str:
    listed = ", ".join(f'"{name}"' for name in sorted(words.names) if name)
    if not words.rest:
        return listed
    return f"anything but {listed}" if listed else "anything"
