"""Persons: national numbers are judged, changed numbers are joined, and a keyed pseudonym is all that leaves."""
