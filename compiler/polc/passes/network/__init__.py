"""Work out which packets must flow: `Program.flows` and facts of the cluster to `isolations`.

One isolation per owned workload and per waypoint; one also for pods that the program only knows
(`extern service`, `gateway`) where they live in an owned namespace and a flow names them, since
the namespace's default deny closes them too. A direction without rules is closed. The rules hold
what was declared and, under purposes of their own, what it needs to work. All of it is about pod
ports, never Service ports (Kubernetes API, NetworkPolicyPort).

What is decided here, and why:

- **DNS** for whoever calls a declared peer, and for a proxy that looks up istiod. A token alone
  gets none: clients in a pod take the API server's address from `KUBERNETES_SERVICE_HOST`.
- **Sidecar mesh**: every sidecar connects to `istiod.istio-system.svc:15012` (istio.io, "Ports used
  by Istio"), a name, or its pod never gets ready. So a service without calls of its own has
  exactly these two rules. The application port stays what it was.
- **Ambient mesh**: HBONE travels to the callee's pod on 15008/TCP from sockets in the caller's
  (istio.io, "Ambient and Kubernetes NetworkPolicy"), so each pair of peers gets 15008 on both
  sides. The declared port stays open as well: plain-text traffic from pods outside the mesh is
  refused by the mesh, and a reader of the policy sees the port. Which ports may be reached through
  15008 is not for the network to say; AuthorizationPolicy does. Kubelet's probes come from a fixed
  address there. ztunnel talks to istiod from its own pod.
- **Waypoint**: a namespace that needs one puts every Service behind it (`polc.ir.mesh`), so callers
  reach the waypoint on 15008, and it reaches their callee on 15008. The direct 15008 between the
  two is opened only for ports on which the waypoint has nothing to decide: calls to the address of
  a pod go around it. Gateways are callers like others, so such a namespace has to carry
  `istio.io/ingress-use-waypoint: "true"`.
- **Knative**: requests reach a pod's queue-proxy (8012, or 8013 for h2c, 8112 with Knative's own
  TLS), never the user's port, from the activator or the gateway; the autoscaler reads 9090. Callers
  need the gateway, except with sidecars, where net-istio's VirtualService for `mesh` makes
  the caller's own proxy pick the revision's endpoints: its pods, or the activator.
- **Pods on their node's network** are selected by no policy, so they have no isolation; where
  others exchange packets with them, lowering has put the nodes' addresses for them.
- **Host names** are nothing that this layer enforces; they count for DNS only.
- **Minimal**: what another rule of the same direction covers is left out.
"""

from attrs import evolve

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program
from polc.passes.network.drafts import Draft
from polc.passes.network.flows import open_flows, start_drafts
from polc.passes.network.platform import open_platform

__all__ = ["add_isolations"]


def add_isolations(program: Program) -> tuple[Program, tuple[Diagnostic, ...]]:
    """Return the program with `isolations` filled, sorted by namespace and name."""
    drafts, waypoints = start_drafts(program)
    open_flows(program, drafts, waypoints)
    found = open_platform(program, drafts, waypoints)
    finished = [draft.finish() for draft in _in_order(drafts, waypoints)]
    return evolve(program, isolations=tuple(finished)), found


def _in_order(drafts: dict[str, Draft], waypoints: dict[str, Draft]) -> list[Draft]:
    return sorted(
        (*drafts.values(), *waypoints.values()),
        key=lambda draft: (draft.pods.namespace, draft.waypoint, draft.pods.key),
    )
