"""The check of licences: what it lets pass, and what it doesn't."""

import importlib.util
from email.message import Message

import pytest

from support import REPO

_SPEC = importlib.util.spec_from_file_location(
    "installed", REPO / "tests" / "environments" / "installed.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
installed = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(installed)


@pytest.mark.parametrize(
    ("field", "said", "passes"),
    [
        ("License-Expression", "MIT", True),
        ("License-Expression", "Apache-2.0 OR GPL-3.0-only", True),
        ("License-Expression", "MIT AND GPL-2.0-or-later", False),
        ("License-Expression", "(MIT OR GPL-2.0-only) AND GPL-3.0-only", False),
        ("Classifier", "License :: OSI Approved :: BSD License", True),
        ("Classifier", "License :: OSI Approved :: GNU General Public License (GPL)", False),
        ("Classifier", "License :: OSI Approved", False),
        ("License", "MIT", True),
        ("License", "GNU General Public License (GPL)", False),
        ("License", "", False),
        ("Name", "one that says nothing", False),
    ],
)
def test_only_what_is_known_to_be_permissive_passes(field: str, said: str, passes: bool) -> None:
    metadata = Message()
    metadata[field] = said
    assert all(map(installed.is_permissive, installed.licences(metadata))) == passes


def test_one_of_two_classifiers_is_not_enough() -> None:
    metadata = Message()
    metadata["Classifier"] = "License :: OSI Approved :: MIT License"
    metadata["Classifier"] = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
    assert not all(map(installed.is_permissive, installed.licences(metadata)))
