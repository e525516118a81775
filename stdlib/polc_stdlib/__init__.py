"""The standard library of the language: modules as text."""
