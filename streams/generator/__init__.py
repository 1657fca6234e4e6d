"""Synthetic histories: calibrated, reproducible, of nobody."""

from streams.generator.history import Summary, generate

__all__ = ["Summary", "generate"]
