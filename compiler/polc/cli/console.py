"""Standard input, output and error: the only prints of polc, and what colour they have."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from polc.cli.usage import UsageError
from polc.files import read_file, read_stream
from polc.plain import for_log, lines


def complain(message: str) -> None:
    """Tell what polc could not do, on standard error."""
    to_stderr(f"polc: error: {lines(message)}\n")


def to_stdout(text: str) -> None:
    """Write to standard output, for people."""
    _write(sys.stdout, for_log(text))


def to_stderr(text: str) -> None:
    """Write to standard error, for people."""
    _write(sys.stderr, for_log(text))


def document_to_stderr(text: str) -> None:
    """Write a document to standard error: standard output has another one."""
    _write(sys.stderr, lines(text))


def document(text: str, *, verbatim: bool = False) -> None:
    """Write a document to standard output, in UTF-8 and with line feeds whatever the locale.

    A program or a Dockerfile stays as it was written; all others are polc's, and plain text.
    """
    text = text if verbatim else lines(text)
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        _write(sys.stdout, text)
        return
    with _filling():
        buffer.write(text.encode("utf-8", "backslashreplace"))
        buffer.flush()


def has_colour(choice: str, stream: TextIO) -> bool:
    """Decide on colour: the option, then NO_COLOR, then FORCE_COLOR, then the terminal.

    Sources: no-color.org, force-color.org.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Files:
    """Reads files for the compiler; `-` is standard input, which is read once."""

    def __init__(self) -> None:
        self._stdin: bytes | None = None

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            OSError: it can't be read.

        """
        if path == "-":
            if self._stdin is None:
                self._stdin = _read_stdin()
            return self._stdin
        return read_file(path)


def read_text(files: Files, path: str) -> str:
    """Return the text of a file that is not a program.

    Raises:
        UsageError: it can't be read, or is not UTF-8.

    """
    try:
        return files.read(path).decode()
    except OSError as error:
        raise UsageError(f"can't read `{path}`: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise UsageError(f"can't read `{path}`: not UTF-8 text") from None


def write_text(path: str, text: str, *, verbatim: bool = False) -> None:
    """Replace a file atomically; what is in it is plain text, as that of `document`.

    Raises:
        UsageError: it can't be written.

    """
    from polc.output.write import replace_file

    try:
        replace_file(path, text if verbatim else lines(text))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"can't write `{path}`: {reason}") from None


def _read_stdin() -> bytes:
    if sys.stdin is None:  # closed by whoever started polc
        raise OSError("standard input is closed")
    return read_stream(sys.stdin.buffer, "-")


def _write(stream: TextIO, text: str) -> None:
    """Write text whatever the locale's encoding: what it lacks is escaped."""
    with _filling():
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


@contextmanager
def _filling() -> Iterator[None]:
    """Tell a full disk from a bug; who closes a pipe early is told nothing at all."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"can't write the output: {reason}") from None
