"""Rows of indicators that the public zone of a release shows under a threshold, judged together (F3).

What a release hides stays hidden in all later ones. Its table ``indicators_hidden`` therefore names the groups that it
hid and none before it did: series by name, references and places by number. A store whose earlier updates have no such
table remembers from the first update that wrote one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from schemas import indicator_rungs
from schemas.indicator_rungs import Groups
from schemas.indicators import SERIES, Table, is_public, series_name
from schemas.places import PLACES
from schemas.releases import Release
from schemas.rungs import rungs_of
from sinks.indicators import FAMILIES, Counted, read_release
from sinks.protocol import Store, Tables

PUBLIC_PLACE = np.array([is_public(*place) for place in PLACES])
"""Whether the public zone shows indicators of a place, by its number."""


def suppressed(store: Store, release: int, parts: Sequence[Counted], threshold: int) -> list[Counted]:
    """Return what the public may know of the rows that hold at a release; ``parts`` are of public places alone.

    Rows of one series are judged together, so all parts that have some are given at once.
    """
    if not parts:
        return []
    whole = _together(parts)
    known = _known(store, store.release(release))
    stands = indicator_rungs.shown(whole, threshold, known, _hidden_before(store, release))
    ends = np.cumsum([len(part.table.series) for part in parts])[:-1]
    return [
        replace(part, table=Table._make(column[mine] for column in part.table))
        for part, mine in zip(parts, np.split(stands, ends), strict=True)
    ]


def public_rows(counted: Counted) -> Counted:
    """Return the rows of public places alone."""
    public = np.flatnonzero(PUBLIC_PLACE[counted.table.place])
    return replace(counted, table=Table._make(column[public] for column in counted.table))


def note_hidden(store: Store, release: Release, threshold: int) -> None:
    """Write what a release hides of the indicators that its update counted; it need not be published yet.

    Raises StoreWriteError where the disk refuses.
    """
    number = release.update.sequence
    parts = [public_rows(part) for family in FAMILIES for part in read_release(store, number, family)]
    if parts:
        whole, before = _together(parts), _hidden_before(store, number)
        stands = indicator_rungs.shown(whole, threshold, _known(store, release), before)
        now = set(zip(*indicator_rungs.hidden(whole, stands), strict=True))
        _write(store, number, sorted(now - set(zip(*before, strict=True))))


def _together(parts: Sequence[Counted]) -> Table:
    return Table._make(map(np.concatenate, zip(*(part.table for part in parts), strict=True)))


def _write(store: Tables, number: int, groups: list[tuple[int, int, int]]) -> None:
    series, references, places = zip(*groups, strict=True) if groups else ((), (), ())
    names = pa.array([series_name(SERIES[one]) for one in series], pa.string()).dictionary_encode()
    columns = [names, pa.array(references, pa.int16()), pa.array(places, pa.int16())]
    store.write_table("indicators_hidden", number, pa.table(columns, names=list(Groups._fields)))


def _hidden_before(store: Tables, number: int) -> Groups:
    """Return the groups that the releases before one hid; a series that is counted no more is left out."""
    groups = list(_hidden_by_each(store, number))
    return Groups(*map(np.concatenate, zip(*groups, strict=True))) if groups else Groups(*np.empty((3, 0), np.int16))


def _hidden_by_each(store: Tables, number: int) -> Iterator[Groups]:
    numbers = {series_name(one): at for at, one in enumerate(SERIES)}
    for earlier in range(1, number):
        table = store.read_table("indicators_hidden", earlier)
        if table is not None:
            series, *others = table.combine_chunks().columns
            ours = np.array([numbers.get(name, -1) for name in series.to_pylist()], np.int16)
            columns = (ours, *(column.to_numpy() for column in others))
            yield Groups(*(column[ours >= 0] for column in columns))


def _known(store: Store, release: Release) -> indicator_rungs.Known:
    """Return what the figures of a release show of LL: indicators fall with them."""
    rungs = {
        key.period.last: rungs_of(store.read_block(entry.hidden))
        for key, entry in release.entries.items()
        if key.support == "LL" and key.period.kind == "month" and entry.hidden is not None
    }
    fixed = store.settings.geography_month is not None
    return indicator_rungs.Known(rungs, release.update.reference_month, fixed)
