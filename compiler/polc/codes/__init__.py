"""The table of diagnostic codes, one module per family, and the page that explains each."""

from collections.abc import Iterator
from importlib import import_module

from polc.diagnostics import Code

FAMILIES = (
    "syntax",
    "names",
    "flows",
    "privileges",
    "hardening",
    "routes",
    "values",
    "clusters",
    "output",
    "proof",
)
"""POL0nn to POL9nn, in this order."""


def all_codes() -> Iterator[Code]:
    """Yield every code in the order of its number."""
    for family in FAMILIES:
        module = import_module(f"polc.codes.{family}")
        yield from sorted(
            (value for value in vars(module).values() if isinstance(value, Code)),
            key=lambda code: code.id,
        )


def find(code_id: str) -> Code | None:
    """Return the code with this id (`POL101`, any case), or None."""
    return next((code for code in all_codes() if code.id == code_id.upper()), None)


def page(code: Code) -> str:
    """Return the Markdown page that explains a code."""
    from importlib import resources

    return (resources.files("polc.codes") / f"{code.id}.md").read_text(encoding="utf-8")
