"""One table: what is published, what a generated history gives, and how far apart they may be.

The figures are counted here from the decoded file with pandas, by none of the project's own counting.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from schemas.events import DECLARE_CANCEL, EMPLOYMENT, UPDATE_CLOSED
from schemas.faults import Fault
from schemas.indicators import UNCOUNTED_TYPES
from schemas.log import LogFile, read_plain
from schemas.nationalities import group
from schemas.parameters import document
from schemas.periods import month_code, ordinal
from schemas.places import MUNICIPALITY
from schemas.supports import LEAVES, NODE
from synthetic import generate

FIRST, LAST = ordinal(2022, 1), ordinal(2024, 12)
PERSONS = 9000
YEAR = range(ordinal(2022, 1), ordinal(2022, 12) + 1)
TARGETS: dict[str, dict[str, Any]] = document("generator")["targets"]


class Counted:
    """Person-months of a generated log, and their totals at each update."""

    def __init__(self, path: Path) -> None:
        """Read a whole file."""
        rows, update = [], 0
        self.declared: dict[tuple[bytes, int], dict[str, Any]] = {}
        log = LogFile.open(path)
        for event in (event for block in log.blocks() for event in read_plain(block, log.layout)):
            assert not isinstance(event, Fault)
            if event[0] == UPDATE_CLOSED:
                update += 1
            elif event[0] == EMPLOYMENT:
                self._declare(event[1])
            elif event[0] < UPDATE_CLOSED:
                rows.append(event[1] | {"update": update})
        self.events = len(rows)
        counted = _counted(pd.DataFrame(rows))
        self.person = dict(zip(counted.key, counted.person, strict=True))
        self.rows = _by_month(counted)
        self._vintages: dict[str, pd.DataFrame] = {}

    def beneficiaries(self, node: str, rows: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return (person, month) of those with a positive balance in a part of the node."""
        chosen = self.rows if rows is None else rows
        positive = []
        for part in NODE[node].parts:
            balance = chosen[chosen.support.isin(part)].groupby(["person", "month"]).amount.sum()
            positive.append(balance[balance > 0].index.to_frame(index=False))
        return pd.concat(positive).drop_duplicates()

    def month_mean(self, node: str) -> float:
        """Return the mean of the months of the year."""
        months = self.beneficiaries(node)
        return float(months.month.isin(YEAR).sum() / len(YEAR))

    def year_unique(self, node: str) -> int:
        """Return the distinct persons of the months of the year."""
        months = self.beneficiaries(node)
        return int(months[months.month.isin(YEAR)].person.nunique())

    def share(self, chosen: Callable[[pd.DataFrame], Any], among: Callable[[pd.DataFrame], Any] | None = None) -> float:
        """Return the share of LL person-months of the year for which ``chosen`` holds."""
        leaves = NODE["LL"].leaves
        rows = self.rows[self.rows.support.isin(leaves) & self.rows.month.isin(YEAR)]
        rows = rows.drop_duplicates(["person", "month"], keep="last")
        rows = rows if among is None else rows[among(rows)]
        return float(np.mean(chosen(rows)))

    def vintages(self, node: str) -> pd.DataFrame:
        """Return the months' totals (column) at each update (row, the month of the update)."""
        if node not in self._vintages:
            months = range(FIRST, LAST + 1)
            known = [self.rows[self.rows["update"] <= update - FIRST] for update in months]
            totals = [self.beneficiaries(node, rows).groupby("month").size() for rows in known]
            self._vintages[node] = pd.DataFrame(totals, index=list(months)).reindex(columns=list(months))
        return self._vintages[node]

    def variations(self, node: str) -> dict[int, list[tuple[int, int]]]:
        """Return (before, after) of the months M - k, by k from 1."""
        values = self.vintages(node).to_numpy()
        pairs: dict[int, list[tuple[int, int]]] = {}
        for update in range(1, len(values)):
            for month in range(update):
                pair = (int(values[update - 1, month]), int(values[update, month]))
                pairs.setdefault(update - month, []).append(pair)
        return pairs

    def stable_from(self, node: str) -> int:
        """Return the first k from which the months M - k, taken together, move by no more than 1 % (G3)."""
        variations = self.variations(node)
        moving = [
            k
            for k, pairs in variations.items()
            if 100 * abs(sum(after - before for before, after in pairs)) > sum(before for before, _ in pairs)
        ]
        return max(moving) + 1

    def stable_share(self, node: str) -> float:
        """Return the share of months within 1 % at the delay of the node (G4, G8)."""
        pairs = self.variations(node)[NODE[node].delay]
        return float(np.mean([100 * abs(after - before) <= before for before, after in pairs]))

    def year_revision(self) -> float:
        """Return by how many percent the year's mean of LL moved from its first publication to the end."""
        values = self.vintages("LL")[list(YEAR)].sum(axis="columns").to_numpy()
        first = float(values[YEAR[-1] + NODE["LL"].delay - FIRST])
        return 100 * (float(values[-1]) - first) / first

    def _declare(self, declaration: dict[str, Any]) -> None:
        """Let a declaration hold, field by field; enough here, where next to none comes out of order."""
        held = self.declared.setdefault((declaration["person"], declaration["dimona_period"]), {"cancelled": False})
        held |= {name: value for name, value in declaration.items() if value is not None}
        held["cancelled"] |= declaration["declaration"] == DECLARE_CANCEL

    def exits(self) -> pd.DataFrame:
        """Return (person, month, ocmw) of the ends of spells in the kingdom, a year before the log's end or earlier.

        Gaps of up to two months are bridged: they are mostly made by offices.
        """
        months = self.beneficiaries("LL").sort_values(["person", "month"])
        goes_on = (months.person == months.person.shift(-1)) & (months.month.shift(-1) <= months.month + 3)
        ended = months[~goes_on & (months.month > FIRST) & (months.month <= LAST - 12)]
        places = self.rows[self.rows.support.isin(NODE["LL"].leaves)].drop_duplicates(["person", "month"])
        return ended.merge(places[["person", "month", "ocmw"]], on=["person", "month"])

    def work_share(self, region: str = "") -> float:
        """Return the share of exits after which somebody works, for no OCMW, on the 15th twelve months later."""
        jobs: dict[int, list[tuple[int, int]]] = {}
        for (key, _), held in self.declared.items():
            uncounted = held["worker_type"] in UNCOUNTED
            if key in self.person and not (held["cancelled"] or held["employer_is_ocmw"] or uncounted):
                jobs.setdefault(self.person[key], []).append(
                    (held.get("start_date", 10**6), held.get("end_date", 10**6))
                )
        exits = self.exits()
        chosen = exits[[MUNICIPALITY[str(nis)].region.startswith(region) for nis in exits.ocmw]]
        days = (pd.Timestamp(f"{month_code(month + 12)}-15") - pd.Timestamp(0) for month in chosen.month)
        return float(np.mean([
            any(first <= day.days <= last for first, last in jobs.get(person, ()))
            for person, day in zip(chosen.person, days, strict=True)
        ]))  # fmt: skip

    def return_share(self) -> float:
        """Return the share of exits of the first year after which leefloon comes back within the log."""
        exits = self.exits()
        last = self.beneficiaries("LL").groupby("person").month.max()
        early = exits[exits.month.isin(YEAR)]
        return float((last.loc[early.person].to_numpy() > early.month.to_numpy()).mean())

    def spell_months(self) -> float:
        """Return months in LL for each spell that begins, after the first month of the log (Little's law)."""
        months = self.beneficiaries("LL").sort_values(["person", "month"])
        goes_on = (months.person == months.person.shift()) & (months.month == months.month.shift() + 1)
        inside = months.month > FIRST
        return float(inside.sum() / (inside & ~goes_on).sum())


def _counted(events: pd.DataFrame) -> pd.DataFrame:
    """Drop repeats, the events set aside on purpose, and recoveries (A3)."""
    first = events.drop_duplicates(["person", "event_id"])
    first = first.assign(person=pd.factorize(first.person)[0], key=first.person)
    lawful = (first.last_day >= first.first_day) & (first.ocmw != 99999) & (first.sex <= 3) & (first.days <= 1860)
    return first[lawful & (first.amount_cents <= 10**9) & first.amount_type.isin([0, 1, 3, 4])]


def _by_month(events: pd.DataFrame) -> pd.DataFrame:
    """Divide lines over their months, evenly: enough for the sign of a balance."""
    first, last = (_month(events[edge]) for edge in ("first_day", "last_day"))
    counted = events.assign(month=first, amount=events.amount_cents / (last - first + 1))
    rows = counted.loc[counted.index.repeat((last - first + 1).to_numpy())]
    return rows.assign(month=rows.month + rows.groupby(level=0).cumcount())


def _month(days: pd.Series) -> pd.Series:
    dates = pd.to_datetime(days, unit="D")
    return (dates.dt.year - 1900) * 12 + dates.dt.month - 1


def _age(rows: pd.DataFrame) -> pd.Series:
    reference = rows.month.map(lambda month: (pd.Timestamp(f"{month_code(month)}-15") - pd.Timestamp(0)).days)
    return (reference - rows.birth_date) // 365


def _in_region(code: str) -> Callable[[pd.DataFrame], Any]:
    return lambda rows: [MUNICIPALITY[str(nis)].region == code for nis in rows.ocmw]


def _of_group(wanted: str) -> Callable[[pd.DataFrame], Any]:
    return lambda rows: [
        group(country.decode(), month) == wanted for country, month in zip(rows.nationality, rows.month, strict=True)
    ]


A, B, E = 0, 1, 4
UNCOUNTED = {name.encode() for _, types in UNCOUNTED_TYPES for name in types}

MEASURES: dict[str, Callable[[Counted], float]] = {
    "ll_year_to_month": lambda log: log.year_unique("LL") / log.month_mean("LL"),
    "rmi_to_ll": lambda log: log.month_mean("RMI") / log.month_mean("LL"),
    "rmh_to_rmi_year": lambda log: log.year_unique("RMH") / log.year_unique("RMI"),
    "spell_months": Counted.spell_months,
    "students": lambda log: log.share(lambda rows: rows.support == LEAVES.index("LL_STUD")),
    "region_wallonia": lambda log: log.share(_in_region("03000")),
    "region_brussels": lambda log: log.share(_in_region("04000")),
    "region_flanders": lambda log: log.share(_in_region("02000")),
    "charleroi": lambda log: log.share(lambda rows: rows.ocmw == 52011),
    "household_a": lambda log: log.share(lambda rows: rows.household == A),
    "household_b": lambda log: log.share(lambda rows: rows.household == B),
    "household_e": lambda log: log.share(lambda rows: rows.household == E),
    "women": lambda log: log.share(lambda rows: rows.sex == 2),
    "women_with_dependants": lambda log: log.share(lambda rows: rows.household == E, lambda rows: rows.sex == 2),
    "men_single": lambda log: log.share(lambda rows: rows.household == B, lambda rows: rows.sex == 1),
    "age_18_24": lambda log: log.share(lambda rows: _age(rows).between(18, 24)),
    "nationality_be": lambda log: log.share(_of_group("BE")),
    "nationality_eu": lambda log: log.share(_of_group("EU")),
    "nationality_non_eu": lambda log: log.share(_of_group("nonEU")),
    "fh_to_ll": lambda log: log.month_mean("FH") / log.month_mean("LL"),
    "stable_from_ll": lambda log: log.stable_from("LL"),
    "stable_from_tw_rmi": lambda log: log.stable_from("TW_RMI"),
    "stable_from_fh": lambda log: log.stable_from("FH"),
    "stable_from_tw_rmh": lambda log: log.stable_from("TW_RMH"),
    "stable_from_mh": lambda log: log.stable_from("MH"),
    "ll_months_stable_at_delay": lambda log: log.stable_share("LL"),
    "ll_year_revision_percent": Counted.year_revision,
    "work_a_year_after_exit": Counted.work_share,
    "work_flanders": lambda log: log.work_share("02000"),
    "work_brussels": lambda log: log.work_share("04000"),
    "work_wallonia": lambda log: log.work_share("03000"),
    "leavers_who_return": Counted.return_share,
    "events_a_person": lambda log: log.events / PERSONS,
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    """Return a generated history of three years, counted."""
    path = tmp_path_factory.mktemp("history") / "log.avro"
    generate(PERSONS, FIRST, LAST, 5, path)
    return Counted(path)


def test_every_target_is_measured() -> None:
    assert sorted(MEASURES) == sorted(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_a_generated_history_resembles_what_is_published(log: Counted, name: str) -> None:
    target, tolerance = TARGETS[name]["target"], TARGETS[name]["tolerance"]
    measured = MEASURES[name](log)
    print(f"{name:28} target {target:7} generated {measured:8.3f} tolerance {tolerance}")  # noqa: T201 - the table
    assert abs(measured - target) <= tolerance, f"{name}: {measured:.3f} against {target} ({TARGETS[name]['source']})"


def test_the_first_year_looks_like_the_others(log: Counted) -> None:
    months = log.beneficiaries("LL").groupby("month").size()
    first, second = (months.loc[start : start + 11].mean() for start in (FIRST, FIRST + 12))
    assert abs(second / first - 1) < 0.04


def test_every_leaf_occurs(log: Counted) -> None:
    assert set(log.rows.support) == set(range(len(LEAVES)))
