"""Why something is permitted, or what is missing: a question to an answer, layer by layer.

The program says what was meant; the objects that it compiles to are evaluated by the verifier's
reading of their APIs, so that an answer is true of what goes to the cluster.
"""
