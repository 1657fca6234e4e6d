"""Twenty years at national size: all periods made from rows alone, a year of releases in Redis, the workbook of LL.

A history of twenty years would take as long to make as to fold, so the rows are those of the benchmark's two years, ten
times: each time other persons, two years earlier. Then eleven updates follow; each changes one row in 400 of the
last three years, so that every block of these years changes with each, as it hardly does in practice.
"""

import argparse
import resource
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from streams.shell import kernel_cache

kernel_cache.prepare()

from bench.history import OUT, history  # noqa: E402 - kernels are imported after their cache is named
from processors.admission.fold import Fold  # noqa: E402
from processors.admission.keys import leaf_in, month_in, municipality_in, person_in, row_place  # noqa: E402
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS, Ledger  # noqa: E402
from processors.counting.people import everyone  # noqa: E402
from processors.protocol.all_rows import Gathered  # noqa: E402
from schemas.arrays import Int64  # noqa: E402
from schemas.periods import MONTHS_PER_YEAR, parse_month  # noqa: E402
from schemas.releases import Release, Update  # noqa: E402
from schemas.rows import Rows  # noqa: E402
from schemas.settings import FigureSettings  # noqa: E402
from sinks.directory.store import DirectoryStore  # noqa: E402
from sinks.files.selection import Selection  # noqa: E402
from sinks.files.workbook import write_workbooks  # noqa: E402
from sinks.redis.names import prefix  # noqa: E402
from sinks.redis.store import KEEP, RedisCopy, connect  # noqa: E402
from sinks.zones import READ_ZONES, ReadZone  # noqa: E402
from streams.embedded.driver import steps_of  # noqa: E402
from streams.release.cut import Cut, release_of  # noqa: E402
from streams.servers.redis import RedisServer  # noqa: E402

SETTINGS = FigureSettings()
YEARS, YEARS_OF_HISTORY = 20, 2
LAST = parse_month("2023-12")
CHANGED_YEARS = 3
ONE_IN = 400

Line = tuple[str, str]


class Years(NamedTuple):
    """Rows of two years, and a ledger of twenty made of them: part k is two years earlier than part k - 1."""

    rows: Int64
    gathered: Gathered


def twenty_years(path: Path) -> Years:
    """Fold a history and let its rows stand ten times."""
    fold = Fold(SETTINGS)
    for _ in steps_of(fold, path):
        pass
    twenty = Years(fold.ledger.rows.copy(), Gathered(Ledger(SETTINGS), YEARS // YEARS_OF_HISTORY))
    for part in range(twenty.gathered.partitions):
        twenty.gathered.put(part, _earlier(twenty.rows, part))
    return twenty


def _earlier(rows: Int64, part: int) -> Rows:
    """Return rows of two years as they stand in a part."""
    keys = rows[:, KEY]
    month = month_in(keys) - part * YEARS_OF_HISTORY * MONTHS_PER_YEAR
    place = row_place(municipality_in(keys), month, leaf_in(keys))
    return Rows(
        person_in(keys).astype(np.uint32),
        place.astype(np.uint32),
        rows[:, AMOUNT],
        rows[:, STATE_SHARE],
        rows[:, DAYS],
        rows[:, TRAITS].astype(np.uint32),
    )


def change(years: Years, number: int) -> None:
    """Take some rows of the last years back, others than the update before did."""
    chosen = years.rows[number::ONE_IN].copy()
    chosen[:, AMOUNT] = 0
    for part in range(-(-CHANGED_YEARS // YEARS_OF_HISTORY)):
        since = LAST - CHANGED_YEARS * MONTHS_PER_YEAR + part * YEARS_OF_HISTORY * MONTHS_PER_YEAR
        years.gathered.put(part, _earlier(chosen[month_in(chosen[:, KEY]) > since], part))


def released(years: Years, number: int, previous: Release | None, store: DirectoryStore) -> Release:
    """Count what was touched, and publish it as an update that closes a month later than the one before."""
    gathered = years.gathered
    update = Update(number, f"u{number}", LAST + number)
    cut = Cut(update, previous, gathered.touched_by_any(), gathered.ledger.tables.exists, SETTINGS, store)
    release = store.publish(release_of(gathered.ledger, cut, partial(everyone, gathered.ledger)))
    gathered.forget_touched(range(gathered.partitions))
    return release


def lines(years: Years, room: Path) -> Iterator[Line]:
    """Measure the release of all periods, then a year of releases in Redis and the workbooks of the last."""
    yield "rows", f"{len(years.gathered.ledger.rows):,} of {YEARS} years"
    store = DirectoryStore.writing(room / "store", SETTINGS)
    began = time.perf_counter()
    release = released(years, 1, None, store)
    took = time.perf_counter() - began
    cells = sum(entry.latest.cells for entry in release.entries.values() if entry.latest)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield f"rebuild, {YEARS} years in one release", f"{took:.0f} s; {cells:,} cells; {peak:.1f} GB peak"
    with RedisServer(room) as server:
        copy = RedisCopy(connect(server.url))
        copy.publish(release, store)
        for number in range(2, KEEP + 1):
            change(years, number)
            release = released(years, number, release, store)
            copy.publish(release, store)
        yield from (_zone(copy, zone) for zone in READ_ZONES)
    yield from _workbooks(store, release, room / "workbooks")


def _workbooks(store: DirectoryStore, release: Release, room: Path) -> Iterator[Line]:
    """Write the public figures of LL as people open them."""
    began = time.perf_counter()
    books = write_workbooks(room, store, release, Selection("public", frozenset({"LL"})))
    took = time.perf_counter() - began
    sizes = ", ".join(f"{book.name} {book.stat().st_size / 1e6:.1f} MB" for book in books)
    yield f"workbooks of LL, {YEARS} years", f"{took:.0f} s; {sizes}"


def _zone(copy: RedisCopy, zone: ReadZone) -> Line:
    """Say how much memory the values of a zone take."""
    names = list(copy.client.scan_iter(match=prefix(zone) + "*", count=1000))
    asking = copy.client.pipeline(transaction=False)
    for name in names:
        asking.memory_usage(name, samples=0)
    held = sum(asking.execute())
    return f"Redis, {zone} zone, {KEEP} releases", f"{held / 1e9:.2f} GB in {len(names):,} values"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=400_000)
    room = OUT / "years"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    years = twenty_years(history(parser.parse_args().persons))
    for name, figure in lines(years, room):
        print(f"{name:<52} {figure}", flush=True)  # noqa: T201 - what this program is for
    shutil.rmtree(room)


if __name__ == "__main__":
    main()
