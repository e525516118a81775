"""POL7nn: clusters and environments."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

ENVIRONMENT_GRANTS = Code("POL701", "environment-grants", _E, "an environment that tries to grant")
AMBIGUOUS_CLUSTER = Code("POL702", "ambiguous-cluster", _E, "several clusters and no environment")
NO_CLUSTER = Code("POL703", "no-cluster", _E, "an environment without a cluster")
NO_NODES = Code("POL705", "no-nodes", _E, "the nodes' addresses are not known")
UNKNOWN_ENVIRONMENT = Code("POL704", "unknown-environment", _E, "no such environment")
