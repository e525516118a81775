"""The IR as text: for people (`polc ir`) and for goldens."""

from collections.abc import Iterator

from polc.ir import nodes as ir

INDENT = "  "


def show(program: ir.Program) -> str:
    """Return the whole program, one fact a line, in a fixed order and without places."""
    return "\n".join(_program(program)) + "\n"


def _program(program: ir.Program) -> Iterator[str]:
    yield f"environment {program.environment or '-'}"
    yield f"today {program.today.isoformat()}"
    yield from _cluster(program.cluster)
    for namespace in program.namespaces:
        owner = f" owner {namespace.owner!r}" if namespace.owner else ""
        yield f"namespace {namespace.name} level {namespace.level.value}{owner}"
    for workload in program.workloads:
        yield from _workload(workload)
    for flow in program.flows:
        yield from _flow(flow)
    for isolation in program.isolations:
        yield from _isolation(isolation)
    for expired in program.expired:
        yield f"expired {expired.until.isoformat()} {expired.what}"


def _cluster(cluster: ir.Cluster) -> Iterator[str]:
    yield f"cluster {cluster.name}"
    yield f"{INDENT}mesh {cluster.mesh.value}"
    yield f"{INDENT}cni {cluster.cni}"
    yield f"{INDENT}trust-domain {cluster.trust_domain}"
    for name, extern in (
        ("dns", cluster.dns),
        ("istiod", cluster.istiod),
        ("knative-activator", cluster.knative_activator),
        ("knative-autoscaler", cluster.knative_autoscaler),
        ("knative-gateway", cluster.knative_gateway),
    ):
        ports = ", ".join(port_text(port) for port in extern.ports)
        yield f"{INDENT}{name} {peer_text(extern.pods)} on {ports}"
    for addresses, caches in cluster.dns_caches:
        ports = ", ".join(port_text(port) for port in caches)
        yield f"{INDENT}dns {peer_text(addresses)} on {ports}"
    if cluster.api_server is not None:
        addresses, port = cluster.api_server
        yield f"{INDENT}api-server {peer_text(addresses)} port {port}"
    if cluster.nodes:
        yield f"{INDENT}nodes {', '.join(block.cidr for block in cluster.nodes)}"
    yield f"{INDENT}internal {', '.join(cluster.internal)}"


def _workload(workload: ir.Workload) -> Iterator[str]:
    objects = ", ".join((workload.object_name, *workload.more_objects))
    yield f"{workload.kind} {workload.key} as {objects}"
    yield f"{INDENT}pods {labels_text(workload.pods.labels)}"
    yield f"{INDENT}account {workload.account}"
    if workload.image:
        yield f"{INDENT}image {workload.image}"
    for port in workload.ports:
        yield f"{INDENT}port {port_text(port)}"
    for grant in workload.grants:
        yield f"{INDENT}can {grant_text(grant)}"
    yield from _security(workload.security)
    if workload.resources:
        for name, amount in (
            ("cpu", workload.resources.cpu),
            ("memory", workload.resources.memory),
        ):
            if amount:
                yield f"{INDENT}{name} {amount[0]}..{amount[1]}"
    for probe in workload.probes:
        where = f" on {probe.port.name}" if probe.port else ""
        what = " ".join((probe.action, probe.path, *probe.command)).rstrip()
        yield f"{INDENT}probe {probe.kind} {what}{where}"
    if workload.stop:
        yield f"{INDENT}stop grace {workload.stop.grace} signal {workload.stop.signal}"
    for name, value in (
        ("scale", "{}..{}".format(*workload.scale) if workload.scale else None),
        ("concurrency", workload.concurrency),
        ("timeout", workload.timeout),
    ):
        if value is not None:
            yield f"{INDENT}{name} {value}"
    if workload.rollout:
        yield from _rollout(workload.rollout)
    if workload.build:
        build = workload.build
        yield f"{INDENT}build {build.base} app {build.app} command {list(build.command)}"


def _security(security: ir.Security) -> Iterator[str]:
    fs_group = f" fs-group {security.fs_group}" if security.fs_group is not None else ""
    yield (
        f"{INDENT}harden {security.profile} ({security.level.value})"
        f" user {security.user} group {security.group}{fs_group}"
    )
    if security.writes:
        yield f"{INDENT}writes {', '.join(security.writes)}"
    for word, exceptions in (("capability", security.capabilities), ("relax", security.relaxed)):
        for each in exceptions:
            yield f"{INDENT}{word} {each.name} because {each.because!r}"
    if security.unprivileged_port_start is not None:
        yield f"{INDENT}unprivileged ports from {security.unprivileged_port_start}"


def _rollout(rollout: ir.Rollout) -> Iterator[str]:
    for rule in rollout.rules:
        conditions = " and ".join(
            f"{c.kind} {c.key} = {c.value}" if c.key else f"{c.kind} {c.value}"
            for c in rule.conditions
        )
        yield f"{INDENT}when {conditions} -> {rule.version}"
    for version, weight in rollout.weights:
        yield f"{INDENT}weight {version} {weight}%"
    for each in rollout.versions:
        image = f" image {each.image}" if each.image else ""
        yield f"{INDENT}version {each.name} {labels_text(each.labels)}{image}"


def _flow(flow: ir.Flow) -> Iterator[str]:
    until = f" until {flow.until.isoformat()}" if flow.until else ""
    plain = " plain-text" if flow.plain_text else ""
    yield (
        f"flow {peer_text(flow.source)} -> {peer_text(flow.target)}"
        f" on {port_text(flow.port)}{plain}{until}"
    )
    for host in flow.hosts:
        yield f"{INDENT}host {host}"
    for request in flow.requests or ():
        yield f"{INDENT}{request_text(request)}"
    for because in flow.because:
        yield f"{INDENT}because {because!r}"


def _isolation(isolation: ir.Isolation) -> Iterator[str]:
    what = " (waypoint)" if isolation.waypoint else ""
    yield f"isolation {isolation.namespace}/{isolation.name}{what}"
    for word, rules in (("from", isolation.ingress), ("to", isolation.egress)):
        for rule in rules:
            ports = ", ".join(
                f"{port.port}{f'..{port.end}' if port.end != port.port else ''}"
                f"/{port.transport.value}"
                for port in rule.ports
            )
            yield f"{INDENT}{word} {peer_text(rule.peer)} on {ports} for {rule.purpose.value}"


def labels_text(labels: ir.Labels) -> str:
    """Return labels as `{ a: b, c: d }`."""
    return "{ " + ", ".join(f"{key}: {value}" for key, value in labels) + " }"


def port_text(port: ir.Port) -> str:
    """Return a port as `web 80 -> 8080 http`."""
    inner = f"{port.container}..{port.end}" if port.end != port.container else f"{port.container}"
    outer = f"{port.service} -> " if port.service != port.container else ""
    known_as = f" known-as {port.known_as}" if port.known_as else ""
    return f"{port.name} {outer}{inner} {port.protocol}{known_as}"


def peer_text(peer: ir.Peer) -> str:
    """Return a peer as the language would write it, addresses and hosts with what they are."""
    match peer:
        case ir.Pods(key=key, labels=labels):
            return key if peer.origin == "workload" else f"{key} {labels_text(labels)}"
        case ir.NamespacePods(namespace=namespace):
            return f"namespace {namespace}"
        case ir.AllPods():
            return "any"
        case ir.Host(name=name, host=host):
            return f"{name} ({host})"
        case ir.Addresses(name=name, blocks=blocks):
            shown = ", ".join(
                block.cidr + (f" except {', '.join(block.excepts)}" if block.excepts else "")
                for block in blocks
            )
            return f"{name} ({shown})"


def request_text(request: ir.Request) -> str:
    """Return a request as the language writes it."""
    match request:
        case ir.HttpRequest(methods=methods, path=path):
            return f'{", ".join(methods) or "ANY"} "{path}"'
        case ir.RpcRequest(service=service, method=method):
            return f'rpc "{service}/{method or "*"}"'


def grant_text(grant: ir.Grant | ir.UrlGrant) -> str:
    """Return a grant as the language writes it, its scope always explicit."""
    verbs = ", ".join(grant.verbs)
    if isinstance(grant, ir.UrlGrant):
        return f"{verbs} path " + ", ".join(f'"{path}"' for path in grant.paths)
    resource = grant.resource + (f".{grant.group}" if grant.group else "")
    resource += f"/{grant.subresource}" if grant.subresource else ""
    named = " named " + ", ".join(f'"{name}"' for name in grant.names) if grant.names else ""
    scope = f" in {grant.namespace}" if grant.namespace else " cluster-wide"
    return f"{verbs} {resource}{named}{scope}"
