"""Ask the implementations that clusters run, by the program of `tests/cluster/referee`.

It is built with Go (`make cluster`), which names it in `POLC_REFEREE`. Without it the tests of that
tier are skipped, and say so.
"""

import functools
import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import frozen


@frozen
class Referee:
    """A running process that answers one line of JSON for each that it is sent."""

    process: "subprocess.Popen[str]"

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer; a request that it does not understand is a mistake of the test."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "error" not in answer, (answer["error"], request)
        return answer


def find() -> str:
    """Return the program; without it, skip the module that asks for it."""
    program = os.environ.get("POLC_REFEREE")
    if not program:
        why = "NOT CHECKED: the judges of tests/cluster need Go; run `make cluster`"
        pytest.skip(why, allow_module_level=True)
    return program


@functools.cache
def start(what: str) -> Referee:
    """Return the referee of a subject; it ends with the tests, when its input does."""
    return Referee(
        subprocess.Popen(
            [find(), what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
    )
