"""The network that reads digits that touch: frames to learn from, the wide marks that the finder finds, training."""
