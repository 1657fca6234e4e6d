"""Updates, vintages, the gate of one percent, and what is shown (G1-G7)."""

import pytest
from named_figures import Teller

from schemas.periods import month_code, parse_month


def _later(month: str, months: int) -> str:
    return month_code(parse_month(month) + months)


def test_an_update_holds_exactly_what_precedes_its_closing_g1(engine: Teller) -> None:
    figures = engine("""
        person
        a
        close first 2024-03
        b
        close second 2024-04
        c
    """)
    assert figures.update_ids() == ["first", "second"]
    assert [figures.beneficiaries("LL", "2024-03", at=at) for at in (1, 2)] == [1, 2]


def test_events_after_the_last_closing_are_applied_and_in_no_figure_yet_g1(engine: Teller) -> None:
    figures = engine("""
        person | month
        a      | 2024-03
        close 2024-03
        b      | 2024-04
    """)
    assert figures.outcomes().applied == 3
    assert figures.periods("LL") == ["2024-03", "2024-Q1", "2024"]


def test_a_log_without_a_closing_has_no_update_g1(engine: Teller) -> None:
    figures = engine("""
        person
        a
        left open
    """)
    assert (figures.outcomes().applied, figures.update_ids()) == (1, [])


def test_every_vintage_is_kept_with_the_one_before_g2(engine: Teller) -> None:
    figures = engine("""
        person
        p1..p3
        close 2024-03
        p4..p5
        close 2024-04
        close 2024-05
    """)
    values = [(vintage.value, vintage.previous) for vintage in figures.vintages("LL", "2024-03")]
    assert values == [(3, None), (5, 3), (5, 5)]


def test_a_figure_first_seen_later_has_the_previous_value_0_g2(engine: Teller) -> None:
    figures = engine("""
        month
        2024-03
        close 2024-03
        2024-04
        close 2024-04
    """)
    assert [(vintage.value, vintage.previous) for vintage in figures.vintages("LL", "2024-04")] == [(1, 0)]


def test_a_node_knows_a_period_from_a_row_in_its_own_leaves_g2(engine: Teller) -> None:
    figures = engine("""
        support
        LL_STUD
        close 2024-03
        LL_OTHER
        close 2024-04
    """)
    assert [len(figures.vintages(node, "2024-03")) for node in ("LL_STUD", "LL", "RMI", "LL_OTHER")] == [2, 2, 2, 1]
    assert figures.periods("FH") == []


@pytest.mark.parametrize(
    ("later", "state"),
    [
        ("p101..p101", "published"),  # 1 of 100: exactly 1.00 %
        ("p101..p102", "settling"),  # one person more
    ],
)
def test_exactly_one_percent_is_stable_and_one_person_more_is_not_g3(engine: Teller, later: str, state: str) -> None:
    figures = engine(f"""
        person     | month
        p1..p100   | 2024-01
        close 2024-01
        {later}    | 2024-01
        close 2024-12
    """)
    assert figures.states("LL", "2024-01") == ["pending", state]


@pytest.mark.parametrize(("gone", "state"), [("p1..p1", "published"), ("p1..p2", "settling")])
def test_one_percent_down_is_measured_against_the_previous_value_too_g3(engine: Teller, gone: str, state: str) -> None:
    figures = engine(f"""
        person   | month   | type      | cents
        p1..p100 | 2024-01 | GRANT     |  1000
        close 2024-01
        {gone}   | 2024-01 | REG_GRANT | -1000
        close 2024-12
    """)
    assert figures.states("LL", "2024-01") == ["pending", state]


def test_one_percent_of_99_is_less_than_a_person_g3(engine: Teller) -> None:
    figures = engine("""
        person  | month
        p1..p99 | 2024-01
        close 2024-01
        q1..q1  | 2024-01
        close 2024-12
    """)
    assert figures.states("LL", "2024-01") == ["pending", "settling"]


def test_from_base_0_only_0_is_stable_g3(engine: Teller) -> None:
    figures = engine("""
        month   | cents
        2024-01 | 0
        2024-02 | 0
        close 2024-02
        2024-02 | 10
        close 2024-12
    """)
    assert figures.states("LL", "2024-01") == ["pending", "published"]
    assert figures.states("LL", "2024-02") == ["pending", "settling"]


def test_at_the_first_update_of_the_log_nothing_is_stable_g3(engine: Teller) -> None:
    figures = engine("""
        month   | cents
        2014-01 | 1000
        2014-02 | 0
        close 2024-01
        close 2024-01
    """)
    assert figures.states("LL", "2014-01") == ["settling"]
    assert figures.states("LL", "2014-02") == ["settling"]
    assert figures.outcomes().duplicates == 1


def test_a_zero_first_seen_later_with_its_delay_passed_is_published_g3(engine: Teller) -> None:
    figures = engine("""
        month   | cents
        2024-01 | 1000
        close 2024-01
        2020-01 | 0
        close 2024-02
    """)
    assert figures.states("LL", "2020-01") == ["published"]
    assert figures.vintages("LL", "2020-01")[0].published_value == 0


DELAYS = {
    "RMI": ("LL_OTHER", 3),
    "LL": ("LL_OTHER", 3),
    "LL_OTHER": ("LL_OTHER", 3),
    "LL_STUD": ("LL_STUD", 3),
    "TW_RMI": ("TW_RMI_ART60", 3),
    "TW_RMI_ART60": ("TW_RMI_ART60", 3),
    "TW_RMI_OTHER": ("TW_RMI_OTHER", 3),
    "IP_RMI": ("IP_RMI", 3),
    "RMH": ("FH", 12),
    "FH": ("FH", 6),
    "TW_RMH": ("TW_RMH_ART60", 6),
    "TW_RMH_ART60": ("TW_RMH_ART60", 6),
    "TW_RMH_OTHER": ("TW_RMH_OTHER", 6),
    "MH": ("MH_DMH", 12),
    "MH_NDMH": ("MH_NDMH", 12),
    "MH_DMH": ("MH_DMH", 12),
    "IK_RMH": ("IK_RMH", 6),
    "IK_OW": ("IK_OW", 6),
}


@pytest.mark.parametrize("node", DELAYS)
def test_a_month_waits_for_the_delay_of_its_node_to_the_month_g4(engine: Teller, node: str) -> None:
    leaf, delay = DELAYS[node]
    figures = engine(f"""
        support | month
        {leaf}  | 2024-01
        close 2024-01
        close early {_later("2024-01", delay - 1)}
        close due {_later("2024-01", delay)}
    """)
    assert figures.states(node, "2024-01") == ["pending", "pending", "published"]


@pytest.mark.parametrize(
    ("period", "due"), [("2024-Q1", "2024-06"), ("2024", "2025-03"), ("R12-2024-05", "2024-08"), ("2024-02", "2024-05")]
)
def test_the_last_month_of_a_period_must_have_reached_the_delay_g4(engine: Teller, period: str, due: str) -> None:
    figures = engine(f"""
        month
        2024-02
        close 2024-02
        close early {_later(due, -1)}
        close due {due}
    """)
    assert figures.states("LL", period) == ["pending", "pending", "published"]


def test_stable_needs_both_the_delay_and_the_variation_g5(engine: Teller) -> None:
    figures = engine("""
        person   | month
        p1..p100 | 2024-01
        close 2024-02
        close 2024-03
        p101..p200 | 2024-01
        close 2024-04
        close 2024-05
    """)
    assert figures.states("LL", "2024-01") == ["pending", "pending", "settling", "published"]


def test_one_flag_covers_all_cells_of_a_support_and_period_g5(engine: Teller) -> None:
    figures = engine("""
        person   | month   | ocmw
        p1..p100 | 2024-01 | 11002
        close 2024-04
        q1..q1   | 2024-01 | 44021
        close 2024-05
    """)
    assert figures.states("LL", "2024-01") == ["settling", "published"]
    assert figures.published("LL", "2024-01") == (101, 10_100_000, 5_555_000, 3131)


def test_published_then_revising_then_published_again_g6(engine: Teller) -> None:
    figures = engine("""
        person     | month
        p1..p100   | 2024-01
        close u1 2024-04
        close u2 2024-05
        p101..p150 | 2024-01
        close u3 2024-06
        p151..p190 | 2024-01
        close u4 2024-07
        p191..p191 | 2024-01
        close u5 2024-08
    """)
    assert figures.states("LL", "2024-01") == ["settling", "published", "revising", "revising", "published"]
    assert figures.published_updates("LL", "2024-01") == [None, "u2", "u2", "u2", "u5"]
    published = [figures.published("LL", "2024-01", at) for at in range(1, 6)]
    assert [block and block[0] for block in published] == [None, 100, 100, 100, 191]
    assert [vintage.published_value for vintage in figures.vintages("LL", "2024-01")] == [None, 100, 100, 100, 191]


def test_internal_figures_go_on_while_the_published_one_stays_g6(engine: Teller) -> None:
    figures = engine("""
        person     | month
        p1..p10    | 2024-01
        close 2024-04
        close 2024-05
        p11..p20   | 2024-01
        close 2024-06
    """)
    assert figures.beneficiaries("LL", "2024-01") == 20
    assert (figures.published("LL", "2024-01") or (0,))[0] == 10


def test_from_revising_the_block_is_always_that_update_s_though_nothing_moved_g6(engine: Teller) -> None:
    figures = engine("""
        person     | month
        p1..p10    | 2024-01
        close u1 2024-04
        close u2 2024-05
        p11..p20   | 2024-01
        close u3 2024-06
        close u4 2024-07
    """)
    assert figures.published_updates("LL", "2024-01") == [None, "u2", "u2", "u4"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("p1 | 2024-01 | 1 | B", "u3"),  # one cent more
        ("p1 | 2024-01 | 0 | E", "u3"),  # another household, no cent
        ("p1 | 2024-01 | 0 | B", "u2"),  # nothing differs
        ("p1 | 2024-02 | 1 | B", "u2"),  # another month
    ],
)
def test_a_movement_within_one_percent_is_published_when_any_cell_differs_g6(
    engine: Teller, line: str, shown: str
) -> None:
    figures = engine(f"""
        person     | month   | cents | household
        p1..p10    | 2024-01 | 1000  | B
        close u1 2024-04
        close u2 2024-05
        {line}
        close u3 2024-06
    """)
    assert figures.states("LL", "2024-01") == ["settling", "published", "published"]
    assert figures.published_updates("LL", "2024-01") == [None, "u2", shown]


def test_days_alone_make_a_block_differ_g6(engine: Teller) -> None:
    figures = engine("""
        month   | cents | days
        2024-01 | 1000  | 10
        close u1 2024-04
        close u2 2024-05
        2024-01 | 0     | 5
        close u3 2024-06
    """)
    assert figures.published_updates("LL", "2024-01") == [None, "u2", "u3"]


def test_variation_is_against_the_previous_update_not_against_what_is_published_g3_g6(engine: Teller) -> None:
    figures = engine("""
        person     | month
        p1..p100   | 2024-01
        close u1 2024-04
        close u2 2024-05
        q1..q1     | 2024-01
        close u3 2024-06
        r1..r1     | 2024-01
        close u4 2024-07
        s1..s1     | 2024-01
        close u5 2024-08
    """)
    assert figures.states("LL", "2024-01") == ["settling", *["published"] * 4]
    assert figures.published_updates("LL", "2024-01") == [None, "u2", "u3", "u4", "u5"]


def test_a_settling_figure_stays_settling_until_it_stands_still_g6(engine: Teller) -> None:
    figures = engine("""
        person     | month
        p1..p10    | 2024-01
        close 2024-04
        p11..p20   | 2024-01
        close 2024-05
        p21..p30   | 2024-01
        close 2024-06
        close 2024-07
    """)
    assert figures.states("LL", "2024-01") == ["settling", "settling", "settling", "published"]


def test_each_node_and_period_has_a_state_of_its_own_g5(engine: Teller) -> None:
    figures = engine("""
        person  | support | month
        p1..p10 | FH      | 2024-01
        close 2024-07
        q1..q5  | MH_DMH  | 2024-01
        close 2024-08
    """)
    assert figures.states("FH", "2024-01") == ["settling", "published"]
    assert figures.states("RMH", "2024-01") == ["pending", "pending"]
    assert figures.states("FH", "2024-Q1") == ["pending", "pending"]


def test_a_late_negative_regularisation_can_unsettle_a_published_figure_g6(engine: Teller) -> None:
    figures = engine("""
        person  | month   | type      | cents
        p1..p10 | 2021-06 | GRANT     |  1000
        close 2021-09
        close 2021-10
        p1..p3  | 2021-06 | REG_GRANT | -1000
        close 2024-01
        close 2024-02
    """)
    assert figures.states("LL", "2021-06") == ["settling", "published", "revising", "published"]
    assert [figures.published("LL", "2021-06", at) for at in (2, 3, 4)] == [
        (10, 10_000, 5_500, 300),
        (10, 10_000, 5_500, 300),
        (7, 7_000, 3_850, 210),
    ]


def test_an_update_without_events_is_an_update_g7(engine: Teller) -> None:
    figures = engine("""
        person
        close u1 2024-01
        close u2 2024-02
        a
        close u3 2024-03
    """)
    assert figures.update_ids() == ["u1", "u2", "u3"]
    assert figures.states("LL", "2024-03") == ["pending"]
    assert figures.vintages("LL", "2024-03")[0].previous == 0


def test_the_reference_month_may_stand_still_g1(engine: Teller) -> None:
    figures = engine("""
        person
        a
        close u1 2024-08
        close u2 2024-08
    """)
    assert figures.states("LL", "2024-03") == ["settling", "published"]
