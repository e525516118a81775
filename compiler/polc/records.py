"""The decorator of classes of which a build makes a million: the tree, its spans, the flows.

A frozen class of attrs sets each field through `object.__setattr__`, which makes an instance cost
three times as much. So these are frozen to mypy, which checks every line of polc, and plain at
run time, where they compare and hash by their fields all the same.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attrs import frozen as record
else:
    from attrs import define

    def record(cls: type | None = None, *, eq: bool = True, **options: Any) -> Any:
        """Make a class of values; without `eq` each instance is equal to itself alone."""
        return define(cls, eq=eq, unsafe_hash=eq or None, weakref_slot=False, **options)


__all__ = ["record"]
