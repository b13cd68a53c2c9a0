"""The network that looks at what is around a mark: frames to learn from, what the finder cuts out of them, training."""
