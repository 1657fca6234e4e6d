"""The pseudonym of one person who stands at the counter: a number typed in becomes the person of the log."""

from collections.abc import Iterable

import numpy as np

from edge.errors import EdgeError
from edge.forms import number
from edge.keys import Key
from edge.persons.identities import Identities
from edge.persons.numbers import SYNTHETIC, judged_one
from edge.persons.pseudonyms import Pseudonyms

_DIGITS = 11
_LAST_YEAR = 2199
_LEAST = "write one number of eleven digits, as on the card of the person"


def person_of(text: str, key: Key, known: Identities, *, synthetic: bool) -> bytes:
    """Return the pseudonym of a national number, of the oldest one of its chain, as the log has it.

    Raises EdgeError, which never holds what was typed, for what is no number, and for a real one in a trial.
    """
    try:
        typed = number(text)
    except ValueError as error:
        raise EdgeError(f"standard input: is not {error}; {_LEAST}") from None
    if sum(map(str.isdigit, text)) != _DIGITS:
        raise EdgeError(f"standard input: is not a national number of eleven digits; {_LEAST}")
    if (judged_one(typed, _LAST_YEAR) == SYNTHETIC) != synthetic:
        which = (
            "a real number; leave --synthetic out" if synthetic else "a synthetic number; give --synthetic for a trial"
        )
        raise EdgeError(f"standard input: holds {which}")
    return bytes(Pseudonyms(key, known).of_numbers(np.array([typed], np.int64))[0])


def persons_of(numbers: Iterable[int], key: Key, known: Identities, *, synthetic: bool) -> list[bytes]:
    """Return the pseudonyms of many national numbers, as ``person_of`` does of one.

    Raises EdgeError, which names no number, where one is synthetic in earnest or real in a trial.
    """
    all_numbers = np.array(list(numbers), np.int64)
    if any((judged_one(number, _LAST_YEAR) == SYNTHETIC) != synthetic for number in all_numbers.tolist()):
        which = (
            "a real number; leave --synthetic out" if synthetic else "a synthetic number; give --synthetic for a trial"
        )
        raise EdgeError(f"the source holds {which}")
    return [bytes(person) for person in Pseudonyms(key, known).of_numbers(all_numbers)]
