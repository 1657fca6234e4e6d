"""Declared columns as Arrow knows them."""

from collections.abc import Iterable

import pyarrow as pa

from schemas.datasets import Column


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Return the schema that a reader of a file sees: int64 for numbers, text for the rest."""
    return pa.schema(
        [pa.field(one.name, pa.int64() if one.number else pa.string(), nullable=one.may_be_empty) for one in columns]
    )
