"""Filled forms of yearly reports: workbooks and CSV files into lines of cells, then into the store.

A form is read by its headers, so columns may be moved. A file that is no form at all is refused whole; a cell that
cannot be read refuses the report of its OCMW alone.
"""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from processors.services.protocol import kept_under
from processors.services.subsidies.form import MERGED, Cell, Filled, Line, Unread, read_form
from processors.services.subsidies.service import OcmwYear, SubsidyService
from schemas.faults import Fault
from schemas.log import CorruptFileError
from schemas.services.reading import Record, value_of
from schemas.services.records import Instant, YearReport
from schemas.services.subsidy_form import FORM, Column, Sheet, column_named
from schemas.services.topics import TOPIC, TopicName
from sinks.services.database import FILE as DATABASE
from sinks.services.subsidy_forms import KeptForm, SubsidyForms
from streams.embedded.admission import admitting, states_of

_SEALED = b"\xd0\xcf\x11\xe0"
"""How a workbook under a password begins, and one of before 2007."""
YEAR_PROPERTY = "ocmw_form_year"
_LONGEST_FILE = 64 << 20
_LONGEST_UNPACKED = 256 << 20
_MOST_ROWS = 20_000
_MOST_COLUMNS = 256
_KEYS = ("ocmw", "part", "title", "code")
"""Columns whose merged cells say the same of each row."""


class Imported(NamedTuple):
    """What became of a form: OCMWs whose report is kept, was known before, or is refused; cells of no OCMW."""

    kept: tuple[int, ...]
    known: tuple[int, ...]
    refused: tuple[int, ...]
    nobody: tuple[Unread, ...]


class Admits(Protocol):
    """A run into which reports go one by one; what is admitted counts when it is kept."""

    def admit(self, topic: TopicName, record: Record | str, at: Instant, place: tuple[str, int]) -> Fault | str:
        """Admit a report; return its fault, ``applied`` or ``duplicate``."""
        ...

    def keep(self) -> None:
        """Keep all of the run durably."""
        ...


class ReportPlace(Protocol):
    """Where yearly reports are kept: a store, or Kafka."""

    @property
    def root(self) -> Path:
        """The directory in which the last form of each OCMW stands."""
        ...

    def known(self) -> dict[bytes, OcmwYear]:
        """Return what is known of each OCMW's year."""
        ...

    def admitting(self) -> AbstractContextManager[Admits]:
        """Open a run; nobody else writes meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class StoreReports:
    """The yearly reports of a store."""

    root: Path

    def known(self) -> dict[bytes, OcmwYear]:
        """Return what is known of each OCMW's year. Raises StoreError."""
        return dict(states_of(SubsidyService(), self.root)) if (self.root / DATABASE).is_file() else {}

    def admitting(self) -> AbstractContextManager[Admits]:
        """Open a run on the store. Raises StoreLockedError."""
        return admitting(self.root)


def import_form(path: Path, root: Path, year: int, at: Instant) -> Imported:
    """Admit the reports of a form into the store at ``root``; see ``import_into``."""
    return import_into(StoreReports(root), path, year, at)


def import_into(place: ReportPlace, path: Path, year: int, at: Instant) -> Imported:
    """Admit the reports of a form; one that is refused keeps all others.

    Raises CorruptFileError for a file that is no form of that year, StoreError as admission does.
    """
    filled, nobody = read_form(lines_of(path, year), year)
    with place.admitting() as run:
        known = place.known()
        became = {one.ocmw: _admit(one, run, known, (path.name, at)) for one in filled}
        run.keep()
        forms = SubsidyForms(place.root)
        for one in filled:
            _remember(forms, one, known, became[one.ocmw], path.name)
        forms.add_nobody(year, [(one.ocmw, one.sheet, one.cell, one.rule) for one in nobody])
        forms.save()
    became_of = {
        outcome: tuple(code for code, one in became.items() if one == outcome)
        for outcome in ("applied", "duplicate", "refused")
    }
    return Imported(became_of["applied"], became_of["duplicate"], became_of["refused"], tuple(nobody))


def _admit(one: Filled, run: Admits, known: dict[bytes, OcmwYear], came: tuple[str, Instant]) -> str:
    """Admit a report; return ``applied``, ``duplicate`` or ``refused``."""
    if one.unread:
        return "refused"
    before = known.get(kept_under(one.report), OcmwYear()).reports
    one.report = _with_id(one.report, before)
    row = one.rows.get(("report", ()))
    became = run.admit("reports", one.report, came[1], (came[0], row.number if row else 0))
    return "refused" if isinstance(became, Fault) else became


def _with_id(report: YearReport, before: Sequence[YearReport]) -> YearReport:
    """Return a report under an id that follows from it and from how many came before; the same again has its own."""
    if before and _renamed(report, before[-1].event_id) == before[-1]:
        return before[-1]
    content = msgspec.msgpack.encode((report, len(before)))
    return _renamed(report, blake2b(content, digest_size=16).digest())


def _renamed(report: YearReport, event_id: bytes) -> YearReport:
    return YearReport(event_id, *(getattr(report, name) for name in report.__dataclass_fields__ if name != "event_id"))


def _remember(forms: SubsidyForms, one: Filled, known: dict[bytes, OcmwYear], became: str, name: str) -> None:
    key = kept_under(one.report)
    forms.add(
        key,
        KeptForm(
            file=name,
            report=value_of(TOPIC["reports"], one.report),
            rows={
                "|".join((sheet, *map(str, path))): {field: cell.at for field, cell in line.cells.items()}
                for (sheet, path), line in one.rows.items()
            },
            unread=[(cell.sheet, cell.cell, cell.rule) for cell in one.unread],
            refused=became == "refused",
            known=len(known.get(key, OcmwYear()).reports) + (became == "applied"),
        ),
    )


def lines_of(path: Path, year: int) -> list[Line]:
    """Return the lines of a form. Raises CorruptFileError for a file that is none, or one of another year."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorruptFileError(f"{path}: cannot be read ({error.strerror}); name the filled form") from None
    if data.startswith(_SEALED):
        raise CorruptFileError(f"{path}: is under a password, or of before Excel 2007; save it as .xlsx without one")
    if len(data) > _LONGEST_FILE:
        raise CorruptFileError(f"{path}: is larger than a form can be ({_LONGEST_FILE >> 20} MB); send the form alone")
    lines = list(_of_workbook(path, data, year) if data.startswith(b"PK") else _of_csv(path, data))
    if not lines:
        raise CorruptFileError(f"{path}: holds no filled row; fill the sheets of ocmw subsidies template")
    return lines


def _of_workbook(path: Path, data: bytes, year: int) -> Iterator[Line]:
    values, formulas = _books(path, data)
    properties: Any = values.custom_doc_props  # type: ignore[attr-defined]  # its stubs lack it
    year_of_form = next((one.value for one in properties.props if one.name == YEAR_PROPERTY), None)
    if year_of_form is not None and str(year_of_form) != str(year):
        raise CorruptFileError(
            f"{path}: is the form of {year_of_form}, not of {year}; make it with ocmw subsidies template"
        )
    sheets = {name.strip().lower(): name for name in values.sheetnames}
    sheets_here = [sheet for sheet in FORM if sheet in sheets]
    if "parts" not in sheets_here:
        raise CorruptFileError(f"{path}: has no sheet named parts; use the form of ocmw subsidies template")
    for sheet in sheets_here:
        sheet_values, formulated = values[sheets[sheet]], formulas[sheets[sheet]]
        if sheet_values.max_row > _MOST_ROWS:
            raise CorruptFileError(f"{path}: sheet {sheet} goes on below row {_MOST_ROWS}; delete what stands there")
        columns = min(sheet_values.max_column, _MOST_COLUMNS)
        rows = [
            [
                Cell(
                    cell.value,
                    cell.coordinate,
                    percent="%" in str(cell.number_format),
                    uncalculated=cell.value is None and other.data_type == "f",
                )
                for cell, other in zip(row, others, strict=False)
            ]
            for row, others in zip(
                sheet_values.iter_rows(max_col=columns), formulated.iter_rows(max_col=columns), strict=False
            )
        ]
        merged = [one.bounds for one in sheet_values.merged_cells.ranges]
        yield from _of_rows(path, sheet, _filled_down(rows, merged), 1)


def _books(path: Path, data: bytes) -> tuple[Workbook, Workbook]:
    """Return a workbook with its values, and with its formulas. Raises CorruptFileError for what is none."""
    unread = f"{path}: is no workbook that can be read; save it again as .xlsx"
    try:
        unpacked = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())
    except Exception as error:  # these bytes may be anything, here and below, and what reads them raises what it likes
        raise CorruptFileError(unread) from error
    if unpacked > _LONGEST_UNPACKED:
        raise CorruptFileError(
            f"{path}: unpacks to {unpacked >> 20} MB, more than a form can hold; send the form alone"
        )
    try:
        with warnings.catch_warnings(action="ignore"):
            return openpyxl.load_workbook(io.BytesIO(data), data_only=True), openpyxl.load_workbook(io.BytesIO(data))
    except Exception as error:
        raise CorruptFileError(unread) from error


def _filled_down(rows: list[list[Cell]], merged: Iterable[tuple[int, int, int, int]]) -> list[list[Cell]]:
    """Give each cell of a merged range of keys its value; other merged cells hold what no field can be read from."""
    names = [str(cell.value or "").strip().lower() for cell in rows[0]] if rows else []
    for left, top, right, bottom in merged:
        if top == 1 or bottom > len(rows) or right > len(rows[0]):
            continue
        value = rows[top - 1][left - 1].value
        for row in range(top - 1, bottom):
            for column in range(left - 1, right):
                key = left == right and column < len(names) and names[column] in _KEYS
                cell = rows[row][column]
                rows[row][column] = cell._replace(value=value) if key else cell._replace(value=MERGED)
    return rows


def _of_csv(path: Path, data: bytes) -> Iterator[Line]:
    if b"\0" in data:
        raise CorruptFileError(f"{path}: is neither a workbook nor a CSV; save the form as .xlsx or .csv")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(";,\t", key=first.count))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise CorruptFileError(f"{path}: line {reader.line_num} is no line of a CSV; save the form again") from error
    header: list[Cell] = []
    if not rows or not rows[0] or rows[0][0].strip().lower() != "sheet":
        raise CorruptFileError(f"{path}: its first column is not called sheet; see ocmw subsidies template")
    for number, row in enumerate(rows, start=1):
        padded = (*row, *[""] * (len(header) - len(row)))[:_MOST_COLUMNS]
        cells = [Cell(text or None, f"{get_column_letter(at)}{number}") for at, text in enumerate(padded, start=1)]
        name = row[0].strip().lower() if row else ""
        if name == "sheet":
            header = cells
        elif name in FORM:
            sheet: Sheet = name
            yield from _of_rows(path, sheet, [header, cells], number - 1)
        elif any(text.strip() for text in row):
            raise CorruptFileError(f"{path}: line {number} is of no sheet; begin it with {', '.join(FORM)}")


def _of_rows(path: Path, sheet: Sheet, rows: Sequence[Sequence[Cell]], first: int) -> Iterator[Line]:
    """Yield the filled lines below a header, which is row ``first``; rows of labels and empty ones are left out."""
    if not rows:
        return
    columns = _columns(path, sheet, rows[0])
    for number, row in enumerate(rows[1:], start=first + 1):
        cells = {column.field: row[at] for at, column in columns.items() if at < len(row)}
        written = [cell for cell in cells.values() if cell.value is not None or cell.uncalculated]
        if not written or str(cells["ocmw"].value or "").startswith(("OCMW", "CPAS")):
            continue
        yield Line(sheet, number, cells)


def _columns(path: Path, sheet: Sheet, header: Sequence[Cell]) -> dict[int, Column]:
    columns: dict[int, Column] = {}
    for at, cell in enumerate(header):
        column = column_named(sheet, str(cell.value or ""))
        if column is not None and column.field not in {one.field for one in columns.values()}:
            columns[at] = column
    missing = [one.field for one in FORM[sheet] if one.needed and one.field not in {c.field for c in columns.values()}]
    if missing:
        raise CorruptFileError(
            f"{path}: sheet {sheet} has no column {missing[0]}; use the form of ocmw subsidies template"
        )
    return columns
