"""Block files: blocks of an update in a few Parquet files, a row group for each block, numbers only.

Places, categories and measures are integers without dictionary or statistics, their bytes laid out by significance
(byte stream split) and compressed by LZ4: the high bytes repeat and nearly vanish; zstd made a store of patches a
fifth smaller and a replay a tenth slower. Labels come at export. A public
file has no column for a measure that the public may not see. A row group holds a whole block, or a patch over an
earlier one (``patches``); which of the two is said by the ref.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock, local
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.figures import BlockKey, Cells
from schemas.releases import BlockRef
from sinks.directory.patches import LONGEST, patched
from sinks.errors import StoreCorruptError
from sinks.protocol import BlockZone

_COLUMNS = tuple(field.name for field in fields(Cells))
_WIDE = ("amount_cents", "state_share_cents", "days")


def _schema(names: Iterable[str]) -> pa.Schema:
    return pa.schema([pa.field(name, pa.int64() if name in _WIDE else pa.int32(), nullable=False) for name in names])


_SCHEMA: dict[BlockZone, pa.Schema] = {
    "internal": _schema(_COLUMNS),
    "public": _schema(_COLUMNS[:3]),
    "hidden": _schema(_COLUMNS[:3]),
}

_NAMES = "ocmw.blocks"
"""Key of a file's metadata: which figure each row group is of."""
_OPEN = 32
"""Files that a thread keeps open to read."""
_BASES_BYTES = 256 << 20
"""Memory for blocks that patches may be made over."""
_FOOTERS = 256
"""Footers kept parsed, about 100 kB each at most: a national export goes back and forth between files."""


class Patch(NamedTuple):
    """What a new block changed of a stored one."""

    base: BlockRef
    cells: Cells


class BlockFile:
    """A block file that is being made: blocks go in one after the other, and can be read once it is closed."""

    def __init__(self, path: Path, name: str, zone: BlockZone) -> None:
        """Make the file at ``path``; refs call it ``name``."""
        self.path = path
        self.name = name
        self._zone = zone
        self._open = ExitStack()
        file = self._open.enter_context(pa.OSFile(str(path), "wb"))
        self._writer = self._open.enter_context(_writer(file, zone))
        self._names: list[str] = []

    def add(self, name: str, cells: Cells, over: Patch | None = None) -> BlockRef | None:
        """Write a block, or a patch that makes it, and return where it lies; None for a block without cells.

        ``name`` stands in the error where the block is torn. Raises ValueError when a public block holds what the
        public may not see; the file then holds nothing of it.
        """
        if not len(cells):
            return None
        stored = over.cells if over else cells
        self._writer.write_table(_table(stored, self._zone), row_group_size=len(stored))
        group = len(self._names)
        self._names.append(name)
        whole = BlockRef(self.name, group, cells.digest(), len(cells))
        return replace(whole, base=over.base, patch_cells=len(stored)) if over else whole

    def close(self) -> None:
        """Write what makes the file whole; it is not synced."""
        self._writer.add_key_value_metadata({_NAMES: json.dumps(self._names)})
        self._open.close()


class FilesInTheMaking:
    """Block files of an update that nobody writes to just now, by zone; threads take and give back at once."""

    def __init__(self) -> None:
        """Begin without any."""
        self._files: list[tuple[BlockZone, BlockFile]] = []
        self._lock = Lock()

    def taken(self, zone: BlockZone) -> BlockFile | None:
        """Take a file of a zone, None where there is none."""
        with self._lock:
            entry = next((one for one in self._files if one[0] == zone), None)
            if entry is None:
                return None
            self._files.remove(entry)
            return entry[1]

    def give_back(self, zone: BlockZone, file: BlockFile) -> None:
        """Let others write to a file."""
        with self._lock:
            self._files.append((zone, file))

    def free(self) -> list[BlockFile]:
        """Return the files that nobody writes to."""
        with self._lock:
            return [file for _, file in self._files]

    def done(self, file: BlockFile) -> None:
        """Forget a file, which is to be closed."""
        with self._lock:
            self._files = [one for one in self._files if one[1] is not file]


def _writer(file: Any, zone: BlockZone) -> Any:  # noqa: ANN401 - pyarrow has no types
    schema = _SCHEMA[zone]
    return pq.ParquetWriter(
        file,
        schema,
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
        column_encoding=dict.fromkeys(schema.names, "BYTE_STREAM_SPLIT"),
        data_page_version="2.0",
    )


def _table(cells: Cells, zone: BlockZone) -> pa.Table:
    schema = _SCHEMA[zone]
    if zone == "public":
        cells.require_public()
    columns = [_column(field, getattr(cells, field.name)) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(field: pa.Field, values: npt.NDArray[Any]) -> pa.Array:
    """Return numbers as a column without a copy: pa.array looks for nulls first, and blocks are small and many."""
    typed = np.ascontiguousarray(values, field.type.to_pandas_dtype())
    return pa.Array.from_buffers(field.type, len(typed), [None, pa.py_buffer(typed)])


@lru_cache(maxsize=_FOOTERS)
def _footer(path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    return pq.read_metadata(path, memory_map=True)


def _block_name(path: Path, group: int) -> str:
    """Return which figure a row group is of, as far as its file tells; files of before do not."""
    with suppress(ValueError, LookupError):
        return str(json.loads((_footer(path).metadata or {})[_NAMES.encode()])[group])
    return f"block {group}"


def row_groups(path: Path) -> int:
    """Return the number of blocks in a file."""
    with _whole(path):
        groups: int = _footer(path).num_row_groups
    return groups


def read_cells(path: Path, ref: BlockRef) -> Cells:
    """Return the block that ``ref`` points at in the file at ``path``, which is stored whole.

    Its arrays may be read-only. Raises StoreCorruptError when the file is gone or the cells are not those that were
    written.
    """
    return _verified(path, ref, OpenFiles().row_group(path, ref.group))


class Bases:
    """Blocks that are stored whole, as many as fit in memory: a patch over one is then made without reading it.

    Reading a row group costs a quarter of a millisecond, whatever its size; counting one often costs less.
    """

    def __init__(self, room: int = _BASES_BYTES) -> None:
        """Begin with none; ``room`` is in bytes."""
        self._room = room
        self._cells: dict[BlockKey, tuple[BlockRef, Cells]] = {}
        self._lock = Lock()

    def of(self, key: BlockKey, ref: BlockRef) -> Cells | None:
        """Return the cells of a figure's block, None where it is not held."""
        held = self._cells.get(key)
        return held[1] if held and held[0] == ref else None

    def hold(self, key: BlockKey, ref: BlockRef, cells: Cells) -> None:
        """Hold a copy of a block in place of the one before, where there is room."""
        with self._lock:
            before = self._cells.pop(key, None)
            self._room += _bytes(before[1]) if before else 0
            if _bytes(cells) <= self._room:
                self._room -= _bytes(cells)
                self._cells[key] = ref, Cells(*(getattr(cells, name).copy() for name in _COLUMNS))


def _bytes(cells: Cells) -> int:
    return sum(getattr(cells, name).nbytes for name in _COLUMNS)


class OpenFiles:
    """Block files that a thread has opened to read, so that the next block of a file costs no opening.

    They are read, not mapped: a file that somebody cuts off is an error, and not the end of the process.
    """

    def __init__(self) -> None:
        """Open nothing yet."""
        self._of_thread = local()

    def row_group(self, path: Path, group: int) -> Cells:
        """Return the cells of a row group, a whole block or a patch; raises StoreCorruptError as ``read_cells``."""
        with _whole(path):
            return _cells(self._file(path).read_row_group(group, use_threads=False))

    def _file(self, path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
        files: OrderedDict[Path, Any] = self._of_thread.__dict__.setdefault("files", OrderedDict())
        if path not in files:
            files[path] = pq.ParquetFile(path, metadata=_footer(path))
            if len(files) > _OPEN:
                files.popitem(last=False)[1].close()
        files.move_to_end(path)
        return files[path]


def read_chain(root: Path, ref: BlockRef, files: OpenFiles) -> Cells:
    """Return a block of a store: what is stored whole, then each patch over it; raises as ``read_cells``."""
    if len(ref.patches) > LONGEST:
        raise StoreCorruptError(
            _remedy(root / ref.file, f"a block hangs on {len(ref.patches)} patches, {LONGEST} at most")
        )
    *patches, whole = ref.chain
    cells = files.row_group(root / whole.file, whole.group)
    for over in reversed(patches):
        cells = patched(cells, files.row_group(root / over.file, over.group))
    return _verified(root / ref.file, ref, cells)


def _verified(path: Path, ref: BlockRef, cells: Cells) -> Cells:
    if cells.digest() != ref.digest:
        raise StoreCorruptError(_remedy(path, f"{_block_name(path, ref.group)} is not what its release says"))
    return cells


def _cells(table: pa.Table) -> Cells:
    nothing = np.zeros(table.num_rows, np.int64)
    arrays = {name: table.column(name).to_numpy() for name in table.column_names}
    return Cells(
        arrays["place"].astype(np.uint16),
        arrays["category"].astype(np.uint16),
        arrays["beneficiaries"],
        *(arrays.get(name, nothing) for name in _WIDE),
    )


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:  # a torn footer gives columns other names
        raise StoreCorruptError(_remedy(path, "missing or torn")) from error


def _remedy(path: Path, damage: str) -> str:
    return f"{path}: {damage}; restore it from a copy, or run ocmw rebuild --repair"
