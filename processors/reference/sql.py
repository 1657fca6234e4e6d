"""A third opinion: the kingdom's totals, amounts, state shares and days of every node and period, in SQL.

DuckDB starts from the admitted events and does all else again in its own way: months are joined, not computed; the
split is a window over remainders; a rolling year is a join of months with periods. What it shares with the slow truth
is admission and the vocabulary, so a mistake in counting would have to be made alike in numba, in pandas and here.
"""

from datetime import date
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import duckdb
import pandas as pd

from processors.reference.events import AdmittedLog
from schemas.figures import BlockKey
from schemas.periods import FIRST_MONTH, KINDS, LAST_MONTH, Period, day_in, days_in
from schemas.places import MUNICIPALITIES, boundaries, valid_code
from schemas.settings import FigureSettings
from schemas.supports import NODES

_RECOVERIES = [2, 5]  # RECOVERY and REG_RECOVERY in the enum (A3)
_UNIX_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = range(FIRST_MONTH, LAST_MONTH + 1)

_PARTS = """
create table parts as
with touched as (
    select e.*, m.month,
           least(e.last_day, m.last_day) - greatest(e.first_day, m.first_day) + 1 as here,
           e.last_day - e.first_day + 1 as covered
    from events e join months m on m.first_day <= e.last_day and m.last_day >= e.first_day
    where not list_contains($left_out, e.amount_type)
), floors as (
    select *, abs(amount_cents) * here // covered as cents_floor, abs(amount_cents) * here % covered as cents_over,
              abs(days) * here // covered as days_floor, abs(days) * here % covered as days_over
    from touched
), ranked as (
    select *, row_number() over (partition by "order" order by cents_over desc, month) as cents_rank,
              abs(amount_cents) - sum(cents_floor) over (partition by "order") as cents_missing,
              row_number() over (partition by "order" order by days_over desc, month) as days_rank,
              abs(days) - sum(days_floor) over (partition by "order") as days_missing
    from floors
), divided as (
    select *, cents_floor + if(cents_rank <= cents_missing, 1, 0) as cents,
              days_floor + if(days_rank <= days_missing, 1, 0) as part_days
    from ranked
)
select d.person, d.support as leaf, c.valid as ocmw, d.month, d."update",
       sign(d.amount_cents) * d.cents as amount_cents,
       sign(d.amount_cents) * ((d.cents * d.state_percentage + 50) // 100) as state_share_cents,
       sign(d.days) * d.part_days as days
from divided d join codes c on c.ocmw = d.ocmw and d.month >= c.first and d.month < c.stop
"""

_TOTALS = """
with rows as (
    select person, leaf, ocmw, month, sum(amount_cents) as amount_cents,
           sum(state_share_cents) as state_share_cents, sum(days) as days
    from parts where "update" <= $upto group by all
), placed as (
    select n.node, n.part, r.month, r.person, sum(amount_cents) as amount_cents,
           sum(state_share_cents) as state_share_cents,
           sum(if(amount_cents > 0, least(greatest(days, 0), m.length), 0)) as days
    from rows r join nodes n using (leaf) join months m using (month) group by all
), balances as (
    select node, kind, last, person, part, sum(amount_cents) as amount_cents
    from placed join periods using (month) group by all
), counted as (
    select node, kind, last, count(distinct person) as beneficiaries
    from balances where amount_cents > 0 group by all
), summed as (
    select node, kind, last, sum(amount_cents) as amount_cents, sum(state_share_cents) as state_share_cents,
           sum(days) as days
    from placed join periods using (month) group by all
)
select node, kind, last, coalesce(beneficiaries, 0), amount_cents, state_share_cents, days
from summed left join counted using (node, kind, last)
"""


class Total(NamedTuple):
    """Measures of the kingdom, all characteristics together: persons, euro cents, euro cents, days."""

    beneficiaries: int
    amount_cents: int
    state_share_cents: int
    days: int


class ThirdOpinion:
    """A log in a database in memory; nothing is kept on disk."""

    def __init__(self, log: AdmittedLog, settings: FigureSettings) -> None:
        """Load the admitted events and cut them into months (A5)."""
        self._database = duckdb.connect()
        self._database.execute("set enable_progress_bar = false")  # its bar would run through the caller's output
        tables = {
            "events": log.events,
            "months": _months(),
            "codes": _codes(),
            "nodes": _nodes(),
            "periods": _periods(),
        }
        for name, table in tables.items():
            self._database.from_df(table).create(name)
        self._database.execute(_PARTS, {"left_out": [] if settings.recoveries_in_balance else _RECOVERIES})
        self._last = len(log.updates)

    def totals(self, sequence: int | None = None) -> dict[BlockKey, Total]:
        """Return the kingdom's figures of all known nodes and periods at an update (default: the last one)."""
        upto = self._last if sequence is None else sequence
        rows = self._database.execute(_TOTALS, {"upto": upto}).fetchall()
        return {
            BlockKey(NODES[node].code, Period(KINDS[kind], last)): Total(*map(int, numbers))
            for node, kind, last, *numbers in rows
        }


@cache
def _months() -> pd.DataFrame:
    """Return every month with its first and last day, as days since 1970-01-01."""
    first_days = [day_in(month, 1).toordinal() - _UNIX_EPOCH for month in _MONTHS]
    months = pd.DataFrame({"month": _MONTHS, "first_day": first_days, "length": [days_in(month) for month in _MONTHS]})
    return months.assign(last_day=months["first_day"] + months["length"] - 1)


@cache
def _codes() -> pd.DataFrame:
    """Return the valid code of each code from a month (``first``) to before another (``stop``) (D2)."""
    eras = list(pairwise((*boundaries(), LAST_MONTH + 1)))
    lines = [(int(nis), first, stop, int(valid_code(nis, first))) for nis in MUNICIPALITIES for first, stop in eras]
    return pd.DataFrame(lines, columns=["ocmw", "first", "stop", "valid"])


@cache
def _nodes() -> pd.DataFrame:
    """Return the leaves of each node (its place in ``NODES``) and which part of it they belong to (B3)."""
    lines = [
        (number, part, leaf)
        for number, node in enumerate(NODES)
        for part, leaves in enumerate(node.parts)
        for leaf in leaves
    ]
    return pd.DataFrame(lines, columns=["node", "part", "leaf"])


@cache
def _periods() -> pd.DataFrame:
    """Return every month with each period that holds it: kind (its place in ``KINDS``) and last month."""
    held = [
        (month, number, period)
        for month in _MONTHS
        for number, kind in enumerate(KINDS)
        for period in Period.holding(kind, month)
    ]
    lines = [(month, number, period.last) for month, number, period in held if period.last <= LAST_MONTH]
    return pd.DataFrame(lines, columns=["month", "kind", "last"])
