"""Lines to events and faults: the fields, then the support, then the dossier, then the number; the first fault counts.

What leaves is a pseudonym, a keyed hash of the dossier, an id under the line key. The *occurrence* tells equal lines of
a file apart, from 0, in whatever order they stand; of each line eight bytes of a keyed digest are held for it.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from edge.keys import Key
from edge.occurrences import Occurrences
from edge.persons.identities import Identities
from edge.persons.numbers import BAD, NO_BIRTH, SYNTHETIC, UNKNOWN_SEX, Judged, judged
from edge.persons.pseudonyms import NO_NUMBER, Pseudonyms, spell_numbers
from edge.statements.fields import NOT_A_NUMBER, Fields, fields_of
from edge.statements.layouts import Layout
from edge.statements.lines import Lines
from edge.statements.rules import Rules
from edge.statements.slugs import BAD_FIELD, BAD_NUMBER, NO_FAULT, REAL_NUMBER, SYNTHETIC_NUMBER
from edge.statements.slugs import NO_NUMBER as NONE_GIVEN
from edge.statements.sources import Beside, middle_of_month, years_of
from edge.statements.supports import NO_FORM, Supports, supports_of
from schemas.arrays import Bytes, Int8, Int32, Int64, Mask
from schemas.events import CLAIM, REGULARISATION
from schemas.line_encoding import ClaimLines
from schemas.parameters import document
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR

_AID, _STATUS_D = 2, ord("D")
_CLAIM_TYPES, _WITH_DAYS = 3, 2
_ID = 16
_HUNDRED = 100
_DIGEST = 8
_NUMBER_DIGITS = 11
NUMBER_FIELD = 6


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of lines: ``fields`` and ``supports``, the faults of all, and ``rows`` of those that are events.

    ``lines`` holds the events; ``seal`` sixteen bytes for each of them: of its id and number, under the line key.
    ``unknown`` counts what was taken as unknown, by name.
    """

    fields: Fields
    supports: Supports
    fault: Bytes
    field: Int8
    rows: Int64
    lines: ClaimLines
    seal: Bytes
    unknown: Counter[str]


def is_status_d(fields: Fields) -> Mask:
    """Tell which lines are of the act of 1965 with status D: there a dossier stands for a person without a number."""
    mask: Mask = (fields.legislation == _AID) & (fields.category == _STATUS_D)
    return mask


class Judge:
    """Judges the lines of statements under a key, with tables and forms."""

    def __init__(self, key: Key, known: Identities, rules: Rules, beside: Beside, *, synthetic: bool) -> None:
        """Take all that a line is judged by."""
        self._identities, self._rules, self._beside, self._synthetic = known, rules, beside, synthetic
        self._pseudonyms = Pseudonyms(key, known)
        self._ids, self._seals = key.lines("line"), key.lines("statement")
        self._students = document("statements")["student_codes"]
        self.occurrences = Occurrences()

    def begin_file(self) -> None:
        """Forget which lines came: occurrences count within a file."""
        self.occurrences = Occurrences()

    def judged(self, lines: Lines, layout: Layout) -> Judgement:
        """Return what becomes of lines."""
        fields = fields_of(lines, layout)
        unknown: Counter[str] = Counter()
        form, aid = self._forms(fields)
        student = np.isin(form, self._students).astype(np.int8)
        supports = supports_of(fields, self._rules, student, aid, synthetic=self._synthetic)
        fault, field = supports.fault.copy(), fields.field.copy()
        numbers = judged(fields.number.clip(min=0), years_of(fields.month))
        self._judge_persons(fields, numbers, fault, field)
        rows = np.flatnonzero(fault == NO_FAULT)
        wages = supports.living_wage[rows]
        if self._beside.students is None:
            unknown["no-forms"] = int(wages.sum())
        else:
            unknown["form-not-found"] = int((wages & (form[rows] == NO_FORM)).sum())
        unknown["field-14-unknown"] = int(supports.unknown[rows].sum())
        made, seal = self._events(fields, supports, numbers, rows)
        return Judgement(fields, supports, fault, field, rows, made, seal, +unknown)

    def _forms(self, fields: Fields) -> tuple[Int32, Int32]:
        none = np.full(len(fields.fault), NO_FORM, np.int32)
        beside = self._beside
        students = none if beside.students is None else beside.students.of(fields)
        return students, none if beside.aid is None else beside.aid.of(fields)

    def _judge_persons(self, fields: Fields, numbers: Judged, fault: Bytes, field: Int8) -> None:
        """Add the faults of dossier, suffix and number to lines that have none yet."""
        second = (fault == NO_FAULT) & (fields.second_field > 0)
        fault[second], field[second] = BAD_FIELD, fields.second_field[second]
        by_dossier = is_status_d(fields)
        given = fields.number != NO_NUMBER
        bad = given & ((fields.number == NOT_A_NUMBER) | (numbers.verdict == BAD))
        synthetic = given & (numbers.verdict == SYNTHETIC)
        for wrong, slug in (
            (~given & ~by_dossier, NONE_GIVEN),
            (bad, BAD_NUMBER),
            (synthetic & (not self._synthetic), SYNTHETIC_NUMBER),
            (given & ~synthetic & self._synthetic, REAL_NUMBER),
        ):
            here = wrong & (fault == NO_FAULT)
            fault[here], field[here] = slug, NUMBER_FIELD

    def _events(self, fields: Fields, supports: Supports, numbers: Judged, rows: Int64) -> tuple[ClaimLines, Bytes]:
        number, ocmw = fields.number[rows], fields.ocmw[rows].astype(np.int64)
        dossier, cents = fields.dossier[rows], fields.cents[rows]
        given, kind = number != NO_NUMBER, fields.amount_type[rows]
        places = ocmw * _HUNDRED + fields.suffix[rows]
        persons = self._pseudonyms.persons(number, places, dossier)
        first, last = fields.first_day[rows], fields.last_day[rows]
        days = np.where(kind < _WITH_DAYS, (last - first + 1) * np.sign(cents), 0)
        ids, seal = self._identified(fields, rows)
        months = fields.month[rows]
        made = ClaimLines(
            kind=np.where(kind < _CLAIM_TYPES, CLAIM, REGULARISATION).astype(np.int8),
            event_id=ids,
            person=persons,
            ocmw=fields.ocmw[rows],
            dossier=self._pseudonyms.dossiers(ocmw, dossier),
            support=supports.leaf[rows],
            amount_type=kind,
            first_day=first,
            last_day=last,
            statement=((months // MONTHS_PER_YEAR + EPOCH_YEAR) * 100 + months % MONTHS_PER_YEAR + 1).astype(np.int32),
            cents=cents,
            days=days.astype(np.int32),
            article=fields.article[rows],
            percentage=supports.percentage[rows],
            sex=np.where(given, numbers.sex[rows], UNKNOWN_SEX).astype(np.int8),
            birth=np.where(given, numbers.birth[rows], NO_BIRTH).astype(np.int32),
            household=supports.household[rows],
            nationality=self._countries(number, first),
            status=supports.status[rows],
            corrects=np.zeros((len(rows), _ID), np.uint8),
        )
        return made, seal

    def _countries(self, number: Int64, first: Int32) -> Bytes:
        if self._beside.register is None:
            return np.tile(np.frombuffer(b"ZZ", np.uint8), (len(number), 1))
        return self._beside.register.countries(self._identities.roots(number), middle_of_month(first))

    def _identified(self, fields: Fields, rows: Int64) -> tuple[Bytes, Bytes]:
        """Return the ids of the events and their seals."""
        texts, lengths = np.ascontiguousarray(fields.message[rows]), fields.length[rows]
        texts[np.arange(len(rows)), lengths] = ord("0")
        ids = self._ids.rows(texts, lengths + 1)[:, :_ID]
        seals = self._sealed(ids, fields.number[rows])
        digests = np.ascontiguousarray(seals[:, :_DIGEST]).view(np.uint64).reshape(-1) | np.uint64(1)
        occurrence = self.occurrences.of(digests)
        again = np.flatnonzero(occurrence)
        if not len(again):
            return ids, seals
        ids, seals = ids.copy(), seals.copy()
        spelled, spelled_lengths = texts[again], lengths[again]
        for row, (count, begin) in enumerate(zip(occurrence[again].tolist(), spelled_lengths.tolist(), strict=True)):
            digits = str(count).encode()
            spelled[row, begin : begin + len(digits)] = np.frombuffer(digits, np.uint8)
            spelled_lengths[row] += len(digits)
        ids[again] = self._ids.rows(spelled, spelled_lengths)[:, :_ID]
        seals[again] = self._sealed(ids[again], fields.number[rows][again])
        return ids, seals

    def _sealed(self, ids: Bytes, numbers: Int64) -> Bytes:
        """Return the seals of events: keyed digests of id and number."""
        messages = np.zeros((len(ids), _ID + _NUMBER_DIGITS), np.uint8)
        messages[:, :_ID] = ids
        spell_numbers(numbers, messages, _ID)
        return self._seals.rows(messages, np.full(len(ids), _ID + _NUMBER_DIGITS))[:, :_ID]
