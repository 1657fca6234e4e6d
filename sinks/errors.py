"""What can go wrong with a store, each said in one sentence for the person who runs the command.

These are sick worlds and wrong uses, never wrong figures: the command prints the sentence and exits with 1, and the
store is as it was before.
"""


class StoreError(Exception):
    """A store that cannot do what was asked; its text is one sentence: what, where, what to do."""

    def __str__(self) -> str:
        """Return the sentence, also where a subclass is a KeyError (which would quote it)."""
        return str(self.args[0])


class StoreMismatchError(StoreError):
    """There is no store here, or one of another version, other settings or another codebook."""


class KeyMismatchError(StoreError):
    """Files of different keys, or a file and a store: one person would count under two pseudonyms."""


class StoreLockedError(StoreError):
    """Another writer holds the store."""


class StoreWriteError(StoreError):
    """The disk refused (full, read-only, no permission); the last release stands whole."""


class StoreCorruptError(StoreError):
    """A file of the store is missing, torn, or does not hold what its release says."""


class ReleaseExistsError(StoreError):
    """The release was published before, by this writer or by another: this one has lost, and must start again."""


class UnknownReleaseError(StoreError, KeyError):
    """No release with that number is kept."""


class UnknownRequestError(StoreError):
    """No request for a social report with that id, of that OCMW: those of others do not exist for it."""
