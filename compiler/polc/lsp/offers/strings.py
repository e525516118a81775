"""What stands in quotes and can be known: paths of imports, and names that repeat."""

import os
from collections.abc import Iterator

from polc.lsp.offers.model import Kind, Offer, Rank
from polc.lsp.spot import Spot

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


def own_name(spot: Spot) -> Iterator[Offer]:
    """Return the name of the declaration at hand, for its label and its account."""
    if spot.owner is not None:
        yield Offer(spot.owner.name, Kind.Value, Rank.MEANT, "its own name")
