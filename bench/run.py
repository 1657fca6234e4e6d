"""One table, all in one run: fold, count, cut, replay, rebuild, a lone event; beside the reference and DuckDB.

National size is 400,000 distinct persons in 24 months with 24 updates. ``--persons`` makes it smaller. The history is
made once and kept in ``bench/out``.
"""

import argparse
import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import fastavro
import numpy as np

from streams.shell import kernel_cache

kernel_cache.prepare()

from bench import duckdb_way  # noqa: E402 - kernels are imported after their cache is named
from bench.history import OUT, history  # noqa: E402
from processors.admission.decoding import (  # noqa: E402
    EMPLOYMENT,
    RESIDENCE,
    UPDATE_CLOSED,
    YOUTH_EXIT,
    batch_of,
    decode,
)
from processors.admission.fold import Fold  # noqa: E402
from processors.axes import stretches  # noqa: E402
from processors.counting.counting import added_up, turned  # noqa: E402
from processors.counting.people import people  # noqa: E402
from processors.gate.publication import kingdom_total, months_of  # noqa: E402
from processors.reference.events import admitted  # noqa: E402
from schemas.faults import Fault  # noqa: E402
from schemas.log import Block, Layout, LogFile, encode_plain, read_plain  # noqa: E402
from schemas.periods import PeriodKind  # noqa: E402
from schemas.settings import FigureSettings  # noqa: E402
from schemas.supports import NODE, NODES  # noqa: E402
from sinks.directory.store import DirectoryStore  # noqa: E402
from streams.embedded.driver import Embedded, batches  # noqa: E402
from streams.proof.recount import ReadLog, Recount  # noqa: E402

SETTINGS = FigureSettings()
DUCKDB_SHARE = 0.02
"""Share of the persons that DuckDB recounts; its time is divided by it, and the table says so."""

REFERENCE_BLOCKS = 40
EVENTS_TOGETHER = 10_000
RECORDS = 200_000
"""How many fastavro decodes: it takes as long for each."""
ROUNDS = 3

Line = tuple[str, str]


@contextmanager
def _timed(took: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    took.append(time.perf_counter() - began)


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB peak so far"


def _bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _folded(path: Path) -> tuple[Fold, list[Line]]:
    """Fold everything, bytes of blocks in, rows in the ledger; decoding and ledger timed apart, then fastavro's way."""
    fold = Fold(SETTINGS)
    decoding: list[float] = []
    folding: list[float] = []
    events = 0
    for batch in batches(LogFile.open(path)):
        with _timed(decoding):
            decoded = decode(batch, fold.ledger.rules)
        with _timed(folding):
            fold.ledger.fold(decoded, 0, len(decoded.kind))
        events += len(decoded.kind)
    whole = sum(decoding) + sum(folding)
    tables = fold.ledger.trimmed()  # room that nothing was written to costs no memory
    row_bytes = tables.rows.nbytes + tables.row_slots.nbytes + tables.before.nbytes
    id_bytes = tables.ids.nbytes + tables.id_slots.nbytes
    return fold, [
        ("events, persons, rows", f"{events:,}, {fold.ledger.persons:,}, {len(fold.ledger.rows):,}"),
        ("fold, one core", f"{events / whole / 1e6:.2f} M events/s ({whole:.1f} s; decode {sum(decoding):.1f} s)"),
        _record_by_record(path, whole / events),
        ("bytes a row, an event id", f"{row_bytes / len(fold.ledger.rows):.0f}, {id_bytes / fold.ledger.ids:.0f}"),
    ]


def _facts_beside_claims(path: Path) -> list[Line]:
    """Fold the events of the time dimension alone, and as many lines of statements alone, each in an empty ledger.

    In turn, and the quickest of each: whoever comes first in a process also pays for memory that it never had.
    """
    file = LogFile.open(path)
    bodies: dict[bool, list[bytes]] = {True: [], False: []}
    for batch in batches(file):
        decoded = decode(batch, Fold(SETTINGS).ledger.rules)
        for kind, start, stop in zip(decoded.kind.tolist(), decoded.start.tolist(), decoded.stop.tolist(), strict=True):
            if start < stop and kind != UPDATE_CLOSED:
                body = bytes([2 * kind]) + batch.data[start:stop].tobytes()
                bodies[kind in (EMPLOYMENT, YOUTH_EXIT, RESIDENCE)].append(body)
    facts = bodies[True]
    chosen = facts, bodies[False][: len(facts)]
    rounds = [[_seconds_to_fold(some, file.layout) for some in chosen] for _ in range(ROUNDS)]
    fact, line = (min(seconds) / len(facts) * 1e9 for seconds in zip(*rounds, strict=True))
    return [("fold, a fact / a line of a statement", f"{fact:.0f} / {line:.0f} ns ({len(facts):,} of each, one core)")]


def _seconds_to_fold(bodies: list[bytes], layout: Layout) -> float:
    fold = Fold(SETTINGS)
    took: list[float] = []
    for first in range(0, len(bodies), EVENTS_TOGETHER):
        some = bodies[first : first + EVENTS_TOGETHER]
        batch = batch_of([Block(np.frombuffer(bytearray(b"".join(some)), np.uint8), len(some), 1)], layout)
        with _timed(took):
            for _ in fold.steps(batch):
                pass
    return sum(took)


def _counted(fold: Fold) -> list[Line]:
    """Count the largest node over all periods, and one lone event's month."""
    months = np.flatnonzero(fold.ledger.tables.exists.any(axis=0)).tolist()
    lines: list[Line] = []
    kinds_and_units: tuple[tuple[tuple[PeriodKind, ...], str], ...] = (
        (("month",), "person-month"),
        (("year", "rolling_year"), "person-year"),
    )
    for kinds, unit in kinds_and_units:
        took: list[float] = []
        units = 0
        for axes in stretches(months, kinds):
            rows = people(fold.ledger, months_of(axes))
            with _timed(took):
                blocks = [made for _, made in added_up(turned(rows, axes, NODE["LL"], SETTINGS))]
            units += sum(kingdom_total(cells) for made in blocks for cells in made)
        lines.append((f"count LL, a {unit}", f"{sum(took) / units * 1e9:.0f} ns ({units:,} of them, one core)"))
    return lines


def _lone_event(path: Path, fold: Fold) -> list[Line]:
    """Fold one event after a full history, and count its month with it."""
    file = LogFile.open(path)
    block = next(file.blocks())
    kind, values = next(event for event in read_plain(block, file.layout) if not isinstance(event, Fault))
    data = np.frombuffer(bytearray(encode_plain((kind, values | {"event_id": bytes(16)}))), np.uint8)
    batch = batch_of([type(block)(data, 1, 1)], file.layout)
    fold.ledger.take_touched()
    folding: list[float] = []
    counting: list[float] = []
    with _timed(folding):
        for _ in fold.steps(batch):
            pass
    touched = fold.ledger.take_touched()
    months = np.flatnonzero(touched.any(axis=0)).tolist()
    for _ in range(3):
        with _timed(counting):
            axes = stretches(months, ("month",))[0]
            rows = people(fold.ledger, months_of(axes))
            for node in NODES:
                if touched[list(node.leaves)].any():
                    list(added_up(turned(rows, axes, node, SETTINGS)))
    return [
        ("a lone event folded", f"{folding[0] * 1e3:.2f} ms"),
        ("its month recounted, all nodes", f"{min(counting) * 1e3:.0f} ms"),
    ]


def _replayed(path: Path, persons: int) -> tuple[float, list[Line]]:
    root = OUT / "store"
    shutil.rmtree(root, ignore_errors=True)
    cuts: list[tuple[str, float]] = []
    last = ("", time.perf_counter())

    def report(doing: str, _done: int, _total: int) -> None:
        nonlocal last
        if doing != last[0]:
            cuts.append((last[0], time.perf_counter() - last[1]))
            last = (doing, time.perf_counter())

    began = time.perf_counter()
    Embedded.run(root, SETTINGS, [path], progress=report)
    whole = time.perf_counter() - began
    store = DirectoryStore.reading(root)
    release = store.release()
    cells = sum(entry.latest.cells for entry in release.entries.values() if entry.latest)
    counting = [seconds for doing, seconds in cuts if doing.startswith("counting")]
    blocks = _bytes(root / "blocks" / f"{release.update.sequence:06d}")
    return whole, [
        ("replay, 24 updates, all zones", f"{whole:.0f} s; {_peak()}"),
        (
            "late update, barrier to release",
            f"{counting[-1] if counting else 0:.1f} s; {cells:,} cells, {blocks / 1e6:.0f} MB written",
        ),
        ("store", f"{_bytes(root) / 1e9:.2f} GB for {persons:,} persons and 24 releases"),
    ]


def _instead(fold: Fold, replay: float) -> list[Line]:
    """Time DuckDB at the last update and say what all updates would take."""
    months = np.flatnonzero(fold.ledger.tables.exists.any(axis=0)).tolist()
    at = {1: months[:1], 12: months[:12], 24: months[:24]}
    took = {
        number: duckdb_way.seconds(fold.ledger, chosen, DUCKDB_SHARE) / DUCKDB_SHARE for number, chosen in at.items()
    }
    every = sum(np.interp(range(1, 25), list(took), list(took.values())))
    seconds_of = ", ".join(f"update {number} {seconds:.0f} s" for number, seconds in took.items())
    return [
        (f"DuckDB, all cells, scaled from {DUCKDB_SHARE:.0%} of persons", seconds_of),
        ("DuckDB, 24 updates, interpolated", f"{every:.0f} s, {every / replay:.0f} times the replay"),
    ]


def _record_by_record(path: Path, fold_seconds: float) -> Line:
    """Time fastavro, which makes a dict of each record, over some records of the file."""
    took: list[float] = []
    with path.open("rb") as file, _timed(took):
        read = sum(1 for _ in islice(fastavro.reader(file), RECORDS))
    ratio = took[0] / read / fold_seconds
    return (
        "fastavro, decoding alone",
        f"{read / took[0] / 1e6:.3f} M events/s: decode and fold take {ratio:.1f} times less",
    )


def _slow(persons: int) -> list[Line]:
    """Time the reference on a small history."""
    path, root = history(persons), OUT / "small"
    shutil.rmtree(root, ignore_errors=True)
    fast: list[float] = []
    slow: list[float] = []
    with _timed(fast):
        Embedded.run(root, SETTINGS, [path])
    with _timed(slow):
        recount = Recount.of(ReadLog.of(admitted([path]), SETTINGS), DirectoryStore.reading(root))
        places = recount.sample(1)[:REFERENCE_BLOCKS]
        verdict = recount.verdict(places)
    every = len(recount.places())
    return [
        (
            f"reference, {persons:,} persons",
            (
                f"{slow[0]:.0f} s for {verdict.blocks} of {every:,} blocks, {len(verdict.differences)} cells differ; "
                f"the fast core counted all in {fast[0]:.0f} s"
            ),
        )
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=400_000)
    persons = parser.parse_args().persons
    small = history(2_000)
    Embedded.run(OUT / "warm", SETTINGS, [small])  # kernels are compiled, and are not what is measured
    shutil.rmtree(OUT / "warm")
    path = history(persons)
    fold, lines = _folded(path)
    lines += _counted(fold)
    lines += _lone_event(path, fold) + _facts_beside_claims(path)
    replay, lines_of_replay = _replayed(path, persons)
    lines += lines_of_replay + _instead(fold, replay) + _slow(2_000)
    for name, figure in lines:
        print(f"{name:<52} {figure}")  # noqa: T201 - what this program is for


if __name__ == "__main__":
    main()
