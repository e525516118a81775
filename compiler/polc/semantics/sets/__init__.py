"""Exact sets: of numbers, of pods, of strings, and of boxes of these."""
