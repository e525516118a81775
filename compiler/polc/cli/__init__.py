"""The command line: `polc COMMAND`. Exit codes: 0 clean, 1 findings, 2 polc could not do it.

Imports here are lazy on purpose: `polc --version` and completions must cost next to nothing.
"""

import sys

from polc import __version__

CLEAN, FINDINGS, FAILED = 0, 1, 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main(arguments: list[str] | None = None) -> int:
    """Run polc and return its exit code; no exception but SystemExit leaves this function."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments in (["--version"], ["-V"]):
            print(f"polc {__version__}")
        else:
            code = _run(arguments)
            sys.stdout.flush()
            return code
        sys.stdout.flush()
        return CLEAN
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return FAILED
    except Exception as error:
        return _report_fault(error)


def _run(arguments: list[str]) -> int:
    from polc.cli.parser import parse
    from polc.cli.usage import UsageError

    try:
        chosen = parse(arguments)
        return chosen.run(chosen)
    except UsageError as error:
        from polc.cli.console import complain

        complain(str(error))
        return FAILED


def _abandon_stdout() -> None:
    """Whoever read our output went away: keep the interpreter from flushing into it at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_fault(error: Exception) -> int:
    """Tell of a bug in polc; the traceback only for those who ask."""
    import os

    from polc.cli.console import complain

    if os.environ.get("POLC_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    text = str(error) or type(error).__name__
    complain(
        f"internal error: {type(error).__name__}: {text}\n"
        "this is a bug in polc; please report it with the program that shows it"
        " (POLC_DEBUG=1 prints where it happened)"
    )
    return FAILED
