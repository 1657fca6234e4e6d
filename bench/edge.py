"""The edge: statement lines a second, text to Avro with keyed hashes and ids, on one core; and the generator beside it.

The lines are those of 290,000 persons with 200 characters each, written once into ``bench/out``.
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.shell import kernel_cache

kernel_cache.prepare()

from bench.history import OUT  # noqa: E402 - kernels are imported after their cache is named
from edge.keys import Key  # noqa: E402
from edge.persons.identities import Identities  # noqa: E402
from edge.statements.importing import Importer  # noqa: E402
from edge.statements.judging import Judge  # noqa: E402
from edge.statements.rules import Rules, known_rows  # noqa: E402
from edge.statements.sources import Beside  # noqa: E402
from streams.commands.edge_files import writing  # noqa: E402

PERSONS = 290_000
OCMWS = (44021, 11002, 21004, 62063, 52011)


def line(number: int) -> str:
    """Return a line of somebody; persons come again and again."""
    person = number * 7919 % PERSONS
    head = (person % 90 * 100 + 61 + person // 90 % 12) * 100_000 + (1 + person // 1080 % 28) * 1000
    head += 1 + person // 30240
    return (
        f"1{OCMWS[person % 5]:05d}202401{person + 1:011d}00{head:09d}{97 - head % 97:02d}REF{person:09d}1"
        f"2024010120240131000102+{number % 2_000_000:08d}{'ABE'[number % 3]}{'Synthetic':<119}\n"
    )


def statement(lines: int) -> Path:
    """Return a statement of so many lines, written where there is none yet."""
    path = OUT / f"statement-{lines}.txt"
    if not path.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="ascii") as file:
            file.writelines(map(line, range(lines)))
    return path


def imported(path: Path, folder: Path) -> int:
    """Import a statement and return its lines."""
    judge = Judge(Key.fresh(), Identities.none(), Rules.of(known_rows(synthetic=True)), Beside(), synthetic=True)
    with writing(folder / "events.avro", None) as target:
        (outcome,) = Importer(judge, target.lines, {}).run([path])
        target.finish({})
    return outcome.events


def main() -> None:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    path = statement(parser.parse_args().lines)
    with TemporaryDirectory() as folder:
        imported(statement(1000), Path(folder))  # compiles
        began, busy = time.perf_counter(), time.process_time()
        events = imported(path, Path(folder))
        elapsed, cpu = time.perf_counter() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    rates = f"{events / cpu:,.0f} a second of processor, {events / elapsed:,.0f} of the clock"
    print(f"{'statement lines to events':<52} {rates}; {peak:.0f} MB")  # noqa: T201 - what this program is for


if __name__ == "__main__":
    main()
