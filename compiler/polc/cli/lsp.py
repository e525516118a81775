"""`polc lsp`: the language server, on standard input and output."""

from typing import Any


def run(chosen: Any) -> int:
    """Carry out the command."""
    from polc.lsp.server import run as serve

    return serve()
