"""Publish: who is elected, what it releases, and who hears of it."""
