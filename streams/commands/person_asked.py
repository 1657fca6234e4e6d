"""The person whom a command is about: a pseudonym, or a national number read from standard input at the edge."""

import sys
from dataclasses import dataclass
from pathlib import Path

_FROM_INPUT = "-"
_LONGEST = 100
"""Characters of the longest line that is read."""


@dataclass(frozen=True, slots=True)
class NumberAsked:
    """How a number becomes a pseudonym: the key file, numbers that changed, and whether it is a trial."""

    key: Path | None
    identities: Path | None
    synthetic: bool


def pseudonym(insz: str, options: NumberAsked) -> bytes:
    """Return the pseudonym of the number on standard input; it is not shown while somebody types it.

    Raises UsageError where a number stands in the command line or no key is named, EdgeError where no number is read.
    """
    from streams.settings import UsageError
    from streams.shell import kernel_cache

    if insz != _FROM_INPUT:
        raise UsageError(
            "a number in a command line is seen by others and kept by the shell; write --insz - and type it"
        )
    if options.key is None:
        raise UsageError("a national number becomes a pseudonym under a key; name its file: --key edge.key")
    kernel_cache.prepare()
    from edge.keys import Key
    from edge.persons.asked import person_of
    from edge.statements.sources import identities

    key, known = Key.read(options.key), identities(options.identities)
    return person_of(_typed(), key, known, synthetic=options.synthetic)


def _typed() -> str:
    import getpass

    if sys.stdin.isatty():
        return getpass.getpass("National number (not shown): ").strip()
    return sys.stdin.readline(_LONGEST).strip()
