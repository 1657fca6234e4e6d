"""A store as the zones read it: figures of one OCMW, how complete its data are, its projects, what it should mend.

What another part of the house has not delivered to this store is None, which a page leaves out: it is not empty.
What is slow to read is kept until a newer one stands.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from processors.services.contracts import ContractService
from processors.services.gpmi.answer import Question, answer
from processors.services.gpmi.gathering import Gathered, gathered
from schemas.breakdowns import CATEGORIES
from schemas.periods import MONTHS_PER_YEAR, PeriodKind, day_in, days_in, month_code
from schemas.places import MUNICIPALITIES, MUNICIPALITY, PLACE_NUMBER, Municipality, valid_code
from schemas.releases import Release
from schemas.services.gpmi_figures import PERSON_FIGURES, PROJECT_FIGURES, Row
from schemas.services.subsidy_figures import Correction
from schemas.services.subsidy_years import YEARS
from schemas.supports import LEAVES
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreMismatchError
from sinks.files.completeness import Completeness, lines_of, percentile
from sinks.files.live import ExportedFigures, as_it_is, as_released
from sinks.files.selection import Selection
from sinks.services.database import FILE as SERVICES
from sinks.services.subsidy_forms import FILE as FORMS
from streams.board.zones.identity import Zone
from streams.board.zones.receipts import Receipts
from streams.embedded.admission import states_of
from streams.embedded.subsidy_corrections import corrections

_LAST_MONTHS, _LAST_OTHERS, _COMPLETE_MONTHS = 24, 20, 12
_LATE = 95
_NAMED = frozenset((*PROJECT_FIGURES, *PERSON_FIGURES))
_TOTAL = ("total", "total")
"""A figure whose block has no cell of a place is 0 there, and told as such."""


class Figure(NamedTuple):
    """A cell of one place: all measures (amounts in cents), the state of the figure, and the update it is of."""

    support: str
    period: str
    breakdown: str
    category: str
    beneficiaries: int
    amount_cents: int
    state_share_cents: int
    days: int
    state: str
    update_id: str


class Sent(NamedTuple):
    """What an OCMW sent about a month: lines, how many months late 95 of 100 are at most, lines set aside."""

    month: str
    lines: int
    late: int | None
    set_aside: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures: of a zone, a place (level, NIS code), a support, a kind of period."""

    zone: Zone
    place: tuple[str, str]
    support: str
    kind: PeriodKind = "month"


@dataclass(frozen=True, slots=True)
class Shown:
    """Figures, and what they are of: ``live`` or the number of a release, and how it is named."""

    figures: tuple[Figure, ...]
    live: bool
    named: str


class House:
    """A store for the zones. Threads may share it."""

    def __init__(self, root: Path, receipts: Receipts | None = None) -> None:
        """Open the store, beside the receipts where Kafka is. Raises StoreMismatchError where there is no store."""
        self.receipts = receipts
        self.store = DirectoryStore.reading(root)
        self._kept: dict[str, tuple[Hashable, Any]] = {}
        self._turns = {name: Lock() for name in ("release", "completeness", "projects", "corrections")}

    def newest(self) -> int:
        """Return the number of the newest release, published or not; 0 for none."""
        return self.store.latest()

    def release(self) -> Release | None:
        """Return the newest release, None where there is none."""
        number = self.newest()
        release: Release | None = self._held("release", number, lambda: self.store.release(number) if number else None)
        return release

    def figures(self, wanted: Wanted) -> Shown:
        """Return the newest periods of a support for a place, oldest first: as they are live, or as released."""
        release = self.release()
        nis = wanted.place[1] if wanted.zone == "provisional" else None
        selection = Selection(wanted.zone, frozenset({wanted.support}), _periods(release, wanted), nis)
        live = as_it_is(self.store, selection) if nis else None
        exported = live or as_released(self.store, selection, self.newest())
        figures = tuple(_cells(exported, wanted))
        return Shown(figures, live is not None, release.update.update_id if release else "")

    def predecessors(self, nis: str) -> tuple[Municipality, ...]:
        """Return the municipalities under whose codes earlier figures of one stand; none in a fixed geography (D3)."""
        if self.store.settings.geography_month is not None:
            return ()
        return tuple(one for one in MUNICIPALITY.values() if one.successor == nis)

    def sent(self, nis: str) -> tuple[Sent, ...] | None:
        """Return what an OCMW sent about the last twelve months, newest first; None where no update is closed."""
        number = self.newest()
        if not number:
            return None
        complete: Completeness = self._held("completeness", number, lambda: Completeness.of(self.store, number))
        return tuple(_sent(complete, nis, month) for month in reversed(complete.expected[-_COMPLETE_MONTHS:]))

    def projects(self, nis: str) -> tuple[Row, ...] | None:
        """Return the totals of individualised projects (GPMI) in the twelve months up to the newest update."""
        release = self.release()
        known: Gathered | None = self._held("projects", self._stamp(SERVICES), self._gathered)
        if known is None or release is None or not known.columns.count:
            return None
        month = release.update.reference_month
        last = day_in(month, days_in(month))
        first = day_in(month - MONTHS_PER_YEAR + 1, 1)
        rows = answer(known.columns, Question(nis, first, last))
        return tuple(row for row in rows if row.figure in _NAMED and (row.breakdown, row.category) == _TOTAL)

    def corrections(self, nis: str, language: str) -> tuple[Correction, ...] | None:
        """Return what an OCMW should mend in its last subsidy reports; None where no report ever came."""
        stamp = self._stamp(SERVICES), self._stamp(FORMS), language
        rows: tuple[Correction, ...] | None = self._held("corrections", stamp, lambda: self._corrections(language))
        return None if rows is None else tuple(one for one in rows if one.ocmw == nis)

    def _gathered(self) -> Gathered | None:
        try:
            return gathered(states_of(ContractService(), self.store.root))
        except StoreMismatchError:
            return None

    def _corrections(self, language: str) -> tuple[Correction, ...] | None:
        if self._stamp(FORMS) is None:
            return None
        brussels = "nl" if language == "nl" else "fr"
        return tuple(one for year in YEARS for one in corrections(self.store.root, year, brussels))

    def _stamp(self, name: str) -> tuple[int, int] | None:
        path = self.store.root / name
        if not path.exists():
            return None
        state = path.stat()
        return state.st_mtime_ns, state.st_size

    def _held(self, name: str, stamp: Hashable, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - what ``make`` returns
        with self._turns[name]:  # nobody waits for what another one makes of something else
            held = self._kept.get(name)
            if held is None or held[0] != stamp:
                held = self._kept[name] = stamp, make()
            return held[1]


def _periods(release: Release | None, wanted: Wanted) -> frozenset[str]:
    """Return the codes of the newest periods of a support and kind; in the provisional zone all of its months."""
    if wanted.zone == "provisional" or release is None:
        return frozenset()
    keys = (key.period for key in release.entries if key.support == wanted.support and key.period.kind == wanted.kind)
    most = _LAST_MONTHS if wanted.kind in ("month", "rolling_year") else _LAST_OTHERS
    return frozenset(period.code for period in sorted(keys)[-most:])


def _cells(exported: ExportedFigures, wanted: Wanted) -> Iterator[Figure]:
    place = PLACE_NUMBER[wanted.place]
    chosen = (one for one in exported.chosen if one.key.period.kind == wanted.kind)
    ordered = sorted(chosen, key=lambda one: one.key.period)
    blocks = exported.blocks.read_blocks([one.ref for one in ordered])
    for one, cells in zip(ordered, blocks, strict=True):
        first, stop = cells.bounds((place, place + 1))
        mine = (
            column[first:stop].tolist()
            for column in (cells.category, cells.beneficiaries, cells.amount_cents, cells.state_share_cents, cells.days)
        )
        rows = {CATEGORIES[category]: measures for category, *measures in zip(*mine, strict=True)}
        key, state = one.key, str(one.state)
        for (breakdown, category), (persons, cents, share, days) in ({_TOTAL: [0, 0, 0, 0]} | rows).items():
            named = (key.support, key.period.code, breakdown, category)
            yield Figure(*named, persons, cents, share, days, state, one.update_id)


def _sent(complete: Completeness, nis: str, month: int) -> Sent:
    code = valid_code(nis, complete.settings.geography_month or month)
    arrivals = complete.arrivals.get(month)
    spread = lines_of(arrivals, range(len(LEAVES))).get(MUNICIPALITIES.index(code), {})
    aside = sum(complete.set_aside.get((code, month), {}).values())
    return Sent(month_code(month), sum(spread.values()), percentile(spread, _LATE), aside)
