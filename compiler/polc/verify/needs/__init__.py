"""Whether the workloads of the input still get what they need to run."""
