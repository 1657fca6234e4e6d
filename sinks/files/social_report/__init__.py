"""The electronic social report as people read it."""
