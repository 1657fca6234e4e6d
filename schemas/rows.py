"""What travels from intake to publish: changed rows, absolute, in batches; and the word that an update is reached.

Persons are numbers here (by first appearance in their partition): no key leaves intake. A row takes 40 bytes, a fact
56.
"""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from schemas.framing import ROWS_ID, decode, encode
from schemas.periods import from_yyyymm, to_yyyymm
from schemas.releases import Update

_RECORD = "be.ocmw.v1.{}"
ROW_BYTES = 40
FACT_COLUMNS = 7
NO_FACTS = np.zeros((0, FACT_COLUMNS), np.int64)
NO_BIRTHS = np.zeros(0, np.int32)


class Rows(NamedTuple):
    """Rows of the ledger of one partition as columns, and facts: see ``schemas/avro/rows-with-births.avsc``.

    ``facts`` has a line a fact: its number in the partition, then the columns of ``processors.admission.facts``.
    ``births`` is by row the birth date of its person as the ledger holds it; empty in what earlier versions wrote.
    """

    person: npt.NDArray[np.uint32]
    place: npt.NDArray[np.uint32]
    amount: npt.NDArray[np.int64]
    state_share: npt.NDArray[np.int64]
    days: npt.NDArray[np.int64]
    traits: npt.NDArray[np.uint32]
    facts: npt.NDArray[np.int64] = NO_FACTS
    births: npt.NDArray[np.int32] = NO_BIRTHS

    def slice(self, first: int, stop: int) -> "Rows":
        """Return some of the rows, and the facts with the same numbers."""
        return Rows(
            self.person[first:stop],
            self.place[first:stop],
            self.amount[first:stop],
            self.state_share[first:stop],
            self.days[first:stop],
            self.traits[first:stop],
            self.facts[first:stop],
            self.births[first:stop],
        )


_TYPES = ("<u4", "<u4", "<i8", "<i8", "<i8", "<u4", "<i8", "<i4")


class RowsBatch(NamedTuple):
    """Part ``part`` of ``parts`` of the rows that the records [start, stop) of a partition changed."""

    partition: int
    start: int
    stop: int
    part: int
    parts: int
    session: bytes
    digest: bytes
    rows: Rows

    def encoded(self) -> bytes:
        """Return the framed value."""
        columns = {
            name: np.asarray(column, kind).tobytes()
            for name, column, kind in zip(Rows._fields, self.rows, _TYPES, strict=True)
        }
        return encode(ROWS_ID, (_RECORD.format("RowsBatch"), self._asdict() | columns))

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """Return the batch with these Avro fields."""
        given = {"facts": b"", "births": b""} | fields  # earlier versions wrote none
        columns = [np.frombuffer(given[name], kind) for name, kind in zip(Rows._fields, _TYPES, strict=True)]
        rows = Rows._make(columns)
        rows = rows._replace(facts=rows.facts.reshape(-1, FACT_COLUMNS))
        return cls(**{name: fields[name] for name in cls._fields[:-1]}, rows=rows)


class CutReached(NamedTuple):
    """A partition is folded up to the closing of ``update``, at offset ``stop``; all its ``rows`` were sent."""

    partition: int
    update: Update
    stop: int
    rows: int
    digest: bytes

    def encoded(self) -> bytes:
        """Return the framed value."""
        update = self.update
        fields = {
            "partition": self.partition,
            "number": update.sequence,
            "update_id": update.update_id,
            "reference_month": to_yyyymm(update.reference_month),
            "stop": self.stop,
            "rows": self.rows,
            "digest": self.digest,
        }
        return encode(ROWS_ID, (_RECORD.format("CutReached"), fields))

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """Return the marker with these Avro fields."""
        update = update_of(fields)
        return cls(fields["partition"], update, fields["stop"], fields["rows"], fields["digest"])


def update_of(fields: dict[str, Any]) -> Update:
    """Return the update of Avro fields ``number``, ``update_id`` and ``reference_month``."""
    month = from_yyyymm(fields["reference_month"])
    if month is None:
        message = f"update {fields['number']} names a month that is none; find out who wrote it"
        raise ValueError(message)
    return Update(fields["number"], fields["update_id"], month)


def message_of(value: bytes) -> RowsBatch | CutReached:
    """Return what a value of the rows topic says. Raises FramingError."""
    name, fields = decode(value)
    return RowsBatch.of(fields) if name == "RowsBatch" else CutReached.of(fields)
