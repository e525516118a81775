"""What a change of manifests permits and takes away: objects against objects, layer by layer."""
