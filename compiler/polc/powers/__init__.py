"""Rights on the Kubernetes API that amount to more than they say."""
