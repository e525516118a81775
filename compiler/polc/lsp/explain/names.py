"""What a name stands for: its declaration, and what became of it when all was compiled."""

from collections.abc import Iterator

from polc import syntax as s
from polc.diagnostics import has_errors
from polc.ir import nodes as ir
from polc.ir.show import grant_text
from polc.lsp.documents import module_tree
from polc.lsp.explain import reach
from polc.lsp.explain.text import paragraphs
from polc.lsp.session import View
from polc.lsp.spot import scope_at
from polc.lsp.uses import children
from polc.parse.scan import doc
from polc.resolve.symbols import Symbol
from polc.source import Span


def program_of(view: View) -> ir.Program | None:
    """Return the compiled program, if it is of the present text and without errors.

    What is missing from a program with errors would be taken for denied.
    """
    compiled = view.compiled
    if not view.is_settled or compiled is None or has_errors(compiled.diagnostics):
        return None
    return compiled.program


def of_symbol(view: View, symbol: Symbol) -> str:
    """Return what there is to know about a declaration."""
    library = " of the standard library" if symbol.library else ""
    return paragraphs(
        f"**{symbol.kind}** `{symbol.key}`{library}",
        symbol.declaration.doc,
        "\n".join(f"- {fact}" for fact in _facts(view, symbol)),
    )


def _facts(view: View, symbol: Symbol) -> Iterator[str]:
    declaration, program = symbol.declaration, program_of(view)
    match declaration:
        case s.Service() | s.ExternService() | s.Gateway():
            yield from _of_pods(view, symbol)
        case s.Endpoint():
            for each in declaration.statements:
                yield f"`{_line(each)}`"
        case s.Group(peers=peers):
            yield from (f"`{_line(each)}`" for each in peers)
        case s.Role(grants=grants):
            yield from (f"`{_line(each)}`" for each in grants)
            holders = ", ".join(f"`{each.key}`" for each in _holders(view, symbol))
            yield f"held by {holders}" if holders else "held by nobody"
        case s.Profile() | s.Cluster() | s.Environment():
            if not isinstance(declaration, s.Environment) and declaration.extends is not None:
                yield f"extends `{_line(declaration.extends)}`"
            yield from (f"`{_line(each)}`" for each in declaration.items)
    workload = workload_of(program, symbol.key)
    if workload is not None:
        yield from _of_workload(workload)
    if program is not None and symbol.space == "peer" and symbol.kind != "group":
        yield reach.counted(reach.reach_of(program, _flow_key(symbol)))


def _flow_key(symbol: Symbol) -> str:
    return symbol.name if symbol.kind == "endpoint" else symbol.key


def _of_pods(view: View, symbol: Symbol) -> Iterator[str]:
    info = view.table.namespaces.get(symbol.scope)
    if symbol.kind == "service" and info is not None and info.owner:
        yield f"owner: {info.owner}"
    yield f"identity: `{identity(view, symbol)}`"
    selects = [each for each in children(symbol.declaration) if isinstance(each, s.Select)]
    yield from (f"pods: `{_line(each)}`" for each in selects)
    ports = [each for each in children(symbol.declaration) if isinstance(each, s.Port)]
    yield from (f"`{_line(each)}`" for each in sorted(ports, key=lambda each: each.span.start))


def identity(view: View, symbol: Symbol) -> str:
    """Return as whom the pods of a declaration act: their account, in a mesh its SPIFFE ID."""
    program = program_of(view)
    pods = pods_of(program, symbol.key) if program else None
    if program is not None and pods is not None:
        return reach.principal(program, pods) or f"{pods.namespace}/{pods.account or 'unknown'}"
    accounts = [x.name.text for x in children(symbol.declaration) if isinstance(x, s.Account)]
    namespace = symbol.key.partition("/")[0]
    fallback = symbol.name if symbol.kind == "service" else "unknown"
    return f"{namespace}/{accounts[0] if accounts else fallback}"


def pods_of(program: ir.Program, key: str) -> ir.Pods | None:
    """Return the pods that a program calls `key`, as its workload or in one of its flows."""
    workload = workload_of(program, key)
    if workload is not None:
        return workload.pods
    ends = (end for flow in program.flows for end in (flow.source, flow.target))
    return next((end for end in ends if isinstance(end, ir.Pods) and end.key == key), None)


def workload_of(program: ir.Program | None, key: str) -> ir.Workload | None:
    """Return the workload with a key."""
    if program is None:
        return None
    namespace = program.in_namespace.get(key.partition("/")[0], ())
    return next((each for each in namespace if each.key == key), None)


def _holders(view: View, role: Symbol) -> Iterator[Symbol]:
    """Return the services that have a role."""
    for each in view.table.of_kind("service"):
        had = (x.role for x in children(each.declaration) if isinstance(x, s.HasRole))
        if any(role in view.table.candidates(ref, "role", each.scope) for ref in had):
            yield each


def _of_workload(workload: ir.Workload) -> Iterator[str]:
    security = workload.security
    relaxed = [f"`{each.name}`" for each in (*security.relaxed, *security.capabilities)]
    profile = "" if security.profile == security.level.value else f", profile `{security.profile}`"
    yield (
        f"Pod Security level `{security.level.value}`{profile}"
        + (f", relaxes {', '.join(relaxed)}" if relaxed else "")
    )
    for grant in workload.grants:
        yield f"can `{grant_text(grant)}`"


def of_port(view: View, owner: Symbol, name: str) -> str:
    """Return what a port is, and who may reach it."""
    port = next(
        (x for x in children(owner.declaration) if isinstance(x, s.Port) and x.name.text == name),
        None,
    )
    if port is None:
        return ""
    program = program_of(view)
    flows = None
    if program is not None:
        found = reach.flows_to(program, _flow_key(owner))
        flows = [flow for flow in found if flow.port.name == name]
    heading = f"**port** `{name}` of `{owner.key}`: `{_line(port)}`"
    if program is None or flows is None:
        return heading
    if not flows:
        return paragraphs(heading, "Nobody may reach it.")
    return paragraphs(heading, "May be reached by", reach.callers_text(program, flows))


def of_allow(view: View, service: s.Service, allow: s.Allow) -> str:
    """Return the flows that a line permits, alone or with others."""
    program = program_of(view)
    key = f"{scope_at(view.tree, service.span.offset)}/{service.name.text}"
    if program is None:
        return ""
    flows = (reach.flows_to if allow.direction == "from" else reach.flows_from)(program, key)
    here = [flow for flow in flows if any(_holds(allow.span, span) for span in flow.spans)]
    if not here:
        return ""
    if allow.direction == "to":
        return paragraphs("Permits calls to", reach.callees_text(here))
    return paragraphs("Admits", reach.callers_text(program, here))


def _holds(outer: Span, inner: Span) -> bool:
    return outer.anchor is inner.anchor and outer.start <= inner.start and inner.end <= outer.end


def of_version(symbol: Symbol, name: str) -> str:
    """Return what goes to a version."""
    lines = []
    waiting: list[s.Node] = [symbol.declaration]
    while waiting:
        node = waiting.pop(0)
        match node:
            case s.Weight(version=each) | s.When(version=each) | s.Version(name=each):
                if each.text == name:
                    lines.append(f"- `{_line(node)}`")
            case s.Service() | s.Rollout():
                waiting += sorted(children(node), key=lambda each: each.span.start)
    return paragraphs(f"**version** `{name}` of `{symbol.key}`", "\n".join(lines))


def of_namespace(view: View, name: str) -> str:
    """Return what is known of a namespace."""
    info = view.table.namespaces.get(name)
    services = [
        symbol
        for symbol in view.table.symbols.values()
        if symbol.kind == "service" and symbol.key.startswith(f"{name}/")
    ]
    facts = []
    if info is not None and info.owner:
        facts.append(f"- owner: {info.owner}")
    if info is not None and info.consent:
        facts.append(f"- consent: `{info.consent}`")
    program = program_of(view)
    levels = (
        [each.level.value for each in program.namespaces if each.name == name] if program else ()
    )
    facts += (f"- Pod Security level `{level}`" for level in levels)
    number = len(services)
    what = f"{number} service{'s' * (number != 1)}" if number else "not owned: no service is in it"
    return paragraphs(f"**namespace** `{name}`: {what}", "\n".join(facts))


def of_module(name: str) -> str:
    """Return what a module of the standard library declares."""
    tree = module_tree(name)
    if tree is None:
        return ""
    declared = [each.name.text for each in tree.file.declarations if not isinstance(each, s.Import)]
    about = doc(tree.source.text.partition("\n\n")[0] + "\n")
    shown = "Declares " + ", ".join(f"`{each}`" for each in declared)
    return paragraphs(f"**module** `{name}` of the standard library", about, shown)


def _line(node: s.Node) -> str:
    """Return what a node says in one line, cut where it is long."""
    text = " ".join(node.span.text.split())
    return text if len(text) <= 100 else f"{text[:99]}…"
