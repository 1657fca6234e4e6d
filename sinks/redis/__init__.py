"""The copy of releases that many readers ask."""
