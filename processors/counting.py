"""The count: rows of the ledger to cells of blocks, one node at a time, from scratch (B1-B4, C7, D1, E1-E5).

Nothing is incremental. At a cut the rows of the months concerned are laid out person by person, and every touched
period is counted again; an error can therefore not outlive the next cut, and a rebuild is the same call.

What is to be found, for each period, place and category: how many persons have, in some part of the node, a balance
above zero over the rows that fall in that cell. And three sums over rows. Four observations make it fast.

1. **A person's periods are intervals.** Lay the periods of one kind on an axis. A month then lies in one interval of
   places [low, high] on it: one place for months, quarters and years, up to twelve for rolling years. The balance along
   the axis is a running sum: add the amount at low, take it off behind high. Where its sign turns, a person enters or
   leaves the count; so a person of twenty-four months writes +1 once and -1 once, not twenty-four times twelve
   rolling years, and one running sum over the cells at the end gives every period.
2. **Most people stay what they are.** For a breakdown in which all of a person's rows have the same category, the turns
   are those of the total; they are found once and written again for each such breakdown. Only where the category
   changes are rows grouped by it and each group run by itself. That is rule B4 to the letter, for unions of parts too:
   a place on the axis counts when some part's balance is above zero there.
3. **Most people stay where they are.** If all rows lie in one municipality, a cell of any area that holds it has the
   same rows, so turns are written for the municipality alone (``own``) and added up to the areas afterwards. A person
   of several municipalities is run for each level separately and written to the areas directly (``wide``).
4. **Sums add up.** Amounts, state shares and days are written per month and municipality, and only for the breakdowns
   of which all others are margins (sex x age13, household x age5, group x age5, nationality, status): five writes a
   row instead of twelve. Categories, areas and longer periods are sums of them. Beneficiaries never add (E1-E3).

Cells that can occur are numbered first (``slots``), in order of place and category, so arrays are as small as the node
and blocks come out sorted. Memory of a count: cells x places on the axes x 8 bytes, and cells x months x 24 bytes.

Worked example: Ann has 100 euro in 2024-01 and -100 in 2024-02, Bob 50 in both. On the month axis Ann's balance is
100, -100: turns +1 at January, -1 at February. Bob: +1 at January, -1 behind February. Running sums: 2, 1. On the
quarter axis Ann's balance is 0 from the first place on: no turn. Bob +1. So Q1 counts 1: fewer than January (L4).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from processors.axes import Axis
from processors.compiled import Whole, inlined, kernel, loop
from processors.ledger import (
    AGE13_MASK,
    AGE13_SHIFT,
    AMOUNT,
    DAYS,
    EMPTY,
    GROUP_MASK,
    GROUP_SHIFT,
    HOUSEHOLD_MASK,
    HOUSEHOLD_SHIFT,
    KEY,
    LEAF_MASK,
    MONTH_MASK,
    MONTH_SHIFT,
    MUNICIPALITY_MASK,
    MUNICIPALITY_SHIFT,
    NATIONALITY_MASK,
    NATIONALITY_SHIFT,
    PERSON_SHIFT,
    PERSONS,
    SEX_MASK,
    SEX_SHIFT,
    STATE_SHARE,
    STATUS_MASK,
    STATUS_SHIFT,
    TRAITS,
    Ledger,
    Tables,
)
from processors.rules import (
    AGE5_COUNT,
    AGE13_COUNT,
    LEAF_COUNT,
    age5_of_age13,
    category_of_code,
    place_of_municipality,
    rules,
    shown_municipality,
)
from schemas import breakdowns
from schemas.breakdowns import BREAKDOWNS, CATEGORIES, CATEGORY_NUMBER, CROSSES
from schemas.figures import CATEGORY_BREAKDOWN, Cells
from schemas.periods import MONTH_COUNT
from schemas.places import LEVELS, PLACES
from schemas.settings import FigureSettings
from schemas.supports import Node

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Int8 = npt.NDArray[np.int8]
UInt16 = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]

ABSENT = -1
LEVEL_COUNT, BREAKDOWN_COUNT, CATEGORY_COUNT = len(LEVELS), len(BREAKDOWNS), len(CATEGORIES)
MUNICIPAL = LEVELS.index("municipality")
TOTAL, SEX, AGE5, AGE13, HOUSEHOLD, GROUP, NATIONALITY, STATUS = (
    BREAKDOWNS.index(name)
    for name in ("total", "sex", "age5", "age13", "household", "nationality_group", "nationality", "status")
)
SEX_AGE5, SEX_AGE13, HOUSEHOLD_AGE5, GROUP_AGE5 = (
    BREAKDOWNS.index(name) for name in ("sex_age5", "sex_age13", "household_age5", "nationality_group_age5")
)
BASES = (SEX_AGE13, HOUSEHOLD_AGE5, GROUP_AGE5, NATIONALITY, STATUS)
"""Breakdowns of which all others are margins: sums of rows are written for these alone."""
MOST_MARGINS = 5
SUMS = 3
"""Amount, state share and days."""


class People(NamedTuple):
    """Rows of the months at hand, those of a person together.

    ``rows`` has the columns of ``Ledger.rows``; ``months`` is the mask of months (by ordinal) that it holds in full.
    """

    rows: Int64
    months: Mask


def people(ledger: Ledger, months: Mask) -> People:
    """Return the rows of some months (a mask by ordinal), sorted by person."""
    return People(_by_person(ledger.tables, months), months)


@kernel
def _by_person(tables: Tables, months: Mask) -> Int64:
    """Follow the chains of the months, then sort by person number (a counting sort)."""
    places = np.empty(tables.held[months].sum(), np.int32)
    starts = np.zeros(tables.used[PERSONS] + 1, np.int32)
    found = 0
    for month in np.flatnonzero(months):
        row = tables.newest[month]
        while row != EMPTY:
            places[found] = row
            starts[(tables.rows[row, KEY] >> PERSON_SHIFT) + 1] += 1
            found += 1
            row = tables.before[row]
    for person in range(1, len(starts)):
        starts[person] += starts[person - 1]
    rows = np.empty((found, tables.rows.shape[1]), np.int64)
    for at in range(found):
        row = places[at]
        person = tables.rows[row, KEY] >> PERSON_SHIFT
        for column in range(rows.shape[1]):
            rows[starts[person], column] = tables.rows[row, column]
        starts[person] += 1
    return rows


class Plan(NamedTuple):
    """What to count in one node, as kernels read it.

    ``part_of_leaf``: part of the node, ABSENT elsewhere. ``shown``, ``place_of``, ``category_of``, ``age5_of``: see
    ``processors.rules``. ``low``, ``high``: places of a month on each axis; ``offset``: where the axis begins in the
    arrays of turns; ``active``: breakdowns by axis; ``bases``: those whose sums are
    written. ``month_place``: place of a month in the arrays of sums;
    ``month_days``: its length.
    """

    part_of_leaf: Int8
    parts: int
    shown: Int16
    place_of: Int16
    category_of: Int16
    age5_of: Int8
    low: Int16
    high: Int16
    offset: Int64
    active: Mask
    bases: Int8
    month_place: Int16
    month_days: Int8


def _plan(node: Node, axes: tuple[Axis, ...], months: Mask, settings: FigureSettings) -> Plan:
    part_of_leaf = np.full(LEAF_COUNT, ABSENT, np.int8)
    for number, part in enumerate(node.parts):
        part_of_leaf[list(part)] = number
    month_place = np.full(MONTH_COUNT, ABSENT, np.int16)
    month_place[months] = np.arange(months.sum())
    return Plan(
        part_of_leaf=part_of_leaf,
        parts=len(node.parts),
        shown=shown_municipality(settings),
        place_of=place_of_municipality(),
        category_of=category_of_code(),
        age5_of=age5_of_age13(),
        low=np.array([axis.low for axis in axes], np.int16),
        high=np.array([axis.high for axis in axes], np.int16),
        offset=np.cumsum([0, *(len(axis.periods) + 1 for axis in axes)]),
        active=np.array([[_tabulated(name, axis, node) for name in BREAKDOWNS] for axis in axes]),
        bases=np.array([base for base in BASES if base != STATUS or node.status], np.int8),
        month_place=month_place,
        month_days=np.diff(rules(settings).first_day_of_month).astype(np.int8),
    )


def _tabulated(breakdown: str, axis: Axis, node: Node) -> bool:
    if breakdown == "status" and not node.status:
        return False
    return axis.kind != "rolling_year" or breakdown in breakdowns.ROLLING_YEAR_BREAKDOWNS


class Counts(NamedTuple):
    """Arrays of one count, a row a cell that can occur, cells in order of (place, category).

    ``own`` and ``wide`` hold turns, later persons, by place on the axes; ``sums`` amount, state share and days by
    month. ``slots`` gives the row of (place, category), ABSENT where the cell cannot occur.
    """

    slots: Int32
    own: Int32
    wide: Int32
    sums: Int64


def count(
    people: People, axes: tuple[Axis, ...], node: Node, settings: FigureSettings
) -> Iterator[tuple[Axis, list[Cells]]]:
    """Yield each axis with the cells of its periods, in order, for one node (blocks, not yet compared or stored).

    ``people`` must hold every month of every period. An axis' cells share memory until the next one is asked for.
    """
    plan = _plan(node, axes, people.months, settings)
    rows, largest = _rows_of(people.rows, plan)
    occurring = _areas_too(_occurring(rows, plan))
    cells = np.flatnonzero(occurring)
    slots = np.full(occurring.shape, ABSENT, np.int32)
    slots.flat[cells] = np.arange(len(cells), dtype=np.int32)
    length, months = int(plan.offset[-1]), int(people.months.sum())
    counts = Counts(
        slots,
        np.zeros((len(cells), length), np.int32),
        np.zeros((len(cells), length), np.int32),
        np.zeros((len(cells), months, SUMS), np.int64),
    )
    _run(rows, plan, _scratch(largest, length), counts)
    _add_up(plan, counts, _MARGINS)
    place, category = (numbers.astype(np.uint16) for numbers in np.divmod(cells, len(CATEGORIES)))
    for number, axis in enumerate(axes):
        yield axis, _blocks(number, axis, plan, counts, place, category)


def _areas_too(municipal: Mask) -> Mask:
    """Return which (place, category) can occur, from the (municipality, category) that do."""
    occurring = np.zeros((len(PLACES), len(CATEGORIES)), np.bool_)
    for municipality in np.flatnonzero(municipal.any(axis=1)):
        for place in place_of_municipality()[municipality]:
            if place != ABSENT:
                occurring[place] |= municipal[municipality]
    return occurring


def _margins() -> Int16:
    """Return, by category number, the categories that it adds to (ABSENT: no more)."""
    found = np.full((len(CATEGORIES), MOST_MARGINS), ABSENT, np.int16)
    for (breakdown, code), number in CATEGORY_NUMBER.items():
        if breakdown == "sex_age13":
            sex, age13 = code.split("|")
            age5 = breakdowns.SIMPLE["age5"][age5_of_age13()[breakdowns.SIMPLE["age13"].index(age13)]]
            found[number] = [
                CATEGORY_NUMBER[key]
                for key in (
                    ("total", "total"),
                    ("sex", sex),
                    ("age5", age5),
                    ("age13", age13),
                    ("sex_age5", f"{sex}|{age5}"),
                )
            ]
        elif breakdown in ("household_age5", "nationality_group_age5"):
            found[number, 0] = CATEGORY_NUMBER[CROSSES[breakdown][0], code.split("|")[0]]
    return found


_MARGINS = _margins()


def _blocks(number: int, axis: Axis, plan: Plan, counts: Counts, place: UInt16, category: UInt16) -> list[Cells]:
    """Return the cells of each period of an axis: those with a measure that is not zero."""
    shape = (len(axis.periods), len(place))
    filled = Filled(
        np.empty(shape, np.uint16),
        np.empty(shape, np.uint16),
        np.empty(shape, np.int32),
        np.empty(shape, np.int64),
        np.empty(shape, np.int64),
        np.empty(shape, np.int64),
    )
    first = plan.month_place[np.maximum(axis.first, 0)]
    last = plan.month_place[axis.last]
    chosen = np.flatnonzero(plan.active[number][CATEGORY_BREAKDOWN[category]])
    turns = counts.wide[:, plan.offset[number] :]
    columns: tuple[Any, ...] = filled
    sizes = np.zeros(len(axis.periods), np.int64)
    _compact(chosen, place, category, turns, counts.sums, first, last, filled, sizes)
    return [Cells(*(column[period, :size] for column in columns)) for period, size in enumerate(sizes.tolist())]


class Filled(NamedTuple):
    """The columns of ``schemas.figures.Cells`` by (period, cell), filled from the left."""

    place: UInt16
    category: UInt16
    beneficiaries: Int32
    amount_cents: Int64
    state_share_cents: Int64
    days: Int64


@kernel
def _rows_of(rows: Int64, plan: Plan) -> tuple[Int64, int]:
    """Return the rows of the node, still by person, and the most that one person has."""
    found = np.empty_like(rows)
    size = 0
    largest: Whole = 0
    alike: Whole = 0
    for row in range(len(rows)):
        if plan.part_of_leaf[rows[row, KEY] & LEAF_MASK] == ABSENT:
            continue
        for column in range(rows.shape[1]):
            found[size, column] = rows[row, column]
        same = size > 0 and found[size, KEY] >> PERSON_SHIFT == found[size - 1, KEY] >> PERSON_SHIFT
        alike = alike + 1 if same else 1
        largest = max(largest, alike)
        size += 1
    return found[:size], largest


@inlined
def _profile(traits: Whole, plan: Plan, categories: Int16, at: Whole) -> None:
    """Write the category numbers of a row's traits, by breakdown, into line ``at``."""
    sex = traits >> SEX_SHIFT & SEX_MASK
    age13 = traits >> AGE13_SHIFT & AGE13_MASK
    household = traits >> HOUSEHOLD_SHIFT & HOUSEHOLD_MASK
    group = traits >> GROUP_SHIFT & GROUP_MASK
    age5 = np.int64(plan.age5_of[age13])
    codes = plan.category_of
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
    return np.int64(plan.shown[key >> MUNICIPALITY_SHIFT & MUNICIPALITY_MASK])


@kernel
def _occurring(rows: Int64, plan: Plan) -> Mask:
    """Return which (municipality, category) have a row."""
    occurring = np.zeros((len(plan.shown), CATEGORY_COUNT), np.bool_)
    categories = np.zeros((1, BREAKDOWN_COUNT), np.int16)
    for row in range(len(rows)):
        municipality = _municipality(rows[row, KEY], plan)
        same = row > 0 and rows[row, TRAITS] == rows[row - 1, TRAITS]
        if same and municipality == _municipality(rows[row - 1, KEY], plan):
            continue
        _profile(rows[row, TRAITS], plan, categories, 0)
        for breakdown in range(BREAKDOWN_COUNT):
            occurring[municipality, categories[0, breakdown]] = True
    return occurring


class Person(NamedTuple):
    """Scratch space for the rows of one person: a line for each row, in lines [0, n).

    ``categories`` has a line for each *profile*, the distinct traits in order of appearance; ``profile`` says which
    is a row's; ``like`` is the first breakdown that tells the same profiles apart. ``group`` lists the lines of one
    place, ``alike`` those of one category in it.
    """

    part: Int64
    month: Int64
    amount: Int64
    municipality: Int64
    profile: Int64
    categories: Int16
    like: Int64
    place: Int64
    group: Int64
    category: Int64
    alike: Int64
    balance: Int64
    positive: Mask
    turns: Int64


def _scratch(largest: int, length: int) -> Person:
    """Return scratch space for persons of at most ``largest`` rows, and axes of at most ``length`` places."""
    return Person(
        part=np.empty(largest, np.int64),
        month=np.empty(largest, np.int64),
        amount=np.empty(largest, np.int64),
        municipality=np.empty(largest, np.int64),
        profile=np.empty(largest, np.int64),
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
def _run(rows: Int64, plan: Plan, person: Person, counts: Counts) -> None:
    """Write the turns and sums of all persons."""
    start = 0
    while start < len(rows):
        number = rows[start, KEY] >> PERSON_SHIFT
        stop = start + 1
        while stop < len(rows) and rows[stop, KEY] >> PERSON_SHIFT == number:
            stop += 1
        profiles = _unpack(rows, start, stop, plan, person)
        _write_sums(rows, start, stop, plan, person, counts)
        _write_person(stop - start, profiles, plan, person, counts)
        start = stop


@inlined
def _unpack(rows: Int64, start: Whole, stop: Whole, plan: Plan, person: Person) -> Whole:
    """Fill the lines of a person; return how many profiles they have."""
    profiles = 0
    for row in range(start, stop):
        line = row - start
        key = rows[row, KEY]
        person.part[line] = plan.part_of_leaf[key & LEAF_MASK]
        person.month[line] = key >> MONTH_SHIFT & MONTH_MASK
        person.amount[line] = rows[row, AMOUNT]
        person.municipality[line] = _municipality(key, plan)
        if line and rows[row, TRAITS] == rows[row - 1, TRAITS]:
            person.profile[line] = person.profile[line - 1]
        else:
            person.profile[line] = profiles
            _profile(rows[row, TRAITS], plan, person.categories, profiles)
            profiles += 1
    return profiles


@inlined
def _write_sums(rows: Int64, start: Whole, stop: Whole, plan: Plan, person: Person, counts: Counts) -> None:
    """Add amounts, state shares and days of each row to its base cells (E4)."""
    for row in range(start, stop):
        line = row - start
        days = np.int64(0)
        if rows[row, AMOUNT] > 0:
            days = min(max(rows[row, DAYS], np.int64(0)), np.int64(plan.month_days[person.month[line]]))
        place = plan.place_of[person.municipality[line], MUNICIPAL]
        month = plan.month_place[person.month[line]]
        for number in range(len(plan.bases)):
            base = plan.bases[number]
            cell = counts.slots[place, person.categories[person.profile[line], base]]
            counts.sums[cell, month, 0] += rows[row, AMOUNT]
            counts.sums[cell, month, 1] += rows[row, STATE_SHARE]
            counts.sums[cell, month, 2] += days


@inlined
def _write_person(size: Whole, profiles: Whole, plan: Plan, person: Person, counts: Counts) -> None:
    """Write where a person enters and leaves the count, for every axis, level and breakdown (B4, E2, E3)."""
    _classify(profiles, person)
    stays = True
    for line in range(1, size):
        stays &= person.municipality[line] == person.municipality[0]
    for axis in range(len(plan.low)):
        if stays:
            for line in range(size):
                person.group[line] = line
            place = np.int64(plan.place_of[person.municipality[0], MUNICIPAL])
            _write_place(size, axis, place, plan, person, counts.slots, counts.own)
        else:
            for level in range(LEVEL_COUNT):
                _write_level(size, axis, level, plan, person, counts)


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
def _write_level(size: Whole, axis: Whole, level: Whole, plan: Plan, person: Person, counts: Counts) -> None:
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
        _write_place(group, axis, place, plan, person, counts.slots, counts.wide)


@inlined
def _write_place(
    size: Whole, axis: Whole, place: Whole, plan: Plan, person: Person, slots: Int32, target: Int32
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
            turns = _turns(alike, axis, plan, person)
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
                target[cell, offset + person.turns[turn]] += 1
                target[cell, offset + person.turns[turn + 1]] -= 1


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
    found = 0
    inside = False
    for place in range(first, last + 1):
        if person.positive[place] != inside:
            inside = not inside
            person.turns[found] = place
            found += 1
        person.positive[place] = False
    if inside:
        person.turns[found] = last + 1
        found += 1
    return found


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


@loop
def _add_up(plan: Plan, counts: Counts, margins: Int16) -> None:
    """Add base cells to their margins and municipalities to their areas, then run along the axes and months."""
    for municipality in range(len(plan.place_of)):
        place = plan.place_of[municipality, MUNICIPAL]
        for category in range(CATEGORY_COUNT):
            if counts.slots[place, category] != ABSENT:
                _add_to_margins(place, category, counts, margins)
    for municipality in range(len(plan.place_of)):
        for category in range(CATEGORY_COUNT):
            if counts.slots[plan.place_of[municipality, MUNICIPAL], category] != ABSENT:
                _add_to_areas(municipality, category, plan, counts)
    for cell in range(len(counts.wide)):
        _run_along(cell, plan, counts)


@inlined
def _add_to_margins(place: Whole, category: Whole, counts: Counts, margins: Int16) -> None:
    """Add the sums of a base cell to the cells of which it is a part, in the same place."""
    for number in range(MOST_MARGINS):
        margin = margins[category, number]
        if margin != ABSENT:
            _add(counts.sums, counts.slots[place, category], counts.slots[place, margin])


@inlined
def _add_to_areas(municipality: Whole, category: Whole, plan: Plan, counts: Counts) -> None:
    """Add the sums and turns of a municipality's cell to the areas that hold it, its own turns to itself too."""
    cell = counts.slots[plan.place_of[municipality, MUNICIPAL], category]
    for level in range(LEVEL_COUNT):
        area = plan.place_of[municipality, level]
        if area == ABSENT:
            continue
        for place in range(counts.own.shape[1]):
            counts.wide[counts.slots[area, category], place] += counts.own[cell, place]
        if level != MUNICIPAL:
            _add(counts.sums, cell, counts.slots[area, category])


@inlined
def _add(sums: Int64, cell: Whole, target: Whole) -> None:
    for month in range(sums.shape[1]):
        for measure in range(SUMS):
            sums[target, month, measure] += sums[cell, month, measure]


@inlined
def _run_along(cell: Whole, plan: Plan, counts: Counts) -> None:
    """Turn the turns of a cell into persons along each axis, and its sums into running sums along the months."""
    for axis in range(len(plan.low)):
        for place in range(plan.offset[axis] + 1, plan.offset[axis + 1]):
            counts.wide[cell, place] += counts.wide[cell, place - 1]
    for month in range(1, counts.sums.shape[1]):
        for measure in range(SUMS):
            counts.sums[cell, month, measure] += counts.sums[cell, month - 1, measure]


@loop
def _compact(
    chosen: Int64,
    place: UInt16,
    category: UInt16,
    persons: Int32,
    sums: Int64,
    first: Int16,
    last: Int16,
    filled: Filled,
    sizes: Int64,
) -> None:
    """Copy the cells that are not all zero, period by period; count in ``sizes`` how many each period has."""
    for number in range(len(chosen)):
        cell = chosen[number]
        for period in range(len(first)):
            beneficiaries = persons[cell, period]
            end, before = last[period], first[period] - 1
            amount, share, days = sums[cell, end, 0], sums[cell, end, 1], sums[cell, end, 2]
            if before >= 0:
                amount -= sums[cell, before, 0]
                share -= sums[cell, before, 1]
                days -= sums[cell, before, 2]
            if beneficiaries == 0 and amount == 0 and share == 0 and days == 0:
                continue
            at = sizes[period]
            sizes[period] += 1
            filled.place[period, at] = place[cell]
            filled.category[period, at] = category[cell]
            filled.beneficiaries[period, at] = beneficiaries
            filled.amount_cents[period, at] = amount
            filled.state_share_cents[period, at] = share
            filled.days[period, at] = days
