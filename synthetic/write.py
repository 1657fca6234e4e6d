"""Events to one Avro file in log order, an ``UpdateClosed`` after the events of each month.

fastavro writes the blocks from plain values (enums as numbers, dates as days: the same bytes, half the time); the
file carries the real schema.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import fastavro
import numpy as np
import numpy.typing as npt
from fastavro.write import Writer

from schemas import events as avro
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR, month_code, to_yyyymm
from sinks.durability import put_in_place, temporary
from synthetic.columns import Ints, rows
from synthetic.events import NO_EVENT, Events
from synthetic.facts import NO_DATE, TYPES, Facts
from synthetic.population import BIRTH_DATE_UNKNOWN, COUNTRIES

_SYNC_MARKER = b"ocmw dossier log"
_BLOCK_BYTES = 64_000
_CHUNK = 20_000
_FIELDS = tuple(name for name, _ in avro.shapes()[avro.REGULARISATION].fields)
_COUNTRY_CODES = np.array([code.encode() for code in COUNTRIES])
_NAMES = tuple(f"{avro.NAMESPACE}.{name}" for name in avro.RECORDS)

Record = tuple[str, dict[str, Any]]
Progress = Callable[[int, int], None]
"""Hears (months written, months in all)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The random keys of persons and event ids, 16 bytes each."""

    persons: npt.NDArray[np.void]
    identities: npt.NDArray[np.void]

    @classmethod
    def drawn(cls, rng: np.random.Generator, persons: int, identities: int) -> Self:
        """Draw that many of both."""
        return cls(*(np.frombuffer(rng.bytes(16 * count), dtype="V16") for count in (persons, identities)))


@dataclass(frozen=True, slots=True)
class Log:
    """What a file is made of: claims and facts, each with their keys."""

    events: Events
    keys: Keys
    facts: Facts
    fact_keys: Keys


def write(out: Path, log: Log, months: range, progress: Progress) -> None:
    """Write the file: the claims that arrive in each month, in their order, its facts, the closing of its update.

    It is whole or not there. Raises StoreWriteError where the disk refuses.
    """
    events, facts = log.events, log.facts
    order = np.lexsort((events.order, events.arrives))
    edges = np.searchsorted(events.arrives[order], [*months, months.stop])
    fact_order = np.lexsort((facts.order, facts.arrives))
    fact_edges = np.searchsorted(facts.arrives[fact_order], [*months, months.stop])
    with temporary(out) as written, written.open("wb") as file:
        writer = Writer(file, avro.union(), codec="snappy", sync_marker=_SYNC_MARKER)
        for number, month in enumerate(months):
            for start in range(edges[number], edges[number + 1], _CHUNK):
                chosen = order[start : min(start + _CHUNK, edges[number + 1])]
                _append(writer, _records(rows(events, chosen), log.keys))
            for start in range(fact_edges[number], fact_edges[number + 1], _CHUNK):
                chosen = fact_order[start : min(start + _CHUNK, fact_edges[number + 1])]
                _append(writer, _fact_records(rows(facts, chosen), log.fact_keys, chosen))
            _append(writer, [(_NAMES[avro.UPDATE_CLOSED], _closing(month))])
            progress(number + 1, len(months))
        writer.flush()
        file.flush()
        put_in_place(written, out)


def _append(writer: Writer, records: Iterable[Record]) -> None:
    encoded = io.BytesIO()
    fastavro.writer(encoded, avro.plain(avro.shape(avro.union())), records, codec="null", sync_interval=_BLOCK_BYTES)
    encoded.seek(0)
    for block in fastavro.block_reader(encoded):
        writer.write_block(block)


def _closing(month: int) -> dict[str, Any]:
    """Return the closing of a month; every figure, citation and sentence names the update, so each says what it is."""
    return {"update_id": f"synthetic-{month_code(month)}".encode(), "reference_month": to_yyyymm(month)}


def _records(events: Events, keys: Keys) -> Iterator[Record]:
    names = [_NAMES[kind] for kind in events.kind.tolist()]
    values = (dict(zip(_FIELDS, row, strict=True)) for row in zip(*_columns(events, keys), strict=True))
    return zip(names, values, strict=True)


_FACT_FIELDS = {
    kind: tuple(name for name, _ in avro.shapes()[kind].fields)
    for kind in (avro.EMPLOYMENT, avro.YOUTH_EXIT, avro.RESIDENCE)
}
_WORKER_TYPES = np.array([name.encode() for name in TYPES])


def _fact_records(facts: Facts, keys: Keys, numbers: Ints) -> Iterator[Record]:
    """Return the records of facts; their ids are numbered as they are."""
    identities, persons = keys.identities[numbers].tolist(), keys.persons[facts.person].tolist()
    first, last, birth = (_days(column) for column in (facts.first, facts.last, facts.birth))
    what = facts.what.tolist()
    employment = zip(
        facts.employer.tolist(), facts.by_ocmw.tolist(), facts.declaration.tolist(), facts.period.tolist(),
        first, last, _WORKER_TYPES[facts.worker].tolist(), strict=True,
    )  # fmt: skip
    for row, (kind, job) in enumerate(zip(facts.kind.tolist(), employment, strict=True)):
        told = {
            avro.EMPLOYMENT: job,
            avro.YOUTH_EXIT: (first[row], what[row], birth[row]),
            avro.RESIDENCE: (what[row], first[row]),
        }[kind]
        head = (identities[row], persons[row])
        yield _NAMES[kind], dict(zip(_FACT_FIELDS[kind], (*head, *told), strict=True))


def _days(column: Ints) -> list[int | None]:
    return [None if day == NO_DATE else day for day in column.tolist()]


def _columns(events: Events, keys: Keys) -> list[list[Any]]:
    """Return the columns as Python values, in the order of the fields of a Regularisation."""
    year, month = np.divmod(events.statement, MONTHS_PER_YEAR)
    birth = [None if day == BIRTH_DATE_UNKNOWN else day for day in events.birth.tolist()]
    corrected = keys.identities[events.corrects.clip(min=0)].tolist()
    corrects = [
        None if number == NO_EVENT else key for number, key in zip(events.corrects.tolist(), corrected, strict=True)
    ]
    return [
        keys.identities[events.identity].tolist(),
        keys.persons[events.person].tolist(),
        events.ocmw.tolist(),
        events.dossier.tolist(),
        events.leaf.tolist(),
        events.amount_type.tolist(),
        events.first_day.tolist(),
        events.last_day.tolist(),
        ((year + EPOCH_YEAR) * 100 + month + 1).tolist(),
        events.cents.tolist(),
        events.days.tolist(),
        events.article.tolist(),
        events.percentage.tolist(),
        events.sex.tolist(),
        birth,
        events.household.tolist(),
        _COUNTRY_CODES[events.country].tolist(),
        events.status.tolist(),
        corrects,
    ]
