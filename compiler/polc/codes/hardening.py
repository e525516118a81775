"""POL4nn: hardening and images."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

FORBIDDEN_RELAXATION = Code("POL401", "forbidden-relaxation", _E, "the profile forbids it outright")
RELAXATION_WITHOUT_REASON = Code(
    "POL402", "relaxation-without-reason", _E, "a relaxation without a reason"
)
UNKNOWN_FIELD = Code("POL403", "unknown-field", _E, "no such field to relax")
UNKNOWN_CAPABILITY = Code("POL404", "unknown-capability", _E, "no such Linux capability")
ROOT_USER = Code("POL405", "root-user", _E, "user 0 under a profile that forbids it")
BAD_WRITES = Code("POL406", "bad-writes", _E, "not a path that can be made writable")
BAD_RUN_ID = Code("POL407", "bad-run-id", _E, "not a numeric user or group")
IMAGE_WITHOUT_DIGEST = Code("POL490", "image-without-digest", _W, "an image that is not pinned")
USELESS_CAPABILITY = Code("POL491", "useless-capability", _W, "a capability that has no effect")
IMAGE_WITHOUT_TAG = Code("POL492", "image-without-tag", _W, "an image without a tag, or `latest`")
END_OF_LIFE_BASE = Code("POL493", "end-of-life-base", _W, "a base image that gets no more fixes")
