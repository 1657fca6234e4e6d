"""Disclosure control: what a zone may show so that nobody can be found in it (F3)."""
