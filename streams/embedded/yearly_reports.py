"""Filled forms of yearly reports: workbooks and CSV files into lines of cells, then into the store.

A form is read by its headers, so columns may be moved. A file that is no form at all is refused whole; a cell that
cannot be read refuses the report of its OCMW alone.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from processors.services.subsidies.form import Cell, Filled, Line, Unread, read_form
from processors.services.subsidies.service import OcmwYear, SubsidyService
from schemas.log import CorruptFileError
from schemas.services.records import Instant, YearReport
from schemas.services.subsidy_form import FORM, Column, Sheet, column_named
from sinks.lock import writer_lock
from sinks.services.subsidy_forms import KeptForm, SubsidyForms
from streams.embedded.admission import Admitting, state_of

_SEALED = b"\xd0\xcf\x11\xe0"
"""How a workbook under a password begins, and one of before 2007."""
YEAR_PROPERTY = "ocmw_form_year"
_LONGEST_FILE = 64 << 20
_LABELS = 2
"""The row of a template that tells what its columns mean."""


class Imported(NamedTuple):
    """What became of a form: OCMWs whose report is kept, was known before, or is refused; cells of no OCMW."""

    kept: tuple[int, ...]
    known: tuple[int, ...]
    refused: tuple[int, ...]
    nobody: tuple[Unread, ...]


def import_form(path: Path, root: Path, year: int, at: Instant) -> Imported:
    """Admit the reports of a form into the store at ``root``; one that is refused keeps all others.

    Raises CorruptFileError for a file that is no form of that year, StoreError as admission does.
    """
    filled, nobody = read_form(_lines(path, year), year)
    root.mkdir(parents=True, exist_ok=True)
    lock = writer_lock(root)
    lock.acquire()
    try:
        forms = SubsidyForms(root)
        run = Admitting(root)
        became = {one.ocmw: _admit(one, run, root, at, path.name) for one in filled}
        run.keep()
        for one, event_id in ((one, became[one.ocmw][1]) for one in filled):
            forms.add(_kept(one, path.name, year, event_id))
        forms.add_nobody(year, path.name, nobody)
        forms.save()
    finally:
        lock.release()
    of = {outcome: tuple(code for code, told in became.items() if told[0] == outcome) for outcome in _OUTCOMES}
    return Imported(of["applied"], of["duplicate"], of["refused"], tuple(nobody))


_OUTCOMES = ("applied", "duplicate", "refused")


def _admit(one: Filled, run: Admitting, root: Path, at: Instant, name: str) -> tuple[str, bytes]:
    """Admit a report; return what became of it, and its id."""
    if one.unread:
        return "refused", bytes(16)
    report = _with_id(one.report, root)
    before = run.balances["subsidies"].applied if "subsidies" in run.balances else 0
    duplicates = run.balances["subsidies"].duplicates if "subsidies" in run.balances else 0
    run.admit("reports", report, at, (name, one.rows["report", ()].number if ("report", ()) in one.rows else 0))
    balance = run.balances["subsidies"]
    if balance.applied > before:
        return "applied", report.event_id
    return ("duplicate" if balance.duplicates > duplicates else "refused"), report.event_id


def _with_id(report: YearReport, root: Path) -> YearReport:
    """Return a report with an id that follows from its content and what was there before: the same again is known."""
    known = _known(report, root)
    plain = msgspec.structs.replace if False else None  # noqa: F841
    if known.reports and _same(known.reports[-1], report):
        return known.reports[-1]
    content = msgspec.msgpack.encode((report, len(known.reports)))
    return _renamed(report, blake2b(content, digest_size=16).digest())


def _known(report: YearReport, root: Path) -> OcmwYear:
    from processors.services.protocol import kept_under  # noqa: PLC0415

    state: OcmwYear = state_of(SubsidyService(), root, kept_under(report)) if (root / "services.sqlite").exists() else OcmwYear()
    return state
