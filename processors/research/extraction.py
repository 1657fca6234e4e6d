"""The rows of an extraction: persons under a study key, in the variables that a protocol names (closed list).

``person`` is the first 16 bytes of HMAC-SHA-256(study key, key of the dossier log). Rows are sorted by (person, month,
support, OCMW), never by the order of the log, which would join two studies. Amounts are given in classes of 50 euro,
named by their lower bound, unless the protocol gives a reason for exact ones.
"""

import hmac
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.admission import traits
from processors.admission.keys import leaf_in, month_in, municipality_in, person_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS
from processors.counting.people import People
from processors.rules import age5_of_age13
from schemas.arrays import Int64
from schemas.breakdowns import SIMPLE
from schemas.indicators import band
from schemas.periods import MONTHS_PER_YEAR, day_in, ordinal, to_yyyymm
from schemas.places import MUNICIPALITIES, ancestors, valid_code
from schemas.protocols import Protocol, ProtocolError
from schemas.supports import LEAVES, NODE

CLASS_CENTS = 5_000
SMALLEST_GROUP = 5
NOT_MADE = ("outcome_x1", "outcome_x3", "outcome_x6", "outcome_x12", "sector", "position")
"""Variables of the list that need a register file or a coupling, or are counted by the time dimension."""
SPELL = ("spell_start", "spell_end", "spell_rank", "duration_band")
_SEX, _HOUSEHOLD = (1, 2, 3), SIMPLE["household"]


class Source(NamedTuple):
    """What an extraction is made of: all rows, by person number the log key (16 bytes) and the year of birth or 0."""

    people: People
    keys: Callable[[int], bytes]
    births: Int64
    geography_month: int | None


def frame(source: Source) -> pd.DataFrame:
    """Return all rows as numbers: person, month, leaf, municipality (shown), measures and packed traits."""
    rows = source.people.rows
    key = rows[:, KEY]
    months = month_in(key)
    shown = municipality_in(key)
    if source.geography_month is not None:
        there = [MUNICIPALITIES.index(valid_code(nis, source.geography_month)) for nis in MUNICIPALITIES]
        shown = np.array(there)[shown]
    return pd.DataFrame(
        {
            "number": person_in(key),
            "at": months,
            "leaf": leaf_in(key),
            "municipality": shown,
            "amount_cents": rows[:, AMOUNT],
            "state_share_cents": rows[:, STATE_SHARE],
            "days": np.where(
                rows[:, AMOUNT] > 0, np.clip(rows[:, DAYS], 0, [_length(month) for month in months.tolist()]), 0
            ),
            "traits": rows[:, TRAITS],
        }
    )


def _length(month: int) -> int:
    return (day_in(month + 1, 1) - day_in(month, 1)).days


def _beneficiaries(rows: pd.DataFrame, support: str) -> pd.Series:
    """Return, by (person, month), whether some part of a support is above zero in the kingdom (B1, B3)."""
    part = {leaf: at for at, leaves in enumerate(NODE[support].parts) for leaf in leaves}
    mine = rows[rows["leaf"].isin(list(part))]
    balance = mine.groupby(["number", "at", mine["leaf"].map(part)])["amount_cents"].sum()
    found: pd.Series = (balance > 0).groupby(["number", "at"]).any()
    return found


def positive_months(rows: pd.DataFrame, support: str) -> pd.DataFrame:
    """Return the (number, at) in which somebody has a support somewhere, in this order."""
    positive = _beneficiaries(rows, support)
    return positive.index[positive].to_frame(index=False).sort_values(["number", "at"])


def _meets(rows: pd.DataFrame, support: str, year: int) -> set[int]:
    """Return the persons who were beneficiary of a support in a year."""
    first = ordinal(year, 1)
    part = {leaf: at for at, leaves in enumerate(NODE[support].parts) for leaf in leaves}
    mine = rows[rows["leaf"].isin(list(part)) & rows["at"].between(first, first + MONTHS_PER_YEAR - 1)]
    balance = mine.groupby(["number", mine["leaf"].map(part)])["amount_cents"].sum()
    return set((balance > 0).groupby("number").any().pipe(lambda found: found.index[found]).tolist())


def chosen(rows: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Return the rows of the population of a protocol."""
    asked = protocol.population
    first, last = asked.months
    kept = rows["leaf"].isin(list(asked.leaves)) & rows["at"].between(first, last)
    if asked.places is not None:
        inside = [ancestors(nis).get(asked.places.level) in asked.places.codes for nis in MUNICIPALITIES]
        kept &= np.array(inside)[rows["municipality"].to_numpy()]
    for condition in asked.conditions:
        kept &= rows["number"].isin(_meets(rows, condition.support, condition.year))
    return rows[kept]


def person_months(source: Source, protocol: Protocol, key: bytes) -> pd.DataFrame:
    """Return the table of kind ``person_month``, in the order of the closed list. Raises ProtocolError for none."""
    rows = frame(source)
    mine = chosen(rows, protocol).copy()
    if mine.empty:
        raise ProtocolError("no person meets this population")
    for variable in protocol.variables:
        if variable in NOT_MADE:
            raise ProtocolError(f"variables.{variable} needs a register or a coupling, which this extraction has not")
        if variable in SPELL:
            raise ProtocolError(f"variables.{variable} stands in rows of kind spell, not person_month")
    labelled = _labelled(mine, rows, protocol, source)
    labelled["person"] = pseudonyms(mine["number"].to_numpy(), source, key)
    order = labelled.sort_values(["person", "month", "support", "ocmw"], kind="stable")
    wanted = ["person", *(name for name in labelled.columns if name in protocol.variables and name != "person")]
    return order[wanted].reset_index(drop=True)


def spells(source: Source, protocol: Protocol, key: bytes) -> pd.DataFrame:
    """Return the table of kind ``spell``: of each person of the population the national spells of LL (H1, g = 0).

    A spell that is there in the first month of the log has no known beginning: its band is ``unknown``, its rank 0. The
    end of a spell that reaches the last month asked for is 0.
    """
    rows = frame(source)
    persons = set(chosen(rows, protocol)["number"].tolist())
    if not persons:
        raise ProtocolError("no person meets this population")
    _, last = protocol.population.months
    begins = int(rows.loc[rows["leaf"].isin(NODE["LL"].leaves), "at"].min())
    months = positive_months(rows[rows["number"].isin(persons) & (rows["at"] <= last)], "LL")
    months["run"] = ((months["number"].diff() != 0) | (months["at"].diff() != 1)).cumsum()
    told = months.groupby("run").agg(number=("number", "first"), start=("at", "min"), end=("at", "max"))
    told["spell_rank"] = told.groupby("number").cumcount() + 1
    open_start = told["start"] == begins
    table = pd.DataFrame(
        {
            "person": pseudonyms(told["number"].to_numpy(), source, key),
            "spell_start": np.where(open_start, 0, told["start"].map(to_yyyymm)).astype(np.int32),
            "spell_end": np.where(told["end"] == last, 0, told["end"].map(to_yyyymm)).astype(np.int32),
            "spell_rank": np.where(open_start, 0, told["spell_rank"]).astype(np.int8),
            "duration_band": [
                "unknown" if unknown else band(int(end - start))
                for unknown, start, end in zip(open_start, told["start"], told["end"], strict=True)
            ],
        }
    )
    wanted = ["person", *(name for name in table.columns if name in protocol.variables and name != "person")]
    order = table.assign(start=told["start"].to_numpy()).sort_values(["person", "start"])
    return order[wanted].reset_index(drop=True)


def _labelled(mine: pd.DataFrame, rows: pd.DataFrame, protocol: Protocol, source: Source) -> pd.DataFrame:
    packed = mine["traits"].to_numpy()
    age13 = packed >> traits.AGE13_SHIFT & traits.AGE13_MASK
    exact = protocol.exact_amounts is not None
    leaf_positive = rows.groupby(["number", "at", "leaf"])["amount_cents"].sum() > 0
    place = np.array([ancestors(nis).get(protocol.geography, "") for nis in MUNICIPALITIES], object)
    codes = np.array(MUNICIPALITIES, object)
    return pd.DataFrame(
        {
            "person": np.zeros(len(mine)),
            "month": mine["at"].map(to_yyyymm).to_numpy(np.int32),
            "support": np.array(LEAVES, object)[mine["leaf"].to_numpy()],
            "ocmw": codes[mine["municipality"].to_numpy()],
            "place": place[mine["municipality"].to_numpy()],
            **{
                name: mine[name].to_numpy() if exact else mine[name].to_numpy() // CLASS_CENTS * CLASS_CENTS
                for name in ("amount_cents", "state_share_cents")
            },
            "days": mine["days"].to_numpy(),
            "beneficiary": leaf_positive.reindex(
                pd.MultiIndex.from_frame(mine[["number", "at", "leaf"]]),
            ).to_numpy(),
            "sex": (packed >> traits.SEX_SHIFT & traits.SEX_MASK).astype(np.int8) + 1,
            "age5": _codes("age5", age5_of_age13()[age13]),
            "age13": _codes("age13", age13),
            "birth_year": source.births[mine["number"].to_numpy()].astype(np.int16),
            "household": _codes("household", packed >> traits.HOUSEHOLD_SHIFT & traits.HOUSEHOLD_MASK),
            "nationality_group": _codes("nationality_group", packed >> traits.GROUP_SHIFT & traits.GROUP_MASK),
            "nationality": _codes("nationality", packed >> traits.NATIONALITY_SHIFT & traits.NATIONALITY_MASK),
            "status": _codes("status", packed >> traits.STATUS_SHIFT & traits.STATUS_MASK),
        }
    )


def _codes(breakdown: str, numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.object_]:
    found: npt.NDArray[np.object_] = np.array(SIMPLE[breakdown], object)[numbers]
    return found


def pseudonyms(numbers: Int64, source: Source, key: bytes) -> list[bytes]:
    """Return the pseudonyms of some persons under a study key."""
    made: dict[int, bytes] = {
        number: hmac.digest(key, source.keys(number), "sha256")[:16] for number in np.unique(numbers).tolist()
    }
    return [made[number] for number in numbers.tolist()]


def k_report(source: Source, protocol: Protocol) -> pd.DataFrame:
    """Return how many persons share what identifies them over the whole extraction: k and persons, k ascending.

    By sex, year of birth, nationality group, place, and the set of months by support: whatever the protocol names of
    these, the worst case where it names all.
    """
    mine = chosen(frame(source), protocol)
    packed = mine["traits"].to_numpy()
    place = np.array([ancestors(nis).get(protocol.geography, "") for nis in MUNICIPALITIES], object)
    told = pd.DataFrame(
        {
            "number": mine["number"].to_numpy(),
            "sex": packed >> traits.SEX_SHIFT & traits.SEX_MASK,
            "year": source.births[mine["number"].to_numpy()],
            "group": packed >> traits.GROUP_SHIFT & traits.GROUP_MASK,
            "place": place[mine["municipality"].to_numpy()],
            "month": list(zip(mine["leaf"], mine["at"], strict=True)),
        }
    )
    persons = told.groupby("number").agg(_as_set)
    sizes = persons.groupby(list(persons.columns)).size()
    counted = sizes.groupby(sizes).sum()
    return pd.DataFrame({"k": counted.index.astype(int), "persons": counted.to_numpy().astype(int)})


def _as_set(values: Iterable[object]) -> tuple[object, ...]:
    return tuple(sorted(set(values), key=str))
