"""Where digits come from, how they are mixed, and what of them is kept apart for testing."""
