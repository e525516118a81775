"""The proof: decide from objects alone that they permit exactly what the program declares.

Nothing here is shared with what wrote the objects: it reads plain data and the IR (an import
contract holds that).
"""
