"""The names of a program as did-you-mean looks through them."""

from collections.abc import Iterable, Mapping

from polc.suggest import Vocabulary

Vocabularies = Mapping[tuple[str, str | None], Vocabulary]
"""By space and scope: the bare names of that scope alone, or without one all names in full."""


_EVERYBODY = frozenset(
    {"all", "anybody", "anyone", "anywhere", "everybody", "everyone", "everything", "everywhere"}
    | {"external", "outside", "public", "world"}
)
"""What others call every peer there is."""


def vocabularies(keys: Iterable[tuple[str, str]]) -> Vocabularies:
    """Return the vocabularies of some keys, each told with its space."""
    names: dict[tuple[str, str | None], list[str]] = {}
    for space, key in keys:
        names.setdefault((space, None), []).append(key)
        scope, slash, bare = key.partition("/")
        if slash:
            names.setdefault((space, scope), []).append(bare)
    return {place: Vocabulary(words) for place, words in names.items()}


def outside(name: str) -> str | None:
    """Say how a peer is written that no program declares under its own name."""
    if name in _EVERYBODY:
        return "write `any` for every pod of the cluster, `internet` for all outside of it"
    if "." in name:
        return f'declare it as `endpoint NAME {{ host "{name}" }}`, and name that'
    return None
