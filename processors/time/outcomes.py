"""Where people go, from the ledger's rows and facts: outcomes of exits, transitions (H4).

``processors.reference.outcomes`` says what is counted; this says how it is made fast.

1. **A person is walked once for all months.** From the rows of the four nodes follow, month by month, the nodes above
   zero in the kingdom, and from the employments who works: one byte a month (``STANDING``), asked as often as needed.
2. **Exits are known**: they are the last months of the spells that ``time.spells`` found, in the same order of
   persons, so a pointer into them moves on with the walk.
3. **What is wanted is a mask.** Kernels count reference months that ``wanted`` names; which months are published, and
   which geography they have, is decided outside.

Memory: per person two numbers a month; per pass places x months x categories x 4 bytes, 20 MB for twenty years.

Worked example: LL in Gent until month 9; work from month 10 on; LL in Aalst in month 15. STANDING is LL up to 9, work
from 10 on, LL and work in 15. The exit of 9 in Gent, six months later: not in Gent, but LL somewhere: ``ll_elsewhere``.
"""

# ruff: noqa: PLR0913, PLR0917 - kernels pass loose numbers: a record of them would be made anew for every person

from functools import cache
from typing import NamedTuple

import numpy as np

from processors.admission.decoding import NO_DATE, packed
from processors.admission.facts import BY_OCMW, FROM, KIND_MASK, OPEN, PERSON, STATE, UNTIL, WHAT, status_of
from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, KEY
from processors.compiled import Whole, inlined, loop
from processors.counting.plan import ABSENT
from processors.rules import LEAF_COUNT, place_of_municipality, rules, shown_municipality
from processors.time.spells import LEVEL_COUNT, MUNICIPAL, PLACE_COUNT, Spells
from schemas.arrays import Int8, Int16, Int32, Int64, Mask
from schemas.breakdowns import REFERENCE_DAY
from schemas.events import EMPLOYMENT, FOREVER
from schemas.indicators import (
    ANY_WORK,
    EXIT_MONTHS,
    LATER_STATES,
    OUTCOME_NODES,
    OUTCOMES,
    PARTS,
    STATES,
    UNCOUNTED_TYPES,
    worker_counts,
)
from schemas.periods import MONTH_COUNT
from schemas.places import LEVELS, PLACES
from schemas.settings import FigureSettings

NODE_COUNT = len(OUTCOME_NODES)
LL, FH, TW_RMI, TW_RMH = range(NODE_COUNT)
ALL_NODES = (1 << NODE_COUNT) - 1
WORK, OCMW_WORK = NODE_COUNT, NODE_COUNT + 1
"""Bits of STANDING: the nodes, then work and work for an OCMW."""
AFTER_COUNT = len(EXIT_MONTHS)
OUTCOME_COUNT = len(OUTCOMES) + 1
ANY_WORK_AT = len(OUTCOMES)
EXIT_CATEGORIES: tuple[str, ...] = (*OUTCOMES, ANY_WORK)
LATER_COUNT = len(LATER_STATES)
CHANGE_COUNT = len(STATES) * LATER_COUNT
SAME, ELSEWHERE, HELP, ACTIVATED, WORKS, WORKS_AT_OCMW, NOTHING = range(len(OUTCOMES))


class Work(NamedTuple):
    """Employments in order of person: those of person p are [starts[p], starts[p + 1]).

    ``first`` and ``last`` are the months whose 15th they cover; ``bit`` is WORK or OCMW_WORK; ``kind`` is a row of
    ``counts`` (kind, month): whether such a worker is at work in a month.
    """

    starts: Int64
    first: Int32
    last: Int32
    bit: Int8
    kind: Int16
    counts: Mask


class Where(NamedTuple):
    """Geographies: ``place_of`` has the place numbers by (era, municipality number, level)."""

    place_of: Int16
    era_of_month: Int8


def work(facts: Int64, persons: int, settings: FigureSettings) -> Work:
    """Return the employments among the facts of so many persons."""
    employed = facts[(facts[:, STATE] & KIND_MASK == EMPLOYMENT) & (status_of(facts[:, STATE]) == OPEN)]
    employed = employed[employed[:, FROM] != NO_DATE]
    until = np.where(employed[:, UNTIL] == NO_DATE, FOREVER, employed[:, UNTIL])
    fifteenths = rules(settings).first_day_of_month[:-1].astype(np.int64) + REFERENCE_DAY - 1
    first = np.searchsorted(fifteenths, employed[:, FROM], side="left")
    last = np.searchsorted(fifteenths, until, side="right") - 1
    order = np.argsort(employed[:, PERSON], kind="stable")
    codes = _uncounted_codes()
    place = np.searchsorted(codes, employed[:, WHAT]).clip(max=len(codes) - 1)
    kind = np.where(codes[place] == employed[:, WHAT], place + 1, 0)
    return Work(
        starts=np.searchsorted(employed[order, PERSON], np.arange(persons + 1)).astype(np.int64),
        first=first[order].astype(np.int32),
        last=last[order].astype(np.int32),
        bit=np.where(employed[order, STATE] & BY_OCMW, OCMW_WORK, WORK).astype(np.int8),
        kind=kind[order].astype(np.int16),
        counts=_counting_kinds(),
    )


@cache
def _uncounted_types() -> dict[int, str]:
    return {packed(name): name for _, types in UNCOUNTED_TYPES for name in types}


def _uncounted_codes() -> Int64:
    """Return the numbers of the worker types that do not count at some time, ascending."""
    return np.array(sorted(_uncounted_types()), np.int64)


@cache
def _counting_kinds() -> Mask:
    """Return by (kind, month) whether it counts: kind 0 always does, the others are those of ``_uncounted_codes``."""
    names = [_uncounted_types()[code] for code in sorted(_uncounted_types())]
    listed = [[worker_counts(name, month) for month in range(MONTH_COUNT)] for name in names]
    return np.array([[True] * MONTH_COUNT, *listed], np.bool_)


def where(settings: FigureSettings) -> Where:
    """Return the geographies of all months; a fixed one (D3) wins over them."""
    lookup = rules(settings)
    shown_as = lookup.valid_municipality
    if settings.geography_day is not None:
        shown_as = np.broadcast_to(shown_municipality(settings), shown_as.shape)
    return Where(np.ascontiguousarray(place_of_municipality()[shown_as]), lookup.era_of_month)


@cache
def node_of_leaf() -> Int8:
    """Return the node of each leaf as a place in ``OUTCOME_NODES``, ABSENT for the others."""
    numbers = np.full(LEAF_COUNT, ABSENT, np.int8)
    for number, node in enumerate(OUTCOME_NODES):
        for part in PARTS[node]:  # type: ignore[index]  # a node is a benefit
            numbers[list(part)] = number
    return numbers


@cache
def _level_of_place() -> Int8:
    return np.array([LEVELS.index(level) for level, _ in PLACES], np.int8)


MONTH_OF, MUNICIPALITY_OF, NODE_OF, AMOUNT_OF = range(4)
"""Lines of the room for one person's rows; months are counted from the first one looked at."""
STANDING, ENTRY_OF = range(2)
"""Lines of the room for one person's months: what holds in the kingdom, and the first row of the month (the last entry
is one behind the months)."""


@inlined
def _gather(
    rows: Int64, at: Whole, first: Whole, last: Whole, node_of_leaf: Int8, person: Int64
) -> tuple[Whole, Whole]:
    """Copy the rows of the four nodes and the months wanted of the person at row ``at``; return as spells.gather."""
    number = person_in(rows[at, KEY])
    size = 0
    while at < len(rows) and person_in(rows[at, KEY]) == number:
        key = rows[at, KEY]
        month = month_in(key)
        node = np.int64(node_of_leaf[leaf_in(key)])
        if node != ABSENT and first <= month <= last:
            person[MONTH_OF, size] = month - first
            person[MUNICIPALITY_OF, size] = municipality_in(key)
            person[NODE_OF, size] = node
            person[AMOUNT_OF, size] = rows[at, AMOUNT]
            size += 1
        at += 1
    return at, size


@inlined
def _look(number: Whole, size: Whole, first: Whole, work: Work, person: Int64, months: Int64) -> None:
    """Find what holds in each month: nodes above zero in the kingdom, and work."""
    entry = 0
    for month in range(months.shape[1] - 1):
        begin = entry
        while entry < size and person[MONTH_OF, entry] == month:
            entry += 1
        months[ENTRY_OF, month] = begin
        months[STANDING, month] = _nodes_above_zero(begin, entry, person) if entry > begin else 0
    months[ENTRY_OF, months.shape[1] - 1] = entry
    for job in range(work.starts[number], work.starts[number + 1]):
        begin = max(np.int64(work.first[job]) - first, np.int64(0))
        end = min(np.int64(work.last[job]) - first + 1, np.int64(months.shape[1] - 1))
        for month in range(begin, end):
            if work.counts[work.kind[job], first + month]:
                months[STANDING, month] |= 1 << np.int64(work.bit[job])


@inlined
def _nodes_above_zero(begin: Whole, end: Whole, person: Int64) -> Whole:
    """Return the bits of the nodes whose rows [begin, end) add up to more than zero."""
    bits = 0
    for node in range(NODE_COUNT):
        balance = np.int64(0)
        for at in range(begin, end):
            if person[NODE_OF, at] == node:
                balance += person[AMOUNT_OF, at]
        if balance > 0:
            bits |= 1 << node
    return bits


@inlined
def _balance(
    node: Whole, level: Whole, place: Whole, month: Whole, places: Int16, person: Int64, months: Int64
) -> Whole:
    """Return the balance of a node at a place in a month."""
    total = np.int64(0)
    for at in range(months[ENTRY_OF, month], months[ENTRY_OF, month + 1]):
        if person[NODE_OF, at] == node and places[person[MUNICIPALITY_OF, at], level] == place:
            total += person[AMOUNT_OF, at]
    return total


@inlined
def _later_state(standing: Whole) -> Whole:
    """Return the place in ``LATER_STATES`` of the first state that holds."""
    for bit in range(LATER_COUNT - 1):
        if standing >> bit & 1:
            return bit
    return LATER_COUNT - 1


def transitions(rows: Int64, first: int, wanted: Mask, after: int, worked: Work, geography: Where) -> Int32:
    """Return counts by (place, month from ``first`` on, state x later state); ``wanted`` is by month from there."""
    counted = np.zeros((PLACE_COUNT, len(wanted), CHANGE_COUNT), np.int32)
    room = _room(rows, first, len(wanted) + after)
    _transitions(rows, first, wanted, after, node_of_leaf(), worked, geography, *room, counted)
    return counted


def _room(rows: Int64, first: int, months: int) -> tuple[Int64, Int64]:
    looked_at = min(months, MONTH_COUNT - first)
    return np.zeros((AMOUNT_OF + 1, _largest(rows)), np.int64), np.zeros((ENTRY_OF + 1, looked_at + 1), np.int64)


@loop
def _largest(rows: Int64) -> Whole:
    """Return the most rows that a person has, at least one."""
    largest, size = 1, 0
    for row in range(len(rows)):
        same = row > 0 and person_in(rows[row, KEY]) == person_in(rows[row - 1, KEY])
        size = size + 1 if same else 1
        largest = max(largest, size)
    return largest


@loop
def _transitions(
    rows: Int64,
    first: Whole,
    wanted: Mask,
    after: Whole,
    node_of_leaf: Int8,
    worked: Work,
    geography: Where,
    person: Int64,
    months: Int64,
    counted: Int32,
) -> None:
    at = 0
    while at < len(rows):
        number = person_in(rows[at, KEY])
        at, size = _gather(rows, at, first, first + months.shape[1] - 2, node_of_leaf, person)
        if size == 0:
            continue
        _look(number, size, first, worked, person, months)
        for month in range(len(wanted)):
            begin, end = months[ENTRY_OF, month], months[ENTRY_OF, month + 1]
            if wanted[month] and end > begin:
                later = _later_state(months[STANDING, month + after])
                places = geography.place_of[geography.era_of_month[first + month]]
                _count_states(begin, end, month, later, places, person, months, counted)


@inlined
def _count_states(
    begin: Whole, end: Whole, month: Whole, later: Whole, places: Int16, person: Int64, months: Int64, counted: Int32
) -> None:
    """Count a person at each place where a state holds in a month; all in one municipality: everywhere the same."""
    stays = True
    for at in range(begin + 1, end):
        stays &= person[MUNICIPALITY_OF, at] == person[MUNICIPALITY_OF, begin]
    for level in range(LEVEL_COUNT):
        for at in range(begin, begin + 1 if stays else end):
            place = np.int64(places[person[MUNICIPALITY_OF, at], level])
            if place == ABSENT or _seen_before(begin, at, level, place, places, person):
                continue
            state = _later_state(months[STANDING, month] & ALL_NODES) if stays else NODE_COUNT
            for node in range(NODE_COUNT if not stays else 0):
                if state == NODE_COUNT and _balance(node, level, place, month, places, person, months) > 0:
                    state = node
            if state < NODE_COUNT:
                counted[place, month, state * LATER_COUNT + later] += 1


@inlined
def _seen_before(begin: Whole, at: Whole, level: Whole, place: Whole, places: Int16, person: Int64) -> bool:
    """Tell whether a row before this one, from ``begin`` on, lies at the same place."""
    for other in range(begin, at):  # noqa: SIM110 - kernels have no generators
        if places[person[MUNICIPALITY_OF, other], level] == place:
            return True
    return False


class Spelled(NamedTuple):
    """Spells and what they are made of: ``places`` is their geography (municipality number, level).

    ``nodes`` is by node of ``OUTCOME_NODES`` whether a month above zero in it belongs to a spell.
    """

    spells: Spells
    places: Int16
    nodes: Mask


def exits(rows: Int64, spelled: Spelled, first: int, wanted: Mask, worked: Work) -> Int32:
    """Return counts by (place of ``EXIT_MONTHS``, place, month from ``first`` on, category).

    The spells are those of ``rows``; ``wanted`` is by (place of ``EXIT_MONTHS``, month from ``first`` on).
    """
    counted = np.zeros((AFTER_COUNT, PLACE_COUNT, wanted.shape[1], OUTCOME_COUNT), np.int32)
    _walk(rows, spelled, first, wanted, worked, counted, np.empty((0, 0), np.int8))
    return counted


def exits_of_each(rows: Int64, spelled: Spelled, first: int, wanted: Mask, worked: Work) -> Int8:
    """Return the outcome by (place of ``EXIT_MONTHS``, spell), as a place in ``OUTCOMES``; ABSENT where not wanted.

    The persons of the spells are some of those of ``rows``, in the same order; ``wanted`` is that of ``exits``.
    """
    each = np.full((AFTER_COUNT, len(spelled.spells.person)), ABSENT, np.int8)
    _walk(rows, spelled, first, wanted, worked, np.empty((0, 0, 0, 0), np.int32), each)
    return each


def _walk(rows: Int64, spelled: Spelled, first: int, wanted: Mask, worked: Work, counted: Int32, each: Int8) -> None:
    room = _room(rows, first, wanted.shape[1] + EXIT_MONTHS[-1])
    after = np.array(EXIT_MONTHS, np.int64)
    _exits(rows, spelled, first, wanted, after, node_of_leaf(), worked, _level_of_place(), *room, counted, each)


@loop
def _exits(
    rows: Int64,
    spelled: Spelled,
    first: Whole,
    wanted: Mask,
    after: Int64,
    node_of_leaf: Int8,
    worked: Work,
    level_of_place: Int8,
    person: Int64,
    months: Int64,
    counted: Int32,
    each: Int8,
) -> None:
    """Count the outcomes of exits, and note that of each spell, in what has room."""
    at = spell = 0
    spells = spelled.spells
    while at < len(rows):
        number = person_in(rows[at, KEY])
        at, size = _gather(rows, at, first, first + months.shape[1] - 2, node_of_leaf, person)
        looked = False
        while spell < len(spells.person) and spells.person[spell] == number:
            month = np.int64(spells.last[spell]) - first
            if 0 <= month < wanted.shape[1]:
                if not looked:
                    _look(number, size, first, worked, person, months)
                    looked = True
                place = np.int64(spells.place[spell])
                level = np.int64(level_of_place[place])
                for number_of in range(len(after)):
                    if wanted[number_of, month]:
                        later = month + after[number_of]
                        outcome = _outcome(month, later, level, place, spelled, person, months)
                        if each.size:
                            each[number_of, spell] = outcome
                            continue
                        counted[number_of, place, month, outcome] += 1
                        if months[STANDING, later] >> WORK & 1:
                            counted[number_of, place, month, ANY_WORK_AT] += 1
            spell += 1


@inlined
def _outcome(
    month: Whole, later: Whole, level: Whole, place: Whole, spelled: Spelled, person: Int64, months: Int64
) -> Whole:
    back = _back(month, later, level, place, spelled, person, months)
    if back != NOTHING:
        return back
    standing = months[STANDING, later]
    if standing >> FH & 1:
        return HELP
    if standing >> TW_RMI & 1 or standing >> TW_RMH & 1:
        return ACTIVATED
    if standing >> WORK & 1:
        return WORKS
    return WORKS_AT_OCMW if standing >> OCMW_WORK & 1 else NOTHING


@inlined
def _back(
    month: Whole, later: Whole, level: Whole, place: Whole, spelled: Spelled, person: Int64, months: Int64
) -> Whole:
    """Return SAME, ELSEWHERE, or NOTHING where no municipality is above zero in LL later."""
    answer, places = NOTHING, spelled.places
    for at in range(months[ENTRY_OF, later], months[ENTRY_OF, later + 1]):
        municipality = np.int64(places[person[MUNICIPALITY_OF, at], MUNICIPAL])
        if person[NODE_OF, at] != LL or _balance(LL, MUNICIPAL, municipality, later, places, person, months) <= 0:
            continue
        inside = places[person[MUNICIPALITY_OF, at], level] == place
        answer = ELSEWHERE
        for node in range(NODE_COUNT if inside else 0):
            if spelled.nodes[node] and _balance(node, MUNICIPAL, municipality, month, places, person, months) > 0:
                return SAME
    return answer
