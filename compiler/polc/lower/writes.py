"""Paths that stay writable under a read-only root: which of them an emptyDir can be mounted at."""

from collections.abc import Iterable
from functools import lru_cache
from posixpath import normpath

from polc import syntax
from polc.codes import hardening as codes
from polc.diagnostics import Diagnostic, Label

_KERNEL = ("/proc", "/sys", "/dev")
_SHARED_MEMORY = "/dev/shm"
_TOKENS = ("/var/run/secrets/kubernetes.io", "/run/secrets/kubernetes.io")


def read_writes(writes: Iterable[syntax.Writes], found: list[Diagnostic]) -> tuple[str, ...]:
    """Read the paths of one block, each given once."""
    first: dict[str, syntax.String] = {}
    for path in (each for line in writes for each in line.paths):
        text = path.value
        problem = _problem(text)
        if problem is not None:
            message = f"`{text}` can't be made writable"
            found.append(Diagnostic(codes.BAD_WRITES, message, path.span, help=problem))
        elif text in first:
            found.append(
                Diagnostic(
                    codes.BAD_WRITES,
                    f"`{text}` is listed twice",
                    path.span,
                    (Label(first[text].span, "first listed here"),),
                    help="keep one of them",
                )
            )
        else:
            first[text] = path
    return tuple(sorted(first))


@lru_cache(maxsize=4096)
def _problem(text: str) -> str | None:
    """Return the help for a path that no emptyDir can be mounted at, or None."""
    if not text:
        return 'name a path: `"/var/cache"`'
    if not text.startswith("/"):
        return f"write it in full, from the root on: `/{text}`"
    if ".." in text.split("/"):
        return "write the path without `..`"
    # POSIX gives a meaning of its own to two slashes at the start, which normpath keeps.
    if text != normpath("/" + text.lstrip("/")):
        return f"write it as `{normpath('/' + text.lstrip('/'))}`"
    if text == "/":
        return 'name the paths that it writes, or `relax read-only-root because "…"`'
    if ":" in text or not text.isprintable():
        return "a mount path holds no `:` and no control characters"
    if text != _SHARED_MEMORY and text.startswith(tuple(f"{each}/" for each in _KERNEL)):
        return "it belongs to the kernel"
    if text in _KERNEL:
        return "it belongs to the kernel"
    if text in _TOKENS or text.startswith(tuple(f"{each}/" for each in _TOKENS)):
        return "the service account's token is mounted there"
    return None
