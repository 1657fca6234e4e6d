"""The ledger of all rows, as publish holds it: no events, no ids, no person keys; rows arrive absolute.

A person's number is (number in its partition) x partitions + partition: unique, dense enough to count by, and the
same whenever it is built again. Partitions are put in separately and never meet in a row.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from processors.compiled import kernel
from processors.ledger import (
    AMOUNT,
    DAYS,
    LEAF_MASK,
    MONTH_MASK,
    MONTH_SHIFT,
    PERSON_SHIFT,
    PERSONS,
    ROWS,
    STATE_SHARE,
    TRAITS,
    Ledger,
    Tables,
    extended,
    refill_rows,
    roomier,
    row_number,
)
from schemas.periods import MONTH_COUNT
from schemas.rows import Rows
from schemas.supports import LEAVES

Mask = npt.NDArray[np.bool_]


class Gathered:
    """Rows of all partitions, and which (leaf, month) each partition touched since it was last told to forget."""

    def __init__(self, ledger: Ledger, partitions: int, touched: Mask | None = None) -> None:
        """Start with an empty ledger, or with one of a snapshot and its ``touched`` (partition, leaf, month)."""
        self.ledger = ledger
        self.partitions = partitions
        shape = (partitions, len(LEAVES), MONTH_COUNT)
        self.touched = np.zeros(shape, np.bool_) if touched is None else touched

    def put(self, partition: int, rows: Rows) -> None:
        """Let rows of a partition stand as they are given."""
        if not len(rows.person):
            return
        self._reserve(len(rows.person))
        _put(rows, partition, self.partitions, self.ledger.tables, self.touched[partition])

    def forget_touched(self, partitions: Iterable[int]) -> None:
        """Forget what these partitions touched so far: it is in a release."""
        self.touched[list(partitions)] = False

    def touched_by_any(self) -> Mask:
        """Return which (leaf, month) some partition touched."""
        return np.asarray(self.touched.any(axis=0))

    def _reserve(self, rows: int) -> None:
        before = self.ledger.tables
        needed = int(before.used[ROWS]) + rows
        tables = before._replace(
            rows=extended(before.rows, needed),
            before=extended(before.before, needed),
            row_slots=roomier(before.row_slots, needed),
        )
        self.ledger.tables = tables
        if tables.row_slots is not before.row_slots:
            refill_rows(tables)


@kernel
def _put(rows: Rows, partition: int, partitions: int, tables: Tables, touched: Mask) -> None:
    for at in range(len(rows.person)):
        person = np.int64(rows.person[at]) * partitions + partition
        place = np.int64(rows.place[at])
        month, leaf = place >> MONTH_SHIFT & MONTH_MASK, place & LEAF_MASK
        key = person << PERSON_SHIFT | place
        row = tables.rows[row_number(int(key), int(leaf), int(month), tables)]
        row[AMOUNT] = rows.amount[at]
        row[STATE_SHARE] = rows.state_share[at]
        row[DAYS] = rows.days[at]
        row[TRAITS] = np.int64(rows.traits[at])
        touched[leaf, month] = True
        tables.used[PERSONS] = max(tables.used[PERSONS], person + 1)
