"""Who may open which connection with which requests, by Istio's policies."""
