"""`polc targets`: what `--target` takes."""

from typing import Any

from polc.cli import CLEAN
from polc.cli.console import to_stdout
from polc.cli.usage import UsageError


def run(chosen: Any) -> int:
    """Carry out the command."""
    from polc_backends.registry import RegistryError, targets

    try:
        rows = targets()
    except RegistryError as error:
        raise UsageError(str(error)) from error
    width = max(len(row.name) for row in rows)
    to_stdout("".join(f"{row.name:<{width}}  {row.origin or 'built in'}\n" for row in rows))
    return CLEAN
