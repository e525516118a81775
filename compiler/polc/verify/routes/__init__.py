"""The layer of rollouts: routes against declared rollouts."""
