"""From a place in a program to what it compiles to.

Nothing is told of a program that was edited since it was compiled: labels and accounts of other
declarations are in every object, so one may be stale where all its own lines are unchanged.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from polc import syntax as s
from polc.backend import KubernetesObject
from polc.lsp.analysis import Settled
from polc.lsp.made import Made, lines_of, path_of, text_of, title_of
from polc.lsp.session import View
from polc.lsp.uses import path_to
from polc.source import Span


class Compiled(NamedTuple):
    """A place of a program, and what comes of it, what says most of it first."""

    node: s.Node
    made: tuple[Made, ...]


class Shown(NamedTuple):
    """An emitted object, patch or file, as it is shown: what it is, and its text.

    `line` is the one of the text, from 0, at which starts what comes of the place.
    """

    title: str
    text: str
    line: int


def objects_at(view: View, offset: int) -> tuple[Shown, ...]:
    """Return what the innermost place around an offset compiles to; () before it is compiled."""
    found = compiled_at(view, offset)
    if found is None:
        return ()
    comes = comes_of(view, found.node)
    return tuple(_shown(each, comes) for each in found.made)


def _shown(made: Made, comes: Callable[[Span], bool]) -> Shown:
    text = text_of(made)
    own = (at for at, _, spans in lines_of(made, text) if any(map(comes, spans)))
    return Shown(title_of(made), text, next(own, 0))


def compiled_at(view: View, offset: int, *, whole: bool = True) -> Compiled | None:
    """Return the innermost node around an offset that anything comes of, and what that is.

    Of a declaration that is what is made for it, not all that mentions it; where `whole` is not
    set, only its name counts, and statements that are known to be in some of it.
    """
    piece = view.tree.piece_at(offset)
    settled = view.program.settled
    if piece is None or settled is None or not view.is_settled:
        return None
    made = settled.made.get(piece.anchor, [])
    for declaration in piece.declarations:
        if declaration.span.offset <= offset <= declaration.span.end_offset:
            for node in reversed(path_to(declaration, offset)):
                if node is not declaration or whole:
                    found = (
                        *_inside(made, node, declaration),
                        *_carried(made, node, declaration),
                        *(_held(settled, made) if isinstance(node, s.HasRole) else ()),
                    )
                    if found:
                        return Compiled(node, _in_order(found, node))
    return None


def _in_order(made: tuple[Made, ...], node: s.Node) -> tuple[Made, ...]:
    """Sort what comes of a node, all once: what is about privileges, then what is its service's."""

    def order(each: Made) -> tuple[bool, bool]:
        is_role = isinstance(each, KubernetesObject) and _is(each, *_ROLES)
        return not is_role, each.spans[0].anchor is not node.span.anchor

    return tuple(sorted({id(each): each for each in made}.values(), key=order))


def comes_of(view: View, node: s.Node) -> Callable[[Span], bool]:
    """Return what tells whether part of an object comes of a node: of a port, with its flows.

    Of a declaration, no part more than the whole.
    """
    if isinstance(node, s.Declaration):
        return lambda span: False
    program = view.compiled.program if view.compiled else None
    if not isinstance(node, s.Port) or program is None:
        return partial(is_in, node)
    flows = {x for flow in program.flows if is_in(node, flow.port.span) for x in flow.spans}
    return lambda span: span in flows


def is_in(node: s.Node, span: Span) -> bool:
    """Tell whether a span lies in a node."""
    return (
        span.anchor is node.span.anchor
        and node.span.start <= span.start
        and span.end <= node.span.end
    )


_ROLES = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
_CARRIERS: dict[type[s.Node], tuple[str, ...]] = {
    s.Select: ("NetworkPolicy",),
    s.Port: ("NetworkPolicy",),
    s.Account: ("ServiceAccount",),
    s.Image: ("Service",),
    s.Scale: ("Service",),
    s.Concurrency: ("Service",),
    s.Timeout: ("Service",),
    s.Resources: (".first-container.yaml", "Service"),
    s.Probe: (".first-container.yaml", "Service"),
    s.Stop: (".patch.yaml", "Service"),
    s.WorkloadKind: (".patch.yaml", "Service"),
}
"""Which of what is made for a service says what a statement says: kinds, or ends of paths.

Spans don't tell: they are of what a line alone brings about, and these are parts of more.
"""


def _carried(
    made: list[tuple[Span, Made]], node: s.Node, declaration: s.Declaration
) -> Iterator[Made]:
    """Return what says a statement, of that which is made for its declaration."""
    wanted = _CARRIERS.get(type(node), ())
    for each in (
        {id(x): x for x in _inside(made, declaration, declaration)}.values() if wanted else ()
    ):
        kind = each.body["kind"] if isinstance(each, KubernetesObject) else ""
        if kind in wanted or path_of(each).endswith(wanted):
            yield each


def _held(settled: Settled, made: list[tuple[Span, Made]]) -> Iterator[Made]:
    """Return the roles and bindings of a service, which come of the lines of what it `has`."""
    files = {
        x.path for _, x in made if isinstance(x, KubernetesObject) and _is(x, "ServiceAccount")
    }
    for each in {id(x): x for found in settled.made.values() for _, x in found}.values():
        if isinstance(each, KubernetesObject) and each.path in files and _is(each, *_ROLES):
            yield each


def _is(made: KubernetesObject, *kinds: str) -> bool:
    return made.body["kind"] in kinds


def _inside(
    made: list[tuple[Span, Made]], node: s.Node, declaration: s.Declaration
) -> Iterator[Made]:
    """Return what has a span inside of a node; of a declaration, what it is the first of."""
    for span, each in made:
        if is_in(node, span) and (node is not declaration or each.spans[0] is span):
            yield each
