"""Persons, one after the other: where each enters and leaves the count, and the sums of their rows.

The second, third and fifth observation of ``processors.counting.counting`` live here.
"""

from typing import NamedTuple

import numpy as np

from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS
from processors.admission.traits import (
    AGE13_MASK,
    AGE13_SHIFT,
    GROUP_MASK,
    GROUP_SHIFT,
    HOUSEHOLD_MASK,
    HOUSEHOLD_SHIFT,
    NATIONALITY_MASK,
    NATIONALITY_SHIFT,
    SEX_MASK,
    SEX_SHIFT,
    STATUS_MASK,
    STATUS_SHIFT,
)
from processors.compiled import Whole, inlined, loop
from processors.counting.plan import (
    ABSENT,
    AGE5,
    AGE13,
    BASES,
    BREAKDOWN_COUNT,
    CATEGORY_COUNT,
    GROUP,
    GROUP_AGE5,
    HOUSEHOLD,
    HOUSEHOLD_AGE5,
    LEVEL_COUNT,
    MUNICIPAL,
    NATIONALITY,
    SEX,
    SEX_AGE5,
    SEX_AGE13,
    STATUS,
    TOTAL,
    Counts,
    Plan,
)
from processors.rules import (
    AGE5_COUNT,
    AGE13_COUNT,
)
from schemas.arrays import Int8, Int16, Int32, Int64, Mask


@inlined
def profile(traits: Whole, codes: Int16, age5_of: Int8, categories: Int16, at: Whole) -> None:
    """Write the category numbers of a row's traits, by breakdown, into line ``at``."""
    sex = traits >> SEX_SHIFT & SEX_MASK
    age13 = traits >> AGE13_SHIFT & AGE13_MASK
    household = traits >> HOUSEHOLD_SHIFT & HOUSEHOLD_MASK
    group = traits >> GROUP_SHIFT & GROUP_MASK
    age5 = np.int64(age5_of[age13])
    categories[at, TOTAL] = codes[TOTAL, 0]
    categories[at, SEX] = codes[SEX, sex]
    categories[at, AGE5] = codes[AGE5, age5]
    categories[at, AGE13] = codes[AGE13, age13]
    categories[at, HOUSEHOLD] = codes[HOUSEHOLD, household]
    categories[at, GROUP] = codes[GROUP, group]
    categories[at, NATIONALITY] = codes[NATIONALITY, traits >> NATIONALITY_SHIFT & NATIONALITY_MASK]
    categories[at, STATUS] = codes[STATUS, traits >> STATUS_SHIFT & STATUS_MASK]
    categories[at, SEX_AGE5] = codes[SEX_AGE5, sex * AGE5_COUNT + age5]
    categories[at, SEX_AGE13] = codes[SEX_AGE13, sex * AGE13_COUNT + age13]
    categories[at, HOUSEHOLD_AGE5] = codes[HOUSEHOLD_AGE5, household * AGE5_COUNT + age5]
    categories[at, GROUP_AGE5] = codes[GROUP_AGE5, group * AGE5_COUNT + age5]


@inlined
def _municipality(key: Whole, plan: Plan) -> Whole:
    return np.int64(plan.shown_as[municipality_in(key)])


def occurring_in(rows: Int64, plan: Plan) -> tuple[Mask, int]:
    """Return which (place, category) have a row of the node, and the most rows of it that one person has."""
    occurring = np.zeros((len(plan.parent_of), CATEGORY_COUNT), np.bool_)
    largest = _mark_occurring(rows, plan, np.empty((1, BREAKDOWN_COUNT), np.int16), occurring)
    return occurring, largest


@loop
def _mark_occurring(rows: Int64, plan: Plan, categories: Int16, occurring: Mask) -> Whole:
    largest: Whole = 0
    alike: Whole = 0
    before: Whole = ABSENT
    for row in range(len(rows)):
        if plan.part_of_leaf[0, leaf_in(rows[row, KEY])] == ABSENT:
            continue
        same = before != ABSENT and person_in(rows[row, KEY]) == person_in(rows[before, KEY])
        alike = alike + 1 if same else 1
        largest = max(largest, alike)
        municipality = _municipality(rows[row, KEY], plan)
        same = before != ABSENT and rows[row, TRAITS] == rows[before, TRAITS]
        if not same or municipality != _municipality(rows[before, KEY], plan):
            profile(rows[row, TRAITS], plan.category_of, plan.age5_of, categories, 0)
            for breakdown in range(BREAKDOWN_COUNT):
                place = plan.place_of[municipality, MUNICIPAL]
                while place != ABSENT and not occurring[place, categories[0, breakdown]]:
                    occurring[place, categories[0, breakdown]] = True
                    place = plan.parent_of[place]
        before = row
    return largest


class Person(NamedTuple):
    """Scratch space for the rows of one person: a line for each row, in lines [0, n).

    ``categories`` has a line for each *profile*, the distinct traits in order of appearance; ``profile`` says which
    is a row's; ``like`` is the first breakdown that tells the same profiles apart. ``group`` lists the lines of one
    place, ``alike`` those of one category in it. ``sign[0]`` is 1, or -1 where turns are taken off.
    """

    sign: Int64
    part: Int64
    month: Int64
    amount: Int64
    share: Int64
    days: Int64
    municipality: Int64
    profile: Int64
    base_cell: Int64
    categories: Int16
    like: Int64
    place: Int64
    group: Int64
    category: Int64
    alike: Int64
    balance: Int64
    positive: Mask
    turns: Int64


def scratch(largest: int, length: int) -> Person:
    """Return scratch space for persons of at most ``largest`` rows, and axes of at most ``length`` places."""
    return Person(
        sign=np.ones(1, np.int64),
        part=np.empty(largest, np.int64),
        month=np.empty(largest, np.int64),
        amount=np.empty(largest, np.int64),
        share=np.empty(largest, np.int64),
        days=np.empty(largest, np.int64),
        municipality=np.empty(largest, np.int64),
        profile=np.empty(largest, np.int64),
        base_cell=np.empty(len(BASES), np.int64),
        categories=np.empty((largest, BREAKDOWN_COUNT), np.int16),
        like=np.empty(BREAKDOWN_COUNT, np.int64),
        place=np.empty(largest, np.int64),
        group=np.empty(largest, np.int64),
        category=np.empty(largest, np.int64),
        alike=np.empty(largest, np.int64),
        balance=np.zeros(length + 1, np.int64),
        positive=np.zeros(length + 1, np.bool_),
        turns=np.empty(length + 1, np.int64),
    )


@loop
def write_people(rows: Int64, plan: Plan, person: Person, counts: Counts) -> None:
    """Write the turns and sums of all persons; where children are at hand, what their counts do not tell together."""
    start = 0
    while start < len(rows):
        stop, children = _extent(rows, start, plan)
        if len(plan.part_of_leaf) == 1:
            size, profiles = _unpack(rows, start, stop, 0, plan, person)
            if size:
                _write_sums(size, plan, person, counts)
                _write_person(size, profiles, plan, person, counts)
        elif children > 1:
            _write_views(rows, start, stop, plan, person, counts)
        start = stop


@inlined
def _extent(rows: Int64, start: Whole, plan: Plan) -> tuple[Whole, Whole]:
    """Return where the rows of the person at ``start`` end, and in how many children they lie (or more, if several)."""
    number = person_in(rows[start, KEY])
    children: Whole = 0
    last: Whole = ABSENT
    row: Whole = start
    while row < len(rows) and person_in(rows[row, KEY]) == number:
        child = plan.child_of_leaf[leaf_in(rows[row, KEY])]
        if child not in (ABSENT, last):
            children += 1
            last = child
        row += 1
    return row, children


@inlined
def _write_views(rows: Int64, start: Whole, stop: Whole, plan: Plan, person: Person, counts: Counts) -> None:
    """Write a person of several children: as the node sees the rows, less what each child saw."""
    for view in range(len(plan.part_of_leaf)):
        size, profiles = _unpack(rows, start, stop, view, plan, person)
        if size:
            person.sign[0] = 1 if view == 0 else -1
            _write_person(size, profiles, plan, person, counts)


@inlined
def _unpack(rows: Int64, start: Whole, stop: Whole, view: Whole, plan: Plan, person: Person) -> tuple[Whole, Whole]:
    """Fill the lines of a person, whose rows are given, as one view sees them; return how many lines and profiles.

    Rows of other nodes are passed over where they lie: to copy those of the node first costs more.
    """
    size: Whole = 0
    profiles: Whole = 0
    before: Whole = start
    for row in range(start, stop):
        key = rows[row, KEY]
        part = plan.part_of_leaf[view, leaf_in(key)]
        if part == ABSENT:
            continue
        person.part[size] = part
        person.month[size] = month_in(key)
        person.amount[size] = rows[row, AMOUNT]
        person.share[size] = rows[row, STATE_SHARE]
        person.days[size] = rows[row, DAYS]
        person.municipality[size] = _municipality(key, plan)
        if size and rows[row, TRAITS] == rows[before, TRAITS]:
            person.profile[size] = person.profile[size - 1]
        else:
            person.profile[size] = profiles
            profile(rows[row, TRAITS], plan.category_of, plan.age5_of, person.categories, profiles)
            profiles += 1
        before = row
        size += 1
    return size, profiles


@inlined
def _write_sums(size: Whole, plan: Plan, person: Person, counts: Counts) -> None:
    """Add amounts, state shares and days of each line to its base cells (E4)."""
    for line in range(size):
        _find_base_cells(line, plan, person, counts.slots)
        days = counted_days(person.amount[line], person.days[line], plan.month_days[person.month[line]])
        month = plan.month_place[person.month[line]]
        for number in range(len(plan.bases)):
            cell = person.base_cell[number]
            counts.sums[cell, month, 0] += person.amount[line]
            counts.sums[cell, month, 1] += person.share[line]
            counts.sums[cell, month, 2] += days


@inlined
def counted_days(amount: Whole, days: Whole, most: Whole) -> Whole:
    """Return the days of a row that count: none without a balance, no more than its month has (E4)."""
    return min(max(days, np.int64(0)), np.int64(most)) if amount > 0 else np.int64(0)


@inlined
def _find_base_cells(line: Whole, plan: Plan, person: Person, slots: Int32) -> None:
    """Fill ``base_cell`` for a line; most lines have those of the line before."""
    profile, municipality = person.profile[line], person.municipality[line]
    if line and profile == person.profile[line - 1] and municipality == person.municipality[line - 1]:
        return
    place = plan.place_of[municipality, MUNICIPAL]
    for number in range(len(plan.bases)):
        person.base_cell[number] = slots[place, person.categories[profile, plan.bases[number]]]


@inlined
def _write_person(size: Whole, profiles: Whole, plan: Plan, person: Person, counts: Counts) -> None:
    """Write where a person enters and leaves the count, for every axis, level and breakdown (B4, E2, E3)."""
    _classify(profiles, person)
    stays = True
    plain = True
    for line in range(size):
        stays &= person.municipality[line] == person.municipality[0]
        plain &= person.amount[line] > 0
    for axis in range(len(plan.low)):
        if stays:
            for line in range(size):
                person.group[line] = line
            place = np.int64(plan.place_of[person.municipality[0], MUNICIPAL])
            _write_place(size, axis, place, plain, plan, person, counts.slots, counts.own)
        else:
            for level in range(LEVEL_COUNT):
                _write_level(size, axis, level, plain, plan, person, counts)


@inlined
def _classify(profiles: Whole, person: Person) -> None:
    """Find, for each breakdown, the first one that tells the same profiles apart."""
    for breakdown in range(BREAKDOWN_COUNT):
        person.like[breakdown] = TOTAL
        if profiles == 1:
            continue
        for other in range(breakdown + 1):
            alike = person.like[other] == other or other == breakdown
            for profile in range(1, profiles):
                for before in range(profile):
                    here = person.categories[profile, breakdown] == person.categories[before, breakdown]
                    there = person.categories[profile, other] == person.categories[before, other]
                    alike &= here == there
            if alike:
                person.like[breakdown] = other
                break


@inlined
def _write_level(
    size: Whole, axis: Whole, level: Whole, plain: Whole, plan: Plan, person: Person, counts: Counts
) -> None:
    """Write the turns of a person who moved, place by place, at one geographic level."""
    for line in range(size):
        person.place[line] = plan.place_of[person.municipality[line], level]
    for line in range(size):
        place = person.place[line]
        if place == ABSENT:
            continue
        group = 0
        for other in range(line, size):
            if person.place[other] == place:
                person.place[other] = ABSENT
                person.group[group] = other
                group += 1
        _write_place(group, axis, place, plain, plan, person, counts.slots, counts.wide)


@inlined
def _write_place(
    size: Whole, axis: Whole, place: Whole, plain: Whole, plan: Plan, person: Person, slots: Int32, target: Int32
) -> None:
    """Write the turns of the rows in ``group``, which lie in one place: once found, for all breakdowns alike."""
    for breakdown in range(BREAKDOWN_COUNT):
        if person.like[breakdown] != breakdown:
            continue
        for at in range(size):
            person.category[at] = person.categories[person.profile[person.group[at]], breakdown]
        for at in range(size):
            category = person.category[at]
            if category == ABSENT:
                continue
            alike = 0
            for other in range(at, size):
                if person.category[other] == category:
                    person.category[other] = ABSENT
                    person.alike[alike] = person.group[other]
                    alike += 1
            turns = _plain_turns(alike, axis, plan, person) if plain else _turns(alike, axis, plan, person)
            if turns:
                _write_turns(turns, breakdown, axis, place, plan, person, slots, target)


@inlined
def _write_turns(
    turns: Whole, breakdown: Whole, axis: Whole, place: Whole, plan: Plan, person: Person, slots: Int32, target: Int32
) -> None:
    """Write turns to the cells of the rows in ``alike``, in each breakdown that is like this one."""
    offset = plan.offset[axis]
    profile = person.profile[person.alike[0]]
    for other in range(breakdown, BREAKDOWN_COUNT):
        if person.like[other] == breakdown and plan.active[axis, other]:
            cell = slots[place, person.categories[profile, other]]
            for turn in range(0, turns, 2):
                target[cell, offset + person.turns[turn]] += person.sign[0]
                target[cell, offset + person.turns[turn + 1]] -= person.sign[0]


@inlined
def _plain_turns(size: Whole, axis: Whole, plan: Plan, person: Person) -> Whole:
    """Find the turns over the rows in ``alike``, all above zero and by month: the joined intervals of their months."""
    size_of_turns = 0
    for at in range(size):
        month = person.month[person.alike[at]]
        low, high = np.int64(plan.low[axis, month]), np.int64(plan.high[axis, month])
        if low > high:
            continue
        if size_of_turns and low <= person.turns[size_of_turns - 1]:
            person.turns[size_of_turns - 1] = max(person.turns[size_of_turns - 1], high + 1)
        else:
            person.turns[size_of_turns] = low
            person.turns[size_of_turns + 1] = high + 1
            size_of_turns += 2
    return size_of_turns


@inlined
def _turns(size: Whole, axis: Whole, plan: Plan, person: Person) -> Whole:
    """Find where some part's balance over the rows in ``alike`` turns above zero and back (B1, B3); return how many."""
    first: Whole = len(person.balance)
    last: Whole = -1
    for at in range(size):
        month = person.month[person.alike[at]]
        low, high = np.int64(plan.low[axis, month]), np.int64(plan.high[axis, month])
        if low <= high:
            first, last = min(first, low), max(last, high)
    for part in range(plan.parts):
        _mark_positive(size, part, axis, first, last, plan, person)
    turns = 0
    inside = False
    for place in range(first, last + 1):
        if person.positive[place] != inside:
            inside = not inside
            person.turns[turns] = place
            turns += 1
        person.positive[place] = False
    if inside:
        person.turns[turns] = last + 1
        turns += 1
    return turns


@inlined
def _mark_positive(
    size: Whole, part: Whole, axis: Whole, first: Whole, last: Whole, plan: Plan, person: Person
) -> None:
    """Mark the places on an axis where the balance of one part is above zero."""
    present = False
    for at in range(size):
        line = person.alike[at]
        month = person.month[line]
        if person.part[line] == part and plan.low[axis, month] <= plan.high[axis, month]:
            person.balance[plan.low[axis, month]] += person.amount[line]
            person.balance[plan.high[axis, month] + 1] -= person.amount[line]
            present = True
    if not present:
        return
    balance = np.int64(0)
    for place in range(first, last + 1):
        balance += person.balance[place]
        person.balance[place] = 0
        person.positive[place] |= balance > 0
    person.balance[last + 1] = 0
