"""What the indicators of the time dimension can say (H1-H4): their series, categories and columns.

A *series* is an indicator, read by one method, by one breakdown. A method names what is compared: the reading
(``exact`` months since the spell began, ``stock`` lists of the same month in consecutive years), the view (``own``:
spells of the place itself; ``national``: the spell in the kingdom, shown where the person stands) and the gap tolerance
in months (``g0``, ``g2``). A row says how many of ``base`` persons or spells stand in a category.

| indicator | reference | count | base |
|---|---|---|---|
| duration | month | beneficiaries in a band | beneficiaries of the category |
| duration_difference | month | beneficiaries by stock band and exact band | beneficiaries |
| spells | month | entries, exits, stock | stock |
| reentry | year | spells that begin, or persons by their first, by rank | all of them |
| quartiles | month (running), year (completed) | months, the first and the last included | spells |
| survival | year of entry | spells of 10,000 that last longer than so many months | spells |
| exit_to_work | month of exit | spells by outcome after X months, and those with any work then | exits |
| transitions | month | persons by state then and twelve months later | persons in a state then |
| youth_care | half-year of exit | leavers by what they are after X months | leavers |
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.breakdowns import UNKNOWN, codes
from schemas.datasets import DURATION
from schemas.parameters import document, table
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR, Period, parse_month
from schemas.supports import NODE

_DOCUMENT = document("indicators")
EDITION: int = _DOCUMENT["edition"]
"""Raised when the same events give other rows; what was counted by another edition is not read as if it were ours."""

COLUMNS: tuple[str, ...] = DURATION.names()

GAPS: tuple[int, ...] = tuple(_DOCUMENT["spells"]["gap_tolerances"])
YEARS: int = _DOCUMENT["duration"]["years"]
BANDS: tuple[str, ...] = ("<1", *(f"{low}-{low + 1}" for low in range(1, YEARS)), f"{YEARS}+", UNKNOWN)
UNKNOWN_BAND = len(BANDS) - 1
CENSORED_MONTHS = YEARS * MONTHS_PER_YEAR
"""A spell without a known beginning has no known band until it is this old; so far back do durations look."""
TRAITS: tuple[str, ...] = tuple(_DOCUMENT["duration"]["breakdowns"])
TRAIT_CODES: tuple[tuple[str, str], ...] = tuple((name, code) for name in TRAITS for code in codes(name))
"""The (breakdown, category) by which durations are counted, the total first."""

TOP_RANK: int = _DOCUMENT["entries"]["ranks"] + 1
RANKS: tuple[str, ...] = (*map(str, range(1, TOP_RANK)), f"{TOP_RANK}+", UNKNOWN)
UNKNOWN_RANK = len(RANKS) - 1
FIRST_KNOWN_AFTER: int = _DOCUMENT["entries"]["first_known_after"]
ADULT_AGE: int = _DOCUMENT["entries"]["adult_age"]

FLOWS: tuple[str, ...] = ("entries", "exits", "stock")
QUARTILES: tuple[str, ...] = ("q1", "median", "q3")
SURVIVAL_MONTHS: tuple[int, ...] = tuple(_DOCUMENT["survival"]["months"])
SURVIVAL_UNIT = 10_000
OUTCOME_NODES: tuple[str, ...] = ("LL", "FH", "TW_RMI", "TW_RMH")
"""Nodes that outcomes, transitions and situations of youth-care leavers read; all must be published for a row."""
EXIT_MONTHS: tuple[int, ...] = tuple(_DOCUMENT["exits"]["months_after"])
OUTCOMES: tuple[str, ...] = ("ll_same", "ll_elsewhere", "fh", "tw", "work", "ocmw_work", "none")
"""What becomes of an exit, the first that holds (H4)."""
ANY_WORK = "any_work"
"""Stands beside the outcomes: work, whatever else holds."""
SITUATIONS: tuple[str, ...] = (
    "beneficiary", "not_beneficiary", "under_18", "age_unknown", "left_register", "no_residence",
)  # fmt: skip
"""What a youth-care leaver is at the municipality of residence (H5); the last two stand in the kingdom only."""
HALF_YEAR = 6
YOUTH_MONTHS: tuple[int, ...] = tuple(_DOCUMENT["youth_care"]["months_after"])
YOUTH_ADULT_AGE: int = _DOCUMENT["youth_care"]["adult_age"]
UNCOUNTED_TYPES: tuple[tuple[int, tuple[str, ...]], ...] = tuple(
    (parse_month(entry["since"]), tuple(entry["types"])) for entry in _DOCUMENT["work"]["types_that_do_not_count"]
)
"""(Month, worker types that are no work from then on), by month."""
TRANSITION_MONTHS: int = _DOCUMENT["transitions"]["months_after"]
STATES: tuple[str, ...] = ("ll", "fh", "tw_rmi", "tw_rmh")
LATER_STATES: tuple[str, ...] = (*STATES, "work", "ocmw_work", "none")

Benefit = Literal["LL", "LL+FH", "FH", "TW_RMI", "TW_RMH"]
"""By what a month is positive; the first two make spells."""
PARTS: dict[Benefit, tuple[tuple[int, ...], ...]] = {
    "LL": NODE["LL"].parts,
    "LL+FH": (*NODE["LL"].parts, *NODE["FH"].parts),
    "FH": NODE["FH"].parts,
    "TW_RMI": NODE["TW_RMI"].parts,
    "TW_RMH": NODE["TW_RMH"].parts,
}
"""Leaves of the parts by whose balance a month belongs to a spell: some part above zero (H1, B3)."""
SUPPORTS: dict[Benefit, tuple[str, ...]] = {"LL": ("LL",), "LL+FH": ("LL", "FH")}
"""Nodes that must be published for a row of a spell to be shown."""


@dataclass(frozen=True, slots=True)
class Series:
    """An indicator by one method and breakdown, and its categories in a reader's order."""

    indicator: str
    method: str
    breakdown: str
    categories: tuple[str, ...]


def series_name(series: Series) -> str:
    """Return the name of a series, which no other has: ``spells own_g0 flow``."""
    return f"{series.indicator} {series.method} {series.breakdown}"


def band(months: int) -> str:
    """Return the band of a duration in whole months (H2)."""
    return BANDS[min(months // MONTHS_PER_YEAR, YEARS)]


def worker_counts(worker_type: str, month: int) -> bool:
    """Tell whether a worker type is work in a month (H4)."""
    lists = [types for since, types in UNCOUNTED_TYPES if since <= month]
    return not lists or worker_type not in lists[-1]


def _durations() -> list[Series]:
    methods = [f"exact_{view}_g{gap}" for gap in GAPS for view in ("own", "national")]
    return [
        Series("duration", method, "band" if name == "total" else f"band_{name}", _bands_by(name))
        for method in (*methods, "stock_own")
        for name in TRAITS
    ]


def _bands_by(name: str) -> tuple[str, ...]:
    if name == "total":
        return BANDS
    return tuple(f"{duration}|{code}" for code in codes(name) for duration in BANDS)


def _reentries() -> list[Series]:
    return [
        Series("reentry", f"{counted}_{view}_g{gap}", "rank", RANKS)
        for gap in GAPS
        for counted in ("spells", "persons")
        for view in ("own", "national")
    ]


def _exits() -> list[Series]:
    categories = (*OUTCOMES, ANY_WORK)
    return [
        Series("exit_to_work", f"own_x{after}_g{gap}", "outcome", categories) for gap in GAPS for after in EXIT_MONTHS
    ]


_CHANGES = tuple(f"{state}|{later}" for state in STATES for later in LATER_STATES)
SERIES: tuple[Series, ...] = (
    *_durations(),
    Series(
        "duration_difference", "own_g0", "stock|exact", tuple(f"{left}|{right}" for left in BANDS for right in BANDS)
    ),
    *(Series("spells", f"own_g{gap}", "flow", FLOWS) for gap in GAPS),
    *_reentries(),
    Series("quartiles", "running_g0", "quartile", QUARTILES),
    *(Series("quartiles", f"completed_g{gap}", "quartile", QUARTILES) for gap in GAPS),
    *(Series("survival", f"kaplan_meier_g{gap}", "months", tuple(map(str, SURVIVAL_MONTHS))) for gap in GAPS),
    *_exits(),
    Series("transitions", "own", "state|later", _CHANGES),
    *(Series("youth_care", f"x{after}", "situation", SITUATIONS) for after in YOUTH_MONTHS),
)
"""Every series there can be; a series' number is its place here."""
NUMBER: dict[tuple[str, str, str], int] = {
    (series.indicator, series.method, series.breakdown): number for number, series in enumerate(SERIES)
}
YEARLY = frozenset({"reentry", "survival"})
"""Indicators whose reference is a year."""


def months_read(series: Series, reference: int) -> int | None:
    """Return the last month that a row reads, whose codes it stands in (H); None where that is a horizon."""
    gap = next((int(piece[1:]) for piece in series.method.split("_") if piece[0] == "g" and piece[1:].isdigit()), 0)
    after = next((int(piece[1:]) for piece in series.method.split("_") if piece[0] == "x" and piece[1:].isdigit()), 0)
    if series.indicator == "survival":
        return None
    if series.indicator in ("spells", "exit_to_work") or series.method.startswith("completed"):
        return reference + max(after, gap + 1)
    return reference


def reference_code(series: Series, month: int) -> str:
    """Return how people write a reference: ``2024-03``, or ``2024`` where it is a year, given by its last month."""
    if series.indicator == "youth_care":
        return half_year_code(month)
    yearly = series.indicator in YEARLY or series.method.startswith("completed")
    return Period("year" if yearly else "month", month).code


def half_year_code(month: int) -> str:
    """Return ``2024-H1`` of the half-year that holds a month."""
    year, index = divmod(month, MONTHS_PER_YEAR)
    return f"{year + EPOCH_YEAR:04d}-H{index // HALF_YEAR + 1}"


def half_year_of(code: str) -> int:
    """Return the last month of ``2024-H1``. Raises ValueError for anything else."""
    year, _, half = code.partition("-H")
    if not (len(year) == len("2024") and year.isdigit() and half in ("1", "2")):
        message = f"{code!r} is not a half-year; write 2024-H1 or 2024-H2"
        raise ValueError(message)
    return (int(year) - EPOCH_YEAR) * MONTHS_PER_YEAR + int(half) * HALF_YEAR - 1


class Table(NamedTuple):
    """Rows of series as parallel columns, sorted by series, reference, place, category; none twice.

    ``series`` is a place in ``SERIES``, ``reference`` a month (a year by its last one), ``place`` a place in
    ``schemas.places.PLACES``, ``category`` one in the series' categories; ``counted`` is published
    as ``count``.
    """

    series: npt.NDArray[np.int16]
    reference: npt.NDArray[np.int16]
    place: npt.NDArray[np.int16]
    category: npt.NDArray[np.int16]
    counted: npt.NDArray[np.int32]
    base: npt.NDArray[np.int32]


PUBLIC_LEVELS = frozenset({"kingdom", "region", "province", "arrondissement"})
CENTRE_CITIES = frozenset(row["nis"] for row in table("centrumsteden"))
"""The 13 Flemish centre cities, under every code they had (H6); other municipalities are restricted."""


def is_public(geo_level: str, geo: str) -> bool:
    """Tell whether rows of a place stand in the public zone."""
    return geo_level in PUBLIC_LEVELS or geo in CENTRE_CITIES


_SERIES_WORDS: dict[str, tuple[str, str]] = _DOCUMENT["series_words"]


def series_words(indicator: str, method: str, breakdown: str) -> tuple[str, str]:
    """Return a short name of a series, which no other has and a sheet of Excel may bear, and its title."""
    pieces = (indicator, *method.split("_"), breakdown.partition("band_")[2])
    names, titles = zip(*(_SERIES_WORDS.get(piece, (piece, piece)) for piece in pieces), strict=True)
    title = f"{indicator}, {method}, {breakdown}: {', '.join(filter(None, titles))}"
    return " ".join(filter(None, names)), title
