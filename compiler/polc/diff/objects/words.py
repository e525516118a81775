"""Sets of pods and addresses in the words of a reader."""

from collections.abc import Iterable

from polc.semantics.sets.blocks import block_words
from polc.semantics.sets.intervals import EVERY_ADDRESS, AddressSet
from polc.semantics.sets.labels import EXISTS, NAME, LabelBox, Values
from polc.semantics.sets.regions import Region
from polc.terms import Block

_MOST_RANGES = 4


def peer_text(part: Region, written: Iterable[Block] = ()) -> str:
    """Return the peers of a region with one part."""
    for chosen, _ in part.pods:
        return _pods_text(chosen)
    for addresses, _ in part.addresses:
        return addresses_text(addresses, written)
    return "nobody"


def _pods_text(chosen: LabelBox) -> str:
    if not chosen.conditions:
        return "every pod"
    space = chosen.by_axis.get(NAME)
    where = f"namespace {_values(space)}" if space is not None else ""
    labels = {axis: values for axis, values in chosen.conditions if axis != NAME}
    pods = [f"{key}: {_values(v)}" for (side, key), v in labels.items() if side == "pod"]
    others = [f"{key}: {_values(v)}" for (side, key), v in labels.items() if side != "pod"]
    named = f"pods {{ {', '.join(pods)} }}" if pods else "every pod"
    if others:
        where = f"namespaces {{ {', '.join(others)} }}"
    return f"{named} of {where}" if where else f"{named} of every namespace"


def _values(values: Values) -> str:
    if values == EXISTS:
        return "present"
    listed = ", ".join(sorted("absent" if each is None else each for each in values.members))
    return f"not {listed}" if values.negated else listed


def addresses_text(addresses: AddressSet, written: Iterable[Block] = ()) -> str:
    """Return addresses as blocks, as they were written where they were, else as ranges."""
    if addresses == EVERY_ADDRESS:
        return "every address"
    written = tuple(written)
    texts = [block_words(part, written) for part in (addresses,)]
    ranges = texts[0].split(", ") if " except " not in texts[0] else texts
    more = f" and {len(ranges) - _MOST_RANGES} ranges more" if len(ranges) > _MOST_RANGES else ""
    return ", ".join(ranges[:_MOST_RANGES]) + more
