"""The targets: one folder each, one row each in `registry`."""
