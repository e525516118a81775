"""The proof: decide from objects alone that they permit exactly what the program declares.

Nothing here is shared with what wrote the objects: it reads plain data and the IR (an import
contract holds that).
"""

from polc.verify.decide import verify
from polc.verify.objects import Found, Manifests, from_artifacts, read_files, read_yaml
from polc.verify.verdict import Verdict

__all__ = [
    "Found",
    "Manifests",
    "Verdict",
    "from_artifacts",
    "read_files",
    "read_yaml",
    "verify",
]
