"""Rollouts: rules, weights and versions, and that every one of them can be reached."""

from polc import syntax
from polc.codes import names, routes, values
from polc.diagnostics import Diagnostic, Label, has_errors, write
from polc.ir.nodes import Labels, Rollout, RouteRule, Version
from polc.lower.conditions import contradiction, implies, lower_conditions
from polc.lower.images import check_image
from polc.lower.values import is_dns_label, label_value_problem, labels, percent
from polc.lower.words import first_word
from polc.source import Span

_LABEL = "version"


def lower_rollout(
    r: syntax.Rollout,
    versions: tuple[syntax.Version, ...],
    kind: str,
    pod_labels: Labels,
    found: list[Diagnostic],
    *,
    name: str,
    whole: bool = True,
) -> Rollout | None:
    """Read a rollout; `versions` are those that the service declares outside of it.

    `name` is the service's, with which Knative starts the names of its revisions. One that is not
    `whole`, for some of its text could not be read, may lack weights.
    """
    if kind in ("job", "cronjob"):
        message = f"nobody sends requests to a {kind}, so it has no rollout"
        word = first_word(r.span, "rollout")
        found.append(Diagnostic(routes.BAD_WORKLOAD, message, word, help="delete `rollout`"))
        return None
    whens = [item for item in r.items if isinstance(item, syntax.When)]
    weights = [item for item in r.items if isinstance(item, syntax.Weight)]
    inside = tuple(item for item in r.items if isinstance(item, syntax.Version))
    used = [item.version for item in r.items if not isinstance(item, syntax.Version)]
    before = len(found)
    rules = _rules(whens, weights, kind, found)
    shares = _weights(r, weights, found, whole)
    _report_unused(inside, used, found)
    declared = _declared((*versions, *inside), found)
    made = _versions(used, declared, kind, name, pod_labels, found)
    if has_errors(found[before:]):
        return None
    return Rollout(rules, shares, made, r.span)


# --- weights ----------------------------------------------------------------------------------


def _weights(
    r: syntax.Rollout, weights: list[syntax.Weight], found: list[Diagnostic], whole: bool
) -> tuple[tuple[str, int], ...]:
    shares: dict[str, int] = {}
    first: dict[str, syntax.Weight] = {}
    total: int | None = 0
    for weight in weights:
        share = percent(weight.percent, found)
        total = total + share if total is not None and share is not None else None
        version = weight.version.text
        if version in first:
            found.append(
                Diagnostic(
                    names.DUPLICATE_STATEMENT,
                    f"`{version}` has two weights",
                    weight.span,
                    (Label(first[version].span, "the first one"),),
                    help="write one weight for each version",
                )
            )
        first.setdefault(version, weight)
        shares[version] = share or 0
    if not whole:
        return tuple(sorted(shares.items()))
    if not weights:
        found.append(
            Diagnostic(
                routes.WEIGHTS,
                "the rollout has no weights, so requests that meet no rule have nowhere to go",
                first_word(r.span, "rollout"),
                help="say where the others go: `v1 100%`",
            )
        )
    elif total is not None and total != 100:
        found.append(_total(weights, total))
    return tuple(sorted(shares.items()))


def _total(weights: list[syntax.Weight], total: int) -> Diagnostic:
    written = " + ".join(f"{weight.percent.text}%" for weight in weights)
    message = f"the weights total {total}%, not 100%: {written}"
    if len(weights) == 1:
        message = f"the only weight is {total}%, not 100%"
    gap = f"{total - 100}% too much" if total > 100 else f"{100 - total}% missing"
    last = weights[-1]
    fair = int(last.percent.text) + 100 - total
    if not 0 <= fair <= 100:
        return Diagnostic(routes.WEIGHTS, message, weights[0].span.to(last.span), help=gap)
    better = f"{last.version.span.text} {fair}%"
    return Diagnostic(
        routes.WEIGHTS,
        message,
        weights[0].span.to(last.span),
        help=f"{gap}: did you mean `{better}`?",
        fix=write(last.span, better),
    )


# --- rules ------------------------------------------------------------------------------------


def _rules(
    whens: list[syntax.When],
    weights: list[syntax.Weight],
    kind: str,
    found: list[Diagnostic],
) -> tuple[RouteRule, ...]:
    rules: list[tuple[syntax.When, RouteRule]] = []
    for when in whens:
        if kind == "knative":
            found.append(_knative_rule(when))
            continue
        conditions = lower_conditions(when.conditions, found)
        if conditions is None:
            continue
        rule = RouteRule(conditions, when.version.text, when.span)
        clash = contradiction(when.conditions, conditions)
        if clash is not None:
            found.append(clash)
            continue
        if weights and when.span.offset > weights[0].span.offset:
            found.append(_unreachable(when.span, weights[0].span, "`when`", "the weights"))
        else:
            taker = next(
                (w for w, each in rules if implies(rule.conditions, each.conditions)), None
            )
            if taker is not None:
                found.append(_unreachable(when.span, taker.span, "this rule", "this rule"))
        rules.append((when, rule))
    catch_all = next((when for when, rule in rules if implies((), rule.conditions)), None)
    if catch_all is not None and weights:
        everything = weights[0].span.to(weights[-1].span)
        if catch_all.span.offset < weights[0].span.offset:
            found.append(_unreachable(everything, catch_all.span, "the weights", "this rule"))
    return tuple(rule for _, rule in rules)


def _unreachable(span: Span, taker: Span, what: str, who: str) -> Diagnostic:
    verb = "are" if what == "the weights" else "is"
    takes = "take" if who == "the weights" else "takes"
    hint = "rules are tried in order: write the narrower one first, or delete it"
    if who == "the weights":
        hint = "write the rules first, and the weights behind them"
    elif what == "the weights":
        hint = 'delete the rule, or narrow it: `path "/**"` is every request'
    return Diagnostic(
        routes.UNREACHABLE_ROUTE,
        f"{what} {verb} never reached",
        span,
        (Label(taker, f"{who} {takes} every request that would get there"),),
        help=hint,
    )


def _knative_rule(when: syntax.When) -> Diagnostic:
    condition = when.conditions[0]
    return Diagnostic(
        routes.KNATIVE_ROUTE,
        f"Knative splits traffic by weights only, not by `{condition.kind}`",
        condition.span,
        help="leave the rule out, or run the service as a `deployment` behind a mesh",
    )


# --- versions ---------------------------------------------------------------------------------


def _declared(
    versions: tuple[syntax.Version, ...], found: list[Diagnostic]
) -> dict[str, syntax.Version]:
    declared: dict[str, syntax.Version] = {}
    for version in versions:
        other = declared.setdefault(version.name.text, version)
        if other is not version:
            found.append(
                Diagnostic(
                    names.DUPLICATE_STATEMENT,
                    f"version `{version.name.text}` is declared twice",
                    version.name.span,
                    (Label(other.name.span, "first declared here"),),
                    help="keep one of them",
                )
            )
    return declared


def _report_unused(
    inside: tuple[syntax.Version, ...], used: list[syntax.Name], found: list[Diagnostic]
) -> None:
    known = {name.text for name in used}
    for version in inside:
        if version.name.text not in known:
            found.append(
                Diagnostic(
                    names.UNUSED,
                    f"no rule and no weight leads to version `{version.name.text}`",
                    version.name.span,
                    help=f"give it a weight, `{version.name.text} 0%`, or delete it",
                )
            )


def _versions(
    used: list[syntax.Name],
    declared: dict[str, syntax.Version],
    kind: str,
    name: str,
    pod_labels: Labels,
    found: list[Diagnostic],
) -> tuple[Version, ...]:
    made: dict[str, Version] = {}
    taken: dict[Labels, syntax.Name] = {}
    for place in used:
        if place.text in made:
            continue
        version = declared.get(place.text)
        if kind == "knative":
            made[place.text] = _revision(place, version, name, found)
            continue
        made[place.text] = lowered = _version(place, version, pod_labels, found)
        other = taken.setdefault(lowered.labels, place)
        if other is not place and lowered.labels:
            found.append(
                Diagnostic(
                    values.BAD_VALUE,
                    f"the versions `{other.text}` and `{place.text}` choose the same pods",
                    place.span,
                    (Label(other.span, "the other version"),),
                    help="give each version labels of its own",
                )
            )
    return tuple(made[each] for each in sorted(made))


def _version(
    place: syntax.Name,
    version: syntax.Version | None,
    pod_labels: Labels,
    found: list[Diagnostic],
) -> Version:
    if problem := label_value_problem(place.text):
        message = f"`{place.text}` can't be the value of the pods' label `{_LABEL}`"
        found.append(Diagnostic(values.BAD_LABEL, message, place.span, help=problem))
    elif not is_dns_label(place.text):
        # It becomes part of the names of Services and of subsets.
        message = f"`{place.text}` can't be the name of a version"
        hint = "use lower-case letters, digits and `-`, as in `v2`"
        found.append(Diagnostic(names.BAD_NAME, message, place.span, help=hint))
    chosen: Labels = ((_LABEL, place.text),)
    image = None
    if version is not None:
        if version.select is not None:
            chosen = labels(version.select.entries, found)
            if not chosen:
                message = f"version `{place.text}` would be every pod of the service"
                hint = "name at least one label of its pods"
                found.append(Diagnostic(values.BAD_VALUE, message, version.select.span, help=hint))
        image = check_image(version.image.ref, found) if version.image is not None else None
    own = dict(pod_labels)
    for key, value in chosen:
        if own.get(key, value) != value:
            message = f"version `{place.text}` has no pods: the service's have `{key}: {own[key]}`"
            hint = f"take `{key}` out of the service's `select`"
            found.append(Diagnostic(values.BAD_VALUE, message, place.span, help=hint))
    span = version.span if version is not None else place.span
    return Version(place.text, chosen, image, span)


def _revision(
    place: syntax.Name,
    version: syntax.Version | None,
    name: str,
    found: list[Diagnostic],
) -> Version:
    """Read the name of a Knative revision, which starts with its service's."""
    if version is not None:
        message = "Knative makes its revisions itself: they have no `version { … }`"
        hint = "delete it; the rollout names revisions that exist"
        found.append(Diagnostic(routes.KNATIVE_UNSUPPORTED, message, version.span, help=hint))
    if not place.text.startswith(f"{name}-") or not is_dns_label(place.text):
        message = f"`{place.text}` is not a revision of `{name}`"
        hint = (
            f"revisions are called `{name}-…`, such as `{name}-00002`: `kn revision list` has them"
        )
        found.append(Diagnostic(routes.UNKNOWN_VERSION, message, place.span, help=hint))
    return Version(place.text, (), None, place.span)
