"""The intermediate representation: nodes, a printer, and a checker of its invariants."""
