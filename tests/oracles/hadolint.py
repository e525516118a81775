"""Judge Dockerfiles by hadolint, run as a program: no finding of any level is accepted."""

import json
import subprocess

from support import tool


def findings(dockerfile: str) -> list[str]:
    """Return hadolint's findings as `LINE CODE message`, in its order."""
    done = subprocess.run(
        [tool("hadolint"), "--no-fail", "--format", "json", "-"],
        input=dockerfile,
        capture_output=True,
        text=True,
        check=True,
    )
    return [f"{each['line']} {each['code']} {each['message']}" for each in json.loads(done.stdout)]


def check(dockerfile: str) -> None:
    """Fail when hadolint has anything to say."""
    assert findings(dockerfile) == []
