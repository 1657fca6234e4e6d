"""Keyed services: contract versions folded and answered, yearly reports imported and reported, in one table.

    python -m bench.services [--versions 1000000]

Records are made by arithmetic, once, into ``bench/out``; Antwerp has 15,000 of the contract versions, or all of fewer,
the other OCMWs share the rest. Each person has two versions.
"""

import argparse
import csv
import resource
import shutil
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench.history import OUT
from processors.services.admission import Known, admitted
from processors.services.contracts import Contracts, ContractService
from processors.services.gpmi.answer import Question, answer
from processors.services.gpmi.gathering import Gathered, gathered
from processors.services.subsidies.indicators import rows
from processors.services.subsidies.service import SubsidyService
from processors.services.subsidies.standing import standings
from schemas.periods import parse_month
from schemas.services.days import day_of
from schemas.services.reading import TopicFile, write_topic
from schemas.services.records import GpmiContract, Grant, ProjectType
from schemas.services.subsidy_years import subsidy_year
from schemas.services.topics import TOPIC
from sinks.files.subsidy_workbook import write_subsidy_workbook
from streams.embedded.admission import admit_files, states_of
from streams.embedded.yearly_reports import import_form
from synthetic.services.drawing import drawing

LARGEST, OF_LARGEST = 11002, 15_000
YEAR = 2017
IN_A_FILE = 100_000
_START = day_of(date(2016, 1, 1))
_TYPES: tuple[ProjectType, ...] = ("GENERAL", "STUDENT", "TRAINING", "OTHER")


def ocmws() -> tuple[int, ...]:
    """Return the OCMWs that there are at the end of the year."""
    return drawing(parse_month(f"{YEAR}-01"), parse_month(f"{YEAR}-12"), 1).ocmws


def version(number: int, codes: tuple[int, ...]) -> GpmiContract:
    """Return a contract version by its number: the first or the second of a person's contract."""
    person, second = divmod(number, 2)
    ocmw = LARGEST if number < OF_LARGEST else codes[person % len(codes)]
    signed = _START + person * 7919 % 700
    return GpmiContract(
        number.to_bytes(16, "big"), person.to_bytes(16, "big"), person.to_bytes(16, "big"), 1 + second, ocmw,
        (ocmw * 100 + person % 40,), signed + 60 * second, signed, signed + 400 if person % 3 else None, None,
        _TYPES[(person + second) % 4], ocmw if person % 5 else 0, person % 3 == 0, person % 4 == 0, person % 7 == 0,
        person % 6 == 0, signed - 10, 1 + person % 2, _START - 7000 - person % 15_000, None,
    )  # fmt: skip


def contract_files(versions: int) -> list[Path]:
    """Return the files of so many versions, written where there are none yet."""
    folder, codes = OUT / f"contracts-{versions}", tuple(code for code in ocmws() if code != LARGEST)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for first in range(0, versions, IN_A_FILE):
        paths.append(folder / f"{first:08d}.avro")
        if not paths[-1].exists():
            numbers = range(first, min(first + IN_A_FILE, versions))
            write_topic(paths[-1], TOPIC["contracts"], [version(number, codes) for number in numbers])
    return paths


def read(paths: list[Path]) -> list[GpmiContract]:
    """Read files, bytes in, records out."""
    return [record for path in paths for record in TopicFile.open(path).records() if isinstance(record, GpmiContract)]


def folded(records: list[GpmiContract]) -> dict[bytes, Known[Contracts]]:
    """Fold records, one by one, into what is known of each person."""
    service, known = ContractService(), dict[bytes, Known[Contracts]]()
    for record in records:
        before = known.get(record.person) or Known(service.begin())
        known[record.person], _ = admitted(service, before, record, 0)
    return known


Moment = tuple[float, float]


def _now() -> Moment:
    return time.perf_counter(), time.process_time()


def _since(began: Moment) -> str:
    """Return how long something took, by the clock and of the processor: others may work beside."""
    clock, processor = (after - before for after, before in zip(_now(), began, strict=True))
    return f"{clock:.2f} s, {processor:.2f} of the processor"


def contracts(versions: int) -> Iterator[tuple[str, str]]:
    """Measure statistics of projects."""
    paths = contract_files(versions)
    began = _now()
    records = read(paths)
    yield f"{versions:,} contract versions read", _since(began)
    began = _now()
    known = folded(records)
    yield f"{versions:,} contract versions folded", _since(began)
    del records
    began = _now()
    columns_of = gathered((person, one.state) for person, one in known.items())
    yield "  gathered into columns", _since(began)
    yield from answers(columns_of)
    del known, columns_of
    root = OUT / "services"
    shutil.rmtree(root, ignore_errors=True)
    began = _now()
    admit_files(paths, root, 0)
    yield "  admitted into a store, durably", _since(began)
    began = _now()
    gathered(states_of(ContractService(), root))
    yield "  read back from it into columns", f"{_since(began)}; {_peak()}"


def answers(gathered_contracts: Gathered) -> Iterator[tuple[str, str]]:
    """Measure the answers for the largest OCMW and for all."""
    period = date(YEAR, 1, 1), date(YEAR, 12, 31)
    for name, code in ((f"GPMI of {LARGEST}, {OF_LARGEST:,} versions", str(LARGEST)), ("GPMI of all OCMWs", None)):
        began = _now()
        given = list(answer(gathered_contracts.columns, Question(code, *period)))
        yield name, f"{_since(began)} ({len(given):,} rows)"


def form(path: Path, codes: tuple[int, ...]) -> None:
    """Write the yearly reports of all OCMWs as one form."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("sheet", "ocmw", "year", "part", "code", "justified_cents", "persons", "agreements"))
        for number, code in enumerate(codes):
            euro, persons = 5000 + number * 37 % 90_000, 20 + number % 300
            writer.writerow(("report", code, YEAR, "", "", "", "", number % 4))
            for part in "AC":
                writer.writerow(("parts", code, "", part, "", f"{2 * euro},00", persons, ""))
                for activity in (f"{part}1", f"{part}2"):
                    writer.writerow(("activities", code, "", part, activity, f"{euro},00", persons, ""))


def subsidies() -> Iterator[tuple[str, str]]:
    """Measure the yearly reports of all OCMWs, from the form to the workbook."""
    root, codes = OUT / "subsidies", ocmws()
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    form(root / "form.csv", codes)
    grants = [Grant(code.to_bytes(16, "big"), code, YEAR, 2_500_000 + 1000 * code, None) for code in codes]
    write_topic(root / "grants.avro", TOPIC["reports"], grants)
    admit_files([root / "grants.avro"], root / "store", 0)
    began = _now()
    done = import_form(root / "form.csv", root / "store", YEAR, 0)
    yield f"{len(done.kept)} yearly reports imported", _since(began)
    counting = _now()
    states = (state for _, state in states_of(SubsidyService(), root / "store"))
    indicators = list(rows(standings(states, YEAR), subsidy_year(YEAR)))
    yield "  their indicators", _since(counting)
    writing = _now()
    write_subsidy_workbook(root / "report.xlsx", YEAR, indicators)
    yield "  their workbook", _since(writing)
    yield "  all of it", _since(began)


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB peak so far"


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, default=1_000_000)
    for measured in (subsidies(), contracts(parser.parse_args().versions)):
        for name, figure in measured:
            print(f"{name:<52} {figure}", flush=True)  # noqa: T201 - what this program is for


if __name__ == "__main__":
    main()
