"""POL9nn: the proof that the output permits what the program declares, and nothing else."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

PERMITS_UNDECLARED = Code(
    "POL901", "permits-undeclared", _E, "the objects permit what nothing declares"
)
DENIES_DECLARED = Code("POL902", "denies-declared", _E, "the objects deny what is declared")
OTHER_PORT = Code(
    "POL904", "other-port", _E, "a port that is another number in the objects than in the program"
)
NOT_DECIDED = Code("POL903", "not-decided", _E, "something that the proof can't decide")
MESH_PERMITS = Code("POL930", "mesh-permits", _E, "the mesh admits what nothing declares")
MESH_DENIES = Code("POL931", "mesh-denies", _E, "the mesh refuses what is declared")
PLAIN_TEXT = Code("POL932", "plain-text", _E, "a port that takes plain text for nobody")
MISROUTED = Code("POL940", "misrouted", _E, "requests that go where the program does not send them")
UNREACHABLE_ROUTE = Code("POL941", "route-never-tried", _E, "a route that nothing gets to")
NO_SUCH_VERSION = Code("POL942", "no-such-version", _E, "a route to pods that nothing selects")
EXPOSED = Code("POL943", "exposed", _E, "a way in from outside that nothing declares")
UNDECLARED_PRIVILEGE = Code(
    "POL950", "undeclared-privilege", _E, "an account may do more than is declared"
)
MISSING_PRIVILEGE = Code("POL951", "missing-privilege", _E, "a declared privilege is not given")
STRANGERS_PRIVILEGE = Code(
    "POL952", "strangers-privilege", _E, "privileges of an account that no service has"
)
NEEDLESS_TOKEN = Code("POL953", "needless-token", _E, "a token for those who need none")
NO_ACCOUNT = Code("POL954", "no-account", _E, "a service without the account or token it needs")
FOREIGN_PRIVILEGE = Code(
    "POL955", "foreign-privilege", _E, "privileges in a namespace of the program for others"
)
BELOW_STANDARD = Code("POL960", "below-standard", _E, "a pod that Pod Security does not admit")
NOT_AS_HARDENED = Code("POL961", "not-as-hardened", _E, "a pod that is less hard than declared")
UNKNOWN_POD = Code("POL962", "unknown-pod", _E, "pods that no service declares")
LOOSE_NAMESPACE = Code(
    "POL963", "loose-namespace", _E, "a namespace that admits pods which it should not"
)
LOST_HARDENING = Code("POL964", "lost-hardening", _E, "a component that does not harden a service")
UNMET_NEED = Code(
    "POL965", "unmet-need", _E, "what a workload of the input needs does not get through"
)
NO_SUCH_SERVICE = Code(
    "POL966", "no-such-service", _E, "a route or policy for a Service that is not there"
)
NODE_ADDRESS = Code(
    "POL967", "node-address", _E, "callers from outside that come with a node's address"
)
UNDECLARED_MOUNT = Code("POL968", "undeclared-mount", _E, "a volume that the program does not name")
WORN_LABELS = Code("POL969", "worn-labels", _E, "pods of others with the labels of a service")
LIKELY_MISTAKE = Code(
    "POL970", "likely-mistake", _W, "something that rarely means what it was written for"
)
NOT_FOR_WINDOWS = Code(
    "POL972", "not-for-windows", _E, "a pod of Windows that is hardened like one of Linux"
)
NOT_APPLIED = Code("POL973", "not-applied", _E, "an object that is not always applied")
NOTHING_LOOKED_AT = Code("POL974", "nothing-looked-at", _E, "a proof that had nothing to look at")
POWER = Code("POL980", "power", _W, "a right that amounts to more than it says")
FOR_EVERYBODY = Code("POL981", "for-everybody", _W, "a rule for whoever there is")
NO_SUCH = Code("POL982", "no-such", _W, "a name that nothing in the input has")
HALF_FLOW = Code("POL983", "one-ended-flow", _W, "a connection that only one end permits")
REMOVABLE_RULE = Code("POL990", "removable-rule", _W, "a rule that can be left out")
