"""The slow truth: every rule again in plain Python or SQL, which imports nothing of the fast core."""
