"""What the reference of a base image tells: its parts, its tools, the end of its support."""

import re
from datetime import date

from attrs import frozen

_REFERENCE = re.compile(
    r"(?P<name>[a-zA-Z0-9][a-zA-Z0-9._/-]*(?::[0-9]+/[a-zA-Z0-9._/-]+)?)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}))?"
)


@frozen
class Reference:
    """`name:tag@digest` in its parts; a missing part is empty."""

    name: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """The last part of the name: `python` of `docker.io/library/python`."""
        return self.name.rsplit("/", 1)[-1]


def parse_reference(text: str) -> Reference | None:
    """Split a reference; None where it is none (then nothing of it may reach a Dockerfile)."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    return Reference(match["name"], match["tag"] or "", match["digest"] or "")


# --- tools ------------------------------------------------------------------------------------


def has_tools(base: Reference) -> bool:
    """Tell whether an image brings `find` and `chmod`, as far as its name says.

    Images without a shell are sold under a few names: `scratch`, distroless (but for its `debug`
    tags), Chainguard's and Docker's hardened images (but for `-dev`), Ubuntu's chiselled ones. Red
    Hat's small UBI images have a shell, but no `find`. Anything else is taken to have them: if
    that is wrong the build stops, and no image is left unhardened by mistake.
    """
    words = re.split(r"[-./:_]", f"{base.name}:{base.tag}")
    if base.name == "scratch" or re.search(r"(^|/)ubi\d*-(minimal|micro)$", base.name):
        return False
    if "distroless" in words:
        return "debug" in words
    if base.name.startswith(("cgr.dev/", "dhi.io/")):
        return "dev" in words
    return not {"chiseled", "chiselled"} & set(words)


def is_windows(base: Reference) -> bool:
    """Tell whether an image is one for Windows, as far as its name says."""
    words = set(re.split(r"[-./:_]", f"{base.name}:{base.tag}".lower()))
    return bool({"windows", "nanoserver", "windowsservercore", "servercore"} & words)


# --- end of life ------------------------------------------------------------------------------

_DEBIAN = {
    "stretch": date(2022, 6, 30),
    "buster": date(2024, 6, 30),
    "bullseye": date(2026, 8, 31),
    "bookworm": date(2028, 6, 30),
    "trixie": date(2030, 6, 30),
}
"""The last days of long-term support (wiki.debian.org/LTS); also found in tags of other images."""
_RELEASES = {
    "python": {
        "2.7": date(2020, 1, 1),
        "3.6": date(2021, 12, 23),
        "3.7": date(2023, 6, 27),
        "3.8": date(2024, 10, 7),
        "3.9": date(2025, 10, 31),
        "3.10": date(2026, 10, 31),
        "3.11": date(2027, 10, 31),
        "3.12": date(2028, 10, 31),
        "3.13": date(2029, 10, 31),
    },
    "node": {
        "14": date(2023, 4, 30),
        "16": date(2023, 9, 11),
        "18": date(2025, 4, 30),
        "20": date(2026, 4, 30),
        "22": date(2027, 4, 30),
        "24": date(2028, 4, 30),
    },
}
"""Last days of support (devguide.python.org/versions, nodejs/Release)."""


def end_of_life(base: Reference) -> tuple[str, date] | None:
    """Return what an image's support ends with, and when, where this table knows it."""
    ends = []
    for release, day in _RELEASES.get(base.repository, {}).items():
        if re.match(rf"{re.escape(release)}(?![0-9])", base.tag):
            ends.append((f"{base.repository} {release}", day))
    for word in base.tag.split("-"):
        if word in _DEBIAN:
            ends.append((f"debian {word}", _DEBIAN[word]))
    return min(ends, key=lambda end: end[1], default=None)
