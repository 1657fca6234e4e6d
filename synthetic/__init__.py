"""Synthetic histories: calibrated, reproducible, of nobody."""

from synthetic.history import HistorySize, Summary, generate, generate_statements

__all__ = ["HistorySize", "Summary", "generate", "generate_statements"]
