"""The slow truth, second half of its input: each counted event cut into months, with where and what the person was.

A *part* is what one event says of one month (A5). Parts with the same person, leaf, OCMW and month make up a row;
a row's amounts are the sums of its parts and its characteristics are those of its last part (A6). A *profile* numbers
what places a row in cells: the municipality shown and the seven characteristics. Rows of one profile stand in the
same cells, so a profile is listed once and the rows only carry its number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from processors.reference.events import UNKNOWN_BIRTH, AdmittedLog, month_of_day, months_touched
from processors.reference.facts import Fact
from schemas.breakdowns import (
    AGE5_BOUNDS,
    AGE13_BOUNDS,
    DAYS_PER_YEAR,
    HOUSEHOLD_NEW,
    HOUSEHOLD_NEW_FROM,
    HOUSEHOLD_OLD,
    NATIONALITIES,
    REFERENCE_DAY,
    SIMPLE,
    UNKNOWN,
)
from schemas.events import CLAIM, shapes
from schemas.nationalities import group
from schemas.periods import month_of
from schemas.places import valid_code
from schemas.releases import Update
from schemas.settings import FigureSettings

CHARACTERISTICS = ("sex", "age5", "age13", "household", "nationality_group", "nationality", "status")
"""Each a column of numbers: places in ``schemas.breakdowns.SIMPLE`` of that breakdown."""
PROFILE = ["shown", *CHARACTERISTICS]
_SUMMED = ("amount_cents", "state_share_cents", "days")

Integers = npt.NDArray[np.int64]

_RECOVERIES = (2, 5)  # RECOVERY and REG_RECOVERY in the enum (A3)
_SYMBOLS = {name: wanted.symbols for name, wanted in shapes()[CLAIM].fields}


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of a log for counting.

    ``parts``, in log order: update, person, leaf, month (ordinal), row (a number), amount_cents, state_share_cents,
    days, profile, birth_date (a day or UNKNOWN_BIRTH). ``profiles``, by number: ``shown`` (NIS code as int) and the
    CHARACTERISTICS. ``facts`` are those that are kept, in log order.
    """

    parts: pd.DataFrame
    profiles: pd.DataFrame
    updates: tuple[Update, ...]
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, log: AdmittedLog, settings: FigureSettings) -> "History":
        """Cut the events of a log into parts."""
        events = log.events
        if not settings.recoveries_in_balance:
            events = events[~events["amount_type"].isin(_RECOVERIES)].reset_index(drop=True)
        parts = _split(events)
        parts["ocmw"] = _by_pair(parts, ("ocmw", "month"), lambda nis, month: int(valid_code(f"{nis:05d}", month)))
        parts["shown"] = parts["ocmw"].map(_code_shown(settings.geography_day)).astype(np.int64)
        parts["row"] = parts.groupby(["person", "leaf", "ocmw", "month"], sort=False).ngroup()
        parts = parts.assign(**_characteristics(parts))
        parts["profile"] = parts.groupby(PROFILE, sort=False).ngroup()
        profiles = parts.drop_duplicates("profile")[PROFILE].reset_index(drop=True)
        kept = [*_SUMMED, "update", "person", "leaf", "month", "row", "profile", "birth_date"]
        return cls(parts[kept], profiles, log.updates, log.facts)


def _code_shown(day: date | None) -> Callable[[int], int]:
    """Return what shows a row's municipality: as it was then, or as it is called on one day (D3)."""
    if day is None:
        return lambda nis: nis
    month = month_of(day)
    return lambda nis: int(valid_code(f"{nis:05d}", month))


def _by_pair(frame: pd.DataFrame, columns: tuple[str, str], answer: Callable[[int, int], Any]) -> npt.NDArray[Any]:
    """Return the answer for each line of two columns; each pair of values is asked once."""
    number = frame.groupby(list(columns), sort=False).ngroup().to_numpy()
    pairs = frame[list(columns)].drop_duplicates()
    return np.array([answer(*pair) for pair in pairs.itertuples(index=False)], dtype=np.int64)[number]


def first_day(month: pd.Series) -> Integers:
    """Return the first day of each month, as days since 1970-01-01."""
    return (
        (month - month_of(date(1970, 1, 1))).to_numpy().astype("datetime64[M]").astype("datetime64[D]").view(np.int64)
    )


def _split(events: pd.DataFrame) -> pd.DataFrame:
    """Cut each event into the months that it covers; cents and days by largest remainder (A5)."""
    repeated = events.index.repeat(months_touched(events))
    parts = events.loc[repeated].rename(columns={"support": "leaf"}).rename_axis("event").reset_index()
    parts["month"] = month_of_day(parts["first_day"]) + parts.groupby("event").cumcount()
    starts, next_starts = first_day(parts["month"]), first_day(parts["month"] + 1)
    first_here = parts["first_day"].clip(lower=starts)
    covered_here = parts["last_day"].clip(upper=next_starts - 1) - first_here + 1
    covered = parts["last_day"] - parts["first_day"] + 1
    for measure in ("amount_cents", "days"):
        parts[measure] = _largest_remainder(parts["event"], parts[measure], covered_here, covered)
    parts["state_share_cents"] = _rounded_percentage(parts["amount_cents"], parts["state_percentage"])
    return parts


def _largest_remainder(event: pd.Series, value: pd.Series, share: pd.Series, of: pd.Series) -> pd.Series:
    """Divide the value of each event in proportion to ``share``; of equal remainders the earlier month's wins."""
    whole, remainder = value.abs() * share // of, value.abs() * share % of
    missing = value.abs() - whole.groupby(event).transform("sum")
    rank = (-remainder).groupby(event).rank(method="first")
    divided: pd.Series = np.sign(value) * (whole + (rank <= missing).astype(np.int64))
    return divided


def _rounded_percentage(amount: pd.Series, percentage: pd.Series) -> pd.Series:
    """Return percent of cents, half a cent rounded away from zero."""
    rounded: pd.Series = np.sign(amount) * ((amount.abs() * percentage + 50) // 100)
    return rounded


def _characteristics(parts: pd.DataFrame) -> dict[str, Any]:
    """Return what each person was on the 15th of the month (C1-C6)."""
    age = _age(parts)
    return {
        "sex": parts["sex"] - 1,
        "age5": _age_class(age, AGE5_BOUNDS),
        "age13": _age_class(age, AGE13_BOUNDS),
        "household": _by_pair(parts, ("household", "month"), _household),
        "nationality_group": _by_pair(parts, ("nationality", "month"), _nationality_group),
        "nationality": parts["nationality"],
        "status": parts["status"].map(_status).astype(np.int64),
    }


def _age(parts: pd.DataFrame) -> pd.Series:
    """Return the age in years of 365 days (C2), negative where it is unknown."""
    reference_day = first_day(parts["month"]) + REFERENCE_DAY - 1
    age: pd.Series = (reference_day - parts["birth_date"]) // DAYS_PER_YEAR
    return age.where(parts["birth_date"] != UNKNOWN_BIRTH, -1)


def _age_class(age: pd.Series, bounds: tuple[int, ...]) -> Integers:
    unknown = len(bounds)
    number = np.searchsorted(bounds, age, side="right") - 1
    return np.where(age < 0, unknown, number)


def _household(symbol: int, month: int) -> int:
    era = HOUSEHOLD_NEW if month >= HOUSEHOLD_NEW_FROM else HOUSEHOLD_OLD
    return SIMPLE["household"].index(era.get(_SYMBOLS["household"][symbol], UNKNOWN))


def _nationality_group(nationality: int, month: int) -> int:
    return SIMPLE["nationality_group"].index(group(NATIONALITIES[nationality], month))


def _status(symbol: int) -> int:
    letter = _SYMBOLS["status"][symbol]
    return SIMPLE["status"].index(letter if letter in SIMPLE["status"] else UNKNOWN)


def month_length(months: pd.Series) -> Integers:
    """Return the days of each month (ordinals)."""
    return first_day(months + 1) - first_day(months)
