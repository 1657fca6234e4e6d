"""What a line is for, by the rules and the forms: its support, State percentage, household category and status."""

from dataclasses import dataclass

import numpy as np

from edge.statements.fields import Fields
from edge.statements.rules import LIVING_WAGE, MEDICAL, NOT_A_SUPPORT, SETTINGS, Rules, statuses
from edge.statements.slugs import NO_FAULT, SYNTHETIC_ARTICLE, UNMAPPED_LINE
from edge.statements.slugs import NOT_A_SUPPORT as NO_SUPPORT
from schemas.arrays import Bytes, Int8, Int32, Int64, Mask
from schemas.compiled import Whole, inlined, kernel
from schemas.events import shapes
from schemas.supports import LEAVES

_SYMBOLS = {name: part.symbols for name, part in shapes()[0].fields}
_STUDENT, _OTHER = LEAVES.index("LL_STUD"), LEAVES.index("LL_OTHER")
_URGENT, _NOT_URGENT = LEAVES.index("MH_DMH"), LEAVES.index("MH_NDMH")
_NO_HOUSEHOLD, _NO_STATUS = _SYMBOLS["household"].index("UNKNOWN"), _SYMBOLS["status"].index("UNKNOWN")
_NOT_APPLICABLE = _SYMBOLS["status"].index("NONE")
_URGENT_STATUSES = tuple(_SYMBOLS["status"].index(letter) for letter in SETTINGS["urgent_statuses"])
_FIRST_SYNTHETIC: int = SETTINGS["synthetic_from"]
_INTEGRATION, _AID = 1, 2
_ARTICLES = 1_000_000
NO_FORM = -1
"""Stands for a form that is not there."""


@dataclass(frozen=True, slots=True)
class Supports:
    """One a line: ``leaf``, ``percentage``, ``household`` and ``status`` as symbols; ``fault`` as in ``slugs``.

    ``living_wage``: the table says a living wage, whatever of a student. ``unknown``: field 14 says nothing.
    """

    fault: Bytes
    leaf: Int8
    percentage: Int32
    household: Int8
    status: Int8
    living_wage: Mask
    unknown: Mask


@inlined
def _era(since: Int32, day: Whole) -> Whole:
    era = 0
    for number in range(len(since)):
        if since[number] <= day:
            era = number
    return era


@kernel
def _derive(
    legislation: Int8, article: Int32, first_day: Int32, category: Bytes, before: Bytes,
    student: Int8, aid_code: Int32, urgent: Int64,
    begins: Int32, first: Int32, last: Int32, target: Int32, percentage: Int32, letters: Mask,
    aid: Int32, aid_since: Int32, households: Int32, households_since: Int32, status_of: Int64, synthetic: bool,  # noqa: FBT001 - a kernel takes arrays and numbers
    fault: Bytes, leaf: Int8, percent: Int32, household: Int8, status: Int8, living_wage: Mask, unknown: Mask,
) -> None:  # fmt: skip
    for row in range(len(legislation)):
        fault[row] = before[row]
        if before[row] != NO_FAULT:
            continue
        law, day, letter = legislation[row], first_day[row], category[row]
        household[row], status[row] = _NO_HOUSEHOLD, _NOT_APPLICABLE
        if law == _INTEGRATION:
            household[row] = households[_era(households_since, day), letter]
            unknown[row] = household[row] == _NO_HOUSEHOLD
        elif law == _AID:
            status[row] = status_of[letter]
            unknown[row] = status[row] == _NO_STATUS
        if article[row] >= _FIRST_SYNTHETIC and not synthetic:
            fault[row] = SYNTHETIC_ARTICLE
            continue
        place = (0 if law == _INTEGRATION else 1 if law == _AID else 2) * _ARTICLES + article[row]
        hit, any_letter = -1, -1
        for entry in range(begins[place], begins[place + 1]):
            if first[entry] <= day <= last[entry]:
                if any_letter < 0:
                    any_letter = entry
                if hit < 0 and letters[entry, letter]:
                    hit = entry
        support, code = -1, aid_code[row]
        if law == _AID and code != NO_FORM and any_letter >= 0:
            hit = hit if hit >= 0 else any_letter
            known = 0 <= code < aid.shape[1] and target[hit] != NOT_A_SUPPORT
            support = aid[_era(aid_since, day), code] if known else NOT_A_SUPPORT
            if support == MEDICAL:
                if status[row] == _NO_STATUS:
                    support = -1
                else:
                    support = _NOT_URGENT
                    for one in urgent:
                        if status[row] == one:
                            support = _URGENT
        elif hit >= 0:
            support = target[hit]
        if support < 0:
            fault[row] = UNMAPPED_LINE
        elif support == NOT_A_SUPPORT:
            fault[row] = NO_SUPPORT
        else:
            if support == LIVING_WAGE:
                living_wage[row] = True
                support = _STUDENT if student[row] == 1 else _OTHER
            leaf[row], percent[row] = support, percentage[hit]


def supports_of(fields: Fields, rules: Rules, student: Int8, aid_code: Int32, *, synthetic: bool) -> Supports:
    """Return what lines are for.

    ``student`` is 1 where form B says so; ``aid_code`` is the code of form D, NO_FORM where there is none.
    """
    size = len(fields.fault)
    supports = Supports(
        np.zeros(size, np.uint8), np.zeros(size, np.int8), np.zeros(size, np.int32), np.zeros(size, np.int8),
        np.zeros(size, np.int8), np.zeros(size, np.bool_), np.zeros(size, np.bool_),
    )  # fmt: skip
    _derive(
        fields.legislation, fields.article, fields.first_day, fields.category, fields.fault,
        student, aid_code, np.array(_URGENT_STATUSES, np.int64),
        rules.begins, rules.first, rules.last, rules.target, rules.percentage, rules.letters,
        rules.aid, rules.aid_since, rules.households, rules.households_since, statuses(), synthetic,
        supports.fault, supports.leaf, supports.percentage, supports.household, supports.status,
        supports.living_wage, supports.unknown,
    )  # fmt: skip
    return supports
