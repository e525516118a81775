"""Which containers get what `run` relaxes: those whose manifest asks for all of it.

No container gets looser than its manifest because another one needs it. For each thing that is
relaxed, a condition says how the text of a `securityContext` asks for it, or does without. What a
container may unless it says otherwise, as writing to its root file system, needs no asking; what
it may only where it says so, as being privileged, does.

The text is plain: block style, sorted keys, no comment (`scaffold` sees to it). So a key at the
start of a line is the context's own, and a pattern means what it would mean of the data. It stands
within a field path, which ends at a dot: there is none in a pattern.

Of what is plain, `{}` has no block style, and would put marks in one line; so it gives way to
`EMPTY`, which means the same. So does `null`, but Kustomize can't put a mapping in its place: what
it makes of it can't be marked, and the build fails.
"""

from typing import Any

from attrs import evolve, frozen

from polc.ir.nodes import Security
from polc_backends.securitycontext.contexts import container_context

STRICT, RELAXED = "strict", "relaxed"
_OWN_ID = 10001
_USUAL = frozenset(
    (
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE"),
        *("SETGID", "SETPCAP", "SETUID"),
    )
)
"""What containerd and CRI-O both give to a container that says nothing."""
_PRIVILEGED = "privileged: true"
_ADDED = "capabilities:\\n  add:(\\n *- [A-Z_]+)*\\n *- (ALL|{})"
_DROPPED = "(?m)^ {{2}}drop:(\\n *- [^\\n]+)*\\n *- (?i:(CAP_)?(ALL|{}))$"
_DOES_WITHOUT = {
    "drop-capabilities": "(?m)^ {2}drop:\\n",
    "privilege-escalation": "(?m)^allowPrivilegeEscalation: false$",
    "read-only-root": "(?m)^readOnlyRootFilesystem: true$",
    "seccomp": "(?m)^seccompProfile:(\\n  localhostProfile: [^\\n]+)?"
    "\\n  type: (Localhost|RuntimeDefault)$",
}
_NOT_ROOT = "(?m)^(runAsNonRoot: true|runAsUser: [1-9])"
EMPTY = {"procMount": "Default"}
"""A context that says nothing: it is the default."""
IS_EMPTY = "^(\\{\\}|null|procMount: Default)$"
ASKS: dict[str, Any] = {"capabilities": {"add": ["ALL"]}, "privileged": True}
"""A context that asks for everything, and refuses nothing."""
REFUSES: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@frozen
class Condition:
    """One thing that is relaxed, and the texts that ask for it or do without, as RE2 patterns."""

    name: str
    asked: str = ""
    refused: str = ""

    @property
    def otherwise(self) -> str:
        """What holds for a container that says nothing of it."""
        return RELAXED if self.refused else STRICT


def conditions(security: Security) -> tuple[Condition, ...]:
    """Return what a container has to meet to get what is relaxed; none: nothing is."""
    found = [_capability(each.name) for each in security.capabilities]
    if "privileged" in security.relaxes:
        found.append(Condition("privileged", asked=f"(?m)^{_PRIVILEGED}$"))
    found += [
        Condition(name, refused=pattern)
        for name, pattern in _DOES_WITHOUT.items()
        if name in security.relaxes
    ]
    if security.user == 0:
        found.append(Condition("user", refused=_NOT_ROOT))
    return tuple(found)


def _capability(name: str) -> Condition:
    """Return when a container gets a capability: a privileged one has them all."""
    asked = f"(?m)^({_PRIVILEGED}|{_ADDED.format(name)})$"
    return Condition(name, asked, _DROPPED.format(name) if name in _USUAL else "")


def meets_all(group: tuple[Condition, ...]) -> str:
    """Return a pattern of the contexts whose marks say that all conditions are met."""
    return "(?m)^polc:" + "".join(f"\\n  {each.name}: {RELAXED}" for each in group) + "$"


def strict_context(security: Security) -> dict[str, Any]:
    """Return the `securityContext` of the other containers, whatever the pod's is."""
    strict = evolve(security, relaxed=(), capabilities=())
    context = container_context(strict)
    if security.user == 0:
        context["runAsNonRoot"] = True
        context["runAsUser"] = _OWN_ID
        context["runAsGroup"] = security.group or _OWN_ID
    if "seccomp" in security.relaxes:
        context["seccompProfile"] = {"type": "RuntimeDefault"}
    return context
