"""Where keyed services keep what they know."""
