"""The revision triangle of a store, for a file (G2). Internal: it holds pending totals and IK_*."""

import pyarrow as pa
import pyarrow.compute as pc

from sinks.protocol import Store


def vintage_batches(store: Store, through: int | None = None) -> list[pa.RecordBatch]:
    """Return the vintages of all updates as ``sinks.vintages.VINTAGE_SCHEMA``, by support, period and sequence.

    ``through`` is the number of the last update to tell of.
    """
    order = [(name, "ascending") for name in ("support", "period", "sequence")]
    known = store.vintages()
    upto = known if through is None else known.filter(pc.field("sequence") <= through)
    batches: list[pa.RecordBatch] = upto.sort_by(order).to_batches()
    return batches
