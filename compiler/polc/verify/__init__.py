"""Decide from objects alone what they permit; shares nothing with the backends but the IR."""
