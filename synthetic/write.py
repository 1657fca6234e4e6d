"""Events to one Avro file in log order, an ``UpdateClosed`` after the events of each month.

Claims go through the encoder that the edge uses, from columns to bytes; facts, which are few, through fastavro.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

import fastavro
import numpy as np
import numpy.typing as npt

from schemas import events as avro
from schemas.arrays import Bytes
from schemas.line_encoding import NO_BIRTH, ClaimLines, encoded
from schemas.log import LogWriter
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR, month_code, to_yyyymm
from schemas.releases import SYNTHETIC
from sinks.durability import put_in_place, temporary
from synthetic.columns import Ints, rows
from synthetic.events import NO_EVENT, Events
from synthetic.facts import NO_DATE, TYPES, Facts
from synthetic.population import BIRTH_DATE_UNKNOWN, COUNTRIES

IN_CLEAR = -1
"""Stands for a person whose key is a number in clear: of nobody, its month is none."""
_NUMBER = b"00665012345".ljust(16)
_BLOCK_BYTES = 64_000
_CHUNK = 20_000
_COUNTRY_CODES = np.frombuffer("".join(COUNTRIES).encode(), np.uint8).reshape(-1, 2)
_ID = 16
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
        """Draw that many of both; behind the persons comes one who is not keyed (IN_CLEAR)."""
        keyed, ids = (np.frombuffer(rng.bytes(16 * count), dtype="V16") for count in (persons, identities))
        return cls(np.concatenate([keyed, np.frombuffer(_NUMBER, dtype="V16")]), ids)


@dataclass(frozen=True, slots=True)
class Log:
    """What a file is made of: claims and facts, each with their keys, and what the names of updates begin with."""

    events: Events
    keys: Keys
    facts: Facts
    fact_keys: Keys
    updates: str = SYNTHETIC


def write(out: Path, log: Log, months: range, progress: Progress) -> None:
    """Write the file: the claims that arrive in each month, in their order, its facts, the closing of its update.

    It is whole or not there. Raises StoreWriteError where the disk refuses.
    """
    events, facts = log.events, log.facts
    order = np.lexsort((events.order, events.arrives))
    edges = np.searchsorted(events.arrives[order], [*months, months.stop])
    fact_order = np.lexsort((facts.order, facts.arrives))
    fact_edges = np.searchsorted(facts.arrives[fact_order], [*months, months.stop])
    with temporary(out) as written, TemporaryFile(dir=out.parent) as body:
        writer = LogWriter(body)
        for number, month in enumerate(months):
            for start in range(edges[number], edges[number + 1], _CHUNK):
                chosen = order[start : min(start + _CHUNK, edges[number + 1])]
                writer.append(*encoded(_lines(rows(events, chosen), log.keys)))
            for start in range(fact_edges[number], fact_edges[number + 1], _CHUNK):
                chosen = fact_order[start : min(start + _CHUNK, fact_edges[number + 1])]
                _append(writer, _fact_records(rows(facts, chosen), log.fact_keys, chosen))
            writer.append_plain((avro.UPDATE_CLOSED, _closing(month, log.updates)))
            progress(number + 1, len(months))
        with written.open("wb") as file:
            writer.finish(file, {})
        put_in_place(written, out)


def _append(writer: LogWriter, records: Iterable[Record]) -> None:
    block = io.BytesIO()
    fastavro.writer(block, avro.plain(avro.shape(avro.union())), records, codec="null", sync_interval=_BLOCK_BYTES)
    block.seek(0)
    for part in fastavro.block_reader(block):
        writer.append_block(part.bytes_.getvalue(), part.num_records)


def _closing(month: int, updates: str) -> dict[str, Any]:
    """Return the closing of a month; every figure, citation and sentence names the update, so each says what it is."""
    return {"update_id": f"{updates}{month_code(month)}".encode(), "reference_month": to_yyyymm(month)}


_FACT_FIELDS = {
    kind: tuple(name for name, _ in avro.shapes()[kind].fields)
    for kind in (avro.EMPLOYMENT, avro.YOUTH_EXIT, avro.RESIDENCE)
}
_WORKER_TYPES = np.array([name.encode() for name in TYPES])


def _fact_records(facts: Facts, keys: Keys, numbers: Ints) -> Iterator[Record]:
    """Return the records of facts; their ids are numbered as they are."""
    identities, persons = keys.identities[numbers].tolist(), keys.persons[facts.person].tolist()
    first, last, birth = (_days(column) for column in (facts.first, facts.last, facts.birth))
    codes = facts.code.tolist()
    employment = zip(
        facts.employer.tolist(), facts.by_ocmw.tolist(), facts.declaration.tolist(), facts.period.tolist(),
        first, last, _WORKER_TYPES[facts.worker].tolist(), strict=True,
    )  # fmt: skip
    for row, (kind, job) in enumerate(zip(facts.kind.tolist(), employment, strict=True)):
        fields = {
            avro.EMPLOYMENT: job,
            avro.YOUTH_EXIT: (first[row], codes[row], birth[row]),
            avro.RESIDENCE: (codes[row], first[row]),
        }[kind]
        head = (identities[row], persons[row])
        yield _NAMES[kind], dict(zip(_FACT_FIELDS[kind], (*head, *fields), strict=True))


def _days(column: Ints) -> list[int | None]:
    return [None if day == NO_DATE else day for day in column.tolist()]


def _lines(events: Events, keys: Keys) -> ClaimLines:
    """Return the columns as the encoder takes them."""
    year, month = np.divmod(events.statement, MONTHS_PER_YEAR)
    corrected = _rows_of(keys.identities, events.corrects.clip(min=0))
    return ClaimLines(
        kind=events.kind,
        event_id=_rows_of(keys.identities, events.identity),
        person=_rows_of(keys.persons, events.person),
        ocmw=events.ocmw,
        dossier=events.dossier,
        support=events.leaf,
        amount_type=events.amount_type,
        first_day=events.first_day,
        last_day=events.last_day,
        statement=((year + EPOCH_YEAR) * 100 + month + 1).astype(np.int32),
        cents=events.cents,
        days=events.days,
        article=events.article,
        percentage=events.percentage,
        sex=events.sex,
        birth=np.where(events.birth == BIRTH_DATE_UNKNOWN, NO_BIRTH, events.birth).astype(np.int32),
        household=events.household,
        nationality=_COUNTRY_CODES[events.country],
        status=events.status,
        corrects=np.where((events.corrects == NO_EVENT)[:, None], np.uint8(0), corrected),
    )


def _rows_of(keys: npt.NDArray[np.void], chosen: npt.NDArray[np.signedinteger[Any]]) -> Bytes:
    """Return keys as rows of sixteen bytes."""
    chosen_rows: Bytes = keys.view(np.uint8).reshape(-1, _ID)[chosen]
    return chosen_rows
