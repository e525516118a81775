"""What `pip install polc` brings: the licence of each part, and a language server that answers.

Run it with the Python that polc is installed for: `python tests/environments/installed.py`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from email.message import Message
from importlib.metadata import Distribution, distributions

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Zlib",
}
NAMES = {
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}
"""What older metadata says, in SPDX's words; anything else has to be looked at by a person."""
TOOLS = {"pip", "setuptools"}  # Of the environment, not of polc.


def licences(metadata: Message) -> set[str]:
    """Return what a distribution says of its licence, in SPDX's words where they are known."""
    expression = metadata.get("License-Expression")
    if expression:
        return {expression}
    classified = {
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier", [])
        if line.startswith("License :: ")
    } - {"OSI Approved"}
    said = classified or {metadata.get("License", "").strip().partition("\n")[0] or "none"}
    return {NAMES.get(each, each) for each in said}


def is_permissive(expression: str) -> bool:
    """Tell whether an SPDX expression leaves a permissive way; brackets are left to a person."""
    return any(
        all(part.strip() in PERMISSIVE for part in re.split(r"\s+AND\s+", way))
        for way in re.split(r"\s+OR\s+", expression)
    )


def faults(found: Iterable[Distribution]) -> Iterator[str]:
    """Print each distribution's licences, and yield those that may not be brought along."""
    for each in sorted(found, key=lambda each: each.name.lower()):
        if each.name.lower() in TOOLS:
            continue
        said = licences(each.metadata)
        print(f"{each.name} {each.version}: {', '.join(sorted(said))}")
        if not all(map(is_permissive, said)):
            yield f"{each.name}: `{', '.join(sorted(said))}` is not known to be permissive"


def server_answers() -> bool:
    """Tell whether `polc lsp` answers `initialize`."""
    body = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {"processId": None, "rootUri": None, "capabilities": {}},
        }
    )
    run = subprocess.run(
        [sys.executable, "-m", "polc", "lsp"],
        input=f"Content-Length: {len(body)}\r\n\r\n{body}".encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return b'"capabilities"' in run.stdout


def main() -> int:
    """Say what is wrong, and whether anything is."""
    wrong = [*faults(distributions())]
    if not server_answers():
        wrong.append("`polc lsp` does not answer `initialize`")
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
