"""Synthetic histories: calibrated, reproducible, of nobody."""

from synthetic.history import Summary, generate

__all__ = ["Summary", "generate"]
