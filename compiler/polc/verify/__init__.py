"""The proof: decide from objects alone that they permit exactly what the program declares.

`polc.semantics` reads what the objects permit, `polc.declared` what the program declares, and each
layer here compares the two. Nothing is shared with what wrote the objects (import contracts).
"""

from polc.verify.decide import verify
from polc.verify.verdict import Verdict

__all__ = ["Verdict", "verify"]
