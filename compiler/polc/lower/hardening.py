"""Hardening: a profile and a `run` block turned into what a pod may do."""

from collections.abc import Iterable

from attrs import field, frozen

from polc import syntax
from polc.codes import hardening as codes
from polc.codes import names
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Expired, Level, Port, Relaxation, Security
from polc.lower.hardening_table import CAPABILITIES, FIELDS, LEVELS, capability_level
from polc.lower.qualifiers import Context, judge, reason_of
from polc.lower.words import replaceable, unknown
from polc.lower.writes import read_writes
from polc.prose import listed
from polc.source import Span

__all__ = ("LEVELS", "lower_security")

DEFAULT_ID = 10001
"""The user and group of a service that names none: above 10000, so no user of the host has it."""
_LARGEST_ID = 2**31 - 1
_ISTIO_PROXY = 1337

_ORDER = (Level.RESTRICTED, Level.BASELINE, Level.PRIVILEGED)


@frozen
class _Settings:
    """What profiles and `run` say together; later ones override earlier ones by name."""

    ids: dict[str, tuple[int, Span]] = field(factory=dict)
    writes: set[str] = field(factory=set)
    capabilities: dict[str, Relaxation] = field(factory=dict)
    relaxed: dict[str, Relaxation] = field(factory=dict)


def lower_security(
    profile_name: str,
    level: Level,
    chain: tuple[syntax.Profile, ...],
    run: syntax.Run | None,
    ports: tuple[Port, ...],
    span: Span,
    context: Context,
    found: list[Diagnostic],
    expired: list[Expired],
) -> Security:
    """Read the hardening of one service; `chain` has its profiles, the base first."""
    settings = _Settings()
    judged = _Judge(level, context, found, expired)
    for items in (*(profile.items for profile in chain), run.items if run is not None else ()):
        _read_block(items, settings, judged)
    user, place = settings.ids.get("user", (DEFAULT_ID, span))
    if user == 0 and "run-as-non-root" not in settings.relaxed:
        found.append(_root_user(place, level))
    if user != 0:
        _report_useless(settings, ports, found)
    writes = set(settings.writes)
    if "read-only-root" not in settings.relaxed:
        # Hardly a program runs without temporary files (targets.md 3).
        writes.add("/tmp")
    fs_group = settings.ids.get("fs-group")
    return Security(
        profile_name,
        level,
        user,
        settings.ids.get("group", (DEFAULT_ID, span))[0],
        fs_group[0] if fs_group is not None else None,
        tuple(sorted(writes)),
        _sorted(settings.capabilities.values()),
        _sorted(settings.relaxed.values()),
        _port_start(user, settings, ports),
        run.span if run is not None else span,
    )


@frozen
class _Judge:
    """What each item is judged by."""

    level: Level
    context: Context
    found: list[Diagnostic]
    expired: list[Expired]


def _read_block(items: tuple[syntax.RunItem, ...], settings: _Settings, judged: _Judge) -> None:
    first: dict[tuple[str, str], syntax.RunItem] = {}
    for item in items:
        if (key := _key(item)) is not None:
            other = first.setdefault(key, item)
            if other is not item:
                judged.found.append(_twice(key, item, other))
                continue
        match item:
            case syntax.RunId():
                value = _run_id(item, judged.found)
                if value is not None:
                    settings.ids[item.kind] = (value, item.value.span)
            case syntax.Capability():
                _read_capability(item, settings, judged)
            case syntax.Relax():
                _read_relax(item, settings, judged)
            case syntax.Writes():
                pass
    writes = [item for item in items if isinstance(item, syntax.Writes)]
    settings.writes.update(read_writes(writes, judged.found))


def _key(item: syntax.RunItem) -> tuple[str, str] | None:
    match item:
        case syntax.RunId(kind=kind):
            return "", kind
        case syntax.Capability(name=name):
            return "capability", name.text
        case syntax.Relax(field=name):
            return "relax", name.text
        case syntax.Writes():
            return None


def _twice(key: tuple[str, str], item: syntax.Node, other: syntax.Node) -> Diagnostic:
    return Diagnostic(
        names.DUPLICATE_STATEMENT,
        f"`{' '.join(key).strip()}` stands twice",
        item.span,
        (Label(other.span, "it stands here already"),),
        help="keep one of them",
    )


def _run_id(item: syntax.RunId, found: list[Diagnostic]) -> int | None:
    """Read a user or group id: 0 to 2147483647 (k8s.io/apimachinery, IsValidUserID)."""
    text = item.value.text
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _LARGEST_ID):
        hint = f"write a number from 1 to {_LARGEST_ID}: the kubelet can't check names"
        message = f"`{text}` is not a numeric id for `{item.kind}`"
        found.append(Diagnostic(codes.BAD_RUN_ID, message, item.value.span, help=hint))
        return None
    if int(text) == _ISTIO_PROXY:
        # istio.io, "Application Requirements": what this id sends is not captured.
        found.append(
            Diagnostic(
                codes.BAD_RUN_ID,
                f"id {_ISTIO_PROXY} belongs to Istio's proxy: traffic of it passes every rule",
                item.value.span,
                help=f"choose another one, such as {DEFAULT_ID}",
            )
        )
        return None
    return int(text)


def _read_relax(item: syntax.Relax, settings: _Settings, judged: _Judge) -> None:
    name = item.field.text
    active = judge(
        item.qualifiers, f"relax {name}", item.span, judged.context, judged.found, judged.expired
    )
    needed = FIELDS.get(name)
    if needed is None:
        judged.found.append(
            unknown(
                codes.UNKNOWN_FIELD,
                f"there is no field `{name}` to relax",
                item.field.span,
                name,
                FIELDS,
                otherwise=f"the fields are {listed(FIELDS)}",
            )
        )
        return
    if not _permitted(needed, judged.level):
        judged.found.append(_forbidden("relax", item.field, needed, judged.level))
        return
    reason = reason_of(item.qualifiers)
    if reason is None:
        judged.found.append(_no_reason(f"relax {name}", item.span))
    elif active is not None:
        settings.relaxed[name] = Relaxation(name, reason, active.until, item.span)


def _read_capability(item: syntax.Capability, settings: _Settings, judged: _Judge) -> None:
    name = item.name.text
    active = judge(
        item.qualifiers,
        f"capability {name}",
        item.span,
        judged.context,
        judged.found,
        judged.expired,
    )
    if name not in CAPABILITIES:
        judged.found.append(_unknown_capability(item.name))
        return
    needed = capability_level(name)
    if not _permitted(needed, judged.level):
        judged.found.append(_forbidden("capability", item.name, needed, judged.level))
        return
    reason = reason_of(item.qualifiers)
    if reason is None:
        judged.found.append(_no_reason(f"capability {name}", item.span))
    elif active is not None:
        settings.capabilities[name] = Relaxation(name, reason, active.until, item.span)


def _unknown_capability(name: syntax.Word) -> Diagnostic:
    message = f"`{name.text}` is not a Linux capability"
    bare = name.text.upper().removeprefix("CAP_")
    if bare in CAPABILITIES:
        hint = f"Kubernetes names it without `CAP_`: `{bare}`"
        if not name.text.upper().startswith("CAP_"):
            hint = f"write it in upper case: `{bare}`"
        return replaceable(codes.UNKNOWN_CAPABILITY, message, name.span, bare, help=hint)
    if name.text == "ALL":
        hint = "polc has no wildcards: name each capability that is needed"
        return Diagnostic(codes.UNKNOWN_CAPABILITY, message, name.span, help=hint)
    return unknown(codes.UNKNOWN_CAPABILITY, message, name.span, bare, CAPABILITIES)


def _permitted(needed: Level, level: Level) -> bool:
    return _ORDER.index(needed) <= _ORDER.index(level)


def _forbidden(
    word: str, name: syntax.Name | syntax.Word, needed: Level, level: Level
) -> Diagnostic:
    return Diagnostic(
        codes.FORBIDDEN_RELAXATION,
        f"the level `{level.value}` does not permit `{word} {name.text}`",
        name.span,
        help=f"leave it out, or write `harden {needed.value}`, "
        "which lowers the Pod Security level of the whole namespace",
    )


def _no_reason(what: str, span: Span) -> Diagnostic:
    return Diagnostic(
        codes.RELAXATION_WITHOUT_REASON,
        f"`{what}` needs a reason",
        span,
        help='end it with `because "…"`: the report lists what was relaxed, and why',
    )


def _root_user(span: Span, level: Level) -> Diagnostic:
    relax = '`relax run-as-non-root because "…"`'
    hint = f"run it as another user, or add {relax}"
    if level is Level.RESTRICTED:
        hint = f"run it as another user, or write `harden baseline` and {relax}"
    message = "user 0 is root, and the service has to run as another one"
    return Diagnostic(codes.ROOT_USER, message, span, help=hint)


def _report_useless(settings: _Settings, ports: tuple[Port, ...], found: list[Diagnostic]) -> None:
    """Report capabilities that a process without root never gets (KEP-2763, motivation).

    They are cleared when the user is not 0, and `no_new_privs` blocks those of files.
    """
    if {"privilege-escalation", "privileged"} & settings.relaxed.keys():
        return
    for each in settings.capabilities.values():
        hint = "leave it out: a process that is not root gets no capabilities"
        if each.name == "NET_BIND_SERVICE":
            hint = "leave it out: polc lets the pod bind low ports with a sysctl"
            if not any(port.container < 1024 for port in ports):
                hint = "leave it out: no port is below 1024"
        found.append(
            Diagnostic(
                codes.USELESS_CAPABILITY,
                f"`capability {each.name}` does nothing for a process that is not root",
                each.span,
                help=hint,
            )
        )


def _port_start(user: int, settings: _Settings, ports: tuple[Port, ...]) -> int | None:
    """Return the first port that a non-root process has to bind, where it is a low one.

    The sysctl is per network namespace, so it can't be set where the pod has the node's.
    """
    low = [port.container for port in ports if port.container < 1024]
    if user == 0 or not low or "host-network" in settings.relaxed:
        return None
    return min(low)


def _sorted(relaxations: Iterable[Relaxation]) -> tuple[Relaxation, ...]:
    return tuple(sorted(relaxations, key=lambda each: each.name))
