"""Words that nothing declares: what they mean here."""

from datetime import date

from polc.ir.nodes import Grant
from polc.ir.privileged import privileged_reason
from polc.lower.hardening_table import CAPABILITIES, FIELDS, capability_level
from polc.lower.ports import PROTOCOLS
from polc.lower.resources_table import builtins
from polc.lsp.explain.text import block, paragraphs
from polc.lsp.forms import FORMS, Form, Part

WORDS = {
    "any": "Every pod of the cluster, also those that the program does not know. As a peer it"
    " needs `because`.",
    "internet": "Every address outside of the cluster: all but its `internal` blocks, loopback and"
    " link-local addresses. As a peer it needs `because`.",
    "self": "The other pods of the same service. A broader peer never means them.",
    "namespace": "Every pod of a namespace, also those that the program does not know. As a peer it"
    " needs `because`.",
    "restricted": "The strictest level of the Pod Security Standards, and above it a read-only root"
    " file system, numeric user and group, no token unless something grants, and all capabilities"
    " dropped.",
    "baseline": "The level of the Pod Security Standards that prevents known privilege escalations:"
    " here hardened as `restricted`, but more may be relaxed.",
    "privileged": "The level of the Pod Security Standards without limits: here hardened as"
    " `restricted`, but everything may be relaxed.",
}
VALUES = {
    "none": "No service mesh: callers are told apart by their labels and addresses alone.",
    "istio": "The service mesh Istio: callers are known by their service accounts.",
    "sidecar": "Each pod has a proxy of its own, which tells requests apart.",
    "ambient": "A proxy on each node knows who calls. Where requests are told apart, polc puts a"
    " waypoint in front.",
    "kubernetes": "Any network plug-in that enforces NetworkPolicy.",
    "cilium": "The network plug-in Cilium.",
    "both": "A flow inside of the namespace has to be declared by caller and callee.",
    "either": "Inside of the namespace one end of a flow is enough: the caller's, where the callee"
    " says nothing of who calls that port.",
    "ready": "Until it succeeds, the pod gets no requests.",
    "live": "When it fails, the container is started again.",
    "startup": "Until it has succeeded once, the other probes wait.",
    "deployment": "The pods of a Deployment.",
    "statefulset": "The pods of a StatefulSet.",
    "daemonset": "The pods of a DaemonSet, one on each node.",
    "job": "The pods of a Job.",
    "cronjob": "The pods of the Jobs that a CronJob starts.",
    "knative": "The pods of a Knative Service, which polc writes.",
}
"""Words of small vocabularies, in the fields of `_FIXED` and in completions."""
_FIELDS = {
    "read-only-root": "Lets the containers write to their root file system.",
    "run-as-non-root": "Lets the containers run as user 0.",
    "privilege-escalation": "Lets a process gain more privileges than its parent.",
    "drop-capabilities": "Keeps the capabilities that the container runtime gives by default.",
    "seccomp": "Takes the system call filter away.",
    "privileged": "Gives the containers nearly all rights of the node's root.",
    "host-network": "Puts the pods on the node's network, past every network rule.",
    "host-pid": "Shows the pods all processes of the node.",
    "host-ipc": "Shares the node's shared memory with the pods.",
    "host-ports": "Lets the pods listen on ports of the node.",
}
_VERBS = {
    "get": "Reads one object.",
    "list": "Reads all objects at once, with their contents.",
    "watch": "Follows changes, with the contents of what changes.",
    "create": "Makes new objects. `named` can't restrict it.",
    "update": "Replaces an object.",
    "patch": "Changes parts of an object.",
    "delete": "Deletes one object.",
    "deletecollection": "Deletes all objects at once. `named` can't restrict it.",
    "approve": "Approves certificates.",
    "attest": "Sets whose certificates the cluster trusts.",
    "bind": "Binds roles with rights that the binder does not have.",
    "escalate": "Writes roles with rights that the writer does not have.",
    "impersonate": "Acts in the name of others.",
    "sign": "Signs certificates.",
    "use": "Uses an object that admission asks about.",
}


def of_form(form: Form) -> str:
    """Return what a declaration, statement or item does, with an example."""
    return paragraphs(block(form.label), form.says, block(form.example))


def of_part(form: Form, part: Part) -> str:
    """Return what a part of a statement is for."""
    return paragraphs(block(form.label), f"`{part.text}`: {part.says}" if part.says else form.says)


def form_of(label: str) -> Form | None:
    """Return the form with a label."""
    return next((each for each in FORMS if each.label == label), None)


def of_protocol(name: str) -> str:
    """Return what a protocol of a port lets the mesh tell apart; "" if there is none such."""
    if name not in PROTOCOLS:
        return ""
    over = f"`{name}`, over {PROTOCOLS[name].value}."
    match name:
        case "http" | "http2":
            return f"{over} A mesh can tell methods and paths apart."
        case "grpc":
            return f"{over} A mesh can tell methods apart."
        case "https" | "tls":
            return f"{over} Encrypted: a mesh can't see requests."
    return over


def of_field(name: str) -> str:
    """Return what `relax` does to a field; "" if there is none such."""
    if name not in FIELDS:
        return ""
    return f"{_FIELDS[name]} Profiles from level `{FIELDS[name].value}` permit it."


def of_capability(name: str) -> str:
    """Return which profiles permit a capability."""
    if name not in CAPABILITIES:
        return ""
    return (
        f"The capability `CAP_{name}` of Linux."
        f" Profiles from level `{capability_level(name).value}` permit it."
    )


def of_verb(name: str) -> str:
    """Return what a verb of the Kubernetes API permits."""
    return _VERBS.get(name, "")


def of_resource(written: str) -> str:
    """Return what a resource of the Kubernetes API is, and which verbs on it are privileges."""
    whole, _, subresource = written.partition("/")
    name, _, group = whole.partition(".")
    builtin = builtins().get((group, name))
    if builtin is None:
        return f"`{written}`: a custom resource."
    where = "in a namespace" if builtin.namespaced else "cluster-wide"
    found = [f"`{written}` of the API group `{group or 'core'}`, {where}."]
    if builtin.subresources and not subresource:
        found.append("Subresources: " + ", ".join(f"`{each}`" for each in builtin.subresources))
    for verb in builtin.verbs:
        reason = privileged_reason(Grant((verb,), group, name, subresource))
        if reason:
            found.append(f"- `{verb}` {reason}")
    return "\n".join(found)


def of_pattern(text: str) -> str:
    """Return which paths a pattern of a request admits."""
    if text in ("/**", "**"):
        return "Admits every path."
    below = text.endswith("/**")
    one = "/".join("x" if each == "*" else each for each in text.removesuffix("/**").split("/"))
    if below:
        admits = f"Admits `{one}`, `{one}/` and everything below."
    elif "*" in text.split("/"):
        admits = f"Admits `{one}`."
    else:
        admits = f"Admits `{one}` alone."
    return admits + (" `*` is any one segment." if "*" in text.split("/") else "")


def of_date(day: date, today: date) -> str:
    """Return how far a day is away."""
    days = (day - today).days
    if days < 0:
        return f"Expired {_days(-days)} ago: this is left out."
    return "Expires today." if days == 0 else f"Expires in {_days(days)}."


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
