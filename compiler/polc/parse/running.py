"""The productions that say how a workload runs: its limits, probes, routes and build."""

from typing import Any, cast

from polc import syntax as s
from polc.codes import names as name_codes
from polc.codes import syntax as codes
from polc.parse.builder import Builder, action, listed, plain
from polc.parse.qualifiers import qualified

plain("harden", s.Harden)
listed("writes", s.Writes)
listed("run", s.Run)
listed("resources", s.Resources)
listed("rollout", s.Rollout)
plain("scale", s.Scale)
plain("concurrency", s.Concurrency)
plain("timeout", s.Timeout)


@action
def run_id(b: Builder, first: int, value: s.Number) -> s.RunId:
    """Make a user or group."""
    return s.RunId(b.span(first), cast(Any, b.text(first)), value)


@action
def capability(b: Builder, first: int, name: s.Word, extra: s.Qualifiers | None) -> s.Capability:
    """Make a capability that is kept."""
    return s.Capability(b.span(first), name, qualified(b, extra))


@action
def relax(b: Builder, first: int, name: s.Name, extra: s.Qualifiers | None) -> s.Relax:
    """Make a loosening."""
    return s.Relax(b.span(first), name, qualified(b, extra))


@action
def resource_range(b: Builder, first: int, amount: s.Range) -> s.ResourceRange:
    """Make a request and limit."""
    return s.ResourceRange(b.span(first), cast(Any, b.text(first)), amount)


@action
def probe_get(
    b: Builder, first: int, kind: s.Name, method: int, path: s.String, port: s.Name | s.Number
) -> s.Probe:
    """Make a probe over HTTP; its method is GET, for Kubernetes knows no other."""
    if b.text(method) != "GET":
        b.report(
            codes.SYNTAX_ERROR,
            f"a probe can't send `{b.text(method)}`",
            b.token_span(method),
            help="write `GET`, `tcp`, `grpc` or `exec`",
        )
        b.broken = True
    return s.Probe(b.span(first), kind, "GET", path, (), port)


@action
def probe_tcp(b: Builder, first: int, kind: s.Name, port: s.Name | s.Number) -> s.Probe:
    """Make a probe that opens a connection."""
    return s.Probe(b.span(first), kind, "tcp", None, (), port)


@action
def probe_grpc(b: Builder, first: int, kind: s.Name, port: s.Name | s.Number) -> s.Probe:
    """Make a probe of gRPC's health service."""
    return s.Probe(b.span(first), kind, "grpc", None, (), port)


@action
def probe_exec(b: Builder, first: int, kind: s.Name, command: list[s.String]) -> s.Probe:
    """Make a probe that runs a command."""
    return s.Probe(b.span(first), kind, "exec", None, tuple(command), None)


def _once(b: Builder, items: list[tuple[int, Any]]) -> dict[str, Any]:
    """Return the items of a block by their words; a second one of a kind is refused."""
    by_word: dict[str, Any] = {}
    for token, value in items:
        word = b.text(token)
        if word in by_word:
            b.report(
                name_codes.DUPLICATE_STATEMENT,
                f"`{word}` is given twice",
                b.token_span(token),
                help="keep one of the two",
            )
        by_word.setdefault(word, value)
    return by_word


@action
def grace(b: Builder, first: int, value: s.Number) -> tuple[int, s.Number]:
    """Take the time that a pod has to stop."""
    return first, value


@action
def signal(b: Builder, first: int, value: s.Word) -> tuple[int, s.Word]:
    """Take the signal that stops a pod."""
    return first, value


@action
def stop(b: Builder, first: int, items: list[tuple[int, Any]]) -> s.Stop:
    """Make the way a pod stops."""
    parts = _once(b, items)
    return s.Stop(b.span(first), parts.get("grace"), parts.get("signal"))


# --- routes and builds -----------------------------------------------------------------------


@action
def when(b: Builder, first: int, conditions: list[s.Condition], target: s.Name) -> s.When:
    """Make a route with conditions."""
    return s.When(b.span(first), tuple(conditions), target)


@action
def condition(b: Builder, first: int, value: s.String | s.Word) -> s.Condition:
    """Make a condition on a path or method."""
    return s.Condition(b.span(first), cast(Any, b.text(first)), None, value)


@action
def condition_on_key(b: Builder, first: int, key: s.String, value: s.String) -> s.Condition:
    """Make a condition on a header, cookie or query parameter."""
    return s.Condition(b.span(first), cast(Any, b.text(first)), key, value)


@action
def weight(b: Builder, target: s.Name, percent: int) -> s.Weight:
    """Make a share of the traffic."""
    share = s.Percent(b.token_span(percent), b.text(percent)[:-1])
    return s.Weight(b.span(target), target, share)


@action
def version(b: Builder, first: int, name: s.Name, items: list[s.Select | s.Image]) -> s.Version:
    """Make what a version differs in."""
    kinds: dict[str, Any] = {}
    for item in items:
        word = "select" if isinstance(item, s.Select) else "image"
        if word in kinds:
            b.report(
                name_codes.DUPLICATE_STATEMENT,
                f"`{word}` is given twice",
                item.span,
                help="keep one of the two",
            )
        kinds.setdefault(word, item)
    return s.Version(b.span(first), name, kinds.get("select"), kinds.get("image"))


@action
def build_text(b: Builder, first: int, value: s.String) -> tuple[int, s.String]:
    """Take a setting of a build that is one string."""
    return first, value


@action
def build_command(b: Builder, first: int, words: list[s.String]) -> tuple[int, Any]:
    """Take a setting of a build that is a command."""
    return first, tuple(words)


@action
def build(b: Builder, first: int, items: list[tuple[int, Any]]) -> s.Build:
    """Make the image's build."""
    parts = _once(b, items)
    words = ("base", "builder", "app", "install", "command")
    return s.Build(b.span(first), *(parts.get(word) for word in words))
