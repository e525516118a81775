"""Grants that amount to more than they say, under the name that lowering knows them by."""

from polc.ir.privileged import privileged_reason, privileged_verbs

__all__ = ["privileged_reason", "privileged_verbs"]
