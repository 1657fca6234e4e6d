"""Durations from the ledger's rows, all reference months at once, exact and by lists (H2).

``processors.time.spells`` says how rows become positive months. A month's spell start, by gap tolerance, and its number
of consecutive lists follow from the list of months in one walk. Who stays in one municipality has the same durations in
each area that holds it: they are written for the municipality alone and added to its areas afterwards.

Memory: places x methods x months x 18 categories x 7 bands x 4 bytes, twice: 80 MB for two years of references.

Worked example: positive in 2023-11, 2023-12, 2024-02, so 11, 12, 14. With g = 0 the starts are 11, 11, 14; with g = 2
they are 11, 11, 11: at 2024-02 zero and three months. Nobody stands on a list of twelve months before, so each month is
on one list: stock band <1.
"""

# ruff: noqa: PLR0913, PLR0917 - kernels pass loose numbers: a record of them would be made anew for every person

from typing import NamedTuple

import numpy as np

from processors.compiled import inlined, loop
from processors.counting.people import People
from processors.counting.plan import ABSENT
from processors.rules import parent_of_place, upwards
from processors.time.spells import (
    AMOUNT_OF,
    BALANCE,
    BAND_COUNT,
    BANDS_OF,
    FIRST_OF,
    KINGDOM,
    KINGDOM_LEVEL,
    LEVEL_COUNT,
    LISTS,
    METHODS,
    MONTH_OF,
    MUNICIPAL,
    NATIONAL_FIRST_OF,
    NATIONAL_LISTS,
    PART_COUNT,
    PART_OF,
    PLACE_COUNT,
    POSITIVE,
    STOCK,
    TRAIT_COUNT,
    TRAIT_KINDS,
    TRAIT_OF,
    Layout,
    clear,
    gather,
    new_place,
    place_at,
    positive_months,
    room_for,
    some_part_positive,
    stays,
)
from schemas.arrays import Int32, Int64
from schemas.indicators import CENSORED_MONTHS, GAPS, UNKNOWN_BAND, YEARS
from schemas.periods import MONTHS_PER_YEAR

_GAPS = np.array(GAPS, np.int64)


class Durations(NamedTuple):
    """Beneficiaries of some reference months by duration.

    ``bands[place, method, month, trait, band]`` and ``difference[place, month, stock band, exact band]``: methods as
    METHODS says, ``trait`` a place in ``schemas.indicators.TRAIT_CODES``, ``month`` counted from the first one asked.
    """

    bands: Int32
    difference: Int32


def durations(people: People, first: int, last: int, layout: Layout) -> Durations:
    """Count the reference months ``first`` to ``last`` (H2). ``people`` must hold all months up to ``last``."""
    months = last - first + 1
    own, wide = (np.zeros((PLACE_COUNT, METHODS, months, TRAIT_COUNT, BAND_COUNT), np.int32) for _ in range(2))
    own_difference, difference = (np.zeros((PLACE_COUNT, months, BAND_COUNT, BAND_COUNT), np.int32) for _ in range(2))
    target, beside = Durations(own, own_difference), Durations(wide, difference)
    _durations(people.rows, first, last, _GAPS, layout, room_for(layout.largest), target, beside)
    for place in upwards():
        parent = parent_of_place()[place]
        for of_stayers, of_all in zip(target, beside, strict=True):
            of_all[place] += of_stayers[place]
            if parent != ABSENT:
                of_stayers[parent] += of_stayers[place]
    return beside


@loop
def _durations(
    rows: Int64, first: int, last: int, gaps: Int64, layout: Layout, person: Int64, own: Durations, wide: Durations
) -> None:
    at = 0
    while at < len(rows):
        at, entries = gather(rows, at, layout, person)
        if entries == 0 or person[MONTH_OF, entries - 1] < first:
            continue
        kingdom = place_at(0, KINGDOM_LEVEL, layout, person)
        months = positive_months(entries, KINGDOM_LEVEL, kingdom, layout, person, KINGDOM)
        _starts(months, gaps, person, KINGDOM, NATIONAL_FIRST_OF, NATIONAL_LISTS)
        if stays(entries, layout, person):
            place = place_at(0, MUNICIPAL, layout, person)
            _write_place(entries, MUNICIPAL, place, months, first, last, gaps, layout, person, own)
            continue
        for level in range(LEVEL_COUNT):
            for entry in range(entries):
                place = new_place(entry, level, layout, person)
                if place == ABSENT:
                    continue
                _write_place(entries, level, place, months, first, last, gaps, layout, person, wide)


@inlined
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


@inlined
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
    own_months = positive_months(entries, level, place, layout, person, POSITIVE)
    _starts(own_months, gaps, person, POSITIVE, FIRST_OF, LISTS)
    own = nation = entry = 0
    while entry < entries:
        month = person[MONTH_OF, entry]
        stop = entry
        while stop < entries and person[MONTH_OF, stop] == month:
            stop += 1
        while own < own_months and person[POSITIVE, own] < month:
            own += 1
        while nation < months and person[KINGDOM, nation] < month:
            nation += 1
        if first <= month <= last:
            stands = own < own_months and person[POSITIVE, own] == month
            national = nation < months and person[KINGDOM, nation] == month
            for gap in range(len(gaps)):
                censored = layout.since + gaps[gap]
                person[BANDS_OF, 2 * gap] = (
                    _band(month, person[FIRST_OF + gap, own], censored) if stands else UNKNOWN_BAND
                )
                begun = person[NATIONAL_FIRST_OF + gap, nation] if national else month
                person[BANDS_OF, 2 * gap + 1] = _band(month, begun, censored) if national else UNKNOWN_BAND
            person[BANDS_OF, STOCK] = UNKNOWN_BAND
            if person[BANDS_OF, 0] != UNKNOWN_BAND:
                person[BANDS_OF, STOCK] = min(person[LISTS, own] - 1, YEARS)
            if stands:
                target.difference[place, month - first, person[BANDS_OF, STOCK], person[BANDS_OF, 0]] += 1
            _write_cells(entry, stop, level, place, month - first, layout, person, target)
        entry = stop


@inlined
def _band(month: int, begun: int, censored: int) -> int:
    """Return the band of a spell at a month; unknown where it begins no later than L + g, ``censored`` (H2)."""
    months = month - begun
    if begun <= censored and months < CENSORED_MONTHS:
        return UNKNOWN_BAND
    return min(months // MONTHS_PER_YEAR, YEARS)


@inlined
def _write_cells(
    first: int,
    stop: int,
    level: int,
    place: int,
    month: int,
    layout: Layout,
    person: Int64,
    target: Durations,
) -> None:
    """Write the cells of one month that are above zero: rows of one category are balanced together (B4)."""
    for kind in range(TRAIT_KINDS):
        for entry in range(first, stop):
            if place_at(entry, level, layout, person) != place:
                continue
            code = person[TRAIT_OF + kind, entry]
            repeated = False
            for other in range(first, entry):
                same = place_at(other, level, layout, person) == place
                repeated |= same and person[TRAIT_OF + kind, other] == code
            if repeated:
                continue
            clear(person, BALANCE, PART_COUNT)
            for other in range(entry, stop):
                if place_at(other, level, layout, person) == place and person[TRAIT_OF + kind, other] == code:
                    person[BALANCE, person[PART_OF, other]] += person[AMOUNT_OF, other]
            if some_part_positive(person):
                for method in range(METHODS):
                    target.bands[place, method, month, code, person[BANDS_OF, method]] += 1
