"""`polc lsp`: the language server, on standard input and output."""

from importlib.util import find_spec
from typing import Any

from polc.cli.usage import UsageError


def run(chosen: Any) -> int:
    """Carry out the command."""
    if find_spec("pygls") is None:
        raise UsageError(
            "the language server needs pygls, which is not installed here\n"
            "install polc with it: `pip install 'polc[lsp]'`"
        )
    from polc.lsp.server import run as serve

    return serve()
