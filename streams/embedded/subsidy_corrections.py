"""What an OCMW should mend in its last report, cell by cell, in its language (K)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from processors.services.subsidies.rules import Finding, findings_with, own_findings
from processors.services.subsidies.service import OcmwYear
from processors.services.subsidies.standing import read_as
from schemas.parameters import document
from schemas.places import MUNICIPALITY
from schemas.services.reading import record_of
from schemas.services.records import YearReport
from schemas.services.subsidy_figures import Correction, language_of, rule_words
from schemas.services.subsidy_years import subsidy_year
from schemas.services.topics import TOPIC
from sinks.services.subsidy_forms import KeptForm, SubsidyForms
from streams.embedded.yearly_reports import ReportPlace, StoreReports


def corrections(root: Path, year: int, brussels: str) -> Iterator[Correction]:
    """Yield the corrections of a year in the store at ``root``; see ``corrections_of``."""
    return corrections_of(StoreReports(root), year, brussels)


def corrections_of(place: ReportPlace, year: int, brussels: str) -> Iterator[Correction]:
    """Yield the corrections of a year, OCMW by OCMW: errors and warnings of the last report of each.

    ``brussels`` is the language there. Raises StoreError.
    """
    states, forms = place.known(), SubsidyForms(place.root)
    of_year = {key for key in states if key.endswith(b"|%d" % year)} | set(forms.keys(year))
    for written, sheet, cell, rule in forms.nobody(year):
        language = language_of(written, brussels) if written in MUNICIPALITY else brussels
        yield _correction(written, language, _WrongCell(sheet, cell, rule, True), "")
    for key in sorted(of_year):
        yield from _of(states.get(key, OcmwYear()), forms.form(key), year, brussels)


class _WrongCell(NamedTuple):
    """A cell to mend, in words of no language yet."""

    sheet: str
    cell: str
    rule: str
    error: bool
    part: str = ""
    activity: str = ""


def _of(state: OcmwYear, form: KeptForm | None, year: int, brussels: str) -> Iterator[Correction]:
    if form is not None and len(state.reports) > form.known:
        form = None  # a report came behind it
    report = _report(state, form)
    if report is None:
        return
    ocmw = f"{read_as(report.ocmw, year):05d}"
    language = language_of(ocmw, brussels)
    for finding in _wrong_cells(report, state, form, year):
        yield _correction(ocmw, language, finding, form.file if form else "")


def _report(state: OcmwYear, form: KeptForm | None) -> YearReport | None:
    if form is not None:
        record = record_of(TOPIC["reports"], form.report)
        return record if isinstance(record, YearReport) else None
    return state.reports[-1] if state.reports else None


def _wrong_cells(report: YearReport, state: OcmwYear, form: KeptForm | None, year: int) -> Iterator[_WrongCell]:
    law = subsidy_year(year)
    if form is not None and form.unread:
        yield from (_WrongCell(*one, error=True) for one in form.unread)
        return
    findings: list[Finding] = list(own_findings(report, law))
    if state.grant is not None:
        findings += [one for one in findings_with(report, state.grant, law) if one not in findings]
    else:
        yield _WrongCell("report", _cell(form, "report", (), "ocmw"), "no-grant", error=False)
    for one in findings:
        cell = _cell(form, one.where.sheet, one.where.path, one.where.field)
        yield _WrongCell(one.where.sheet, cell, one.rule, one.error, one.part, one.activity)


def _cell(form: KeptForm | None, sheet: str, path: Iterable[int], field: str) -> str:
    cells = form.rows.get("|".join((sheet, *map(str, path))), {}) if form else {}
    return next((cells[name] for name in (field, f"{field}_value", "ocmw") if name in cells), "")


def _correction(ocmw: str, language: str, finding: _WrongCell, file: str) -> Correction:
    message, remedy = rule_words(finding.rule, language)
    severity = document("subsidy_words")["severity"]["error" if finding.error else "warning"][language]
    return Correction(
        ocmw, finding.sheet, finding.cell, finding.rule, remedy, severity, finding.part, finding.activity, message, file
    )
