"""POL1nn: names and declarations."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

UNKNOWN_NAME = Code("POL101", "unknown-name", _E, "a name that nothing declares")
DUPLICATE_DECLARATION = Code("POL102", "duplicate-declaration", _E, "two declarations of one name")
DUPLICATE_STATEMENT = Code("POL103", "duplicate-statement", _E, "a statement given twice")
WRONG_KIND = Code("POL104", "wrong-kind", _E, "a name of another kind of declaration")
NAME_TOO_LONG = Code("POL105", "name-too-long", _E, "a name too long for what is derived from it")
BAD_NAME = Code("POL106", "bad-name", _E, "not a name that Kubernetes accepts")
SETTINGS_DISAGREE = Code("POL107", "settings-disagree", _E, "a namespace's settings given twice")
CYCLIC_DECLARATION = Code(
    "POL108", "cyclic-declaration", _E, "declarations that contain themselves"
)
AMBIGUOUS_NAME = Code("POL109", "ambiguous-name", _E, "a name that several namespaces declare")
RESERVED_PEER = Code(
    "POL110", "reserved-peer", _E, "a name with a meaning of its own in peer lists"
)
NO_NAMESPACE = Code("POL111", "no-namespace", _E, "a service outside any namespace")
MISSING_STATEMENT = Code("POL112", "missing-statement", _E, "a declaration lacks what it must say")
UNUSED = Code("POL190", "unused", _W, "a declaration that nothing uses")
