"""Two programs to everything that one permits and the other does not."""

from polc.diff.added import added_changes
from polc.diff.changes import Change, in_order
from polc.diff.flows import flow_changes
from polc.diff.pods import pod_changes
from polc.diff.privileges import privilege_changes
from polc.diff.rollouts import rollout_changes
from polc.diff.scope import scope_changes
from polc.ir.nodes import Program

_COMPARISONS = (
    scope_changes,
    flow_changes,
    rollout_changes,
    privilege_changes,
    pod_changes,
    added_changes,
)


def compare(old: Program, new: Program) -> tuple[Change, ...]:
    """Return what the step from `old` to `new` permits and takes away, in a fixed order."""
    found: list[Change] = []
    for comparison in _COMPARISONS:
        found += comparison(new, old, is_gain=True)
        found += comparison(old, new, is_gain=False)
    return in_order(found)
