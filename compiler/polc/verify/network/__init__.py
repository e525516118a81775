"""The layer of networks: NetworkPolicies against declared flows."""
