"""How complete the data are: a row for each support, month and OCMW of a release, also where nothing was claimed.

A *line* is what an OCMW said of one person in a month for a leaf of the support, in however many events; once said it
is never unsaid. It is late by the months between its month and the reference month of the update that first held it:
each update counted its lines, so a line is of the update at which their number grew.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from schemas.arrays import Int32, Int64
from schemas.breakdowns import CATEGORY_NUMBER, UNKNOWN
from schemas.datasets import COMPLETENESS
from schemas.figures import BlockKey
from schemas.periods import Period, month_code, parse_month
from schemas.places import MUNICIPALITIES, MUNICIPALITY, PLACES, valid_code
from schemas.releases import Release
from schemas.settings import FigureSettings
from schemas.supports import LEAVES, NODES, Node
from sinks.arrow import arrow_schema
from sinks.completeness import counted_lines
from sinks.directory.origin import Origin
from sinks.directory.store import DirectoryStore
from sinks.files.grid import WITHOUT_OCMW
from sinks.protocol import Store

NO_CLAIM, ZERO, POSITIVE, SET_ASIDE = "no_claim", "zero", "positive", "set_aside"
_GAP = 12
"""Months without any line behind which an older month is an outlier: most likely a typing error."""
_MEDIAN, _LATE = 50, 95
_UNKNOWNS = ("age5", "household", "nationality_group", "status")
_NO_SUPPORT = "not-a-support"
"""What was set aside as this is no claim, so "no claim" stays true."""
_SHAPE = (len(LEAVES), len(MUNICIPALITIES))


class Arrivals(NamedTuple):
    """New lines of a month, one entry a (leaf, municipality, update): numbers, months late, and how many."""

    leaf: Int64
    municipality: Int64
    late: Int64
    lines: Int64


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is known of a release: new lines by month (ordinal), and what imports set aside by (NIS code, month)."""

    release: Release
    arrivals: Mapping[int, Arrivals]
    set_aside: Mapping[tuple[str, int], Mapping[str, int]]
    settings: FigureSettings

    @classmethod
    def of(cls, store: Store, number: int) -> "Completeness":
        """Return it for a release. Raises StoreCorruptError, UnknownReleaseError."""
        release = store.release(number)
        imports = Origin.of(store.root) if isinstance(store, DirectoryStore) else None
        aside = _set_aside(imports.imports if imports else (), store.settings)
        return cls(release, _arrivals(store, number), aside, store.settings)

    @property
    def outliers(self) -> tuple[int, ...]:
        """Months with lines that lie a year or more before all others, or after the month that was closed."""
        months, last = sorted(self.arrivals), self.release.update.reference_month
        regular = [month for month in months if month <= last]
        first = next(
            (later for earlier, later in zip(regular[-2::-1], regular[:0:-1], strict=True) if later - earlier > _GAP),
            regular[0] if regular else last,
        )
        return tuple(month for month in months if not first <= month <= last)

    @property
    def expected(self) -> tuple[int, ...]:
        """The months in which every OCMW could have claimed: from the first that is no outlier to the one closed."""
        odd = set(self.outliers)
        first = min((month for month in self.arrivals if month not in odd), default=None)
        last = self.release.update.reference_month
        return () if first is None else tuple(range(first, last + 1))

    def ocmws(self, month: int) -> list[int]:
        """Return the numbers of the municipalities with an OCMW, as they are shown for a month (D3)."""
        geography = self.settings.geography_month or month
        return [
            number for number, nis in enumerate(MUNICIPALITIES) if nis not in WITHOUT_OCMW and _is_one(nis, geography)
        ]


def _is_one(nis: str, month: int) -> bool:
    entry = MUNICIPALITY[nis]
    return entry.first <= month and (entry.last is None or month <= entry.last)


def _set_aside(imports: Iterable[Mapping[str, Any]], settings: FigureSettings) -> dict[tuple[str, int], dict[str, int]]:
    by_place: dict[tuple[str, int], dict[str, int]] = {}
    for entry in imports:
        nis, month = str(entry["ocmw"]).zfill(5), parse_month(month_text(entry["month"]))
        if nis in MUNICIPALITY:
            slugs = by_place.setdefault((valid_code(nis, settings.geography_month or month), month), {})
            for slug, count in entry["slugs"].items():
                slugs[slug] = slugs.get(slug, 0) + count
    return by_place


def month_text(month: object) -> str:
    """Return a month of the metadata of an import as ``2024-01``."""
    digits = str(month)
    return digits if "-" in digits else f"{digits[:4]}-{digits[4:]}"


def _arrivals(store: Store, number: int) -> dict[int, Arrivals]:
    before: dict[int, Int32] = {}
    parts_of: dict[int, list[Int64]] = {}
    closed = {update.sequence: update.reference_month for update in store.updates()}
    for sequence in range(1, number + 1):
        for month, lines in counted_lines(store, sequence, _SHAPE).items():
            new = lines - before[month] if month in before else lines
            before[month] = lines
            leaf, municipality = np.nonzero(new)
            late = np.full(len(leaf), closed[sequence] - month)
            parts_of.setdefault(month, []).append(np.stack([leaf, municipality, late, new[leaf, municipality]], axis=1))
    joined = {month: np.concatenate(parts).astype(np.int64) for month, parts in sorted(parts_of.items())}
    return {month: Arrivals(*rows.T) for month, rows in joined.items() if len(rows)}


def lines_of(arrivals: Arrivals | None, leaves: Iterable[int]) -> dict[int, dict[int, int]]:
    """Return by municipality how many lines of some leaves came so many months late."""
    spreads: dict[int, dict[int, int]] = {}
    if arrivals is not None:
        chosen = np.isin(arrivals.leaf, list(leaves))
        columns = (column[chosen].tolist() for column in (arrivals.municipality, arrivals.late, arrivals.lines))
        for municipality, late, lines in zip(*columns, strict=True):
            spread = spreads.setdefault(municipality, {})
            spread[late] = spread.get(late, 0) + lines
    return spreads


def percentile(spread: Mapping[int, int], percent: int) -> int | None:
    """Return the smallest number of months that at least so many of a hundred lines do not exceed; None for none."""
    total, seen = sum(spread.values()), 0
    for late in sorted(spread):
        seen += spread[late]
        if seen * 100 >= percent * total:
            return late
    return None


def sent(completeness: Completeness) -> Iterator[tuple[tuple[str, int, str], tuple[int, int | None, int | None]]]:
    """Yield (support, month, NIS code) with (lines, median and 95th percentile of months late), where lines came."""
    for node in NODES:
        for month, arrivals in completeness.arrivals.items():
            for number, spread in lines_of(arrivals, node.leaves).items():
                late = (percentile(spread, _MEDIAN), percentile(spread, _LATE))
                yield (node.code, month, MUNICIPALITIES[number]), (sum(spread.values()), *late)


def completeness_batches(store: Store, number: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a release as ``schemas.datasets.COMPLETENESS`` has them; none where nothing is closed."""
    if not number:
        return
    completeness = Completeness.of(store, number)
    schema = arrow_schema(COMPLETENESS.columns)
    outside = tuple(completeness.outliers)
    for node in sorted(NODES, key=lambda one: one.code):
        for month in sorted({*completeness.expected, *outside}):
            rows = list(rows_of(store, completeness, node, month, every=month not in outside))
            if rows:
                columns = zip(*rows, strict=True)
                arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def rows_of(
    store: Store, completeness: Completeness, node: Node, month: int, *, every: bool
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a support and month, by NIS code; ``every`` OCMW, or those with a line alone."""
    spreads = lines_of(completeness.arrivals.get(month), node.leaves)
    counts = _counts(store, completeness.release, node, month)
    for number in sorted({*spreads, *(completeness.ocmws(month) if every else ())}, key=MUNICIPALITIES.__getitem__):
        nis, spread = MUNICIPALITIES[number], spreads.get(number, {})
        total, unknown = counts.get(nis, (0, dict.fromkeys(_UNKNOWNS, 0)))
        aside = completeness.set_aside.get((nis, month), {})
        yield (
            node.code,
            month_code(month),
            nis,
            _state(spread, total, aside),
            sum(spread.values()),
            total,
            *(unknown[name] if name != "status" or node.status else None for name in _UNKNOWNS),
            percentile(spread, _MEDIAN),
            percentile(spread, _LATE),
            " ".join(f"{slug}={count}" for slug, count in sorted(aside.items())),
            completeness.release.update.update_id,
        )


def _state(spread: Mapping[int, int], beneficiaries: int, aside: Mapping[str, int]) -> str:
    if spread:
        return POSITIVE if beneficiaries else ZERO
    return SET_ASIDE if set(aside) - {_NO_SUPPORT} else NO_CLAIM


def _counts(store: Store, release: Release, node: Node, month: int) -> dict[str, tuple[int, dict[str, int]]]:
    """Return by NIS code the beneficiaries of a month, and of how many each attribute is unknown."""
    entry = release.entries.get(BlockKey(node.code, Period.parse(month_code(month))))
    if entry is None or entry.latest is None:
        return {}
    cells = store.read_block(entry.latest)
    names = {CATEGORY_NUMBER[name, UNKNOWN]: name for name in _UNKNOWNS} | {CATEGORY_NUMBER["total", "total"]: "total"}
    chosen = np.isin(cells.category, list(names))
    columns = (column[chosen].tolist() for column in (cells.place, cells.category, cells.beneficiaries))
    by_code: dict[str, dict[str, int]] = {}
    for place, category, beneficiaries in zip(*columns, strict=True):
        level, nis = PLACES[place]
        if level == "municipality":
            by_code.setdefault(nis, dict.fromkeys((*_UNKNOWNS, "total"), 0))[names[category]] = beneficiaries
    return {nis: (counts["total"], counts) for nis, counts in by_code.items()}
