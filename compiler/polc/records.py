"""The decorator of the classes of which a build makes a million: syntax nodes and their spans.

A frozen class of attrs sets each field through `object.__setattr__`, which makes an instance cost
three times as much: a seventh of a whole build. So these are frozen to mypy, which checks every
line of polc, and plain at run time, where they compare and hash by their fields all the same. What
others get to see, the IR and what backends return, is frozen in earnest.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attrs import frozen as record
else:
    from attrs import define

    def record(cls: type | None = None, **options: Any) -> Any:
        """Make a class of values."""
        return define(cls, unsafe_hash=True, weakref_slot=False, **options)


__all__ = ["record"]
