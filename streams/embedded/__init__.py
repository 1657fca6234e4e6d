"""The driver without servers: files in, releases out, in one process."""
