"""From a model file to scores: the card, what is checked before a runtime gets it, runtimes, and golden vectors."""
