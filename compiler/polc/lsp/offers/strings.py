"""What stands in quotes and can be known: paths of imports, and names that repeat."""

import os
from collections.abc import Iterator

from polc import syntax as s
from polc.lsp.offers.model import Kind, Offer, Rank
from polc.lsp.spot import Spot
from polc.lsp.trees import Piece
from polc.lsp.uses import children

_MOST = 200
"""Entries of a folder that are looked at."""


def paths(spot: Spot) -> Iterator[Offer]:
    """Return files and folders of the disk below the folder that is typed."""
    path = spot.view.document.path
    if not os.path.isabs(path):
        return
    typed = spot.word.rpartition("/")[0]
    folder = os.path.normpath(os.path.join(os.path.dirname(path), typed))
    try:
        with os.scandir(folder) as entries:
            found = sorted((e.name, e.is_dir()) for e in entries if not e.name.startswith("."))
    except (OSError, ValueError):
        found = []
    shown = f"{typed}/" if typed else ""
    for name, is_folder in found[:_MOST]:
        if is_folder:
            yield Offer(f"{shown}{name}/", Kind.Folder, Rank.NEAR, "folder")
        elif name.endswith(".svc") and os.path.join(folder, name) != path:
            yield Offer(f"{shown}{name}", Kind.File, Rank.MEANT, "file")
    if not spot.word.strip("./"):
        yield Offer(f"{typed}/../" if typed else "../", Kind.Folder, Rank.ELSEWHERE, "folder above")


def trust_domains(spot: Spot) -> Iterator[Offer]:
    """Return Istio's default trust domain."""
    yield Offer("cluster.local", Kind.Value, Rank.MEANT, "Istio's default")


def patterns(spot: Spot) -> Iterator[Offer]:
    """Return the paths of requests that the program names."""
    return _said(spot, "path", "path used here")


def rpcs(spot: Spot) -> Iterator[Offer]:
    """Return the methods of gRPC that the program names."""
    return _said(spot, "rpc", "method used here")


def hosts(spot: Spot) -> Iterator[Offer]:
    """Return the host names that the program names."""
    return _said(spot, "host", "host used here")


def _said(spot: Spot, kind: str, detail: str) -> Iterator[Offer]:
    found = {text for piece in spot.view.snapshot.pieces() for text in _strings(piece)[kind]}
    found.discard(spot.view.text.value[spot.start : spot.end])  # what is being written
    for text in sorted(found):
        yield Offer(text, Kind.Value, Rank.MEANT, detail)


def _strings(piece: Piece) -> dict[str, set[str]]:
    """Return the strings in a block by what they are; they are kept with it."""
    found: dict[str, set[str]] | None = piece.__dict__.get("strings")
    if found is None:
        found = piece.__dict__["strings"] = {"path": set(), "rpc": set(), "host": set()}
        nodes: list[s.Node] = [*piece.declarations]
        while nodes:
            node = nodes.pop()
            match node:
                case s.HttpRequest(paths=paths):
                    found["path"].update(each.value for each in paths)
                case s.Probe(path=s.String(value=path)):
                    found["path"].add(path)
                case s.RpcRequest(name=s.String(value=name)):
                    found["rpc"].add(name)
                case s.Via(hosts=named) | s.Hosts(hosts=named):
                    found["host"].update(each.value for each in named)
            nodes += children(node)
    return found


def own_name(spot: Spot) -> Iterator[Offer]:
    """Return the name of the declaration at hand, for its label and its account."""
    if spot.owner is not None:
        yield Offer(spot.owner.name, Kind.Value, Rank.MEANT, "its own name")
