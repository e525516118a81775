"""The layer of meshes: Istio's policies against declared flows."""
