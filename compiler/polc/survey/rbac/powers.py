"""Who holds powers: rights that amount to more than they say, one finding for each who and where.

What needs a look is a warning: powers of groups that everybody is in, in the whole cluster, or in a
namespace that is not the account's own. What installations mean to give is a note with its reason:
powers of an account in its own namespace, of people in some namespaces, and of named objects only.
"""

from collections.abc import Iterable, Iterator

from polc.codes.proof import POWER
from polc.diagnostics import Diagnostic, Label, Severity
from polc.powers.table import ALL_POWERS
from polc.prose import listed, prose
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import Entry, Rbac, SubjectKey, role_key, subject_key
from polc.semantics.rbac.defaults import PUBLIC, is_default
from polc.semantics.rbac.powers import Held, entries, held
from polc.semantics.rbac.privileges import EVERYONE
from polc.survey.mistakes import counted_rest, full_name
from polc.survey.rbac.grants import ANYBODY, Grant, broad, grants, who

_MOST_NAMED = 6
"""So many powers are said in words; the rest is counted."""
_MOST_PLACES = 5
_MOST_OBJECTS = 4


def power_findings(rbac: Rbac) -> Iterator[Diagnostic]:
    """Report who holds powers, and what is given to everybody."""
    for group in grants(rbac):
        yield _finding(group)
    for binding in rbac.bindings:
        given = entries(rbac, binding)
        if any(True for entry in given for _ in held(entry.access)):
            continue
        for index, subject in enumerate(items(binding.body.get("subjects"))):
            key = subject_key(mapping(subject), binding)
            if key is not None and broad(key):
                yield from _to_everybody(binding, index, key, given)


def _finding(group: list[Grant]) -> Diagnostic:
    first = group[0]
    subjects = _subjects(dict.fromkeys(each.subject for each in group))
    bindings = list({id(one): one for each in group for one in each.bindings}.values())
    said = counted_rest(first.powers, _MOST_NAMED)
    scope = "in the whole cluster"
    if first.where is not None:
        spaces = dict.fromkeys(str(each.where) for each in group)
        scope = f"in the namespace{'s' if len(spaces) > 1 else ''} {listed(spaces)}"
    only = ", of named objects only" if first.named else ""
    message = f"{subjects} can {prose(said)} {scope}{only}: {_by(bindings)}"
    labels = tuple(_labels(first))
    place = bindings[0].span("roleRef")
    return Diagnostic(POWER, message, place, labels, help=_help(group), severity=first.severity)


def _subjects(subjects: Iterable[SubjectKey]) -> str:
    """Name some subjects, service accounts as a list."""
    accounts = [f"{space}/{name}" for kind, space, name in subjects if kind == "ServiceAccount"]
    others = [who(each) for each in subjects if each[0] != "ServiceAccount"]
    plural = "s" if len(accounts) > 1 else ""
    return prose(
        [*([f"the service account{plural} {listed(accounts)}"] if accounts else ()), *others]
    )


def _by(bindings: list[Found]) -> str:
    """Name the objects that give it; of one binding its role, too."""
    first = bindings[0]
    if len(bindings) > 1:
        names = counted_rest((f"`{full_name(each)}`" for each in bindings), _MOST_OBJECTS)
        return f"by {first.kind}s {prose(names)}"
    role = mapping(first.body.get("roleRef"))
    if role.get("name") == first.name:
        return f"by {first.kind} `{full_name(first)}` and {role.get('kind')} of that name"
    return f"by {first.kind} `{full_name(first)}` and {role.get('kind')} `{role.get('name')}`"


def _labels(grant: Grant) -> Iterator[Label]:
    """Yield the rules that give it, with what they amount to."""
    rules: dict[tuple[int, object], tuple[Entry, list[Held]]] = {}
    for entry, each in grant.held:
        if entry.role is not None:
            key = id(entry.role), entry.place
            rules.setdefault(key, (entry, []))[1].append(each)
    for entry, parts in list(rules.values())[:_MOST_PLACES]:
        assert entry.role is not None
        verbs = dict.fromkeys(verb for each in parts for verb in each.verbs)
        resources = dict.fromkeys(f"`{_resource(each)}`" for each in parts)
        what = prose(counted_rest(resources, 3))
        amounts = prose(list(dict.fromkeys(each.power.amounts_to for each in parts))[:2])
        message = f"{listed(verbs)} on {what}: {amounts}"
        yield Label(entry.role.span(*entry.place), message)


def _resource(each: Held) -> str:
    if not each.group or each.group == "*":
        return each.resource
    name, slash, below = each.resource.partition("/")
    return f"{name}.{each.group}{slash}{below}"


def _help(group: list[Grant]) -> str:
    """Say what else to grant."""
    grant = group[0]
    subjects = dict.fromkeys(each.subject for each in group)
    open_to = [each for each in subjects if each in ANYBODY] or [*filter(broad, subjects)]
    if open_to:
        _, _, name = open_to[0]
        if open_to[0] in ANYBODY:
            return f"take `{name}` out of the subjects: that is anybody, without any credentials"
        return f"name the accounts that need it, in place of `{name}`"
    if grant.named:
        return "fine if these objects are its own"
    if any(each.power is ALL_POWERS for _, each in grant.held):
        return ALL_POWERS.fix + ", each verb on each resource"
    if grant.home and grant.severity is Severity.NOTE:
        return "fine for an operator of that namespace, if no other pods use the account"
    if grant.severity is Severity.NOTE:
        return "fine if that is what they are to do there"
    fixes = dict.fromkeys(each.power.fix for _, each in grant.held if each.power.fix)
    return next(iter(fixes), "give it by a Role in the namespaces that are meant")


def _to_everybody(
    binding: Found, index: int, subject: SubjectKey, given: tuple[Entry, ...]
) -> Iterator[Diagnostic]:
    """Report what everybody is given that no cluster gives to all, though it is no power."""
    namespace, name = role_key(binding)
    title = f"{binding.kind} `{full_name(binding)}`"
    if not given and is_default(namespace, name) and name not in PUBLIC:
        message = f"{who(subject)} has the role `{name}` of Kubernetes' own: by {title}"
        advice = "name the accounts that need it, each as a subject of its own"
        yield Diagnostic(POWER, message, binding.span("subjects", index), help=advice)
    beyond = [each.access - EVERYONE for each in given]
    extra = next((each for each in beyond if each), None)
    boxes = [box for each in beyond for box in each.resources]
    named = boxes and not any("" in box[4] for box in boxes)
    if extra is None or (named and subject not in ANYBODY):
        return
    severity = Severity.WARNING if subject in ANYBODY else Severity.NOTE
    role = mapping(binding.body.get("roleRef"))
    message = f"{who(subject)} may do {extra.sample()}: by {title}"
    message += f" and {role.get('kind')} `{role.get('name')}`"
    advice = "name the accounts that need it, each as a subject of its own"
    yield Diagnostic(
        POWER, message, binding.span("subjects", index), help=advice, severity=severity
    )
