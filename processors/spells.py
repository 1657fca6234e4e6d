"""Spells and durations from the ledger's rows: one pass over persons, all reference months at once (H1-H3, H7).

Nothing is kept between updates: spells are found again from the rows, so a late regularisation joins, splits or erases
them like any other row. ``processors.reference_spells`` says what is counted; this says how it is made fast.

1. **A person's rows lie together, months ascending** (``processors.counting.people``). One walk over the rows of a
   place adds up the balance of each month and lists the positive ones; spells, their start by gap tolerance, and the
   number of consecutive lists follow from that short list.
2. **Most people stay where they are.** If all rows lie in one municipality, each area that holds it has the same
   spells: durations are written for the municipality alone and added to its areas afterwards. A person of several
   municipalities is walked once for each place of each level.
3. **A geography is a table.** ``Layout.place_of`` leads from the municipality of a row to its places in the geography
   month asked for (D3); reference months of one era of codes share a pass.

Memory of ``durations``: places x methods x months x 18 categories x 7 bands x 4 bytes, twice: 80 MB for two years.
``spells`` needs 24 bytes a spell and level of place.

Worked example: rows of +100 in 2023-11, 2023-12, 2024-02. Positive months 11, 12, 14 (counted from 2023-01 as 1). With
g = 0 the starts are 11, 11, 14; with g = 2 they are 11, 11, 11. Nobody stands on a list of twelve months before, so
each is on one list: stock band <1.
"""

# ruff: noqa: PLR0913, PLR0917 - kernels pass loose numbers: a record of them would be made anew for every person

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.compiled import kernel
from processors.counting import ABSENT, People
from processors.ledger import (
    ADULT_MASK,
    ADULT_SHIFT,
    AGE13_MASK,
    AGE13_SHIFT,
    AMOUNT,
    HOUSEHOLD_MASK,
    HOUSEHOLD_SHIFT,
    KEY,
    LEAF_MASK,
    MONTH_MASK,
    MONTH_SHIFT,
    MUNICIPALITY_MASK,
    MUNICIPALITY_SHIFT,
    PERSON_SHIFT,
    SEX_MASK,
    SEX_SHIFT,
    TRAITS,
)
from processors.rules import LEAF_COUNT, age5_of_age13, place_of_municipality, rules, shown_municipality
from schemas import indicators
from schemas.indicators import (
    BANDS,
    CENSORED_MONTHS,
    FIRST_KNOWN_AFTER,
    GAPS,
    TOP_RANK,
    TRAIT_CODES,
    UNKNOWN_BAND,
    UNKNOWN_RANK,
    YEARS,
    Benefit,
)
from schemas.periods import MONTHS_PER_YEAR
from schemas.places import LEVELS, PLACES
from schemas.settings import FigureSettings

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Int8 = npt.NDArray[np.int8]

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
_GAPS = np.array(GAPS, np.int64)


class Layout(NamedTuple):
    """What a spell is, as kernels read it.

    ``part_of_leaf``: part of the benefit, ABSENT elsewhere; ``place_of``: place numbers by (municipality number, level)
    in the geography month; ``since``: L, the first month with a row of the benefit;
    ``largest``: the most rows of the benefit that one person has.
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


class Durations(NamedTuple):
    """Beneficiaries of some reference months by duration.

    ``bands[place, method, month, trait, band]`` and ``difference[place, month, stock band, exact band]``: methods as
    METHODS says, ``trait`` a place in ``schemas.indicators.TRAIT_CODES``, ``month`` counted from the first one asked.
    """

    bands: Int32
    difference: Int32


def layout(people: People, benefit: Benefit, geography: int, settings: FigureSettings) -> Layout:
    """Return the layout of a benefit in a geography month; a fixed geography (D3) wins over it."""
    part_of_leaf = np.full(LEAF_COUNT, ABSENT, np.int8)
    for number, part in enumerate(indicators.PARTS[benefit]):
        part_of_leaf[list(part)] = number
    found = rules(settings)
    shown = found.valid_municipality[found.era_of_month[geography]]
    if settings.geography_day is not None:
        shown = shown_municipality(settings)
    since, largest = _extent(people.rows, part_of_leaf)
    return Layout(part_of_leaf, place_of_municipality()[shown], age5_of_age13(), int(since), int(largest))


@kernel
def _extent(rows: Int64, part_of_leaf: Int8) -> tuple[int, int]:
    """Return the first month of the benefit, and the most rows of it that one person has."""
    first, largest, size, person = np.int64(MONTH_MASK), 0, 0, np.int64(ABSENT)
    for row in range(len(rows)):
        key = rows[row, KEY]
        if part_of_leaf[key & LEAF_MASK] == ABSENT:
            continue
        size = size + 1 if key >> PERSON_SHIFT == person else 1
        person = key >> PERSON_SHIFT
        largest = max(largest, size)
        first = min(first, key >> MONTH_SHIFT & MONTH_MASK)
    return first, largest


MONTH_OF, MUNICIPALITY_OF, PART_OF, AMOUNT_OF, ADULT_OF, TRAIT_OF = range(6)
DONE, POSITIVE, LISTS, KINGDOM, KINGDOM_RANK, NATIONAL_LISTS, FIRST_OF = range(
    TRAIT_OF + TRAIT_KINDS, TRAIT_OF + TRAIT_KINDS + 7
)
NATIONAL_FIRST_OF = FIRST_OF + GAP_COUNT
BALANCE = NATIONAL_FIRST_OF + GAP_COUNT
"""Lines of the room in which one person is looked at: first what each row says, months ascending, then what is found.

One array, not a record of arrays: kernels that pass it on compile in a third of the time.
"""


def _room(largest: int) -> Int64:
    return np.zeros((BALANCE + 1, max(largest, PART_COUNT)), np.int64)


@kernel
def _gather(rows: Int64, at: int, layout: Layout, person: Int64) -> tuple[int, int]:
    """Copy the benefit's rows of the person at row ``at``; return where the next begins, and how many."""
    number = rows[at, KEY] >> PERSON_SHIFT
    size = 0
    while at < len(rows) and rows[at, KEY] >> PERSON_SHIFT == number:
        key, traits = rows[at, KEY], rows[at, TRAITS]
        part = np.int64(layout.part_of_leaf[key & LEAF_MASK])
        if part != ABSENT:
            person[MONTH_OF, size] = key >> MONTH_SHIFT & MONTH_MASK
            person[MUNICIPALITY_OF, size] = key >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK
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


@kernel
def _months_adult(traits: int, month: int) -> int:
    """Return how many months ago somebody of 18 or 19 was last under 18, 0 for a minor, LONG_ADULT for all others."""
    age = traits >> AGE13_SHIFT & AGE13_MASK
    if age == MINOR_CLASS:
        return 0
    return (month - (traits >> ADULT_SHIFT)) & ADULT_MASK if age == MINOR_CLASS + 1 else LONG_ADULT


@kernel
def _place(entry: int, level: int, layout: Layout, person: Int64) -> int:
    return np.int64(layout.place_of[person[MUNICIPALITY_OF, entry], level])


@kernel
def _stays(size: int, layout: Layout, person: Int64) -> bool:
    """Tell whether all rows lie in one municipality of the geography month."""
    for entry in range(1, size):
        if _place(entry, MUNICIPAL, layout, person) != _place(0, MUNICIPAL, layout, person):
            return False
    return True


@kernel
def _clear(person: Int64, line: int, size: int) -> None:
    for at in range(size):
        person[line, at] = 0


@kernel
def _some_part_positive(person: Int64) -> bool:
    for part in range(PART_COUNT):  # noqa: SIM110 - kernels have no generators
        if person[BALANCE, part] > 0:
            return True
    return False


@kernel
def _positive(size: int, level: int, place: int, layout: Layout, person: Int64, line: int) -> int:
    """List the months in which the cell of a place is above zero in some part; return how many (H1)."""
    count = entry = 0
    while entry < size:
        month = person[MONTH_OF, entry]
        _clear(person, BALANCE, PART_COUNT)
        while entry < size and person[MONTH_OF, entry] == month:
            if _place(entry, level, layout, person) == place:
                person[BALANCE, person[PART_OF, entry]] += person[AMOUNT_OF, entry]
            entry += 1
        if _some_part_positive(person):
            person[line, count] = month
            count += 1
    return count


@kernel
def _rank(number: int, known: bool) -> int:  # noqa: FBT001 - kernels take no keywords
    """Return the rank of a spell by its number among those seen; ``known``: nothing came before the first seen (H3)."""
    return min(number, TOP_RANK) - 1 if number > 1 or known else UNKNOWN_RANK


@kernel
def _nothing_before(first: int, size: int, level: int, place: int, layout: Layout, person: Int64) -> bool:
    """Tell whether a first seen spell is the first there ever was: long after L, or of a minor in L (H3)."""
    if first >= layout.since + FIRST_KNOWN_AFTER:
        return True
    for entry in range(size):
        if (
            person[ADULT_OF, entry] > first - layout.since
            and person[MONTH_OF, entry] == first
            and _place(entry, level, layout, person) == place
        ):
            return False
    return True


def spells(people: People, gap: int, layout: Layout) -> Spells:
    """Return all spells with a gap tolerance. ``people`` must hold all months of the ledger."""
    person = _room(layout.largest)
    chunks = [np.empty((len(Spells._fields), 0), np.int32)]
    at = 0
    while at < len(people.rows):
        written = np.empty((len(Spells._fields), CHUNK + LEVEL_COUNT * layout.largest), np.int32)
        at, size = _spells(people.rows, at, gap, layout, person, written)
        chunks.append(written[:, :size])
    return Spells._make(np.concatenate(chunks, axis=1))


@kernel
def _spells(rows: Int64, at: int, gap: int, layout: Layout, person: Int64, written: Int32) -> tuple[int, int]:
    """Write the spells of persons from row ``at`` on, until CHUNK are written; return where to go on, and how many."""
    size = 0
    while at < len(rows) and size < CHUNK:
        number = rows[at, KEY] >> PERSON_SHIFT
        at, entries = _gather(rows, at, layout, person)
        if entries == 0:
            continue
        kingdom = _place(0, KINGDOM_LEVEL, layout, person)
        months = _positive(entries, KINGDOM_LEVEL, kingdom, layout, person, KINGDOM)
        _rank_months(months, gap, entries, KINGDOM_LEVEL, kingdom, layout, person)
        stays = _stays(entries, layout, person)
        for level in range(LEVEL_COUNT):
            _clear(person, DONE, entries)
            for entry in range(entries):
                place = _place(entry, level, layout, person)
                if person[DONE, entry] == 1 or place == ABSENT:
                    continue
                for other in range(entry, entries):
                    if _place(other, level, layout, person) == place:
                        person[DONE, other] = 1
                if stays:
                    found = months
                    for at_month in range(months):
                        person[POSITIVE, at_month] = person[KINGDOM, at_month]
                else:
                    found = _positive(entries, level, place, layout, person, POSITIVE)
                size = _write_spells(size, number, found, months, gap, entries, level, place, layout, person, written)
    return at, size


@kernel
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


@kernel
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


def durations(people: People, first: int, last: int, layout: Layout) -> Durations:
    """Count the reference months ``first`` to ``last`` (H2). ``people`` must hold all months up to ``last``."""
    months = last - first + 1
    own, wide = (np.zeros((PLACE_COUNT, METHODS, months, TRAIT_COUNT, BAND_COUNT), np.int32) for _ in range(2))
    own_difference, difference = (np.zeros((PLACE_COUNT, months, BAND_COUNT, BAND_COUNT), np.int32) for _ in range(2))
    target, beside = Durations(own, own_difference), Durations(wide, difference)
    _durations(people.rows, first, last, _GAPS, layout, _room(layout.largest), target, beside)
    for places in np.unique(layout.place_of, axis=0):
        for place in places[places != ABSENT]:
            wide[place] += own[places[MUNICIPAL]]
            difference[place] += own_difference[places[MUNICIPAL]]
    return beside


@kernel
def _durations(
    rows: Int64, first: int, last: int, gaps: Int64, layout: Layout, person: Int64, own: Durations, wide: Durations
) -> None:
    at = 0
    while at < len(rows):
        at, entries = _gather(rows, at, layout, person)
        if entries == 0 or person[MONTH_OF, entries - 1] < first:
            continue
        kingdom = _place(0, KINGDOM_LEVEL, layout, person)
        months = _positive(entries, KINGDOM_LEVEL, kingdom, layout, person, KINGDOM)
        _starts(months, gaps, person, KINGDOM, NATIONAL_FIRST_OF, NATIONAL_LISTS)
        if _stays(entries, layout, person):
            place = _place(0, MUNICIPAL, layout, person)
            _write_place(entries, MUNICIPAL, place, months, first, last, gaps, layout, person, own)
            continue
        for level in range(LEVEL_COUNT):
            _clear(person, DONE, entries)
            for entry in range(entries):
                place = _place(entry, level, layout, person)
                if person[DONE, entry] == 1 or place == ABSENT:
                    continue
                for other in range(entry, entries):
                    if _place(other, level, layout, person) == place:
                        person[DONE, other] = 1
                _write_place(entries, level, place, months, first, last, gaps, layout, person, wide)


@kernel
def _starts(months: int, gaps: Int64, person: Int64, positive: int, first: int, lists: int) -> None:
    """Note for each positive month where its spell began, by gap tolerance, and on how many lists in a row.

    ``positive``, ``first``, ``lists`` are lines of the room.
    """
    before = 0
    for at in range(months):
        month = person[positive, at]
        for gap in range(len(gaps)):
            joins = at > 0 and month - person[positive, at - 1] <= gaps[gap] + 1
            person[first + gap, at] = person[first + gap, at - 1] if joins else month
        while person[positive, before] < month - MONTHS_PER_YEAR:
            before += 1
        listed = person[positive, before] == month - MONTHS_PER_YEAR
        person[lists, at] = person[lists, before] + 1 if listed else 1


@kernel
def _write_place(
    entries: int,
    level: int,
    place: int,
    months: int,
    first: int,
    last: int,
    gaps: Int64,
    layout: Layout,
    person: Int64,
    target: Durations,
) -> None:
    """Write where a person stands at one place in each reference month."""
    found = _positive(entries, level, place, layout, person, POSITIVE)
    _starts(found, gaps, person, POSITIVE, FIRST_OF, LISTS)
    own = nation = entry = 0
    bands = np.empty(METHODS, np.int64)
    while entry < entries:
        month = person[MONTH_OF, entry]
        stop = entry
        while stop < entries and person[MONTH_OF, stop] == month:
            stop += 1
        while own < found and person[POSITIVE, own] < month:
            own += 1
        while nation < months and person[KINGDOM, nation] < month:
            nation += 1
        if first <= month <= last:
            stands = own < found and person[POSITIVE, own] == month
            national = nation < months and person[KINGDOM, nation] == month
            for gap in range(len(gaps)):
                bands[2 * gap] = _band(month, person[FIRST_OF + gap, own], layout) if stands else UNKNOWN_BAND
                begun = person[NATIONAL_FIRST_OF + gap, nation] if national else month
                bands[2 * gap + 1] = _band(month, begun, layout) if national else UNKNOWN_BAND
            bands[STOCK] = UNKNOWN_BAND
            if stands and _band(month, person[FIRST_OF + 0, own], layout) != UNKNOWN_BAND:
                bands[STOCK] = min(person[LISTS, own] - 1, YEARS)
            if stands:
                target.difference[place, month - first, bands[STOCK], bands[0]] += 1
            _write_cells(entry, stop, level, place, month - first, bands, layout, person, target)
        entry = stop


@kernel
def _band(month: int, begun: int, layout: Layout) -> int:
    """Return the band of a spell at a month; unknown where it was running in the log's first month (H2)."""
    months = month - begun
    if begun == layout.since and months < CENSORED_MONTHS:
        return UNKNOWN_BAND
    return min(months // MONTHS_PER_YEAR, YEARS)


@kernel
def _write_cells(
    first: int,
    stop: int,
    level: int,
    place: int,
    month: int,
    bands: Int64,
    layout: Layout,
    person: Int64,
    target: Durations,
) -> None:
    """Write the cells of one month that are above zero: rows of one category are balanced together (B4)."""
    for kind in range(TRAIT_KINDS):
        for entry in range(first, stop):
            if _place(entry, level, layout, person) != place:
                continue
            code = person[TRAIT_OF + kind, entry]
            repeated = False
            for other in range(first, entry):
                same = _place(other, level, layout, person) == place
                repeated |= same and person[TRAIT_OF + kind, other] == code
            if repeated:
                continue
            _clear(person, BALANCE, PART_COUNT)
            for other in range(entry, stop):
                if _place(other, level, layout, person) == place and person[TRAIT_OF + kind, other] == code:
                    person[BALANCE, person[PART_OF, other]] += person[AMOUNT_OF, other]
            if _some_part_positive(person):
                for method in range(METHODS):
                    target.bands[place, method, month, code, bands[method]] += 1
