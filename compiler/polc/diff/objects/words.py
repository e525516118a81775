"""Sets of pods and addresses in the words of a reader."""

from ipaddress import ip_address, summarize_address_range

from polc.semantics.sets.intervals import EVERY_ADDRESS, AddressSet, IntSet
from polc.semantics.sets.labels import EXISTS, NAME, LabelBox, Values
from polc.semantics.sets.regions import Region

_MOST_BLOCKS = 4


def peer_text(part: Region) -> str:
    """Return the peers of a region with one part."""
    for chosen, _ in part.pods:
        return _pods_text(chosen)
    for addresses, _ in part.addresses:
        return addresses_text(addresses)
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


def addresses_text(addresses: AddressSet) -> str:
    """Return addresses as blocks, shortened where there are many."""
    if addresses == EVERY_ADDRESS:
        return "every address"
    blocks = [*_blocks(addresses.v4, 4), *_blocks(addresses.v6, 6)]
    more = f" and {len(blocks) - _MOST_BLOCKS} blocks more" if len(blocks) > _MOST_BLOCKS else ""
    return ", ".join(blocks[:_MOST_BLOCKS]) + more


def _blocks(numbers: IntSet, version: int) -> list[str]:
    width = 32 if version == 4 else 128
    found: list[str] = []
    for low, high in numbers.intervals:
        first, last = (ip_address(each.to_bytes(width // 8, "big")) for each in (low, high))
        found += map(str, summarize_address_range(first, last))
    return found
