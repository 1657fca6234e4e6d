"""The home of releases: a directory of immutable files."""
