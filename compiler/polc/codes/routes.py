"""POL5nn: rollouts and Knative."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

WEIGHTS = Code("POL501", "weights", _E, "weights that do not total 100")
UNREACHABLE_ROUTE = Code("POL502", "unreachable-route", _E, "a route that no request can reach")
KNATIVE_ROUTE = Code("POL503", "knative-route", _E, "a route that Knative can't express")
UNKNOWN_VERSION = Code("POL504", "unknown-version", _E, "no such version of the service")
NOT_KNATIVE = Code("POL505", "not-knative", _E, "a statement that only knative workloads take")
BAD_SCALE = Code("POL506", "bad-scale", _E, "a scale that makes no sense")
KNATIVE_UNSUPPORTED = Code("POL507", "knative-unsupported", _E, "Knative has no field for it")
ROUTE_NOT_EXPRESSIBLE = Code(
    "POL508", "route-not-expressible", _E, "the mesh can't route like that"
)
BAD_WORKLOAD = Code("POL509", "bad-workload", _E, "a statement that this kind of workload lacks")
UNROUTED_HOST = Code("POL590", "unrouted-host", _W, "a host name that polc can't route")
SCALE_NOT_COMPILED = Code("POL591", "scale-not-compiled", _W, "a scale that no target compiles")
