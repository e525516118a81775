"""Reading of paths that may lead to anything: only a file is read, and only so much of it.

Whoever may name a path may name a pipe that nobody writes to, a device without an end, or a file
of a terabyte of nothing. None of them may hang polc or fill the memory.
"""

import errno
import os
import stat
from contextlib import suppress
from typing import BinaryIO

LARGEST = 256 << 20
"""So many bytes are read of anything; no text for polc comes near."""

_PART = 1 << 16

_HANDED_OVER = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")
"""Where pipes are open already, such as a shell's `<(…)`: they have, or had, a writer."""

_FLAGS = sum(
    getattr(os, name, 0) for name in ("O_RDONLY", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)


def read_file(path: str, limit: int = LARGEST) -> bytes:
    """Return a file's bytes.

    Raises:
        OSError: it can't be read, is no file, or is longer than the limit.

    """
    try:
        _check(path, os.stat(path), limit)  # Opening a device may do something.
    except ValueError:  # a NUL, or half of a surrogate pair
        raise OSError(errno.EINVAL, "no file can be called so", path) from None
    handle = os.open(path, _FLAGS)
    try:
        _check(path, os.fstat(handle), limit)
        if stat.S_ISFIFO(os.fstat(handle).st_mode):
            os.set_blocking(handle, True)
        with open(handle, "rb", closefd=False) as file:
            return read_stream(file, path, limit)
    finally:
        os.close(handle)


def read_stream(stream: BinaryIO, name: str, limit: int = LARGEST) -> bytes:
    """Return all bytes of an open stream.

    Raises:
        OSError: there are more of them than the limit.

    """
    parts = []
    length = 0
    while part := stream.read(_PART):
        parts.append(part)
        length += len(part)
        if length > limit:
            raise _too_long(name, limit)
    return b"".join(parts)


def what_is(mode: int) -> str | None:
    """Return what a path leads to if that is neither a file nor a folder."""
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a link" if stat.S_ISLNK(mode) else "a device"


def not_a_file(path: str, mode: int) -> OSError:
    """Return the error for what is neither a file nor a folder."""
    return OSError(errno.EINVAL, f"it is {what_is(mode)}, not a file", path)


def _check(path: str, status: os.stat_result, limit: int) -> None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if stat.S_ISREG(mode):
        if status.st_size > limit:
            raise _too_long(path, limit)
        return
    is_pipe = stat.S_ISFIFO(mode) and path.startswith(_HANDED_OVER)
    if not is_pipe and not _is_null(status):
        raise not_a_file(path, mode)


def _is_null(status: os.stat_result) -> bool:
    """Tell whether it is the device that is always empty."""
    with suppress(OSError):
        return stat.S_ISCHR(status.st_mode) and status.st_rdev == os.stat(os.devnull).st_rdev
    return False


def _too_long(name: str, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it is longer than {limit >> 20} megabytes", name)
