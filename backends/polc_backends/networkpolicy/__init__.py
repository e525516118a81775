"""The target `networkpolicy`: isolations as `networking.k8s.io/v1` NetworkPolicies."""

from polc_backends.networkpolicy.emit import BACKEND

__all__ = ["BACKEND"]
