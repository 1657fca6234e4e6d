"""Where to: outcomes of exits in months after, and transitions of everybody (H4)."""

import pytest
from named_indicators import IndicatorTeller


def left(*lines: str, ocmw: str = "44021", head: str = "person | month | ocmw | support") -> str:
    """Return a log in which a had leefloon in Gent until 2023-05, and what else is told."""
    return "\n".join([head, f"a | 2023-01-01..2023-05-31 | {ocmw} | LL_OTHER", *lines])


def test_who_is_in_nothing_any_more_left_for_none_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(left(), first="2023-05", last="2024-05")
    for after in (1, 3, 6, 12):
        assert tables.outcomes("2023-05", after) == {"none": 1}


def test_an_employment_that_covers_the_15th_is_work_h4(indicators: IndicatorTeller) -> None:
    log = left("dimona IN a start=2023-08-15 end=2023-11-14")
    tables = indicators(log, first="2023-05", last="2024-05")
    assert tables.outcomes("2023-05", 1) == {"none": 1}
    assert tables.outcomes("2023-05", 3) == {"work": 1, "any_work": 1}
    assert tables.outcomes("2023-05", 6) == {"none": 1}  # it ended the day before the 15th
    longer = indicators(left("dimona IN a start=2023-08-15 end=2023-11-15"), first="2023-05", last="2024-05")
    assert longer.outcomes("2023-05", 6) == {"work": 1, "any_work": 1}


@pytest.mark.parametrize("code", ["IVT", "TRI", "STG", "A17", "DWD"])
def test_training_is_no_work_h4(indicators: IndicatorTeller, code: str) -> None:
    tables = indicators(left(f"dimona IN a start=2023-06-01 type={code}"), first="2023-05", last="2023-11")
    assert tables.outcomes("2023-05", 1) == {"none": 1}


@pytest.mark.parametrize("code", ["OTH", "STU", "FLX", "BCW"])
def test_student_work_and_flexi_jobs_are_work_h4(indicators: IndicatorTeller, code: str) -> None:
    tables = indicators(left(f"dimona IN a start=2023-06-01 type={code}"), first="2023-05", last="2023-11")
    assert tables.outcomes("2023-05", 1) == {"work": 1, "any_work": 1}


def test_work_for_an_ocmw_is_an_outcome_of_its_own_and_no_work_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(left("dimona IN a start=2023-06-01 ocmw=yes"), first="2023-05", last="2023-11")
    assert tables.outcomes("2023-05", 1) == {"ocmw_work": 1}


def test_work_elsewhere_comes_before_work_for_an_ocmw_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(
        left("dimona IN a start=2023-06-01 ocmw=yes", "dimona IN a period=2 start=2023-06-01"),
        first="2023-05",
        last="2023-11",
    )
    assert tables.outcomes("2023-05", 1) == {"work": 1, "any_work": 1}


def test_leefloon_at_the_same_ocmw_comes_first_and_work_beside_it_is_seen_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(
        left("a | 2023-11 | 44021 | LL_STUD", "dimona IN a start=2023-06-01"), first="2023-05", last="2024-05"
    )
    assert tables.outcomes("2023-05", 3) == {"work": 1, "any_work": 1}
    assert tables.outcomes("2023-05", 6) == {"ll_same": 1, "any_work": 1}
    assert tables.outcomes("2023-05", 6, "44021") == {"ll_same": 1, "any_work": 1}


def test_leefloon_at_another_ocmw_is_elsewhere_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(left("a | 2023-11 | 11002 | LL_OTHER"), first="2023-05", last="2024-05")
    assert tables.outcomes("2023-05", 6, "44021") == {"ll_elsewhere": 1}
    assert tables.outcomes("2023-05", 6) == {"ll_elsewhere": 1}
    assert tables.outcomes("2023-05", 12) == {"none": 1}


def test_who_moves_without_a_gap_leaves_the_municipality_only_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(left("a | 2023-06-01..2023-11-30 | 11002 | LL_OTHER"), first="2023-05", last="2023-11")
    assert tables.outcomes("2023-05", 1, "44021") == {"ll_elsewhere": 1}
    assert tables.outcomes("2023-05", 1) == {}


@pytest.mark.parametrize(
    ("support", "outcome"),
    [("FH", "fh"), ("TW_RMI_ART60", "tw"), ("TW_RMH_OTHER", "tw"), ("IP_RMI", "none"), ("MH_DMH", "none")],
)
def test_other_help_is_an_outcome_before_work_h4(indicators: IndicatorTeller, support: str, outcome: str) -> None:
    tables = indicators(left(f"a | 2023-11 | 11002 | {support}"), first="2023-05", last="2023-11")
    assert tables.outcomes("2023-05", 6) == {outcome: 1}


def test_with_a_tolerance_an_exit_is_known_later_and_a_short_gap_is_none_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(left("a | 2023-07-01..2023-07-31 | 44021 | LL_OTHER"), first="2023-05", last="2023-10")
    assert tables.outcomes("2023-05", 1) == {"none": 1}
    assert tables.outcomes("2023-05", 1, gap=2) == {}
    assert tables.outcomes("2023-07", 1, gap=2) == {"none": 1}


def test_a_cohort_too_young_is_absent_not_zero_h4(indicators: IndicatorTeller) -> None:
    tables = indicators(left(), first="2023-05", last="2023-07")
    assert tables.outcomes("2023-05", 1) == {"none": 1}
    assert tables.outcomes("2023-05", 3) == {}
    assert tables.outcomes("2023-05", 1, gap=2) == {}  # known in 2023-08


def test_a_late_regularisation_undoes_an_exit_h7(indicators: IndicatorTeller) -> None:
    tables = indicators(left("a | 2023-06 | 44021 | LL_OTHER"), first="2023-05", last="2023-07")
    assert tables.outcomes("2023-05", 1) == {}
    assert tables.outcomes("2023-06", 1) == {"none": 1}


def test_exits_of_a_merged_municipality_stand_under_its_new_name_d3(indicators: IndicatorTeller) -> None:
    log = """
        person | month                  | ocmw
        a      | 2024-05-01..2024-11-30 | 11007
        b      | 2024-05-01..2024-11-30 | 11007
        b      | 2025-02                | 11002
    """
    tables = indicators(log, first="2024-11", last="2025-02")
    assert tables.outcomes("2024-11", 1, "11007") == {"none": 2}
    assert tables.outcomes("2024-11", 3, "11002") == {"none": 1, "ll_same": 1}


def test_a_transition_counts_who_is_in_a_state_by_the_state_a_year_later_h4(indicators: IndicatorTeller) -> None:
    log = """
        person | month   | ocmw  | support
        a      | 2023-03 | 44021 | LL_OTHER
        a      | 2024-03 | 11002 | TW_RMI_ART60
        b      | 2023-03 | 44021 | LL_OTHER
        c      | 2023-03 | 44021 | FH
        c      | 2023-03 | 44021 | TW_RMH_ART60
        c      | 2024-03 | 44021 | LL_OTHER
        d      | 2023-03 | 44021 | MH_DMH
        dimona IN b start=2024-03-15
        dimona IN a start=2024-03-15
    """
    tables = indicators(log, first="2023-03", last="2024-03")
    assert tables.changes("2023-03", "44021") == {"ll|tw_rmi": 1, "ll|work": 1, "fh|ll": 1}
    assert tables.changes("2023-03") == {"ll|tw_rmi": 1, "ll|work": 1, "fh|ll": 1}
    assert tables.changes("2023-03", "11002") == {}


def test_the_place_of_a_transition_is_that_of_its_month_h4(indicators: IndicatorTeller) -> None:
    log = "person | month | ocmw\na | 2024-05 | 11007\na | 2025-05 | 11002"
    tables = indicators(log, first="2024-05", last="2025-05")
    assert tables.changes("2024-05", "11007") == {"ll|ll": 1}
    assert tables.changes("2024-05", "11002") == {}


def test_a_year_must_have_passed_for_a_transition_h4(indicators: IndicatorTeller) -> None:
    log = "person | month | ocmw\na | 2024-05 | 44021\nz | 2025-04 | 44021"
    assert indicators(log, first="2024-05", last="2025-04").changes("2024-05") == {}


def test_facts_that_come_late_change_the_outcome_h7(indicators: IndicatorTeller) -> None:
    tables = indicators(
        left("dimona IN a start=2023-06-01"), "person\ndimona CANCEL a\nclose later 2190-02", first="2023-05",
        last="2023-11",
    )  # fmt: skip
    assert tables.outcomes("2023-05", 1) == {"none": 1}
