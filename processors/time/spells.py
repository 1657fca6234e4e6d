"""Spells from the ledger's rows: one pass over persons (H1, H3, H7); ``processors.time.durations`` goes on from here.

Nothing is kept between updates: spells are found again from the rows, so a late regularisation joins, splits or erases
them like any other row. ``processors.reference.spells`` says what is counted; this says how it is made fast.

1. **A person's rows lie together, months ascending** (``processors.counting.people``). One walk over the rows of a
   place adds up the balance of each month and lists the positive ones; spells follow from that short list.
2. **Most people stay where they are.** If all rows lie in one municipality, each area that holds it has the same
   spells. A person of several municipalities is walked once for each place of each level.
3. **A geography is a table.** ``Layout.place_of`` leads from the municipality of a row to its places in the geography
   month asked for (D3); reference months of one era of codes share a pass.

Memory: 20 bytes a spell and level of place.

Worked example: rows of +100 in 2023-11, 2023-12, 2024-02. Positive months 11, 12, 14 (counted from 2023-01 as 1). With
g = 0 there are two spells, 11-12 and 14-14, the second of rank 2; with g = 2 there is one, 11-14. Were L the month 10,
the one with g = 2 would have no known beginning, for 11 <= L + 2: it is no entry.
"""

# ruff: noqa: PLR0913, PLR0917 - kernels pass loose numbers: a record of them would be made anew for every person

from typing import NamedTuple

import numpy as np

from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, KEY, TRAITS
from processors.admission.traits import (
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
from schemas.breakdowns import DAYS_PER_YEAR, REFERENCE_DAY
from schemas.indicators import (
    ADULT_AGE,
    BANDS,
    FIRST_KNOWN_AFTER,
    GAPS,
    TOP_RANK,
    TRAIT_CODES,
    UNKNOWN_RANK,
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
PERSON, PLACE, FIRST, LAST, RANK = range(5)
"""Lines of what a kernel writes: the columns of ``Spells``."""
CHUNK = 1 << 18


class Layout(NamedTuple):
    """What a spell is, as kernels read it.

    ``part_of_leaf``: part of the benefit, ABSENT elsewhere; ``place_of``: place numbers by (municipality number, level)
    in the geography month; ``since``: L, the first month of the time dimension; ``births``: birth dates by person, and
    who is born after ``minor_after`` was under 18 or not yet born in L; ``largest``: the most rows of the benefit that
    one person has.
    """

    part_of_leaf: Int8
    place_of: Int16
    age5_of: Int8
    since: int
    births: Int32
    minor_after: int
    largest: int


class Spells(NamedTuple):
    """Spells as parallel columns, those of a person together: each for every place that it runs in.

    ``place`` is a place number; ``first`` and ``last`` are months; ``rank`` is a place in ``schemas.indicators.RANKS``.
    """

    person: Int32
    place: Int32
    first: Int32
    last: Int32
    rank: Int32


class SpellsSeen(NamedTuple):
    """The spells of every place; and the kingdom's spells at each place where the person is in their first month.

    The kingdom's are those that are entries (H3): a person who moves without a gap has none at the new place.
    """

    own: Spells
    national: Spells


def layout(people: People, births: Int32, since: int, geography: int, settings: FigureSettings) -> Layout:
    """Return the layout of spells from L on in a geography month; a fixed geography (D3) wins over it.

    ``births`` are those of the ledger; ``since`` is L.
    """
    parts = part_of_leaf(indicators.PARTS[settings.spells])
    lookup = rules(settings)
    shown_as = lookup.valid_municipality[lookup.era_of_month[geography]]
    if settings.geography_day is not None:
        shown_as = shown_municipality(settings)
    looked_at = int(lookup.first_day_of_month[since]) + REFERENCE_DAY - 1
    minor_after = looked_at - ADULT_AGE * DAYS_PER_YEAR
    largest = int(_most_rows(people.rows, parts))
    return Layout(parts, place_of_municipality()[shown_as], age5_of_age13(), since, births, minor_after, largest)


@loop
def _most_rows(rows: Int64, part_of_leaf: Int8) -> int:
    """Return the most rows of the benefit that one person has."""
    largest, size, person = 0, 0, np.int64(ABSENT)
    for row in range(len(rows)):
        key = rows[row, KEY]
        if part_of_leaf[leaf_in(key)] == ABSENT:
            continue
        size = size + 1 if person_in(key) == person else 1
        person = person_in(key)
        largest = max(largest, size)
    return largest


MONTH_OF, MUNICIPALITY_OF, PART_OF, AMOUNT_OF, TRAIT_OF = range(5)
POSITIVE, LISTS, KINGDOM, ENTERS_OF, NATIONAL_LISTS, FIRST_OF = range(
    TRAIT_OF + TRAIT_KINDS, TRAIT_OF + TRAIT_KINDS + 6
)
NATIONAL_FIRST_OF = FIRST_OF + GAP_COUNT
BALANCE, BANDS_OF = NATIONAL_FIRST_OF + GAP_COUNT, NATIONAL_FIRST_OF + GAP_COUNT + 1
"""Lines of the room for one person: first the rows, months ascending, then what is worked out from them.

One array, not a record of arrays: kernels that pass it on compile in a third of the time.
"""


def room_for(largest: int) -> Int64:
    """Return room for a person of so many rows."""
    return np.zeros((BANDS_OF + 1, max(largest, PART_COUNT, METHODS)), np.int64)


@inlined
def gather(rows: Int64, at: int, layout: Layout, person: Int64) -> tuple[int, int]:
    """Copy the benefit's rows from L on of the person at row ``at``; return where the next begins, and how many."""
    number = person_in(rows[at, KEY])
    size = 0
    while at < len(rows) and person_in(rows[at, KEY]) == number:
        key, traits = rows[at, KEY], rows[at, TRAITS]
        part = np.int64(layout.part_of_leaf[leaf_in(key)])
        if part != ABSENT and month_in(key) >= layout.since:
            person[MONTH_OF, size] = month_in(key)
            person[MUNICIPALITY_OF, size] = municipality_in(key)
            person[PART_OF, size] = part
            person[AMOUNT_OF, size] = rows[at, AMOUNT]
            person[TRAIT_OF + 0, size] = 0
            person[TRAIT_OF + 1, size] = SEX_AT + (traits >> SEX_SHIFT & SEX_MASK)
            person[TRAIT_OF + 2, size] = AGE_AT + np.int64(layout.age5_of[traits >> AGE13_SHIFT & AGE13_MASK])
            person[TRAIT_OF + 3, size] = HOUSEHOLD_AT + (traits >> HOUSEHOLD_SHIFT & HOUSEHOLD_MASK)
            size += 1
        at += 1
    return at, size


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
def _rank(number: int, first: int, holder: int, layout: Layout) -> int:
    """Return the rank of a spell that begins in a month, by its number among those seen (H3).

    The first one seen is the first there ever was long after L, and of who was a minor in L.
    """
    known = number > 1 or first >= layout.since + FIRST_KNOWN_AFTER or layout.births[holder] > layout.minor_after
    return min(number, TOP_RANK) - 1 if known else UNKNOWN_RANK


def spells(people: People, gap: int, layout: Layout) -> SpellsSeen:
    """Return all spells with a gap tolerance. ``people`` must hold all months of the ledger."""
    person = room_for(layout.largest)
    chunks = [[np.empty((len(Spells._fields), 0), np.int32)] for _ in SpellsSeen._fields]
    at = 0
    while at < len(people.rows):
        own, national = (
            np.empty((len(Spells._fields), CHUNK + LEVEL_COUNT * layout.largest), np.int32) for _ in SpellsSeen._fields
        )
        at, size, entered = _spells(people.rows, at, gap, layout, person, own, national)
        chunks[0].append(own[:, :size])
        chunks[1].append(national[:, :entered])
    return SpellsSeen._make(Spells._make(np.concatenate(parts, axis=1)) for parts in chunks)


@loop
def _spells(
    rows: Int64, at: int, gap: int, layout: Layout, person: Int64, own: Int32, national: Int32
) -> tuple[int, int, int]:
    """Write the spells of persons from row ``at`` on, until CHUNK are written.

    Return where to go on, how many there are, and how many of the kingdom's at places.
    """
    size = entered = 0
    while at < len(rows) and size < CHUNK and entered < CHUNK:
        holder = person_in(rows[at, KEY])
        at, entries = gather(rows, at, layout, person)
        if entries == 0:
            continue
        kingdom = place_at(0, KINGDOM_LEVEL, layout, person)
        months = positive_months(entries, KINGDOM_LEVEL, kingdom, layout, person, KINGDOM)
        _note_entries(months, gap, holder, layout, person)
        stayed = stays(entries, layout, person)
        for level in range(LEVEL_COUNT):
            for entry in range(entries):
                place = new_place(entry, level, layout, person)
                if place == ABSENT:
                    continue
                if stayed:
                    own_months = months
                    for at_month in range(months):
                        person[POSITIVE, at_month] = person[KINGDOM, at_month]
                else:
                    own_months = positive_months(entries, level, place, layout, person, POSITIVE)
                size = _write_spells(size, holder, own_months, gap, place, layout, person, own)
                entered = _write_national(entered, holder, own_months, months, place, person, national)
                if stayed:
                    break
    return at, size, entered


@inlined
def _note_entries(months: int, gap: int, holder: int, layout: Layout, person: Int64) -> None:
    """Note for each positive month of the kingdom the rank of the entry that it is, ABSENT where it is none."""
    number = 0
    for at in range(months):
        month = person[KINGDOM, at]
        person[ENTERS_OF, at] = ABSENT
        if at == 0 or month - person[KINGDOM, at - 1] > gap + 1:
            number += 1
            if month > layout.since + gap:
                person[ENTERS_OF, at] = _rank(number, month, holder, layout)


@inlined
def _write_spells(
    size: int, holder: int, months: int, gap: int, place: int, layout: Layout, person: Int64, written: Int32
) -> int:
    """Write the spells of a person at one place behind the ``size`` written; return how many there are then."""
    seen = 0
    for at in range(months):
        month = person[POSITIVE, at]
        if at and month - person[POSITIVE, at - 1] <= gap + 1:
            written[LAST, size - 1] = month
            continue
        seen += 1
        written[PERSON, size] = holder
        written[PLACE, size] = place
        written[FIRST, size] = month
        written[LAST, size] = month
        written[RANK, size] = _rank(seen, month, holder, layout)
        size += 1
    return size


@inlined
def _write_national(
    size: int, holder: int, own_months: int, months: int, place: int, person: Int64, written: Int32
) -> int:
    """Write the kingdom's entries of a person in whose first month the person is at a place; return as before."""
    nation = 0
    for at in range(own_months):
        month = person[POSITIVE, at]
        while nation < months and person[KINGDOM, nation] < month:
            nation += 1
        if nation < months and person[KINGDOM, nation] == month and person[ENTERS_OF, nation] != ABSENT:
            written[PERSON, size] = holder
            written[PLACE, size] = place
            written[FIRST, size] = month
            written[LAST, size] = month
            written[RANK, size] = person[ENTERS_OF, nation]
            size += 1
    return size
