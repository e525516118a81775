"""POL3nn: privileges on the Kubernetes API."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

PRIVILEGED_GRANT = Code("POL301", "privileged-grant", _E, "a privileged grant without a reason")
NAMED_CREATE = Code("POL302", "named-create", _E, "`named` with a verb that it can't restrict")
UNKNOWN_RESOURCE = Code("POL303", "unknown-resource", _E, "no such resource in the Kubernetes API")
UNKNOWN_VERB = Code("POL304", "unknown-verb", _E, "no such verb")
CLUSTER_SCOPED = Code("POL305", "cluster-scoped", _E, "a cluster-scoped resource in a namespace")
WILDCARD = Code("POL306", "wildcard", _E, "a wildcard in a grant")
BAD_URL_PATH = Code("POL307", "bad-url-path", _E, "not a non-resource URL")
NAMED_LIST = Code("POL390", "named-list", _W, "`named` with list or watch rarely works")
NO_API_SERVER = Code("POL391", "no-api-server", _W, "no address for the Kubernetes API is known")
