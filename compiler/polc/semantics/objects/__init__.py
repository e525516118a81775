"""Reading: YAML, lists, kustomizations, well-formedness, and where things stand."""
