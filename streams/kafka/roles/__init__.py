"""The roles of a worker, each a process of its own."""
