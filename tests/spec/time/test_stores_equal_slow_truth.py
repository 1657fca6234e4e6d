"""L1 for the indicators of stores: each release shows what the slow truth shows, whatever came late or merged."""

from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from stores import Store

from processors.reference import indicators as slow
from processors.reference.events import admitted
from processors.reference.parts import History
from processors.reference.spells import SpellSource
from schemas.indicators import COLUMNS
from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore

UPDATES = 14
CODES = ("44021", "11007", "71022", "73040", "21004")
SUPPORTS = ("LL_OTHER", "LL_OTHER", "LL_STUD", "FH", "TW_RMI_ART60", "TW_RMH_OTHER")


class Late(NamedTuple):
    """Lines of an update about months counted from that of the first: how many on end, where, what, born when."""

    update: int
    person: str
    start: int
    length: int
    ocmw: str
    support: str
    cents: str
    born: str

    def lines(self, first: int) -> list[str]:
        """Return the lines of the table."""
        rest = f"{self.ocmw} | {self.support} | {self.cents} | {self.born}"
        return [f"{self.person} | {month_code(first + self.start + at)} | {rest}" for at in range(self.length)]


class Works(NamedTuple):
    """A declaration of an update: who is employed since when, by an OCMW or not."""

    update: int
    person: str
    start: int
    by_ocmw: str


class Adversary(NamedTuple):
    """What makes a history adversarial: late lines, work, months in which nobody has anything, a release to look at."""

    late: list[Late]
    works: list[Works]
    idle: set[int]
    number: int

    def table(self, first: int) -> str:
        """Return an update a month from ``first`` on."""
        lines_of_log = ["person | month | ocmw | support | cents | born"]
        for number in range(UPDATES):
            lines_of_log += [] if number in self.idle else _regular(number, month_code(first + number))
            lines_of_log += [line for late in self.late if late.update == number for line in late.lines(first)]
            lines_of_log += [
                f"dimona IN {work.person} period={number} start={month_code(first + work.start)}-10 ocmw={work.by_ocmw}"
                for work in self.works
                if work.update == number
            ]
            lines_of_log += [f"close u{number} {month_code(first + number)}"]
        return "\n".join(lines_of_log)


def _regular(number: int, month: str) -> list[str]:
    rest = "LL_OTHER | 1000 | 1999-01-01"
    return [
        f"r{person}..r{person} | {month} | {CODES[person]} | {rest}"
        for person in range(4)
        if (number + person) % (person + 3)
    ]


UPDATE, PERSON = st.integers(0, UPDATES - 1), st.sampled_from("abcd")
LATE = st.builds(
    Late,
    update=UPDATE,
    person=PERSON,
    start=st.integers(-30, UPDATES),
    length=st.integers(1, 14),
    ocmw=st.sampled_from(CODES),
    support=st.sampled_from(SUPPORTS),
    cents=st.sampled_from(("1000", "1000", "-1000", "0")),
    born=st.sampled_from(("1990-06-20", "2005-01-16", "-")),
)
WORKS = st.builds(Works, UPDATE, PERSON, st.integers(-6, 10), st.sampled_from(("yes", "no")))
ADVERSARIES = st.builds(
    Adversary,
    st.lists(LATE, min_size=3, max_size=12),
    st.lists(WORKS, max_size=4),
    st.sets(UPDATE, max_size=4),
    st.integers(UPDATES // 2, UPDATES - 1),
)


@pytest.mark.parametrize(
    ("first", "given_settings"),
    [
        ("2024-06", FigureSettings()),  # mergers of 2025-01
        ("2009-06", FigureSettings(spells="LL+FH")),  # months to 2007-12 freeze at 2010-01
        ("2024-06", FigureSettings(geography="fixed:2025-01-01", first_month="2023-03")),
    ],
)
@settings(
    max_examples=1,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink whole replays would take longer than to read one
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(adversary=ADVERSARIES)
def test_a_release_shows_what_a_recount_from_scratch_shows_whatever_came_late_merged_or_froze_l1(
    tmp_path_factory: pytest.TempPathFactory, first: str, given_settings: FigureSettings, adversary: Adversary
) -> None:
    store = Store(tmp_path_factory.mktemp("store"), adversary.table(parse_month(first)), given_settings)
    past = History.of(admitted([store.log]), given_settings)
    for release in (adversary.number, UPDATES):
        window = slow.MonthsThere.at(DirectoryStore.reading(store.root).release(release))
        source = SpellSource(past, release, given_settings)
        expected = slow.rows(source, window, (*slow.INDICATORS, *slow.OUTCOME_INDICATORS))
        pd.testing.assert_frame_equal(store.rows(release)[list(COLUMNS[:9])], expected, check_dtype=False)
