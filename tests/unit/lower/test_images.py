"""Image references: the grammar, and what is not pinned."""

import pytest

from lowering import lowered, string
from polc.lower.images import check_image

DIGEST = "sha256:" + "1a" * 32


@pytest.mark.parametrize(
    "name",
    [
        "nginx",
        "library/nginx",
        "registry.example.com/shop/api",
        "registry.example.com:5000/shop/api",
        "localhost:5000/api",
        "[2001:db8::1]:5000/api",
        "ghcr.io/a__b/c-d.e_f",
    ],
)
def test_pinned(name: str) -> None:
    text = f"{name}:1.4.2@{DIGEST}"
    done = lowered(check_image, string(text))
    assert (done.value, done.found) == (text, [])


def test_scratch_is_no_image() -> None:
    assert lowered(check_image, string("scratch")).found == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("nginx", ["POL492", "POL490"]),
        ("nginx:latest", ["POL492", "POL490"]),
        ("nginx:1.29", ["POL490"]),
        (f"nginx@{DIGEST}", ["POL492"]),
        (f"nginx:latest@{DIGEST}", ["POL492"]),
        ("localhost:5000/nginx", ["POL492", "POL490"]),
    ],
)
def test_warnings(text: str, codes: list[str]) -> None:
    done = lowered(check_image, string(text))
    assert done.value == text
    assert done.marks == [(code, f'"{text}"') for code in codes]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "registry.example.com"),
        ("https://registry.example.com/api:1", "leave out the scheme"),
        ("Shop/API:1", "names of images are in lower case: `shop/api`"),
        ("Shop/api:1", "names of images are in lower case: `shop/api`"),
        ("shop//api:1", "registry.example.com"),
        ("shop/api:", "a tag has letters"),
        (f"shop/api:{'1' * 129}", "at most 128"),
        ("shop/api:1@sha256:abc", "64 hexadecimal digits; this one has 3"),
        ("shop/api:1@sha256:…", "64 hexadecimal digits in lower case"),
        (f"shop/api:1@sha256:{'A' * 64}", "in lower case"),
        ("shop/api:1@md5:abc", "write the digest as `@sha256:`"),
        ("shop/api:1@", "write the digest as `@sha256:`"),
        ("a" * 256, "at most 255"),
        ("0" * 64, "an identifier"),
        ("api name:1", "registry.example.com"),
    ],
)
def test_no_reference(text: str, hint: str) -> None:
    done = lowered(check_image, string(text))
    assert done.value is None
    assert done.marks == [("POL605", f'"{text}"')]
    assert hint in (done.only.help or "")
