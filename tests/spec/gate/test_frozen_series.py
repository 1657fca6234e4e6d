"""The series 1999-2007, frozen at the first update whose reference month is January 2010 or later (F2, G6)."""

import pytest
from named_figures import Teller


def test_at_the_freeze_a_period_takes_that_update_s_block_whatever_its_state_f2(engine: Teller) -> None:
    figures = engine("""
        person  | month
        p1..p10 | 2007-12
        close u1 2009-12
        q1..q10 | 2007-12
        close u2 2010-01
    """)
    assert figures.states("LL", "2007-12") == ["settling", "frozen"]
    assert figures.published_updates("LL", "2007-12") == [None, "u2"]
    assert (figures.published("LL", "2007-12") or (0,))[0] == 20


def test_later_events_never_change_a_frozen_figure_and_internal_figures_go_on_f2(engine: Teller) -> None:
    figures = engine("""
        person  | month
        p1..p10 | 2007-12
        close u1 2010-01
        q1..q10 | 2007-12
        close u2 2010-02
        close u3 2010-03
    """)
    assert figures.states("LL", "2007-12") == ["frozen", "frozen", "frozen"]
    assert figures.published_updates("LL", "2007-12") == ["u1", "u1", "u1"]
    assert [vintage.value for vintage in figures.vintages("LL", "2007-12")] == [10, 20, 20]
    assert [vintage.published_value for vintage in figures.vintages("LL", "2007-12")] == [10, 10, 10]
    assert [(figures.published("LL", "2007-12", at) or (0,))[0] for at in (1, 2, 3)] == [10, 10, 10]


@pytest.mark.parametrize(
    ("period", "state"),
    [
        ("2007-12", "frozen"),
        ("2007-Q4", "frozen"),
        ("2007", "frozen"),
        ("R12-2007-12", "frozen"),
        ("R12-2008-01", "settling"),  # a rolling year that ends in 2008 stays open
        ("R12-2008-11", "settling"),
    ],
)
def test_what_ends_by_december_2007_is_frozen_f2(engine: Teller, period: str, state: str) -> None:
    figures = engine("""
        month
        2007-12
        close 2010-01
    """)
    assert figures.states("LL", period) == [state]


def test_january_2008_is_not_frozen_f2(engine: Teller) -> None:
    figures = engine("""
        month
        2008-01
        close 2010-01
        close 2010-02
    """)
    assert figures.states("LL", "2008-01") == ["settling", "published"]


def test_one_first_seen_after_the_freeze_is_frozen_and_empty_f2(engine: Teller) -> None:
    figures = engine("""
        month
        2008-01
        close u1 2010-01
        2007-06
        close u2 2010-02
        2007-06
        close u3 2010-03
    """)
    vintages = figures.vintages("LL", "2007-06")
    assert figures.states("LL", "2007-06") == ["frozen", "frozen"]
    assert [(v.value, v.previous, v.published_value, v.published_update) for v in vintages] == [
        (1, 0, None, None),
        (1, 1, None, None),
    ]
    assert figures.published("LL", "2007-06") is None
    assert figures.amount("LL", "2007-06") == 200_000


def test_the_freeze_happens_at_the_first_update_at_or_after_january_2010_f2(engine: Teller) -> None:
    figures = engine("""
        month
        2005-06
        close u1 2009-11
        close u2 2009-12
        close u3 2013-05
        close u4 2013-06
    """)
    assert figures.states("LL", "2005-06") == ["settling", "published", "frozen", "frozen"]
    assert figures.published_updates("LL", "2005-06") == [None, "u2", "u3", "u3"]


def test_a_revising_figure_is_frozen_with_the_block_of_the_freeze_f2(engine: Teller) -> None:
    figures = engine("""
        person  | month
        p1..p10 | 2005-06
        close u1 2009-10
        close u2 2009-11
        q1..q10 | 2005-06
        close u3 2009-12
        r1..r10 | 2005-06
        close u4 2010-01
    """)
    assert figures.states("LL", "2005-06") == ["settling", "published", "revising", "frozen"]
    assert figures.published_updates("LL", "2005-06") == [None, "u2", "u2", "u4"]
    assert (figures.published("LL", "2005-06") or (0,))[0] == 30


def test_there_is_no_lower_bound_at_1999_f2(engine: Teller) -> None:
    figures = engine("""
        month
        1997-04
        close 2009-12
        close 2010-01
    """)
    assert figures.states("LL", "1997-04") == ["settling", "frozen"]


def test_a_pending_figure_is_frozen_too_and_a_node_that_is_not_public_as_well_f2(engine: Teller) -> None:
    figures = engine("""
        support | month
        IK_RMH  | 2007-12
        close 2010-01
    """)
    assert figures.states("IK_RMH", "2007-12") == ["frozen"]


def test_a_frozen_figure_of_zero_shows_an_empty_block_f2(engine: Teller) -> None:
    figures = engine("""
        month   | cents
        2007-12 | 0
        close u1 2010-01
        2007-12 | 500
        close u2 2010-02
    """)
    assert figures.published_updates("LL", "2007-12") == ["u1", "u1"]
    assert [figures.published("LL", "2007-12", at) for at in (1, 2)] == [(0, 0, 0, 0), (0, 0, 0, 0)]
