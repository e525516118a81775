"""Path patterns as sets of paths, under the name that lowering knows them by."""

from polc.ir.paths import covers, intersect, matches

__all__ = ["covers", "intersect", "matches"]
