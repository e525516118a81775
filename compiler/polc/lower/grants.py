"""Privileges: `can` and `has role` turned into grants, with what they must not do.

A grant that RBAC would accept and ignore is an error here, as is one that RBAC would widen.
"""

from attrs import evolve, frozen

from polc import syntax
from polc.codes import names
from polc.codes import privileges as codes
from polc.diagnostics import Diagnostic, Label, Severity
from polc.ir.nodes import Expired, Grant, UrlGrant
from polc.ir.privileged import privileged_reason, privileged_verbs
from polc.lower.qualifiers import Active, Context, earlier, judge, reason_of
from polc.lower.resources_names import Found, check_verb, find_resource, wildcard
from polc.lower.resources_table import OTHER_VERBS, VERBS
from polc.lower.urls import lower_urls
from polc.lower.values import is_dns_label
from polc.parse.names import spelled
from polc.powers.table import Power
from polc.prose import listed
from polc.source import Span

_ALL_VERBS = frozenset((*VERBS, *OTHER_VERBS))

__all__ = ("check_role", "lower_can", "lower_role", "privileged_reason")


@frozen
class _Use:
    """Where a line of a role is used, and what the line `has role` says of it."""

    namespace: str | None
    because: str | None = None
    span: Span | None = None


def lower_can(
    c: syntax.Can | syntax.CanPath,
    home: str,
    context: Context,
    found: list[Diagnostic],
    expired: list[Expired],
    *,
    scope: syntax.Scope | None = None,
    because: str | None = None,
) -> tuple[Grant | UrlGrant, ...]:
    """Read one `can` of a service whose namespace is `home`, one grant per resource.

    `scope` and `because` hold where the statement has none of its own.
    """
    if isinstance(c, syntax.Can):
        scope = c.scope or scope
    return _lower(c, _Use(_namespace(scope, home, found), because), context, found, expired)


def lower_role(
    role: syntax.Role,
    has: syntax.HasRole,
    home: str,
    context: Context,
    found: list[Diagnostic],
    expired: list[Expired],
) -> tuple[Grant | UrlGrant, ...]:
    """Read the grants that a service gets by `has role`.

    A grant holds where and as long as both lines say so; the reason of one of them is enough.
    """
    active = judge(has.qualifiers, f"has role {role.name.text}", has.span, context, found, expired)
    if active is None:
        return ()
    use = _Use(_namespace(has.scope, home, found), active.because, has.span)
    grants: list[Grant | UrlGrant] = []
    for item in role.grants:
        for grant in _lower(item, use, context, found, expired):
            grants.append(evolve(grant, until=earlier(grant.until, active.until)))
    return tuple(grants)


def check_role(role: syntax.Role, context: Context, found: list[Diagnostic]) -> None:
    """Check the lines of a role for what is wrong wherever it is used.

    Its namespace and the reasons for its privileges are up to each `has role`.
    """
    for item in role.grants:
        _lower(item, _Use(None, "given where the role is used"), context, found, [])


def _lower(
    c: syntax.Can | syntax.CanPath,
    use: _Use,
    context: Context,
    found: list[Diagnostic],
    expired: list[Expired],
) -> tuple[Grant | UrlGrant, ...]:
    active = judge(c.qualifiers, _phrase(c), c.span, context, found, expired)
    # What is wrong in the line itself is wrong in every environment and on every day.
    holds = active or Active(reason_of(c.qualifiers))
    holds = evolve(holds, because=holds.because or use.because)
    if isinstance(c, syntax.CanPath):
        urls = lower_urls(c, holds, found)
        return (urls,) if urls is not None and active is not None else ()
    if any(resource.span.text in _ALL_VERBS for resource in c.resources):
        found.append(_verbs_only(c))
        return ()
    grants = []
    for resource in c.resources:
        grant = _grant(c, resource, use, holds, found)
        if grant is not None:
            grants.append(grant)
    return tuple(grants) if active is not None else ()


def _verbs_only(c: syntax.Can) -> Diagnostic:
    """Report that verbs stand where resources should: as a rule, the next line's."""
    verb = next(each.span.text for each in c.resources if each.span.text in _ALL_VERBS)
    last = c.verbs[-1].span
    return Diagnostic(
        codes.UNKNOWN_RESOURCE,
        f"expected a resource such as `pods` after `{last.text}`, found the verb `{verb}`",
        last,
        help="a grant names its verbs, then resources: `get, list pods`",
    )


def _grant(
    c: syntax.Can,
    r: syntax.Resource,
    use: _Use,
    active: Active,
    found: list[Diagnostic],
) -> Grant | None:
    resource = find_resource(r, found)
    if resource is None:
        for verb in c.verbs:
            if verb.text == "*":
                check_verb(verb, Found("", r.name, "", None), found)
        return None
    verbs = [verb for verb in c.verbs if check_verb(verb, resource, found)]
    if not verbs or not _check_scope(c, r, resource, use, found):
        return None
    resource_names = _names(c, found)
    _check_named(c, verbs, resource, found)
    grant = Grant(
        tuple(sorted({verb.text for verb in verbs})),
        resource.group,
        resource.name,
        resource.subresource,
        resource_names,
        use.namespace,
        active.because,
        active.until,
        c.span,
    )
    if active.because is None:
        _check_reason(grant, c, r, resource, use, found)
    return grant


def _check_scope(
    c: syntax.Can, r: syntax.Resource, resource: Found, use: _Use, found: list[Diagnostic]
) -> bool:
    if use.namespace is None or resource.builtin is None or resource.builtin.namespaced:
        return True
    if (resource.group, resource.name) == ("", "namespaces"):
        return _check_namespaces(c, use.namespace, found)
    where = "of `has role`" if use.span else "of the line"
    found.append(
        Diagnostic(
            codes.CLUSTER_SCOPED,
            f"`{resource.written}` belong to no namespace, and the grant is for one",
            r.span,
            (Label(use.span, "the role is used here"),) if use.span else (),
            help=f"write `cluster-wide` at the end {where}, before its qualifiers",
        )
    )
    return False


_OF_ONE_NAMESPACE = ("get", "update", "patch", "delete")
"""What is asked of a Namespace object inside of itself: its requests carry its name as namespace.

So says `NewRequestInfo` in kubernetes `apiserver/pkg/endpoints/request/requestinfo.go`; requests on
all of them carry none.
"""


def _check_namespaces(c: syntax.Can, namespace: str, found: list[Diagnostic]) -> bool:
    """Check a grant on Namespace objects in a namespace, which is one on that object alone."""
    others = [name for name in c.named if name.value != namespace]
    if others:
        found.append(
            Diagnostic(
                codes.CLUSTER_SCOPED,
                f"a grant in `{namespace}` is of the Namespace object `{namespace}` alone",
                others[0].span,
                help=f"write `in {spelled(others[0].value)}`, or `cluster-wide`, behind the names",
            )
        )
    for verb in c.verbs:
        if verb.text not in _OF_ONE_NAMESPACE:
            found.append(
                Diagnostic(
                    codes.CLUSTER_SCOPED,
                    f"`{verb.text}` on `namespaces` is asked of all of them, and the grant is for"
                    f" `{namespace}`",
                    verb.span,
                    help=f"give `{verb.text}` a `can` of its own that ends with `cluster-wide`",
                )
            )
            return False
    return not others


def _check_named(
    c: syntax.Can, verbs: list[syntax.Name], resource: Found, found: list[Diagnostic]
) -> None:
    """Report names that RBAC would not compare (kubernetes.io, RBAC, referring to resources)."""
    if not c.named:
        return
    for verb in verbs:
        if verb.text == "deletecollection" or (verb.text == "create" and not resource.subresource):
            why = (
                "a new object has no name yet when the API server decides"
                if verb.text == "create"
                else "the request names no object"
            )
            found.append(
                Diagnostic(
                    codes.NAMED_CREATE,
                    f"`named` can't restrict `{verb.text}` on `{resource.written}`: {why}",
                    verb.span,
                    (Label(c.named[0].span.to(c.named[-1].span), "these names"),),
                    help=f"give `{verb.text}` a `can` of its own, without `named`",
                )
            )
        elif verb.text in ("list", "watch"):
            found.append(
                Diagnostic(
                    codes.NAMED_LIST,
                    f"`{verb.text}` with `named` works only for clients that ask for the name",
                    verb.span,
                    help="they have to send the field selector `metadata.name=NAME`: informers "
                    "and `kubectl get` without a name are refused",
                )
            )


def _check_reason(
    grant: Grant,
    c: syntax.Can,
    r: syntax.Resource,
    resource: Found,
    use: _Use,
    found: list[Diagnostic],
) -> None:
    for power, verbs in privileged_verbs(grant).items():
        verb = next((each for each in c.verbs if each.text in verbs), None)
        # Blame the resource, but for verbs that are privileged on whatever they stand for.
        by_verb = verb is not None and verb.text not in VERBS
        found.append(
            Diagnostic(
                codes.PRIVILEGED_GRANT,
                f"{listed(verbs)} on `{resource.written}` {_wants(power, verbs)} a reason: "
                f"who may do so {power.amounts_to}",
                verb.span if by_verb and verb is not None else r.span,
                (Label(use.span, "the role is used here"),) if use.span else (),
                help=_reason_help(grant, use),
                severity=Severity.ERROR if power.asks == "must" else Severity.WARNING,
            )
        )


def _wants(power: Power, verbs: tuple[str, ...]) -> str:
    if power.asks == "should":
        return "should have"
    return "needs" if len(verbs) == 1 else "need"


def _reason_help(grant: Grant, use: _Use) -> str:
    where = "end the line, or the one with `has role`," if use.span else "end the line"
    if grant.resource == "nodes" and grant.subresource == "proxy":
        return (
            "grant `nodes/metrics`, `nodes/stats` or `nodes/log` if that is all it reads; "
            f'otherwise {where} with `because "…"`'
        )
    if grant.resource == "secrets" and not grant.names and grant.verbs == ("get",):
        return f'narrow it with `named "…"`, and {where} with `because "…"`'
    return f'{where} with `because "…"`, and the report will list it'


def _names(c: syntax.Can, found: list[Diagnostic]) -> tuple[str, ...]:
    for name in c.named:
        if "*" in name.value and not _is_of_signers(c, name.value):
            hint = "RBAC compares names as a whole: list each of them"
            found.append(wildcard(name.span, "objects", hint))
        elif not name.value or name.value in (".", "..") or "%" in name.value:
            found.append(
                Diagnostic(
                    names.BAD_NAME,
                    f"`{name.value}` can't be the name of an object",
                    name.span,
                    help="a name is not empty, not `.` or `..`, and holds no `%`",
                )
            )
    return tuple(sorted({name.value for name in c.named}))


def _is_of_signers(c: syntax.Can, name: str) -> bool:
    """Tell whether a name is what the API server asks for on behalf of all signers of a domain.

    `IsAuthorizedForSignerName` in kubernetes `plugin/pkg/admission/certificates`: it asks for the
    signer, and then for the literal name `DOMAIN/*`.
    """
    domain, slash, rest = name.partition("/")
    is_domain = bool(slash) and rest == "*" and bool(domain) and "*" not in domain
    return is_domain and all(resource.name == "signers" for resource in c.resources)


def _namespace(scope: syntax.Scope | None, home: str, found: list[Diagnostic]) -> str | None:
    """Return the namespace of a grant, or None for the whole cluster."""
    if scope is None:
        return home
    if scope.namespace is not None and not is_dns_label(scope.namespace.text):
        found.append(
            Diagnostic(
                names.BAD_NAME,
                f"`{scope.namespace.text}` can't be the name of a namespace",
                scope.namespace.span,
                help="use lower-case letters, digits and `-`, at most 63 characters",
            )
        )
    return scope.namespace.text if scope.namespace is not None else None


def _phrase(c: syntax.Can | syntax.CanPath) -> str:
    """Return a grant as one phrase: `can get, list pods, pods/log`."""
    verbs = ", ".join(verb.text for verb in c.verbs)
    if isinstance(c, syntax.CanPath):
        return f"can {verbs} path " + ", ".join(f'"{path.value}"' for path in c.paths)
    written = []
    for r in c.resources:
        name = f"{r.name}.{r.group}" if r.group else r.name
        written.append(f"{name}/{r.subresource}" if r.subresource else name)
    return f"can {verbs} {', '.join(written)}"
