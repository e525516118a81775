"""What Knative cannot say, refused at the line that asks for it.

Source: knative/serving, `pkg/apis/serving` (fieldmask.go, k8s_validation.go) and the defaults in
`pkg/apis/config/features.go`. Knative drops or rejects the fields; either way the program would not
get what it says.
"""

from collections.abc import Iterator

from polc.codes import names, routes
from polc.diagnostics import Diagnostic, Severity
from polc.ir.nodes import Port, Security, Workload

RESERVED_PORTS = frozenset({8008, 8012, 8013, 8022, 9090, 9091})
"""Ports of queue-proxy in the same pod (pkg/networking/constants.go; 8008 is its profiler)."""
MAX_TIMEOUT = 600
MAX_CONCURRENCY = 1000
DEFAULT_TIMEOUT = 300
"""The defaults of the ConfigMap `config-defaults`."""
FLAGS = {
    "host-network": "kubernetes.podspec-hostnetwork",
    "host-pid": "kubernetes.podspec-hostpid",
    "host-ipc": "kubernetes.podspec-hostipc",
}
RESERVED_LABELS = "serving.knative.dev/"
"""Labels of this group are Knative's to set; it puts the service's name on every pod."""
RESERVED_PATHS = frozenset({"/", "/dev", "/dev/log"})
DEPLOYMENT = "run it as `workload deployment`"


def check_limits(workload: Workload) -> tuple[Diagnostic, ...]:
    """Report everything about one workload that Knative has no field for."""
    return (
        *_check_image(workload),
        *_check_labels(workload),
        *_check_ports(workload),
        *_check_probes(workload),
        *_check_security(workload.security),
        *_check_limits_of_requests(workload),
        *_check_stop(workload),
        *_check_rollout(workload),
    )


def _check_image(workload: Workload) -> Iterator[Diagnostic]:
    if workload.image is None:
        yield Diagnostic(
            names.MISSING_STATEMENT,
            f"the knative workload `{workload.key}` has no image",
            workload.span,
            help='polc writes the whole Knative Service, so say `image "…"`',
        )


def _check_labels(workload: Workload) -> Iterator[Diagnostic]:
    """Refuse a selector on labels that Knative sets: it would choose no pod, so protect none."""
    own = ("serving.knative.dev/service", workload.object_name)
    for key, value in workload.pods.labels:
        if key.startswith(RESERVED_LABELS) and (key, value) != own:
            yield Diagnostic(
                routes.KNATIVE_UNSUPPORTED,
                f"no pod of `{workload.object_name}` has the label `{key}: {value}`: Knative sets "
                "it itself",
                workload.span,
                help=f'choose them by a label of your own, `select {{ app: "{workload.name}" }}`',
            )


def _check_ports(workload: Workload) -> Iterator[Diagnostic]:
    if not workload.ports:
        yield Diagnostic(
            names.MISSING_STATEMENT,
            f"the knative workload `{workload.key}` has no port",
            workload.span,
            help="Knative sends requests to one port: write `port web 8080 http`",
        )
    for port in workload.ports[:1]:
        yield from _check_port(port)
    for port in workload.ports[1:]:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"Knative serves one port of a pod, and `{port.name}` is another",
            port.span,
            help=f"keep one port, or {DEPLOYMENT}",
        )


def _check_port(port: Port) -> Iterator[Diagnostic]:
    def refuse(message: str, help_: str) -> Diagnostic:
        return Diagnostic(routes.KNATIVE_UNSUPPORTED, message, port.span, help=help_)

    if port.protocol not in ("http", "http2", "grpc"):
        yield refuse(
            f"Knative serves HTTP only, and `{port.name}` is `{port.protocol}`",
            f"use `http`, `http2` or `grpc`, or {DEPLOYMENT}",
        )
    if port.end != port.container:
        yield refuse("Knative serves one port, not a range", f"keep one port, or {DEPLOYMENT}")
    if port.container in RESERVED_PORTS:
        yield refuse(
            f"port `{port.container}` belongs to Knative's own container in the pod",
            "let the process listen on another port, such as 8080",
        )


def _check_probes(workload: Workload) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for probe in workload.probes:
        if probe.kind in seen:
            yield Diagnostic(
                routes.KNATIVE_UNSUPPORTED,
                f"a container has one probe `{probe.kind}`, and this is another",
                probe.span,
                help="keep one of them",
            )
        seen.add(probe.kind)
        if probe.port is not None and probe.port not in workload.ports[:1]:
            yield Diagnostic(
                routes.KNATIVE_UNSUPPORTED,
                f"Knative probes the serving port, and `{probe.port.name}` is another",
                probe.span,
                help="probe the serving port, or use `exec`",
            )


def _check_security(security: Security) -> Iterator[Diagnostic]:
    if security.fs_group is not None:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"Knative takes no `fs-group {security.fs_group}` unless its operator sets "
            "`kubernetes.podspec-securitycontext`",
            security.span,
            help="leave `fs-group` out: every user may write to the paths in `writes` anyway",
        )
    if security.unprivileged_port_start is not None:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            "a process that is not root needs a pod sysctl for a port below 1024, and Knative "
            "takes none",
            security.span,
            help="let the process listen on 1024 or above, such as 8080: callers never see it",
        )
    for capability in security.capabilities:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"Knative adds no capability `{capability.name}` unless its operator sets "
            "`kubernetes.containerspec-addcapabilities`",
            capability.span,
            help=f"drop the line, or {DEPLOYMENT}",
        )
    yield from _check_relaxed(security)
    for path in security.writes:
        if path in RESERVED_PATHS:
            yield Diagnostic(
                routes.KNATIVE_UNSUPPORTED,
                f"Knative mounts nothing on `{path}`",
                security.span,
                help="name a directory of the application's own",
            )


def _check_relaxed(security: Security) -> Iterator[Diagnostic]:
    for relaxation in security.relaxed:
        flag = FLAGS.get(relaxation.name)
        if flag is None and relaxation.name not in ("privileged", "host-ports"):
            continue
        unless = f" unless its operator sets `{flag}`" if flag else ""
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"Knative takes no `relax {relaxation.name}`{unless}",
            relaxation.span,
            help=f"drop the line, or {DEPLOYMENT}",
        )


def _check_limits_of_requests(workload: Workload) -> Iterator[Diagnostic]:
    if workload.timeout is not None and workload.timeout > MAX_TIMEOUT:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"a timeout of `{workload.timeout}s` is longer than the {MAX_TIMEOUT}s that Knative "
            "allows",
            workload.span,
            help=f"write at most `timeout {MAX_TIMEOUT}s`, or {DEPLOYMENT}",
        )
    if workload.concurrency is not None and workload.concurrency > MAX_CONCURRENCY:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"a concurrency of `{workload.concurrency}` is more than the {MAX_CONCURRENCY} that "
            "Knative allows",
            workload.span,
            help=f"write at most `concurrency {MAX_CONCURRENCY}`, or leave it out for no limit",
        )


def _check_stop(workload: Workload) -> Iterator[Diagnostic]:
    """Compare with what Knative does: a pod has as long to stop as a request may take."""
    stop = workload.stop
    if stop is None:
        return
    timeout = DEFAULT_TIMEOUT if workload.timeout is None else workload.timeout
    if stop.grace is not None and stop.grace != timeout:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"Knative gives a pod as long to stop as its requests may take, `{timeout}s`, not "
            f"`{stop.grace}s`",
            stop.span,
            help=f"leave `grace` out, or write `timeout {stop.grace}s` as well",
        )
    if stop.signal not in (None, "SIGTERM") and workload.build is None:
        yield Diagnostic(
            routes.KNATIVE_UNSUPPORTED,
            f"Knative can't choose the signal `{stop.signal}`; only the image can",
            stop.span,
            help=f"put `STOPSIGNAL {stop.signal}` into the image, as `polc harden` does",
            severity=Severity.WARNING,
        )


def _check_rollout(workload: Workload) -> Iterator[Diagnostic]:
    if workload.rollout is None:
        return
    for rule in workload.rollout.rules:
        yield Diagnostic(
            routes.KNATIVE_ROUTE,
            f"Knative splits requests by percentages only, so `{rule.version}` can't be chosen by "
            f"{rule.conditions[0].kind}",
            rule.span,
            help=f"keep the weights, or {DEPLOYMENT}",
        )
    prefix = f"{workload.object_name}-"
    for name, _ in workload.rollout.weights:
        if not name.startswith(prefix):
            yield Diagnostic(
                routes.UNKNOWN_VERSION,
                f"`{name}` is no revision of `{workload.object_name}`",
                workload.rollout.span,
                help=f"names of its revisions start with `{prefix}`, such as `{prefix}00001`",
            )
    total = sum(percent for _, percent in workload.rollout.weights)
    if total != 100:
        yield Diagnostic(
            routes.WEIGHTS,
            f"the weights total {total}%, and Knative wants 100%",
            workload.rollout.span,
            help="change one of them by the difference",
        )
