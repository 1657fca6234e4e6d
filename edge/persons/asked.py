"""The pseudonym of one person who stands at the counter: a number typed in becomes the person of the log."""

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
        found = number(text)
    except ValueError as error:
        raise EdgeError(f"standard input: is not {error}; {_LEAST}") from None
    if sum(map(str.isdigit, text)) != _DIGITS:
        raise EdgeError(f"standard input: is not a national number of eleven digits; {_LEAST}")
    if (judged_one(found, _LAST_YEAR) == SYNTHETIC) != synthetic:
        told = (
            "a real number; leave --synthetic out" if synthetic else "a synthetic number; give --synthetic for a trial"
        )
        raise EdgeError(f"standard input: holds {told}")
    return bytes(Pseudonyms(key, known).of_numbers(np.array([found], np.int64))[0])
