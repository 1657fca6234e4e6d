"""Manifests: a release as a Parquet file, a row for each node and period, and where their blocks lie.

Its schema's metadata names the update, and every update before it with its file of vintages: a manifest alone tells
the whole history, so there is no second pointer that could disagree with it. They also name the last entry of the log
of accesses as it was then, so that cutting off the end of the log shows.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.figures import BlockKey
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release, State, Update, Vintage
from sinks.errors import StoreCorruptError

_POINTERS = ("latest", "published", "public")
_HIDDEN = "hidden"
"""A pointer that a manifest has only where something is hidden (F3)."""
_POINTER_TYPES = {"file": pa.string(), "group": pa.int32(), "digest": pa.binary(16), "cells": pa.int32()}
_BASES = pa.list_(pa.struct([*_POINTER_TYPES.items(), ("patch_cells", pa.int32())]))
"""The blocks that a patch hangs on, the nearest first, each with the cells of the patch over it; none: stored whole."""
_SCHEMA = pa.schema(
    [
        pa.field("support", pa.string(), nullable=False),
        pa.field("period", pa.string(), nullable=False),
        pa.field("value", pa.int64(), nullable=False),
        pa.field("previous", pa.int64()),
        pa.field("state", pa.string(), nullable=False),
        pa.field("published_value", pa.int64()),
        pa.field("published_update", pa.string()),
        *(pa.field(f"{pointer}_{part}", kind) for pointer in _POINTERS for part, kind in _POINTER_TYPES.items()),
        *(pa.field(f"{pointer}_bases", _BASES) for pointer in _POINTERS),
    ],
)
_HIDDEN_FIELDS = [pa.field(f"{_HIDDEN}_{part}", kind) for part, kind in _POINTER_TYPES.items()]
_FIELD = {field.name: field for field in (*_SCHEMA, *_HIDDEN_FIELDS, pa.field(f"{_HIDDEN}_bases", _BASES))}
_HISTORY = b"ocmw.history"
_ACCESSES = b"ocmw.accesses"


@dataclass(frozen=True, slots=True)
class Chapter:
    """An update of the history and the file of its vintages, relative to the store."""

    update: Update
    vintages: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A release with the history up to it, its own chapter last.

    ``accesses`` is the digest of the last entry of the log of accesses, "" where there was none.
    """

    release: Release
    history: tuple[Chapter, ...]
    accesses: str = ""


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest; the file is not synced."""
    rows = [_row(key, entry) for key, entry in sorted(manifest.release.entries.items())]
    hides = any(entry.hidden for entry in manifest.release.entries.values())
    fields = [*_SCHEMA, *_HIDDEN_FIELDS] if hides else list(_SCHEMA)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(fields)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, fields, strict=False)]
    history = json.dumps([asdict(chapter) for chapter in manifest.history])
    accesses = {_ACCESSES: manifest.accesses.encode()} if manifest.accesses else {}
    schema = pa.schema(fields).with_metadata({_HISTORY: history.encode(), **accesses})
    table = pa.Table.from_arrays(arrays, schema=schema)
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def _row(key: BlockKey, entry: Entry) -> tuple[Any, ...]:
    vintage = entry.vintage
    return (
        key.support,
        key.period.code,
        vintage.value,
        vintage.previous,
        str(vintage.state),
        vintage.published_value,
        vintage.published_update,
        *_pointer(entry.latest),
        *_pointer(entry.published),
        *_pointer(entry.public),
        *map(_bases, (entry.latest, entry.published, entry.public)),
        *_pointer(entry.hidden),
    )


def _pointer(ref: BlockRef | None) -> tuple[Any, ...]:
    return (None, None, None, None) if ref is None else (ref.file, ref.group, ref.digest, ref.cells)


def _bases(ref: BlockRef | None) -> list[dict[str, Any]] | None:
    if ref is None or ref.base is None:
        return None
    names = _BASES.value_type.names
    return [dict(zip(names, (*_pointer(base), over.patch_cells), strict=True)) for over, base in pairwise(ref.chain)]


def _chained(pointer: tuple[Any, ...], bases: list[dict[str, Any]] | None) -> BlockRef | None:
    """Return a block with all that it hangs on."""
    if pointer[0] is None:
        return None
    ref: BlockRef | None = None
    cells = 0
    for base in reversed(bases or []):
        ref = BlockRef(base["file"], base["group"], base["digest"], base["cells"], ref, cells)
        cells = base["patch_cells"]
    file, group, digest, whole = pointer
    return BlockRef(file, group, digest, whole, ref, cells)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises FileNotFoundError where there is none, StoreCorruptError for a broken one."""
    history = read_history(path)
    columns = (column.to_pylist() for column in _read(path, [*_SCHEMA.names, *_hidden_names()]).columns)
    entries = dict(_entry(row) for row in zip(*columns, strict=True))
    return Manifest(Release(history[-1].update, entries), history, read_accesses(path))


def _hidden_names() -> list[str]:
    return [field.name for field in _HIDDEN_FIELDS]


def read_history(path: Path) -> tuple[Chapter, ...]:
    """Read the history alone; raises as ``read_manifest``."""
    metadata = _read(path, []).schema.metadata or {}
    chapters = json.loads(metadata.get(_HISTORY, b"[]"))
    if not chapters:
        raise _broken(path)
    return tuple(Chapter(Update(**chapter["update"]), chapter["vintages"]) for chapter in chapters)


def read_accesses(path: Path) -> str:
    """Read the digest of the last entry of the log of accesses alone; raises as ``read_manifest``."""
    metadata: dict[bytes, bytes] = _read(path, []).schema.metadata or {}
    return metadata.get(_ACCESSES, b"").decode()


def named_groups(path: Path) -> frozenset[tuple[str, int]]:
    """Read the (file, row group) pairs that a manifest names, the bases of its patches among them.

    Raises as ``read_manifest``.
    """
    names = [f"{pointer}_{part}" for pointer in (*_POINTERS, _HIDDEN) for part in ("file", "group", "bases")]
    columns = [column.to_pylist() for column in _read(path, names).columns]
    groups: set[tuple[str, int]] = set()
    for at in range(0, len(columns), 3):
        groups.update((file, group) for file, group in zip(columns[at], columns[at + 1], strict=True) if file)
        groups.update((base["file"], base["group"]) for bases in columns[at + 2] for base in bases or ())
    return frozenset(groups)


def named_files(path: Path) -> frozenset[str]:
    """Read the block files that a manifest names, the bases of its patches among them; raises as ``read_manifest``."""
    return frozenset(file for file, _ in named_groups(path))


def _read(path: Path, columns: list[str]) -> pa.Table:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            there = [name for name in columns if name in file.schema_arrow.names]
            table = file.read(columns=there, use_threads=False)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise _broken(path) from error
    for place, name in enumerate(columns):
        if name not in there:  # a manifest without patches, or in which nothing is hidden
            table = table.add_column(place, _FIELD[name], pa.nulls(table.num_rows, _FIELD[name].type))
    return table


def _broken(path: Path) -> StoreCorruptError:
    return StoreCorruptError(f"{path}: this release cannot be read; restore it from a copy, or replay into a new store")


def _entry(row: tuple[Any, ...]) -> tuple[BlockKey, Entry]:
    support, period, value, previous, state, published_value, published_update = row[:7]
    pointers = (row[start : start + 4] for start in (7, 11, 15, 22))
    refs = (_chained(pointer, bases) for pointer, bases in zip(pointers, (*row[19:22], None), strict=True))
    vintage = Vintage(value, previous, State(state), published_value, published_update)
    return BlockKey(support, Period.parse(period)), Entry(vintage, *refs)
