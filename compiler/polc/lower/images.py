"""Image references: their grammar, and whether they are pinned."""

import re

from polc import syntax
from polc.codes import hardening, values
from polc.diagnostics import Diagnostic
from polc.lower.words import replaceable

# The grammar of distribution/reference, which container runtimes and the kubelet use.
_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGESTS = {"sha256": 64, "sha384": 96, "sha512": 128}
_BARE_DIGEST = re.compile(r"[a-f0-9]{64}")


def check_image(s: syntax.String, found: list[Diagnostic]) -> str | None:
    """Check a reference `registry/path:tag@digest`, and report one that is not pinned."""
    text = s.value
    rest, at, digest = text.partition("@")
    name, tag = _split_tag(rest)
    problem = _problem(name, tag, digest if at else None)
    if problem is not None:
        message = f"`{text}` is not an image reference"
        if name != name.lower() and _problem(name.lower(), tag, digest if at else None) is None:
            lower = name.lower() + text[len(name) :]
            found.append(replaceable(values.BAD_IMAGE, message, s.span, f'"{lower}"', help=problem))
        else:
            found.append(Diagnostic(values.BAD_IMAGE, message, s.span, help=problem))
        return None
    if text != "scratch":
        _check_pinned(s, tag, bool(at), found)
    return text


def _split_tag(rest: str) -> tuple[str, str | None]:
    """Split `registry:5000/app:1.4` at the colon behind the last `/`."""
    colon = rest.rfind(":")
    if colon > rest.rfind("/"):
        return rest[:colon], rest[colon + 1 :]
    return rest, None


def _problem(name: str, tag: str | None, digest: str | None) -> str | None:
    if "://" in name:
        return f"leave out the scheme: `{name.split('://', 1)[1]}`"
    first = name.partition("/")[0]
    # By its grammar `Shop/api` has a registry called `Shop`, which nobody means.
    host = "." in first or ":" in first
    if not _NAME.fullmatch(name) or (first != first.lower() and not host):
        if _NAME.fullmatch(name.lower()):
            return f"names of images are in lower case: `{name.lower()}`"
        return 'write `"registry.example.com/path/name:tag@sha256:…"`'
    if len(name) > 255:
        return f"the name of an image has at most 255 characters; this one has {len(name)}"
    if _BARE_DIGEST.fullmatch(name):
        return "64 hexadecimal digits are an identifier, no name"
    if tag is not None and not _TAG.fullmatch(tag):
        return "a tag has letters, digits, `_`, `.` and `-`, at most 128 of them"
    if digest is None:
        return None
    algorithm, _, digits = digest.partition(":")
    length = _DIGESTS.get(algorithm)
    if length is None:
        return "write the digest as `@sha256:` and 64 hexadecimal digits"
    if not re.fullmatch(r"[a-f0-9]*", digits):
        return f"behind `{algorithm}:` stand {length} hexadecimal digits in lower case"
    if len(digits) != length:
        return f"a {algorithm} digest has {length} hexadecimal digits; this one has {len(digits)}"
    return None


def _check_pinned(s: syntax.String, tag: str | None, digest: bool, found: list[Diagnostic]) -> None:
    if tag is None or tag == "latest":
        what = "has no tag" if tag is None else "has the tag `latest`"
        why = "so nobody can read which version it is" if digest else "so it may be any version"
        found.append(
            Diagnostic(
                hardening.IMAGE_WITHOUT_TAG,
                f"the image `{s.value}` {what}, {why}",
                s.span,
                help="name a version: `:1.4.2`",
            )
        )
    if not digest:
        found.append(
            Diagnostic(
                hardening.IMAGE_WITHOUT_DIGEST,
                f"the image `{s.value}` is not pinned: its tag can be moved to other contents",
                s.span,
                help="add its digest, `@sha256:…`; `docker buildx imagetools inspect` prints it",
            )
        )
