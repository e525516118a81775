"""POL2nn: flows, ports, identities."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

HALF_FLOW = Code("POL201", "half-flow", _E, "only one end of a flow declares it")
AMBIGUOUS_PORT = Code("POL202", "ambiguous-port", _E, "the callee has more than one port")
UNKNOWN_PORT = Code("POL203", "unknown-port", _E, "the callee has no such port")
NOT_ENFORCEABLE = Code("POL204", "not-enforceable", _E, "no chosen target enforces a restriction")
SHARED_ACCOUNT = Code("POL205", "shared-account", _E, "two services with one service account")
OVERLAPPING_SELECTORS = Code("POL206", "overlapping-selectors", _E, "services share their pods")
BROAD_PEER = Code("POL207", "broad-peer", _E, "a broad peer without a reason")
BAD_PEER = Code("POL208", "bad-peer", _E, "a peer that can't stand here")
REQUESTS_ON_PORT = Code("POL209", "requests-on-port", _E, "requests on a port that has none")
EMPTY_PEERS = Code("POL210", "empty-peers", _W, "a list of peers that names nobody")
NO_IDENTITY = Code("POL211", "no-identity", _E, "a caller whose identity is not known")
KNATIVE_CALLER = Code("POL212", "knative-caller", _E, "a caller hidden behind Knative's activator")
CONTRADICTORY_FLOW = Code("POL213", "contradictory-flow", _E, "an allow that can admit nothing")
DUPLICATE_PORT = Code("POL214", "duplicate-port", _E, "two ports of a service collide")
NO_PORT = Code("POL215", "no-port", _E, "the callee has no port")
NEEDS_PLAIN_TEXT = Code("POL216", "needs-plain-text", _E, "a caller that is not in the mesh")
NUMBER_OF_TWO_PORTS = Code(
    "POL260", "number-of-two-ports", _E, "a number that means two ports of the callee"
)
VOID_LINE = Code("POL261", "void-line", _W, "a line that others make void")
TWICE_IN_LIST = Code("POL262", "twice-in-list", _W, "a list that names something twice")
UNUSED_IMPORT = Code("POL263", "unused-import", _W, "an import of nothing that is used")
WITHOUT_EFFECT = Code("POL264", "without-effect", _W, "a statement that has no effect")
EXPIRED = Code("POL290", "expired", _W, "a grant past its date, not compiled")
UNUSED_PORT = Code("POL291", "unused-port", _W, "a port that nobody may call")
