"""The board: published releases as pages, as an interface for programs, and as files."""
