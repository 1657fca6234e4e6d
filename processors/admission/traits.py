"""The traits of a row: the categories of its person on the 15th of its month, packed into one number (C1-C6).

    bits   25-22    21-12         11-10   9-6         5-2     1-0
           status   nationality   group   household   age13   sex

They depend on the month (age on the 15th, household era, European Union), so they are fixed when an event touches the
row.
"""

import numpy as np

from processors.admission.decoding import NO_BIRTH_DATE, Events
from processors.compiled import Whole, inlined
from processors.rules import AGE13_COUNT, Rules
from schemas.breakdowns import DAYS_PER_YEAR, NATIONALITIES, NATIONALITY_UNKNOWN, REFERENCE_DAY

SEX_SHIFT, AGE13_SHIFT, HOUSEHOLD_SHIFT, GROUP_SHIFT, NATIONALITY_SHIFT, STATUS_SHIFT = 0, 2, 6, 10, 12, 22
SEX_MASK, AGE13_MASK, HOUSEHOLD_MASK, GROUP_MASK, NATIONALITY_MASK, STATUS_MASK = 0x3, 0xF, 0xF, 0x3, 0x3FF, 0xF

GROUP_BE, GROUP_EU, GROUP_NON_EU, GROUP_UNKNOWN = range(4)
_BELGIAN = NATIONALITIES.index("BE")
_NO_NATIONALITY = NATIONALITIES.index(NATIONALITY_UNKNOWN)
_OLDEST_CLASS, _AGE_UNKNOWN = AGE13_COUNT - 2, AGE13_COUNT - 1


@inlined
def traits_of(events: Events, event: Whole, month: Whole, rules: Rules) -> Whole:
    """Return the packed categories of an event's person in a month (C1-C6)."""
    birth, sex, household = events.birth[event], events.traits[event, 0], events.traits[event, 1]
    nationality, status = events.traits[event, 2], events.traits[event, 3]
    era = 1 if month >= rules.household_new_from else 0
    return (
        (np.int64(sex) - 1) << SEX_SHIFT
        | _age13(birth, month, rules) << AGE13_SHIFT
        | np.int64(rules.household_class[era, household]) << HOUSEHOLD_SHIFT
        | _group(np.int64(nationality), month, rules) << GROUP_SHIFT
        | np.int64(nationality) << NATIONALITY_SHIFT
        | np.int64(rules.status_class[status]) << STATUS_SHIFT
    )


@inlined
def _age13(birth: Whole, month: Whole, rules: Rules) -> Whole:
    """Return the age class on the 15th of the month; born later or not known: unknown (C2, C3)."""
    lived = np.int64(rules.first_day_of_month[month]) + REFERENCE_DAY - 1 - birth
    if birth == NO_BIRTH_DATE or lived < 0:
        return _AGE_UNKNOWN
    age = lived // DAYS_PER_YEAR
    return np.int64(rules.age13_of_age[age]) if age < len(rules.age13_of_age) else _OLDEST_CLASS


@inlined
def _group(nationality: Whole, month: Whole, rules: Rules) -> Whole:
    """Return the nationality group on the 15th of the month (C5)."""
    if nationality == _NO_NATIONALITY:
        return GROUP_UNKNOWN
    if nationality == _BELGIAN:
        return GROUP_BE
    member = rules.group_from[nationality] <= month <= rules.group_until[nationality]
    return GROUP_EU if member else GROUP_NON_EU
