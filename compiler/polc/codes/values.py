"""POL6nn: literals."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

BAD_QUANTITY = Code("POL601", "bad-quantity", _E, "not a Kubernetes quantity")
BAD_CIDR = Code("POL602", "bad-cidr", _E, "not an address block")
BAD_DATE = Code("POL603", "bad-date", _E, "not a date")
BAD_LABEL = Code("POL604", "bad-label", _E, "not a Kubernetes label")
BAD_IMAGE = Code("POL605", "bad-image", _E, "not an image reference")
BAD_PORT = Code("POL606", "bad-port", _E, "not a port number or range")
BAD_DURATION = Code("POL607", "bad-duration", _E, "not a duration")
BAD_PATH = Code("POL608", "bad-path", _E, "not a path pattern")
BAD_RPC = Code("POL609", "bad-rpc", _E, "not a gRPC method")
BAD_HOST = Code("POL610", "bad-host", _E, "not a host name")
BAD_RANGE = Code("POL611", "bad-range", _E, "a range that ends before it starts")
UNKNOWN_WORD = Code("POL612", "unknown-word", _E, "a word that is not one of the known ones")
BAD_VALUE = Code("POL613", "bad-value", _E, "a value that is not allowed here")
