"""Lowering a few declarations of a large program, as an editor does after each key."""

from collections.abc import Callable

from attrs import frozen

from polc import syntax as s
from polc.lower.declared import Owned
from polc.resolve.symbols import Symbol


@frozen
class Focus:
    """What to lower: `symbols` in full, and of the services `speakers` only their flows.

    Speakers are those who name one of the symbols, or are named by one, so that consent can be
    decided for the flows between them; `names` are those under which they may speak of them.
    """

    symbols: frozenset[Symbol]
    speakers: frozenset[Symbol]
    names: frozenset[str]

    def concerns(self, service: Symbol, allow: s.Allow) -> bool:
        """Tell whether a statement of a service may be about one of the symbols."""
        return service in self.symbols or any(
            not isinstance(peer, s.Ref) or peer.name.text in self.names for peer in allow.peers
        )


class OwnedOnDemand(dict[str, Owned]):
    """The services of a program by key, each prepared when it is first asked for."""

    def __init__(self, prepare: Callable[[str], Owned]) -> None:
        super().__init__()
        self._prepare = prepare

    def __missing__(self, key: str) -> Owned:
        self[key] = prepared = self._prepare(key)
        return prepared
