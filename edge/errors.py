"""What can go wrong at the edge, each said in one sentence that holds no content of a personal field."""


class EdgeError(Exception):
    """A file or a key that cannot be used as it stands; its text is one sentence: what, where, what to do."""
