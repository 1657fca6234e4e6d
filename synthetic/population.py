"""The persons of a synthetic history: what they are on the 15th of any month."""

from dataclasses import dataclass

import numpy as np

from schemas.arrays import Mask
from schemas.breakdowns import DAYS_PER_YEAR, HOUSEHOLD_NEW_FROM
from schemas.events import shapes
from schemas.periods import MONTHS_PER_YEAR
from synthetic.calendar import NEVER, Calendar
from synthetic.columns import Floats, Ints, Small, Tiny, draws
from synthetic.settings import settings
from synthetic.trajectories import PHASES, Phases

SETTINGS = settings("population")
BIRTH_DATE_UNKNOWN = -(2**30)
"""Stands for a missing birth date until an event is written, with none."""
COUNTRIES: tuple[str, ...] = ("BE", "ZZ", *SETTINGS["countries"]["EU"], *SETTINGS["countries"]["nonEU"])

_SYMBOLS = {name: member.symbols for name, member in shapes()[0].fields}
HOUSEHOLDS: tuple[str, ...] = _SYMBOLS["household"]
STATUSES: tuple[str, ...] = _SYMBOLS["status"]
_MAN, _WOMAN, _UNKNOWN = 1, 2, 3
_DEPENDANTS, _DEPENDANTS_OLD = HOUSEHOLDS.index("E"), HOUSEHOLDS.index("D")


@dataclass(frozen=True, slots=True)
class Population:
    """Attributes by person.

    ``birth`` is in days since 1970-01-01; households are categories 0 A, 1 B, 2 E; ``changes``
    and ``naturalised`` are the months from which the second household and BE hold; ``part`` is the share of the full
    amount that the person is paid; ``country`` numbers ``COUNTRIES``; ``status`` is the symbol of the wet of 1965.
    """

    sex: Tiny
    birth: Ints
    household: Tiny
    second_household: Tiny
    changes: Small
    country: Tiny
    naturalised: Small
    status: Tiny
    part: Floats

    def category(self, person: Small, month: Ints) -> Tiny:
        """Return the household category (0 A, 1 B, 2 E) of persons on the 15th of months."""
        return np.where(month >= self.changes[person], self.second_household[person], self.household[person])

    def nationality(self, person: Small, month: Ints) -> Tiny:
        """Return the country of persons on the 15th of months."""
        return np.where(month >= self.naturalised[person], 0, self.country[person]).astype(np.int8)


def household_symbol(category: Tiny, month: Ints) -> Tiny:
    """Return the symbol of a category in the era of the month (C4)."""
    new = np.array([HOUSEHOLDS.index(name) for name in "ABE"], dtype=np.int8)[category]
    return np.where((month < HOUSEHOLD_NEW_FROM) & (new == _DEPENDANTS), _DEPENDANTS_OLD, new).astype(np.int8)


def population(rng: np.random.Generator, phases: Phases, persons: int, calendar: Calendar) -> Population:
    """Return the attributes of all ``persons``; those without a phase have some too."""
    entered = np.full(persons, calendar.first)
    phase = np.zeros(persons, dtype=np.int8)
    entered[phases.person[::-1]] = np.maximum(phases.start[::-1], calendar.first)
    phase[phases.person[::-1]] = phases.phase[::-1]
    student = phase == PHASES.index("STUD")
    aided = np.isin(phase, [number for number, name in enumerate(PHASES) if name not in _INTEGRATION])
    sex = np.where(rng.random(persons) < SETTINGS["women"], _WOMAN, _MAN)
    sex[rng.random(persons) < SETTINGS["sex_unknown"]] = _UNKNOWN
    months = calendar.last - calendar.first + 1
    partial = SETTINGS["partial"]
    part = np.where(rng.random(persons) < partial["share"], rng.uniform(partial["low"], partial["high"], persons), 1.0)
    return Population(
        sex=sex.astype(np.int8),
        birth=_births(rng, student, calendar.start(entered)),
        household=_households(rng, sex, student),
        second_household=_households(rng, sex, student),
        changes=_month_of_change(rng, persons, SETTINGS["household_change"], calendar),
        country=_countries(rng, aided),
        naturalised=_month_of_change(rng, persons, SETTINGS["naturalised_a_year"] * months / MONTHS_PER_YEAR, calendar),
        status=_statuses(rng, persons),
        part=part,
    )


_INTEGRATION = ("LL", "STUD", "ART60", "RMI_OTHER")


def _month_of_change(rng: np.random.Generator, persons: int, share: float, calendar: Calendar) -> Small:
    month = rng.integers(calendar.first + 1, calendar.last + 2, persons)
    return np.where(rng.random(persons) < share, month, NEVER).astype(np.int32)


def _births(rng: np.random.Generator, student: Mask, entered: Ints) -> Ints:
    birth = np.zeros(len(student), dtype=np.int64)
    for name, chosen in (("student", student), ("other", ~student)):
        bands = SETTINGS["ages"][name]
        band = draws(rng, [share for share, _, _ in bands], int(chosen.sum()))
        low, high = (np.array([limits[edge] for limits in bands])[band] for edge in (1, 2))
        birth[chosen] = entered[chosen] - (DAYS_PER_YEAR * rng.uniform(low, high)).astype(np.int64)
    birth[rng.random(len(birth)) < SETTINGS["birth_date_unknown"]] = BIRTH_DATE_UNKNOWN
    return birth


def _households(rng: np.random.Generator, sex: Ints, student: Mask) -> Tiny:
    households = np.zeros(len(sex), dtype=np.int8)
    groups = {"student": student, "woman": ~student & (sex == _WOMAN), "man": ~student & (sex != _WOMAN)}
    for name, chosen in groups.items():
        households[chosen] = draws(rng, SETTINGS["household"][name], int(chosen.sum()))
    return households


def _countries(rng: np.random.Generator, aided: Mask) -> Tiny:
    countries_of = np.zeros(len(aided), dtype=np.int8)
    for name, chosen in (("social_integration", ~aided), ("social_aid", aided)):
        groups = SETTINGS["nationality"][name]
        weights = {"BE": groups["BE"]}
        for group in ("EU", "nonEU"):
            countries = SETTINGS["countries"][group]
            weights |= {code: groups[group] * weight / sum(countries.values()) for code, weight in countries.items()}
        numbers = np.array([COUNTRIES.index(code) for code in weights], dtype=np.int8)
        countries_of[chosen] = numbers[draws(rng, list(weights.values()), int(chosen.sum()))]
    countries_of[rng.random(len(countries_of)) < SETTINGS["nationality_unknown"]] = COUNTRIES.index("ZZ")
    return countries_of


def _statuses(rng: np.random.Generator, persons: int) -> Tiny:
    weights = SETTINGS["status"]
    numbers = np.array([STATUSES.index(letter) for letter in weights], dtype=np.int8)
    return numbers[draws(rng, list(weights.values()), persons)]
