"""The answer of a question about projects: a long table, every category of it written, also where it is 0 (I)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from processors.services.gpmi.columns import Contracts
from processors.services.gpmi.figures import Counted, Means, PerWorker, figures
from processors.services.gpmi.reading import Reading
from schemas.arrays import Int64
from schemas.periods import month_of
from schemas.places import KINGDOM, MUNICIPALITY, valid_code
from schemas.services.days import day_of
from schemas.services.gpmi_figures import Row


@dataclass(frozen=True, slots=True)
class Question:
    """A period, both days in it, and whose: an OCMW's code, the kingdom's, or None for the kingdom and all OCMWs."""

    ocmw: str | None
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        """Raise ValueError for a reversed period or a code of no OCMW."""
        if self.first_day > self.last_day:
            raise ValueError(f"the period ends on {self.last_day}, before it begins on {self.first_day}")
        if self.ocmw is not None and self.ocmw != KINGDOM and self.ocmw not in MUNICIPALITY:
            raise ValueError(f"no OCMW has the code {self.ocmw!r}; write five digits, as 44021")


def answer(contracts: Contracts, question: Question) -> Iterator[Row]:
    """Yield the figures of a question: of one OCMW, or of the kingdom and then of each OCMW by its code."""
    reading = Reading(contracts, day_of(question.first_day), day_of(question.last_day))
    for codes, groups in groups_of(reading, question):
        all_figures = tuple(figures(reading, groups, len(codes)))
        workers = question.ocmw is not None and codes != (KINGDOM,)
        for place, code in enumerate(codes):
            yield from _rows(
                all_figures, place, (code, str(question.first_day), str(question.last_day)), workers=workers
            )


def codes_valid_on(day: date) -> tuple[str, ...]:
    """Return the codes of all OCMWs that there are on a day, ascending."""
    month = month_of(day)
    return tuple(
        nis for nis, own in MUNICIPALITY.items() if own.first <= month and (own.last is None or month <= own.last)
    )


def groups_of(reading: Reading, question: Question) -> Iterator[tuple[tuple[str, ...], Int64]]:
    """Yield codes, and for each contract the place of its group among them, -1 for none."""
    if question.ocmw in (None, KINGDOM):
        yield (KINGDOM,), np.zeros(reading.contracts.count, np.int64)
    if question.ocmw is None:
        codes = codes_valid_on(question.last_day)
        yield codes, _places(reading.ocmw, codes)
    elif question.ocmw != KINGDOM:
        codes = (valid_code(question.ocmw, month_of(question.last_day)),)
        yield codes, _places(reading.ocmw, codes)


def _places(numbers: Int64, codes: tuple[str, ...]) -> Int64:
    listed = np.array([int(code) for code in codes], np.int64)
    place = np.minimum(np.searchsorted(listed, numbers), len(listed) - 1)
    return np.where(listed[place] == numbers, place, -1)


def _rows(
    all_figures: Iterable[Counted | Means | PerWorker], place: int, head: tuple[str, str, str], *, workers: bool
) -> Iterator[Row]:
    for one in all_figures:
        if isinstance(one, Counted):
            counts = zip(one.categories, one.as_tool[place].tolist(), one.unique[place].tolist(), strict=True)
            for category, as_tool, unique in counts:
                yield Row(*head, one.figure, one.breakdown, category, as_tool, unique)
        elif isinstance(one, Means):
            both = (mean(int(sums[place, 0]), int(numbers[place, 0])) for sums, numbers in (one.as_tool, one.unique))
            yield Row(*head, one.figure, "total", "total", *both)
        elif workers:
            for worker, as_tool, unique in zip(
                one.worker.tolist(), one.as_tool.tolist(), one.unique.tolist(), strict=True
            ):
                yield Row(*head, one.figure, "worker", hex_of(worker), as_tool, unique)


def hex_of(worker: int) -> str:
    """Return a worker's hash as people see it: the long as 8 bytes, big-endian, in lower-case hex."""
    return worker.to_bytes(8, "big", signed=True).hex()


def mean(total: int, number: int) -> str:
    """Return a quotient of counts with two decimals, half away from zero; empty where it divides by nothing."""
    if not number:
        return ""
    hundredths = (200 * total + number) // (2 * number)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
