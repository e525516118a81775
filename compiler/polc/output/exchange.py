"""Two paths change places in one step, where the system can do that."""

import errno
import os
import sys
from typing import Any

_SWAP = 2
"""RENAME_EXCHANGE of Linux (renameat2(2)), and RENAME_SWAP of macOS (renamex_np(2))."""
_HERE = -100
"""AT_FDCWD of Linux: relative paths are those of the working folder."""
_RENAMEAT2 = {"x86_64": 316, "aarch64": 276, "riscv64": 276}
"""The number of the system call, for a C library that has no function for it."""
_UNABLE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


def exchange(one: str, other: str) -> bool:
    """Exchange two paths; False where the system, or the file system, knows no such thing.

    Raises:
        OSError: it is refused for these two.

    """
    try:
        import ctypes
    except ImportError:
        return False
    library = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    result = _call(library, os.fsencode(one), os.fsencode(other))
    if result is None:
        return False
    if result == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNABLE:
        return False
    raise OSError(number, os.strerror(number), one, None, other)


def _call(library: Any, one: bytes, other: bytes) -> int | None:
    """Return what the system says; None where there is nothing to call."""
    if sys.platform == "darwin":
        found = getattr(library, "renamex_np", None)
        return None if found is None else int(found(one, other, _SWAP))
    if not sys.platform.startswith("linux"):
        return None
    found = getattr(library, "renameat2", None)
    if found is not None:
        return int(found(_HERE, one, _HERE, other, _SWAP))
    number = _RENAMEAT2.get(os.uname().machine)
    if number is None or sys.maxsize < 2**32:
        return None
    return int(library.syscall(number, _HERE, one, _HERE, other, _SWAP))
