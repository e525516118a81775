"""Errors in how polc was called: told in one line, exit code 2."""


class UsageError(Exception):
    """A bad option, a file that can't be read or written, a target that does not exist."""
