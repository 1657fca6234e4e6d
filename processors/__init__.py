"""The arithmetic: pure rules of admission, counting, stability and release. Imports schemas only."""
