"""The way out: stores of blocks and releases, and files for people."""
