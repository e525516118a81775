"""Texts that a generated and a hardened Dockerfile have in common."""

import json

from polc.ir.nodes import Security

STRIP_SETUID = (
    "find", "/", "-xdev", "-type", "f", "-perm", "/6000", "-exec", "chmod", "a-s", "{}", "+",
)  # fmt: skip
"""Takes the setuid and setgid bits from every file of the image (CIS Docker benchmark 4.8)."""


def exec_form(command: tuple[str, ...]) -> str:
    """Return a command in exec form: JSON, so that nothing in a word is syntax of the Dockerfile.

    The result is ASCII on one line: JSON escapes line ends, and every other control character.
    """
    return json.dumps(command)


def user_of(security: Security) -> str:
    """Return the numeric user and group.

    Only a number lets kubelet tell that a user is not root (`runAsNonRoot`), and without a group
    the process would get root's.
    """
    return f"{security.user}:{security.group}"
