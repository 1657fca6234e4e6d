"""How long, how often again, where to: the time dimension (H1-H7)."""
