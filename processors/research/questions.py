"""What the eight shapes count, from the rows of the log: persons, spells and who enters, by place and characteristic.

A person is in a cell (place, categories) of a period when the balance of some part of the support is above zero there
(B1, B3). ``entering`` counts persons who have a month in the cell and had none in the place the month before;
``spells`` counts unbroken stretches of months in the place that touch the period. The rows are a table ``rows`` of a
DuckDB connection; the texts of SQL are all here, and nothing of a question but numbers enters them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import pandas as pd

from processors.admission import traits
from processors.rules import age5_of_age13
from schemas.breakdowns import SIMPLE
from schemas.periods import MONTHS_PER_YEAR, Period
from schemas.places import MUNICIPALITIES, PLACE_NUMBER, PLACES, ancestors
from schemas.protocols import Condition
from schemas.supports import NODE

LATER = ("LL", "FH", "TW_RMI", "TW_RMH")
"""Supports that a person of shape 6 may have twelve months later, the first that holds."""
NOTHING = "none"
_BITS: dict[str, tuple[int, int]] = {
    "sex": (traits.SEX_SHIFT, traits.SEX_MASK),
    "age5": (traits.AGE13_SHIFT, traits.AGE13_MASK),
    "age13": (traits.AGE13_SHIFT, traits.AGE13_MASK),
    "household": (traits.HOUSEHOLD_SHIFT, traits.HOUSEHOLD_MASK),
    "nationality_group": (traits.GROUP_SHIFT, traits.GROUP_MASK),
    "status": (traits.STATUS_SHIFT, traits.STATUS_MASK),
}

Place = tuple[str, str]
CountsByCell = dict[tuple[str, ...], int]
"""Counts by (level, code of the place, category of each characteristic); what is not there is 0."""


class Tabulation(NamedTuple):
    """A support in a period, by some characteristics."""

    support: str
    period: Period
    by: tuple[str, ...] = ()


def prepared(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that each count joins: ``spots``, where a municipality lies, and ``ages``, narrow in wide.

    Places are numbers of ``PLACES``: texts would be compared row by row.
    """
    spots = [
        (number, PLACE_NUMBER[place]) for number, nis in enumerate(MUNICIPALITIES) for place in ancestors(nis).items()
    ]
    ages = enumerate(age5_of_age13().tolist())
    frames = {
        "spots": pd.DataFrame(spots, columns=["municipality", "place"]),
        "ages": pd.DataFrame(ages, columns=["age13", "age5"]),
    }
    for name, frame in frames.items():
        connection.register(f"{name}_given", frame)
        connection.execute(f"create temp table {name} as select * from {name}_given")  # noqa: S608 - names of ours


def persons(connection: duckdb.DuckDBPyConnection, tabulation: Tabulation) -> CountsByCell:
    """Return how many persons are in each cell of a period."""
    period, names = tabulation.period, _names(tabulation)
    return _counts(
        connection,
        f"""
        with {_located(tabulation, period.first, period.last)},
        cells as (select number, part, place, {names} sum(amount_cents) as cents from located group by all)
        select place, {names} count(distinct number) from cells where cents > 0 group by all
        """,  # noqa: S608 - numbers and names of ours
        tabulation,
    )


def entering(connection: duckdb.DuckDBPyConnection, tabulation: Tabulation) -> CountsByCell:
    """Return how many persons enter each cell in a period."""
    period, names = tabulation.period, _names(tabulation)
    before = period.first - 1
    cells = f"""
        from (
            select number, part, place, month, {names} sum(amount_cents) as cents
            from located join starts using (number, place)
            where month >= {period.first} and begins >> (month - {before}) & 1 = 1 group by all
        ) where cents > 0
        """  # noqa: S608 - numbers and names of ours
    return _counts(
        connection,
        f"""
        with {_located(tabulation, before, period.last)}, {_starts(before)}
        select place, {names} count(distinct number) {cells if names else "from starts where begins > 1"} group by all
        """,
        tabulation,
    )


def spells(connection: duckdb.DuckDBPyConnection, tabulation: Tabulation) -> CountsByCell:
    """Return how many spells of each place touch a period."""
    period = tabulation.period
    return _counts(
        connection,
        f"""
        with {_located(tabulation, period.first, period.last)}, {_starts(period.first)}
        select place, sum(bit_count(begins)) from starts group by all
        """,  # noqa: S608 - numbers and names of ours
        tabulation,
    )


def later(connection: duckdb.DuckDBPyConnection, period: Period) -> CountsByCell:
    """Return by place what the persons of the living wage in a period have in the one twelve months later."""
    after = Period(period.kind, period.last + MONTHS_PER_YEAR)
    states = " ".join(f"when number in (from {name}) then '{name}'" for name in LATER)
    then = ", ".join(f"{name} as ({_holders(Condition(support=name, year=1999), after)})" for name in LATER)
    return _counts(
        connection,
        f"""
        with {then}, {_located(Tabulation("LL", period), period.first, period.last)},
        cells as (select number, part, place, sum(amount_cents) as cents from located group by all),
        standing as (select distinct number, place from cells where cents > 0)
        select place, case {states} else '{NOTHING}' end as state, count(*) from standing group by all
        """,  # noqa: S608 - numbers and names of ours
        Tabulation("LL", period, ("state",)),
    )


def cohort(
    connection: duckdb.DuckDBPyConnection, conditions: Sequence[Condition], where: tuple[str, str], by: str
) -> tuple[list[int], pd.DataFrame]:
    """Return how many persons meet each condition, and those who meet all, with the category of each.

    All of it holds in one place. The category is that of the last month of the last condition.
    """
    last = conditions[-1]
    sets = [_holders(one, _year(one), where) for one in conditions]
    sizes = [int(_one(connection, f"select count(*) from ({text})")) for text in sets]  # noqa: S608 - numbers of ours
    all_of = " and ".join(f"number in ({text})" for text in sets)
    members = connection.execute(
        f"""
        with mine as ({_rows(Tabulation(last.support, _year(last), (by,)), _year(last).first, _year(last).last)})
        select number, arg_max({by}, (month, amount_cents, municipality, {by})) as category
        from mine join spots using (municipality)
        where place = $place and amount_cents > 0 and {all_of}
        group by number order by number
        """,  # noqa: S608 - numbers and names of ours
        {"place": PLACE_NUMBER[where]},
    ).df()
    members["category"] = [SIMPLE[by][number] for number in members["category"].tolist()]
    return sizes, members


def _year(condition: Condition) -> Period:
    return Period.parse(str(condition.year))


def _holders(condition: Condition, period: Period, where: tuple[str, str] | None = None) -> str:
    """Return the text that selects who has a support in a period, in a place or anywhere."""
    tabulation = Tabulation(condition.support, period)
    joined = "" if where is None else f"join spots using (municipality) where place = {PLACE_NUMBER[where]}"
    return (
        f"select distinct number from (select number, part, sum(amount_cents) as cents "  # noqa: S608 - ours
        f"from ({_rows(tabulation, period.first, period.last)}) {joined} group by all) where cents > 0"
    )


def _starts(first: int) -> str:
    """Return the texts that select, by person and place, in which months a stretch begins, as ``starts``.

    Months are bits of ``begins``, ``first`` is the lowest: a stretch begins where the month before has none. A year and
    the month before it are 13 bits.
    """
    return f"""standing as (
            select number, place, bit_or(1::bigint << (month - {first})) as months from (
                select number, part, place, month, sum(amount_cents) as cents from located group by all
            ) where cents > 0 group by all
        ),
        starts as (select number, place, months & ~(months << 1) as begins from standing)"""  # noqa: S608 - a number of ours


def _names(tabulation: Tabulation) -> str:
    return "".join(f"{name}, " for name in tabulation.by)


def _rows(tabulation: Tabulation, first: int, last: int) -> str:
    """Return the text that selects the rows of a support in some months, with part and characteristics."""
    parts = " ".join(
        f"when leaf in ({', '.join(map(str, leaves))}) then {number}"
        for number, leaves in enumerate(NODE[tabulation.support].parts)
    )
    leaves = ", ".join(map(str, NODE[tabulation.support].leaves))
    columns = "".join(f", {_column(name)} as {name}" for name in tabulation.by)
    return (
        f"select number, month, municipality, amount_cents, case {parts} end as part{columns} "  # noqa: S608 - ours
        f"from rows where month between {first} and {last} and leaf in ({leaves})"
    )


def _located(tabulation: Tabulation, first: int, last: int) -> str:
    """Return the texts that select rows with the places they lie in, as ``located``.

    Who is in one municipality alone is in all places around it alike, so such rows stand once, with a place below zero
    that ``_counts`` takes apart: nearly all do, and five places a row would take five times as long.
    """
    return f"""mine as materialized ({_rows(tabulation, first, last)}),
        movers as (select number from mine group by number having min(municipality) < max(municipality)),
        located as materialized (
            select mine.*, place from mine join spots using (municipality) where number in (from movers)
            union all select mine.*, -1 - municipality as place from mine where number not in (from movers)
        )"""  # noqa: S608 - numbers of ours


def _around(place: int) -> tuple[Place, ...]:
    """Return the places that a number of ``located`` stands for."""
    return (PLACES[place],) if place >= 0 else tuple(ancestors(MUNICIPALITIES[-1 - place]).items())


def _column(name: str) -> str:
    shift, mask = _BITS[name]
    number = f"(traits >> {shift}) & {mask}"
    wide = f"(select age5 from ages where age13 = {number})"  # noqa: S608 - a number of ours
    return wide if name == "age5" else number


def _one(connection: duckdb.DuckDBPyConnection, text: str) -> int:
    row = connection.execute(text).fetchone()
    return int(row[0]) if row else 0


def _counts(connection: duckdb.DuckDBPyConnection, text: str, tabulation: Tabulation) -> CountsByCell:
    counts: CountsByCell = {}
    for place, *numbers, count in connection.execute(text).fetchall():
        codes = [
            SIMPLE[name][number] if name in SIMPLE else str(number)
            for name, number in zip(tabulation.by, numbers, strict=True)
        ]
        for around in _around(place):
            counts[(*around, *codes)] = counts.get((*around, *codes), 0) + count
    return counts
