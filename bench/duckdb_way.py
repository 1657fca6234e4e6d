"""What one would do instead: all cells of the touched periods recounted in SQL, from rows handed over ready made.

The rows are the ledger's, already deduplicated, split and described, which flatters this way. Every row is exploded
over level x breakdown, summed by person, part and cell, and summed again.
"""

import time
from collections.abc import Iterable

import duckdb
import numpy as np
import pandas as pd

from processors.admission import ledger as book
from processors.admission import traits as packed
from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import Ledger
from processors.rules import age5_of_age13, category_of_code, place_of_municipality
from schemas.breakdowns import BREAKDOWNS, ROLLING_YEAR_BREAKDOWNS, SIMPLE
from schemas.periods import KINDS, MONTH_COUNT, Period
from schemas.supports import NODES

_CELLS = """
create or replace temp table counted as
with placed as (
    select p.kind, p.last, n.support, n.part, r.person, r.amount, r.share, r.days, unnest(r.places) as place,
           if(p.kind = 'rolling_year', r.few, r.many) as categories
    from rows r join nodes n using (leaf) join periods p using (month)
), exploded as (
    select * exclude (categories), unnest(categories) as category from placed where place >= 0
), summed as (
    select kind, last, support, place, category, person, part,
           sum(amount) as amount, sum(share) as share, sum(days) as days
    from exploded group by all
)
select kind, last, support, place, category, count(distinct person) filter (amount > 0) as beneficiaries,
       sum(amount) as amount, sum(share) as share, sum(days) as days
from summed group by all
"""


def rows_frame(ledger: Ledger, share: float) -> pd.DataFrame:
    """Return the rows of the first ``share`` of the persons, with places and categories as lists."""
    rows = ledger.rows
    person = person_in(rows[:, book.KEY])
    rows = rows[person < int(ledger.persons * share)]
    key, traits = rows[:, book.KEY], rows[:, book.TRAITS]
    sex = traits >> packed.SEX_SHIFT & packed.SEX_MASK
    age13 = traits >> packed.AGE13_SHIFT & packed.AGE13_MASK
    household = traits >> packed.HOUSEHOLD_SHIFT & packed.HOUSEHOLD_MASK
    group = traits >> packed.GROUP_SHIFT & packed.GROUP_MASK
    age5 = age5_of_age13()[age13].astype(np.int64)
    fives, thirteens = len(SIMPLE["age5"]), len(SIMPLE["age13"])
    codes = {
        "total": np.zeros_like(sex),
        "sex": sex,
        "age5": age5,
        "age13": age13,
        "household": household,
        "nationality_group": group,
        "nationality": traits >> packed.NATIONALITY_SHIFT & packed.NATIONALITY_MASK,
        "status": traits >> packed.STATUS_SHIFT & packed.STATUS_MASK,
        "sex_age5": sex * fives + age5,
        "sex_age13": sex * thirteens + age13,
        "household_age5": household * fives + age5,
        "nationality_group_age5": group * fives + age5,
    }
    table = category_of_code()
    categories = {name: table[BREAKDOWNS.index(name), codes[name]].astype(np.int64) for name in BREAKDOWNS}
    places = place_of_municipality()[municipality_in(key)].astype(np.int64)
    frame = pd.DataFrame(
        {
            "person": person_in(key),
            "leaf": leaf_in(key),
            "month": month_in(key),
            "amount": rows[:, book.AMOUNT],
            "share": rows[:, book.STATE_SHARE],
            "days": rows[:, book.DAYS],
        }
    )
    for level in range(places.shape[1]):
        frame[f"place{level}"] = places[:, level]
    for name, numbers in categories.items():
        frame[f"c_{name}"] = numbers
    return frame


def _columns(names: Iterable[str]) -> str:
    return ", ".join(f"c_{name}" for name in names)


def seconds(ledger: Ledger, months: list[int], share: float) -> float:
    """Return how long the recount of all cells of the periods that these months reach takes, for a share of persons."""
    database = duckdb.connect()
    database.from_df(rows_frame(ledger, share)).create("flat")
    few = [name for name in BREAKDOWNS if name in ROLLING_YEAR_BREAKDOWNS]
    database.execute(
        "create table rows as select person, leaf, month, amount, share, days, "  # noqa: S608 - names of our own
        f"[place0, place1, place2, place3, place4] as places, [{_columns(BREAKDOWNS)}] as many, "
        f"[{_columns(few)}] as few from flat"
    )
    nodes = [(node.code, part, leaf) for node in NODES for part, leaves in enumerate(node.parts) for leaf in leaves]
    database.from_df(pd.DataFrame(nodes, columns=["support", "part", "leaf"])).create("nodes")
    reached = {period for month in months for kind in KINDS for period in Period.holding(kind, month)}
    held = [
        (month, period.kind, period.last)
        for period in reached
        for month in range(max(period.first, 0), min(period.last, MONTH_COUNT - 1) + 1)
    ]
    database.from_df(pd.DataFrame(held, columns=["month", "kind", "last"])).create("periods")
    began = time.perf_counter()
    database.execute(_CELLS)
    return time.perf_counter() - began
