"""Resources as `kubectl` writes them, found in the Kubernetes API or taken for custom ones."""

import re

from attrs import frozen

from polc import syntax
from polc.codes import privileges as codes
from polc.diagnostics import Diagnostic
from polc.lower.resources_table import (
    OTHER_VERBS,
    VERBS,
    Builtin,
    bare,
    builtins,
    groups,
    spellings,
)
from polc.lower.words import replaceable, unknown
from polc.prose import listed
from polc.source import Span
from polc.suggest import nearest

_GROUP = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+")
_VERSION = re.compile(
    r"(v[0-9]+(?:(?:alpha|beta)[0-9]+)?)\.(.+)|(v[0-9]+(?:(?:alpha|beta)[0-9]+)?)"
)
_MEANT = {
    "read": "get",
    "view": "get",
    "show": "get",
    "describe": "get",
    "write": "update",
    "edit": "update",
    "replace": "update",
    "apply": "patch",
    "add": "create",
    "remove": "delete",
    "delete-collection": "deletecollection",
}
_SUBRESOURCE_VERBS = {
    "exec": "create pods/exec",
    "attach": "create pods/attach",
    "portforward": "create pods/portforward",
    "port-forward": "create pods/portforward",
    "log": "get pods/log",
    "logs": "get pods/log",
    "scale": "patch deployments/scale",
    "evict": "create pods/eviction",
}


@frozen
class Found:
    """A resource with its group settled; `builtin` is None for a custom one."""

    group: str
    name: str
    subresource: str
    builtin: Builtin | None

    @property
    def written(self) -> str:
        """The resource as a program names it: `deployments.apps/scale`."""
        whole = f"{self.name}.{self.group}" if self.group else self.name
        return f"{whole}/{self.subresource}" if self.subresource else whole


def find_resource(r: syntax.Resource, found: list[Diagnostic]) -> Found | None:
    """Settle the group of a resource, and check that the Kubernetes API has it."""
    if "*" in (r.name, r.group, r.subresource):
        found.append(wildcard(r.span, "resources", "name each resource that is needed"))
        return None
    builtin = builtins().get((r.group, r.name)) if r.group else bare(r.name)
    if builtin is None:
        if r.group and r.group not in groups() and _group_problem(r) is None:
            return Found(r.group, r.name, r.subresource, None)
        found.append(_unknown_resource(r) if not r.group else _elsewhere(r))
        return None
    if r.subresource and not builtin.has(r.subresource):
        found.append(
            unknown(
                codes.UNKNOWN_RESOURCE,
                f"`{builtin.written}` has no subresource `{r.subresource}`",
                r.span,
                _written(r),
                [f"{_whole(r)}/{each}" for each in builtin.subresources],
                otherwise=f"it has {listed(sorted(builtin.subresources))}"
                if builtin.subresources
                else "it has none",
            )
        )
        return None
    return Found(builtin.group, builtin.name, r.subresource, builtin)


def check_verb(verb: syntax.Name, resource: Found, found: list[Diagnostic]) -> bool:
    """Check that a verb means something for a resource."""
    text = verb.text
    if text == "*":
        found.append(wildcard(verb.span, "verbs", f"name each verb: {listed(VERBS)}"))
        return False
    known = resource.builtin.verbs if resource.builtin else (*VERBS, *OTHER_VERBS)
    if text in known or text.startswith(("impersonate:", "impersonate-on:")):
        return True
    if text in (*VERBS, *OTHER_VERBS):
        message = f"`{text}` means nothing for `{resource.written}`"
        hint = f"it takes {listed(known)}"
        found.append(Diagnostic(codes.UNKNOWN_VERB, message, verb.span, help=hint))
        return False
    found.append(_unknown_verb(verb, known))
    return False


def _unknown_verb(verb: syntax.Name, known: tuple[str, ...]) -> Diagnostic:
    text = verb.text
    message = f"`{text}` is not a verb of the Kubernetes API"
    if text in _SUBRESOURCE_VERBS:
        hint = f"it is a subresource: write `can {_SUBRESOURCE_VERBS[text]}`"
        return Diagnostic(codes.UNKNOWN_VERB, message, verb.span, help=hint)
    if _MEANT.get(text) in known:
        return replaceable(codes.UNKNOWN_VERB, message, verb.span, _MEANT[text])
    return unknown(codes.UNKNOWN_VERB, message, verb.span, text, known)


def wildcard(span: Span, what: str, hint: str) -> Diagnostic:
    """Report a wildcard: it would also grant what nobody has invented yet."""
    return Diagnostic(
        codes.WILDCARD,
        f"polc has no wildcards: `*` would grant {what} that do not even exist yet",
        span,
        help=hint,
    )


def _whole(r: syntax.Resource) -> str:
    return f"{r.name}.{r.group}" if r.group else r.name


def _written(r: syntax.Resource) -> str:
    return f"{_whole(r)}/{r.subresource}" if r.subresource else _whole(r)


def _group_problem(r: syntax.Resource) -> str | None:
    """Return the help for a group that no custom resource can have."""
    if _VERSION.fullmatch(r.group) or not _GROUP.fullmatch(r.group):
        return f"a custom resource has a group with a dot: `{r.name}.example.com`"
    return None


def _unknown_resource(r: syntax.Resource) -> Diagnostic:
    message = f"`{r.name}` is not a resource of the Kubernetes API"
    rest = f"/{r.subresource}" if r.subresource else ""
    meant = spellings().get(r.name.lower())
    if meant is None and r.name.lower() in {name for _, name in builtins()}:
        meant = r.name.lower()
    meant = meant or nearest(r.name.lower(), {name for _, name in builtins()})
    if meant is not None:
        return replaceable(codes.UNKNOWN_RESOURCE, message, r.span, meant + rest)
    hint = f"write a custom resource with its group: `{r.name}.example.com`"
    return Diagnostic(codes.UNKNOWN_RESOURCE, message, r.span, help=hint)


def _elsewhere(r: syntax.Resource) -> Diagnostic:
    """Report a group that lacks the resource, and name the group that has it."""
    rest = f"/{r.subresource}" if r.subresource else ""
    version = _VERSION.fullmatch(r.group)
    if version:
        better = f"{r.name}.{version[2]}" if version[2] else r.name
        message = f"privileges hold for every version of `{r.name}`"
        hint = f"leave out the version: `{better}{rest}`"
        return replaceable(codes.UNKNOWN_RESOURCE, message, r.span, better + rest, help=hint)
    message = f"the group `{r.group}` has no resource `{r.name}`"
    if r.group not in groups():
        message = f"`{r.group}` is not a group of the Kubernetes API"
    name = spellings().get(r.name.lower(), r.name)
    if (r.group, name) in builtins():
        better = f"{name}.{r.group}"
        return replaceable(codes.UNKNOWN_RESOURCE, message, r.span, better + rest)
    known = bare(name)
    if known is not None:
        place = f"in the group `{known.group}`" if known.group else "in the core group"
        hint = f"`{known.name}` is {place}: write `{known.written}{rest}`"
        return replaceable(codes.UNKNOWN_RESOURCE, message, r.span, known.written + rest, help=hint)
    close = nearest(r.name, {each for group, each in builtins() if group == r.group})
    if close is not None:
        return replaceable(codes.UNKNOWN_RESOURCE, message, r.span, f"{close}.{r.group}{rest}")
    return Diagnostic(codes.UNKNOWN_RESOURCE, message, r.span, help=_group_problem(r))
