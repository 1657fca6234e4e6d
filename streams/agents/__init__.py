"""The Faust app: keyed services of a low rate beside the figures, which never pass through it."""
