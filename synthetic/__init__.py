"""Synthetic histories: calibrated, reproducible, of nobody."""

from synthetic.history import Asked, Summary, generate, generate_statements

__all__ = ["Asked", "Summary", "generate", "generate_statements"]
