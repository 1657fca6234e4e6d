"""The rows of an extraction: persons under a study key, in the variables that a protocol names (closed list).

``person`` is the first 16 bytes of HMAC-SHA-256(study key, key of the dossier log). Rows are sorted by (person, month,
support, OCMW), never by the order of the log, which would join two studies. Amounts are given in classes of 50 euro,
named by their lower bound, unless the protocol gives a reason for exact ones.

How a country of ten years fits into memory: the rows of the ledger are read where they lie. A population is a list of
places in them, in the order of the extraction; its columns are made a stretch of rows at a time, texts as numbers with
a list of codes.
"""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.admission import traits
from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS
from processors.counting.people import People
from processors.counting.plan import ABSENT
from processors.research.order import PERSON_SHIFT, above_zero, ascending, each_person, numbers
from processors.rules import age5_of_age13, month_days
from processors.time.outcome_tables import Outcomes
from schemas.arrays import Bytes, Int32, Int64, Mask
from schemas.breakdowns import SIMPLE
from schemas.periods import EPOCH_YEAR, MONTH_COUNT, MONTHS_PER_YEAR, ordinal, to_yyyymm
from schemas.places import MUNICIPALITIES, ancestors, valid_code
from schemas.protocols import Condition, Protocol, ProtocolError
from schemas.supports import LEAVES, NODE

CLASS_CENTS = 5_000
SMALLEST_GROUP = 5
STRETCH = 1 << 20
"""Rows whose columns are made together."""
YYYYMM = np.array([to_yyyymm(month) for month in range(MONTH_COUNT)], np.int32)
"""Months as an extraction writes them, by ordinal."""
Integers = npt.NDArray[np.integer[Any]]


class Text(NamedTuple):
    """A column of texts: places in a list of codes."""

    numbers: Integers
    codes: tuple[str, ...]


Column = npt.NDArray[Any] | Text
"""A column of an extraction; ``person`` is an array of 16 bytes a row."""


class Table(NamedTuple):
    """A table of an extraction: how many rows it has, and its columns, a stretch of rows at a time."""

    rows: int
    stretches: Callable[[], Iterator[dict[str, Column]]]


class Source(NamedTuple):
    """What an extraction is made of: all rows and facts, by person number the log key (two words) and year of birth.

    Who has no known year of birth has 0.
    """

    outcomes: Outcomes
    keys: npt.NDArray[np.uint64]
    births: Int32

    @property
    def people(self) -> People:
        """All rows, those of a person together."""
        return self.outcomes.question.people

    @property
    def geography_month(self) -> int | None:
        """The month whose municipalities are shown, None for those of each month (D3)."""
        return self.outcomes.question.settings.geography_month


def municipality_shown(source: Source) -> Int64:
    """Return the municipality that is shown, by municipality."""
    if source.geography_month is None:
        return np.arange(len(MUNICIPALITIES))
    return np.array([MUNICIPALITIES.index(valid_code(nis, source.geography_month)) for nis in MUNICIPALITIES])


class Year(NamedTuple):
    """The rows of a year as numbers: person, month, leaf, municipality (shown), amount and packed traits."""

    year: int
    columns: dict[str, npt.NDArray[Any]]


def by_year(source: Source) -> Iterator[Year]:
    """Yield all rows year by year, the oldest first, those of a person together; a year without rows is left out."""
    rows, municipalities = source.people.rows, municipality_shown(source).astype(np.int16)
    years = (month_in(rows[:, KEY]) // MONTHS_PER_YEAR).astype(np.int16)
    for year in np.flatnonzero(np.bincount(years)).tolist():
        mine = rows[years == year]
        key = mine[:, KEY].copy()
        columns = {
            "number": person_in(key).astype(np.int32),
            "month": month_in(key).astype(np.int16),
            "leaf": leaf_in(key).astype(np.int8),
            "municipality": municipalities[municipality_in(key)],
            "amount_cents": mine[:, AMOUNT],
            "traits": mine[:, TRAITS].astype(np.int32),
        }
        yield Year(EPOCH_YEAR + year, columns)


def amounts(people: People) -> Int64:
    """Return the cents of all rows by (leaf, month)."""
    cells = leaf_in(people.rows[:, KEY]) * MONTH_COUNT + month_in(people.rows[:, KEY])
    sums = np.bincount(cells, weights=people.rows[:, AMOUNT], minlength=len(LEAVES) * MONTH_COUNT)
    return sums.astype(np.int64).reshape(len(LEAVES), MONTH_COUNT)  # exact: whole numbers below 2 ** 53


def _meets(people: People, condition: Condition, persons: int) -> Mask:
    """Tell of each person whether some part of a support was above zero in a year (B1, B3)."""
    first = ordinal(condition.year, 1)
    part = np.full(len(LEAVES), ABSENT)
    for number, leaves in enumerate(NODE[condition.support].parts):
        part[list(leaves)] = number
    key = people.rows[:, KEY]
    mine = np.flatnonzero(
        (part[leaf_in(key)] != ABSENT) & (month_in(key) >= first) & (month_in(key) < first + MONTHS_PER_YEAR)
    )
    parts = len(NODE[condition.support].parts)
    cells = person_in(key[mine]) * parts + part[leaf_in(key[mine])]
    sums = np.bincount(cells, weights=people.rows[mine, AMOUNT], minlength=persons * parts)
    return np.asarray((sums.reshape(persons, parts) > 0).any(axis=1))


def _in_population(source: Source, protocol: Protocol) -> tuple[Int64, Mask]:
    """Return the places of the rows of the months and supports asked for, and which of them are of the population."""
    wanted, people = protocol.population, source.people
    first, last = wanted.months
    leaf = np.isin(np.arange(len(LEAVES)), list(wanted.leaves))
    key = people.rows[:, KEY]
    at = np.flatnonzero(leaf[leaf_in(key)] & (month_in(key) >= first) & (month_in(key) <= last))
    kept = np.ones(len(at), np.bool_)
    if wanted.places is not None:
        inside = [ancestors(nis).get(wanted.places.level) in wanted.places.codes for nis in MUNICIPALITIES]
        kept &= np.array(inside)[municipality_shown(source)][municipality_in(key[at])]
    for condition in wanted.conditions:
        kept &= _meets(people, condition, len(source.keys))[person_in(key[at])]
    return at, kept


@dataclass(frozen=True)
class Population:
    """The rows of a protocol's population, in the order of an extraction, under the key of its study.

    ``line`` are places in the rows of the source; ``beneficiary`` tells of each whether the leaf is above zero in that
    month in the kingdom (B1). ``persons`` are their numbers in the order of ``pseudonyms`` (16 bytes each), ``rank``
    the place in it by person number, ABSENT for others.
    """

    source: Source
    protocol: Protocol
    line: Int64
    beneficiary: Mask
    persons: Int64
    pseudonyms: Bytes
    rank: Int32

    @classmethod
    def of(cls, source: Source, protocol: Protocol, key: bytes) -> Self:
        """Return that of a protocol. Raises ProtocolError where nobody is in it."""
        at, kept = _in_population(source, protocol)
        if not kept.any():
            raise ProtocolError("no person meets this population")
        keys = source.people.rows[:, KEY]
        there = np.zeros(len(source.keys), np.bool_)
        there[person_in(keys[at[kept]])] = True
        persons = np.flatnonzero(there)
        made = _pseudonyms(source.keys[persons], key)
        order = np.lexsort(made.view(">u8").reshape(-1, 2).T[::-1])
        rank = np.full(len(source.keys), ABSENT, np.int32)
        rank[persons[order]] = np.arange(len(persons), dtype=np.int32)
        mine = there[person_in(keys[at])]
        at, kept = at[mine], kept[mine]
        by = ascending(numbers(source.people.rows, at, rank, municipality_shown(source)), PERSON_SHIFT)
        at, kept = at[by], kept[by]
        beneficiary = above_zero(source.people.rows, at)
        return cls(source, protocol, at[kept], beneficiary[kept], persons[order], made.reshape(-1, 16)[order], rank)

    @cached_property
    def place(self) -> Text:
        """The place of each municipality at the level of the protocol."""
        codes = [ancestors(nis).get(self.protocol.geography, "") for nis in MUNICIPALITIES]
        named = tuple(sorted(set(codes)))
        numbers = np.array([named.index(code) for code in codes], np.int16)
        return Text(numbers[municipality_shown(self.source)], named)


def _pseudonyms(persons: npt.NDArray[np.uint64], key: bytes) -> Bytes:
    """Return the pseudonyms of some log keys, 16 bytes each, one behind the other."""
    keyed, log_keys, made = hmac.new(key, digestmod="sha256"), persons.tobytes(), bytearray()
    for first in range(0, len(log_keys), 16):
        one = keyed.copy()
        one.update(log_keys[first : first + 16])
        made += one.digest()[:16]
    return np.frombuffer(made, np.uint8)


def person_months(population: Population) -> Table:
    """Return the table of kind ``person_month``: a row for each person, month, leaf and OCMW."""

    def stretches() -> Iterator[dict[str, Column]]:
        for first in range(0, len(population.line), STRETCH):
            yield columns_of(population, slice(first, first + STRETCH))

    return Table(len(population.line), stretches)


def columns_of(population: Population, which: slice) -> dict[str, Column]:
    """Return the columns that a protocol names, of a stretch of rows, in the order of the closed list."""
    source, protocol = population.source, population.protocol
    rows = source.people.rows[population.line[which]]
    key, packed = rows[:, KEY].copy(), rows[:, TRAITS].astype(np.int32)
    month, municipality = month_in(key), municipality_in(key)
    exact = protocol.exact_amounts is not None
    wide, lengths = age5_of_age13(), month_days(source.outcomes.question.settings)
    made: dict[str, Callable[[], Column]] = {
        "person": lambda: population.pseudonyms[population.rank[person_in(key)]],
        "month": lambda: YYYYMM[month],
        "support": lambda: Text(leaf_in(key).astype(np.int8), LEAVES),
        "ocmw": lambda: Text(municipality_shown(source)[municipality].astype(np.int16), MUNICIPALITIES),
        "place": lambda: Text(population.place.numbers[municipality], population.place.codes),
        "amount_cents": lambda: _amount(rows[:, AMOUNT], exact=exact),
        "state_share_cents": lambda: _amount(rows[:, STATE_SHARE], exact=exact),
        "days": lambda: np.where(rows[:, AMOUNT] > 0, np.clip(rows[:, DAYS], 0, lengths[month]), 0),
        "beneficiary": lambda: population.beneficiary[which],
        "sex": lambda: (packed >> traits.SEX_SHIFT & traits.SEX_MASK).astype(np.int8) + np.int8(1),
        "age5": lambda: Text(wide[packed >> traits.AGE13_SHIFT & traits.AGE13_MASK], SIMPLE["age5"]),
        "age13": lambda: _code("age13", packed, traits.AGE13_SHIFT, traits.AGE13_MASK),
        "birth_year": lambda: source.births[person_in(key)].astype(np.int16),
        "household": lambda: _code("household", packed, traits.HOUSEHOLD_SHIFT, traits.HOUSEHOLD_MASK),
        "nationality_group": lambda: _code("nationality_group", packed, traits.GROUP_SHIFT, traits.GROUP_MASK),
        "nationality": lambda: _code("nationality", packed, traits.NATIONALITY_SHIFT, traits.NATIONALITY_MASK),
        "status": lambda: _code("status", packed, traits.STATUS_SHIFT, traits.STATUS_MASK),
    }
    return {name: make() for name, make in made.items() if name == "person" or name in protocol.variables}


def taken(column: Column, order: Int64) -> Column:
    """Return some rows of a column, in the order of their places."""
    return Text(column.numbers[order], column.codes) if isinstance(column, Text) else column[order]


def _amount(cents: Int64, *, exact: bool) -> Int64:
    return cents if exact else cents // CLASS_CENTS * CLASS_CENTS


def _code(breakdown: str, packed: Int32, shift: int, mask: int) -> Text:
    return Text((packed >> shift & mask).astype(np.int16), SIMPLE[breakdown])


def k_report(population: Population) -> pd.DataFrame:
    """Return how many persons share what identifies them over the whole extraction: k and persons, k ascending.

    By sex, year of birth, nationality group, place, and the set of months by support, all values that a person ever
    had: whatever the protocol names of these, the worst case where it names all. Sets are compared by sums of 64-bit
    hashes of what is in them.
    """
    source = population.source
    persons = each_person(
        source.people.rows, population.line, population.rank, population.place.numbers.astype(np.int16)
    )
    groups = pd.DataFrame(persons._asdict() | {"year": source.births[population.persons]})
    sizes = groups.groupby(list(groups.columns)).size()
    counted = sizes.groupby(sizes).sum()
    return pd.DataFrame({"k": counted.index.astype(int), "persons": counted.to_numpy().astype(int)})
