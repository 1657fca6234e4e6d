"""The benchmark of the embedded driver: `make bench` prints one table, all of one run."""
