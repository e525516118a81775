"""POL9nn: the proof that the output permits what the program declares, and nothing else."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

PERMITS_UNDECLARED = Code(
    "POL901", "permits-undeclared", _E, "the objects permit what nothing declares"
)
DENIES_DECLARED = Code("POL902", "denies-declared", _E, "the objects deny what is declared")
NOT_DECIDED = Code("POL903", "not-decided", _E, "something that the proof can't decide")
REMOVABLE_RULE = Code("POL990", "removable-rule", _W, "a rule that can be left out")
