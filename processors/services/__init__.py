"""Keyed services: each one pure object that folds the events of a key and answers questions about what it knows."""
