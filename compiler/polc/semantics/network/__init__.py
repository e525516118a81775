"""Who may open which connection, by NetworkPolicies."""
