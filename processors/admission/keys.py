"""The key of a row: person, municipality, month and leaf in one int64, so that one comparison finds a row.

    bits   63-32    31-26    25-16          15-4    3-0
           person   none     municipality   month   leaf

The lower half is the *place* of a row, as it travels (``schemas.rows``): what a row is about, whoever's it is. All
functions are for kernels and for whole arrays.
"""

from processors.compiled import Whole, inlined

_PERSON, _MUNICIPALITY, _MONTH = 32, 16, 4
MUNICIPALITY_MASK, MONTH_MASK, LEAF_MASK = 0x3FF, 0xFFF, 0xF
_PLACE_MASK = (1 << _PERSON) - 1


@inlined
def key_at(person: Whole, place: Whole) -> Whole:
    """Return the key of a person's row at a place."""
    return person << _PERSON | place


@inlined
def row_place(municipality: Whole, month: Whole, leaf: Whole) -> Whole:
    """Return the place of a row: by number of the municipality, ordinal of the month, number of the leaf."""
    return municipality << _MUNICIPALITY | month << _MONTH | leaf


@inlined
def person_in(key: Whole) -> Whole:
    """Return the number of the person."""
    return key >> _PERSON


@inlined
def row_place_in(key: Whole) -> Whole:
    """Return the place."""
    return key & _PLACE_MASK


@inlined
def municipality_in(key: Whole) -> Whole:
    """Return the number of the municipality; of a place too."""
    return key >> _MUNICIPALITY & MUNICIPALITY_MASK


@inlined
def month_in(key: Whole) -> Whole:
    """Return the ordinal of the month; of a place too."""
    return key >> _MONTH & MONTH_MASK


@inlined
def leaf_in(key: Whole) -> Whole:
    """Return the number of the leaf; of a place too."""
    return key & LEAF_MASK
