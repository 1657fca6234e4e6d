"""A history as an administrator would have it: monthly statements in their public layout, a register, forms B.

A statement says less than an event: days follow from period and amount, a household only of a living wage, no sex that
is unknown, urgent medical help by status alone. So the events are first *reduced* to what statements say; importing the
statements then gives the figures of the reduced events, in all cells. Numbers have 60 added to the month: nobody has
such a one. Blemishes and facts are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from schemas.arrays import Mask
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR, month_code, ordinal
from schemas.supports import LEAVES
from synthetic.calendar import NEVER, Calendar
from synthetic.columns import Ints, Small, Tiny, rows
from synthetic.events import Events
from synthetic.population import BIRTH_DATE_UNKNOWN, COUNTRIES, HOUSEHOLDS, STATUSES, Population
from synthetic.settings import settings

FIRST = ordinal(2016, 1)
"""No earlier month: the budget articles of employment are known from here on."""
REGISTER, FORMS = "register.csv", "forms.csv"
_PARAMETERS = settings("statements")
_WITH_DAYS = 2
_UNKNOWN_SEX = 3
_WAGES = [LEAVES.index(name) for name in ("LL_OTHER", "LL_STUD")]
_STUDENT = LEAVES.index("LL_STUD")
_URGENT, _NOT_URGENT = LEAVES.index("MH_DMH"), LEAVES.index("MH_NDMH")
_URGENT_STATUSES = [STATUSES.index(letter) for letter in "CD"]
_COUNTERS = 499
_CENTURY = 2_000_000_000
_DAYS = 100


def reduced(events: Events, people: Population, calendar: Calendar) -> Events:
    """Return the events as a statement says them."""
    leaf = np.where(np.isin(events.leaf, (_URGENT, _NOT_URGENT)), _NOT_URGENT, events.leaf)
    urgent = (leaf == _NOT_URGENT) & np.isin(events.status, _URGENT_STATUSES)
    leaf = np.where(urgent, _URGENT, leaf).astype(np.int8)
    covered = (events.last_day.astype(np.int64) - events.first_day + 1) * np.sign(events.cents)
    months = calendar.month_of_day(events.first_day.astype(np.int64))
    wage = np.isin(leaf, _WAGES)
    return replace(
        events,
        leaf=leaf,
        article=_articles(leaf, events.percentage).astype(np.int32),
        days=np.where(events.amount_type < _WITH_DAYS, covered, 0).astype(np.int32),
        sex=np.where(events.sex == _UNKNOWN_SEX, 1 + events.person % 2, events.sex).astype(np.int8),
        household=np.where(wage, events.household, HOUSEHOLDS.index("UNKNOWN")).astype(np.int8),
        country=people.nationality(events.person, months),
    )


def _articles(leaf: Tiny, percentage: Small) -> Ints:
    articles = np.zeros(len(leaf), np.int64)
    for name, article in _PARAMETERS["articles"].items():
        by_percentage = article if isinstance(article, dict) else {100: article}
        for percent, number in by_percentage.items():
            articles[(leaf == LEAVES.index(name)) & (percentage == percent)] = number
    return articles


def write_statements(folder: Path, events: Events, people: Population, months: range) -> list[Path]:
    """Write a statement a month with the lines of all OCMWs in log order, the register and the forms.

    Raises ValueError where more persons were born on one day than there are numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    order = np.lexsort((events.order, events.arrives))
    ordered = rows(events, order)
    numbers = national_numbers(ordered, people)
    written = []
    dossiers = 1 + np.unique(ordered.dossier, return_inverse=True)[1]  # a dossier of zeros alone is none
    edges = np.searchsorted(ordered.arrives, [*months, months.stop])
    for place, month in enumerate(months):
        chosen = np.arange(edges[place], edges[place + 1])
        path = folder / f"{month_code(month)}.txt"
        with path.open("w", encoding="ascii", newline="") as file:
            file.writelines(_lines(_StatementEvents(rows(ordered, chosen), dossiers[chosen], numbers)))
        written.append(path)
    _write_register(folder / REGISTER, people, numbers)
    _write_forms(folder / FORMS, ordered, dossiers)
    return written


@dataclass(frozen=True, slots=True)
class _StatementEvents:
    """Events of a statement, the number of each dossier, and the national number of each person."""

    events: Events
    dossiers: Ints
    numbers: Ints


def national_numbers(events: Events, people: Population) -> Ints:
    """Return a synthetic number for each person, by sex and birth date, 0 for one without an event."""
    size = len(people.sex)
    there, sex = np.zeros(size, np.bool_), np.zeros(size, np.int64)
    there[events.person] = True
    sex[events.person] = events.sex
    birth = people.birth.astype(np.int64)
    unknown = birth == BIRTH_DATE_UNKNOWN
    rank = _ranks(np.where(unknown, BIRTH_DATE_UNKNOWN, birth) * 4 + sex, there)
    if (rank[~unknown & there] >= _COUNTERS).any():
        raise ValueError("more persons are born on one day than there are numbers; ask for fewer persons")
    days = np.where(unknown, 0, birth).astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    of_month = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    serial = rank // _COUNTERS
    yy = np.where(unknown, serial // _DAYS % _DAYS, years % 100)
    head = ((yy * 100 + 60 + np.where(unknown, 0, months)) * 100 + np.where(unknown, serial % _DAYS, of_month)) * 1000
    head += 2 * (rank % _COUNTERS) + np.where(sex == 1, 1, 2)
    late = ~unknown & (years >= 2000)  # noqa: PLR2004 - a 2 stands before the digits of who was born since
    check = 97 - (head + np.where(late, _CENTURY, 0)) % 97
    return np.where(there, head * 100 + check, 0)


def _ranks(group: Ints, there: Mask) -> Ints:
    """Return the place of each row among those of its group that are there."""
    order = np.lexsort((np.arange(len(group)), ~there, group))
    head = np.r_[True, group[order][1:] != group[order][:-1]]
    begins = np.maximum.accumulate(np.where(head, np.arange(len(order)), 0))
    ranks = np.zeros(len(group), np.int64)
    ranks[order] = np.arange(len(order)) - begins
    return ranks


def _law(leaf: int) -> int:
    return int(_PARAMETERS["legislation"][LEAVES[leaf]])


def _reference(dossier: int, leaf: int) -> str:
    return f"{'S' if leaf == _STUDENT else 'B'}{dossier:010d}"


def _lines(month_events: _StatementEvents) -> Iterator[str]:
    events = month_events.events
    laws = [_law(leaf) for leaf in range(len(LEAVES))]
    year, month = np.divmod(events.statement.astype(np.int64), MONTHS_PER_YEAR)
    first, last = (_spelled(days) for days in (events.first_day, events.last_day))
    columns = zip(
        events.leaf.tolist(), events.ocmw.tolist(), ((year + EPOCH_YEAR) * 100 + month + 1).tolist(),
        month_events.dossiers.tolist(), month_events.numbers[events.person].tolist(),
        (events.amount_type + 1).tolist(), first, last,
        events.article.tolist(), events.cents.tolist(), events.household.tolist(), events.status.tolist(),
        events.person.tolist(), strict=True,
    )  # fmt: skip
    for leaf, ocmw, statement, dossier, number, kind, begin, end, article, cents, household, status, person in columns:
        law = laws[leaf]
        letter = HOUSEHOLDS[household] if leaf in _WAGES else STATUSES[status] if law == 2 else " "  # noqa: PLR2004 - the act of 1965
        yield (
            f"{law}{ocmw:05d}{statement}{dossier:011d}00{number:011d}{_reference(dossier, leaf):<12}{kind}{begin}{end}"
            f"{article:06d}{'-' if cents < 0 else '+'}{abs(cents):08d}{letter}{f'Synthetic {person}':<30}\r\n"
        )


def _spelled(days: Small) -> list[str]:
    texts = days.astype("datetime64[D]").astype(str).tolist()
    return [text.replace("-", "") for text in texts]


def _write_register(path: Path, people: Population, numbers: Ints) -> None:
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("number;country;from\n")
        for person in np.flatnonzero(numbers).tolist():
            file.write(f"{numbers[person]:011d};{COUNTRIES[people.country[person]]};1900-01-01\n")
            if people.naturalised[person] < NEVER:
                file.write(f"{numbers[person]:011d};{COUNTRIES[0]};{month_code(int(people.naturalised[person]))}-01\n")


def _write_forms(path: Path, events: Events, dossiers: Ints) -> None:
    wages = np.isin(events.leaf, _WAGES)
    forms = np.stack([events.ocmw[wages], dossiers[wages], events.leaf[wages]], axis=1).astype(np.int64)
    codes = {leaf: (9 if leaf == _STUDENT else 11) for leaf in _WAGES}
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("ocmw;reference;gpmi_code\n")
        file.writelines(
            f"{ocmw:05d};{_reference(dossier, leaf)};{codes[leaf]}\n"
            for ocmw, dossier, leaf in np.unique(forms, axis=0).tolist()
        )
