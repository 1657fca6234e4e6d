"""Spells from the ledger's rows: one pass over persons (H1, H3, H7); ``processors.time.durations`` goes on from here.

Nothing is kept between updates: spells are found again from the rows, so a late regularisation joins, splits or erases
them like any other row. ``processors.reference.spells`` says what is counted; this says how it is made fast.

1. **A person's rows lie together, months ascending** (``processors.counting.people``). One walk over the rows of a
   place adds up the balance of each month and lists the positive ones; spells follow from that short list.
2. **Most people stay where they are.** If all rows lie in one municipality, each area that holds it has the same
   spells. A person of several municipalities is walked once for each place of each level.
3. **A geography is a table.** ``Layout.place_of`` leads from the municipality of a row to its places in the geography
   month asked for (D3); reference months of one era of codes share a pass.

Memory: 24 bytes a spell and level of place.

Worked example: rows of +100 in 2023-11, 2023-12, 2024-02. Positive months 11, 12, 14 (counted from 2023-01 as 1). With
g = 0 there are two spells, 11-12 and 14-14, the second of rank 2; with g = 2 there is one, 11-14.
"""

# ruff: noqa: PLR0913, PLR0917 - kernels pass loose numbers: a record of them would be made anew for every person

from typing import NamedTuple

import numpy as np

from processors.admission.keys import MONTH_MASK, leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, KEY, TRAITS
from processors.admission.traits import (
    ADULT_MASK,
    ADULT_SHIFT,
    AGE13_MASK,
    AGE13_SHIFT,
    HOUSEHOLD_MASK,
    HOUSEHOLD_SHIFT,
    SEX_MASK,
    SEX_SHIFT,
)
from processors.compiled import inlined, loop
from processors.counting.people import People
from processors.counting.plan import ABSENT
from processors.rules import age5_of_age13, part_of_leaf, place_of_municipality, rules, shown_municipality
from schemas import indicators
from schemas.arrays import Int8, Int16, Int32, Int64
from schemas.indicators import (
    BANDS,
    FIRST_KNOWN_AFTER,
    GAPS,
    TOP_RANK,
    TRAIT_CODES,
    UNKNOWN_RANK,
    Benefit,
)
from schemas.places import LEVELS, PLACES
from schemas.settings import FigureSettings

LEVEL_COUNT, PLACE_COUNT, BAND_COUNT = len(LEVELS), len(PLACES), len(BANDS)
MUNICIPAL, KINGDOM_LEVEL = LEVELS.index("municipality"), LEVELS.index("kingdom")
GAP_COUNT = len(GAPS)
METHODS = 2 * GAP_COUNT + 1
"""By gap tolerance own and national, then stock: the order of ``schemas.indicators.SERIES``."""
STOCK = METHODS - 1
PART_COUNT = max(len(parts) for parts in indicators.PARTS.values())
TRAIT_COUNT = len(TRAIT_CODES)
SEX_AT, AGE_AT, HOUSEHOLD_AT = (
    next(place for place, (name, _) in enumerate(TRAIT_CODES) if name == wanted)
    for wanted in ("sex", "age5", "household")
)
TRAIT_KINDS = 4
PERSON, PLACE, FIRST, LAST, OWN, NATIONAL = range(6)
"""Lines of what a kernel writes: the columns of ``Spells``."""
CHUNK = 1 << 18
MINOR_CLASS = 0
LONG_ADULT = 1 << 12
"""More months than any first entry can lie behind L and still count as perhaps not the first (FIRST_KNOWN_AFTER)."""


class Layout(NamedTuple):
    """What a spell is, as kernels read it.

    ``part_of_leaf``: part of the benefit, ABSENT elsewhere; ``place_of``: place numbers by (municipality number, level)
    in the geography month; ``since``: L, the first month with a row of the benefit; ``largest``: the most rows of it
    that one person has.
    """

    part_of_leaf: Int8
    place_of: Int16
    age5_of: Int8
    since: int
    largest: int


class Spells(NamedTuple):
    """Spells as parallel columns, those of a person together: each for every place that it runs in.

    ``place`` is a place number; ``first`` and ``last`` are months; ``own`` and ``national`` are places in
    ``schemas.indicators.RANKS``: of the spell itself, and of the kingdom's spell that holds its first month.
    """

    person: Int32
    place: Int32
    first: Int32
    last: Int32
    own: Int32
    national: Int32


def layout(people: People, benefit: Benefit, geography: int, settings: FigureSettings) -> Layout:
    """Return the layout of a benefit in a geography month; a fixed geography (D3) wins over it."""
    parts = part_of_leaf(indicators.PARTS[benefit])
    found = rules(settings)
    shown = found.valid_municipality[found.era_of_month[geography]]
    if settings.geography_day is not None:
        shown = shown_municipality(settings)
    since, largest = _extent(people.rows, parts)
    return Layout(parts, place_of_municipality()[shown], age5_of_age13(), int(since), int(largest))


@loop
def _extent(rows: Int64, part_of_leaf: Int8) -> tuple[int, int]:
    """Return the first month of the benefit, and the most rows of it that one person has."""
    first, largest, size, person = np.int64(MONTH_MASK), 0, 0, np.int64(ABSENT)
    for row in range(len(rows)):
        key = rows[row, KEY]
        if part_of_leaf[leaf_in(key)] == ABSENT:
            continue
        size = size + 1 if person_in(key) == person else 1
        person = person_in(key)
        largest = max(largest, size)
        first = min(first, month_in(key))
    return int(first), largest


MONTH_OF, MUNICIPALITY_OF, PART_OF, AMOUNT_OF, ADULT_OF, TRAIT_OF = range(6)
POSITIVE, LISTS, KINGDOM, KINGDOM_RANK, NATIONAL_LISTS, FIRST_OF = range(
    TRAIT_OF + TRAIT_KINDS, TRAIT_OF + TRAIT_KINDS + 6
)
NATIONAL_FIRST_OF = FIRST_OF + GAP_COUNT
BALANCE, BANDS_OF = NATIONAL_FIRST_OF + GAP_COUNT, NATIONAL_FIRST_OF + GAP_COUNT + 1
"""Lines of the room in which one person is looked at: first what each row says, months ascending, then what is found.

One array, not a record of arrays: kernels that pass it on compile in a third of the time.
"""


def room_for(largest: int) -> Int64:
    """Return room for a person of so many rows."""
    return np.zeros((BANDS_OF + 1, max(largest, PART_COUNT, METHODS)), np.int64)


@inlined
def gather(rows: Int64, at: int, layout: Layout, person: Int64) -> tuple[int, int]:
    """Copy the benefit's rows of the person at row ``at``; return where the next begins, and how many."""
    number = person_in(rows[at, KEY])
    size = 0
    while at < len(rows) and person_in(rows[at, KEY]) == number:
        key, traits = rows[at, KEY], rows[at, TRAITS]
        part = np.int64(layout.part_of_leaf[leaf_in(key)])
        if part != ABSENT:
            person[MONTH_OF, size] = month_in(key)
            person[MUNICIPALITY_OF, size] = municipality_in(key)
            person[PART_OF, size] = part
            person[AMOUNT_OF, size] = rows[at, AMOUNT]
            person[ADULT_OF, size] = _months_adult(traits, person[MONTH_OF, size])
            person[TRAIT_OF + 0, size] = 0
            person[TRAIT_OF + 1, size] = SEX_AT + (traits >> SEX_SHIFT & SEX_MASK)
            person[TRAIT_OF + 2, size] = AGE_AT + np.int64(layout.age5_of[traits >> AGE13_SHIFT & AGE13_MASK])
            person[TRAIT_OF + 3, size] = HOUSEHOLD_AT + (traits >> HOUSEHOLD_SHIFT & HOUSEHOLD_MASK)
            size += 1
        at += 1
    return at, size


@inlined
def _months_adult(traits: int, month: int) -> int:
    """Return how many months ago somebody of 18 or 19 was last under 18, 0 for a minor, LONG_ADULT for all others."""
    age = traits >> AGE13_SHIFT & AGE13_MASK
    if age == MINOR_CLASS:
        return 0
    return (month - (traits >> ADULT_SHIFT)) & ADULT_MASK if age == MINOR_CLASS + 1 else LONG_ADULT


@inlined
def place_at(entry: int, level: int, layout: Layout, person: Int64) -> int:
    """Return the place of a row at a level, ABSENT where there is none."""
    return int(layout.place_of[person[MUNICIPALITY_OF, entry], level])


@inlined
def new_place(entry: int, level: int, layout: Layout, person: Int64) -> int:
    """Return the place of a row at a level; ABSENT where there is none, or where a row before it has the same."""
    place = place_at(entry, level, layout, person)
    for before in range(entry):
        if place_at(before, level, layout, person) == place:
            return ABSENT
    return place


@inlined
def stays(size: int, layout: Layout, person: Int64) -> bool:
    """Tell whether all rows lie in one municipality of the geography month."""
    for entry in range(1, size):
        if place_at(entry, MUNICIPAL, layout, person) != place_at(0, MUNICIPAL, layout, person):
            return False
    return True


@inlined
def clear(person: Int64, line: int, size: int) -> None:
    """Set the first ``size`` numbers of a line to zero."""
    for at in range(size):
        person[line, at] = 0


@inlined
def some_part_positive(person: Int64) -> bool:
    """Tell whether the balance of some part is above zero (B3)."""
    for part in range(PART_COUNT):  # noqa: SIM110 - kernels have no generators
        if person[BALANCE, part] > 0:
            return True
    return False


@inlined
def positive_months(size: int, level: int, place: int, layout: Layout, person: Int64, line: int) -> int:
    """List the months in which the cell of a place is above zero in some part; return how many (H1)."""
    count = entry = 0
    while entry < size:
        month = person[MONTH_OF, entry]
        clear(person, BALANCE, PART_COUNT)
        while entry < size and person[MONTH_OF, entry] == month:
            if place_at(entry, level, layout, person) == place:
                person[BALANCE, person[PART_OF, entry]] += person[AMOUNT_OF, entry]
            entry += 1
        if some_part_positive(person):
            person[line, count] = month
            count += 1
    return count


@inlined
def _rank(number: int, known: bool) -> int:  # noqa: FBT001 - kernels take no keywords
    """Return the rank of a spell by its number among those seen; ``known``: nothing came before the first seen (H3)."""
    return min(number, TOP_RANK) - 1 if number > 1 or known else UNKNOWN_RANK


@inlined
def _nothing_before(first: int, size: int, level: int, place: int, layout: Layout, person: Int64) -> bool:
    """Tell whether a first seen spell is the first there ever was: long after L, or of a minor in L (H3)."""
    if first >= layout.since + FIRST_KNOWN_AFTER:
        return True
    for entry in range(size):
        if (
            person[ADULT_OF, entry] > first - layout.since
            and person[MONTH_OF, entry] == first
            and place_at(entry, level, layout, person) == place
        ):
            return False
    return True


def spells(people: People, gap: int, layout: Layout) -> Spells:
    """Return all spells with a gap tolerance. ``people`` must hold all months of the ledger."""
    person = room_for(layout.largest)
    chunks = [np.empty((len(Spells._fields), 0), np.int32)]
    at = 0
    while at < len(people.rows):
        written = np.empty((len(Spells._fields), CHUNK + LEVEL_COUNT * layout.largest), np.int32)
        at, size = _spells(people.rows, at, gap, layout, person, written)
        chunks.append(written[:, :size])
    return Spells._make(np.concatenate(chunks, axis=1))


@loop
def _spells(rows: Int64, at: int, gap: int, layout: Layout, person: Int64, written: Int32) -> tuple[int, int]:
    """Write the spells of persons from row ``at`` on, until CHUNK are written; return where to go on, and how many."""
    size = 0
    while at < len(rows) and size < CHUNK:
        number = person_in(rows[at, KEY])
        at, entries = gather(rows, at, layout, person)
        if entries == 0:
            continue
        kingdom = place_at(0, KINGDOM_LEVEL, layout, person)
        months = positive_months(entries, KINGDOM_LEVEL, kingdom, layout, person, KINGDOM)
        _rank_months(months, gap, entries, KINGDOM_LEVEL, kingdom, layout, person)
        stayed = stays(entries, layout, person)
        for level in range(LEVEL_COUNT):
            for entry in range(entries):
                place = new_place(entry, level, layout, person)
                if place == ABSENT:
                    continue
                if stayed:
                    found = months
                    for at_month in range(months):
                        person[POSITIVE, at_month] = person[KINGDOM, at_month]
                else:
                    found = positive_months(entries, level, place, layout, person, POSITIVE)
                size = _write_spells(size, number, found, months, gap, entries, level, place, layout, person, written)
    return at, size


@inlined
def _rank_months(months: int, gap: int, entries: int, level: int, place: int, layout: Layout, person: Int64) -> None:
    """Note for each positive month of the kingdom the rank of the spell that holds it."""
    known = False
    number = 0
    for at in range(months):
        month = person[KINGDOM, at]
        if at == 0 or month - person[KINGDOM, at - 1] > gap + 1:
            number += 1
            if number == 1:
                known = _nothing_before(month, entries, level, place, layout, person)
        person[KINGDOM_RANK, at] = _rank(number, known)


@inlined
def _write_spells(
    size: int,
    number: int,
    found: int,
    months: int,
    gap: int,
    entries: int,
    level: int,
    place: int,
    layout: Layout,
    person: Int64,
    written: Int32,
) -> int:
    """Write the spells of a person at one place behind the ``size`` written; return how many there are then."""
    seen = 0
    nation = 0
    known = False
    for at in range(found):
        month = person[POSITIVE, at]
        if at and month - person[POSITIVE, at - 1] <= gap + 1:
            written[LAST, size - 1] = month
            continue
        seen += 1
        if seen == 1:
            known = _nothing_before(month, entries, level, place, layout, person)
        while nation < months and person[KINGDOM, nation] < month:
            nation += 1
        national = nation < months and person[KINGDOM, nation] == month
        written[PERSON, size] = number
        written[PLACE, size] = place
        written[FIRST, size] = month
        written[LAST, size] = month
        written[OWN, size] = _rank(seen, known)
        written[NATIONAL, size] = person[KINGDOM_RANK, nation] if national else UNKNOWN_RANK
        size += 1
    return size
