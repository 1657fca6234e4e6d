"""Every table that leaves the house, declared once: its columns, who may see it, and what each column means.

From a declaration follow the columns of Parquet and CSV, the roles and types in SDMX, the checks of ``ocmw export``,
and the page docs/tables.md. A new table is a row of ``DATASETS``, and the source of its rows in ``sinks.files.tables``.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["dimension", "attribute", "measure"]
Zone = Literal["public", "restricted", "provisional", "internal"]
Format = Literal["parquet", "csv", "xlsx", "sdmx-csv"]
Language = Literal["nl", "fr", "en"]

LANGUAGES: tuple[Language, ...] = ("nl", "fr", "en")
_PLACES: tuple[Language, ...] = ("nl", "fr")
"""There are no official English names of places."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, its role as SDMX knows it, and what it holds.

    Numbers are int64, everything else is text. ``labels`` are the languages in which its codes have names;
    ``restricted`` columns do not exist in the public zone; a time column is ``TIME_PERIOD`` in SDMX.
    """

    name: str
    role: Role
    says: str
    number: bool = False
    may_be_empty: bool = False
    time: bool = False
    restricted: bool = False
    labels: tuple[Language, ...] = ()

    @property
    def type(self) -> str:
        """The sentence on its values in docs/tables.md."""
        return f"{'integer' if self.number else 'text'}{' or empty' if self.may_be_empty else ''}"

    @property
    def identifier(self) -> str:
        """Its identifier in SDMX."""
        return "TIME_PERIOD" if self.time else self.name.upper()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table: its name as ``--table`` gives it, its columns in order, its zones (the default first) and formats.

    ``options`` are those of ``ocmw export`` that change what is written of it; others are refused. Rows are sorted by
    the dimensions, in the order of their columns.
    """

    name: str
    says: str
    columns: tuple[Column, ...]
    zones: tuple[Zone, ...]
    formats: tuple[Format, ...]
    options: frozenset[str]

    def shown_in(self, zone: Zone) -> tuple[Column, ...]:
        """Return the columns that exist in a zone."""
        return tuple(column for column in self.columns if zone != "public" or not column.restricted)

    def names(self, *roles: Role) -> tuple[str, ...]:
        """Return the names of its columns, or of those with one of these roles."""
        return tuple(column.name for column in self.columns if not roles or column.role in roles)


def _dimension(name: str, says: str, *labels: Language, time: bool = False) -> Column:
    return Column(name, "dimension", says, labels=labels, time=time)


def _measure(name: str, says: str, *, restricted: bool = False, may_be_empty: bool = False) -> Column:
    return Column(name, "measure", says, number=True, restricted=restricted, may_be_empty=may_be_empty)


def _attribute(name: str, says: str, *, number: bool = False, may_be_empty: bool = False) -> Column:
    return Column(name, "attribute", says, number=number, may_be_empty=may_be_empty)


_GEO_LEVEL = _dimension(
    "geo_level", "`kingdom`, `region`, `province`, `arrondissement`, `municipality` (D1)", *LANGUAGES
)
_GEO = _dimension("geo", "NIS code of five digits; the kingdom is `01000`", *_PLACES)
_SUPPORT = _dimension("support", "code of the support (B2)", *LANGUAGES)
_PERIOD = _dimension(
    "period", "`2024-03`, `2024-Q1`, `2024`, or `R12-2024-03`: the twelve months that end there", time=True
)
_KIND = _dimension("period_kind", "`month`, `quarter`, `year`, `rolling_year`")

FIGURES = Dataset(
    "figures",
    "One row a cell of a release. **A cell that is not there is 0.**",
    (
        _SUPPORT,
        _PERIOD,
        _KIND,
        _GEO_LEVEL,
        _GEO,
        _dimension(
            "breakdown",
            "the characteristic: `total`, `sex`, `age5`, `age13`, `household`, `nationality_group`, `nationality`, "
            "`status`, or two crossed, as `sex_age5` (C7)",
            *LANGUAGES,
        ),
        _dimension("category", "its code; of crossed ones both, with a bar between", *LANGUAGES),
        _measure("beneficiaries", "persons (B1); never add them up over months, places or categories (E1-E3)"),
        _measure("amount_cents", "euro cents at 100 %, of all rows (E4)", restricted=True),
        _measure("state_share_cents", "the State's part of it", restricted=True),
        _measure("days", "days granted (E4)", restricted=True),
        _attribute("obs_status", "`A` stable, `P` provisional"),
        _attribute("state", "`published`, `revising`, `frozen`, `pending`, `settling` (G6)"),
        _attribute("update_id", "the update whose figures these are"),
    ),
    ("public", "restricted", "provisional", "internal"),
    ("parquet", "csv", "xlsx", "sdmx-csv"),
    frozenset({"--support", "--period", "--ocmw", "--live", "--released", "--labels"}),
)

VINTAGES = Dataset(
    "vintages",
    "The revision triangle, one row for each support and period known at an update (G2).",
    (
        _dimension("support", _SUPPORT.says),
        _PERIOD,
        _KIND,
        _attribute("update_id", "the update"),
        Column("sequence", "dimension", "its number in the log, from 1", number=True),
        _attribute("reference_month", "M, as 202403", number=True),
        _measure("value", "the kingdom's beneficiaries at this update"),
        _measure("previous", "those at the update before; empty at the first update of the log", may_be_empty=True),
        _attribute("state", "state of the figure (G6)"),
        _measure("published_value", "what readers see", may_be_empty=True),
        _attribute("published_update", "the update it comes from", may_be_empty=True),
    ),
    ("internal",),
    ("parquet", "csv"),
    frozenset({"--support", "--period"}),
)

COMPLETENESS = Dataset(
    "completeness",
    "How complete the data of a release are: a row for each support, month and OCMW, also where nothing was claimed. "
    "A line is what an OCMW said of one person in a month, in however many events.",
    (
        _SUPPORT,
        _dimension("period", "month, `2024-03`", time=True),
        _dimension("geo", "NIS code of the OCMW's municipality"),
        _attribute(
            "state",
            "`no_claim` (no line came), `set_aside` (none, but the statement of that month has lines that were set "
            "aside), `zero` (lines came, nobody is above zero), `positive`",
        ),
        _measure("lines", "lines that came"),
        _measure("beneficiaries", "persons (B1), as this update counts them"),
        _measure("unknown_birth", "of these, without age class"),
        _measure("unknown_household", "of these, without household category"),
        _measure("unknown_nationality", "of these, without nationality"),
        _measure("unknown_status", "of these, without status; empty where the support knows none", may_be_empty=True),
        _measure("late_median", "months between the month and the update that first held a line", may_be_empty=True),
        _measure("late_p95", "the same, not exceeded by 95 of 100 lines", may_be_empty=True),
        _attribute(
            "set_aside",
            "lines of the statement of that month that the import set aside, by slug, whatever their support",
            may_be_empty=True,
        ),
        _attribute("update_id", "the update that counted it"),
    ),
    ("internal",),
    ("parquet", "csv"),
    frozenset({"--support", "--period", "--ocmw"}),
)

_INDICATOR_COLUMNS = (
    _dimension("indicator", "what is counted, below"),
    _dimension(
        "method",
        "how: `exact` or `stock`; `own` (spells of the place) or `national`; `g0`, `g2` (months bridged); `x6` (months "
        "after)",
    ),
    _dimension("reference", "month `2024-03`, cohort `2024-H1` or year `2024`", time=True),
    _dimension("geo_level", "as above"),
    _dimension("geo", "as above"),
    _dimension("breakdown", "by what: `band`, `rank`, `flow`, `outcome` and so on; `band_sex` is by both"),
    _dimension("category", "the code"),
    _measure("count", "persons or spells in the category"),
    _attribute("base", "of how many", number=True),
    _attribute("update_id", "the update that counted it"),
)
_ALL_FORMATS: tuple[Format, ...] = ("parquet", "csv", "xlsx", "sdmx-csv")
_OF_INDICATORS = frozenset({"--period", "--ocmw"})


def _indicators(name: str, says: str) -> Dataset:
    return Dataset(name, says, _INDICATOR_COLUMNS, ("public", "restricted"), _ALL_FORMATS, _OF_INDICATORS)


DURATION = _indicators("duration", "How long beneficiaries have had the support (H2), with quartiles and survival.")
YOUTH_CARE = Dataset(
    "youth_care",
    "Young people who left youth care (H5); counted when asked for, with an approval on record.",
    _INDICATOR_COLUMNS,
    ("restricted",),
    _ALL_FORMATS,
    frozenset({"--ocmw"}),
)

DATASETS: dict[str, Dataset] = {
    one.name: one
    for one in (
        FIGURES,
        VINTAGES,
        DURATION,
        _indicators("quartiles", "Of `duration`, the quartiles: months that a quarter, half, three quarters have."),
        _indicators("survival", "Of `duration`, the shares that are still there after so many months."),
        _indicators("spells", "Who comes, who goes, who stays (H1)."),
        _indicators("reentry", "Spells that begin, by how many the person had (H3)."),
        _indicators("exit_to_work", "What became of those who left (H4)."),
        _indicators("transitions", "States of persons now and twelve months later (H4)."),
        YOUTH_CARE,
        COMPLETENESS,
    )
}
"""Every table that ``ocmw export`` writes, by name; the figures are the default."""
