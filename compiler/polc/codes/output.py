"""POL8nn: targets and output."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

UNKNOWN_TARGET = Code("POL801", "unknown-target", _E, "no such target")
FOREIGN_FILE = Code("POL802", "foreign-file", _E, "a file that polc did not write is in the way")
STALE_OUTPUT = Code("POL803", "stale-output", _E, "the output is not what the program compiles to")
CANNOT_HARDEN = Code(
    "POL804", "cannot-harden", _E, "a Dockerfile that can't be brought up to policy"
)
CONFLICTING_OBJECTS = Code("POL805", "conflicting-objects", _E, "two objects with one name")
UNWRITABLE = Code("POL806", "unwritable", _E, "a file that can't be written")
EDITED_FILE = Code(
    "POL807", "edited-file", _W, "a file that polc would remove, but that was changed since"
)
WIDENED = Code("POL810", "widened", _W, "a change permits something new")
NARROWED = Code("POL811", "narrowed", _N, "a change takes a permission away")
SHIFTED = Code("POL812", "shifted", _N, "a change sends requests elsewhere in another share")
