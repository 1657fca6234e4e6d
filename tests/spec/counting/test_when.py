"""When: months, quarters, years and rolling years, each counted by itself (E1-E5)."""

import pytest
from named_figures import Teller


def test_a_person_helped_all_year_counts_once_in_each_period_e1(engine: Teller) -> None:
    figures = engine("""
        month
        2024-01
        2024-02
        2024-03
        2024-12
    """)
    periods = ("2024-01", "2024-02", "2024-03", "2024-12", "2024-Q1", "2024-Q4", "2024", "R12-2024-12")
    assert [figures.beneficiaries("LL", period) for period in periods] == [1] * 8


def test_the_year_is_not_the_sum_of_its_months_e1(engine: Teller) -> None:
    figures = engine("""
        person | month
        a      | 2024-01
        a      | 2024-02
        b      | 2024-02
        c      | 2024-07
    """)
    assert [figures.beneficiaries("LL", period) for period in ("2024-01", "2024-02", "2024-07", "2024")] == [1, 2, 1, 3]


def test_a_period_exists_from_its_first_row_on_whatever_the_reference_month_e1(engine: Teller) -> None:
    figures = engine("""
        month
        2024-05
        close 2024-01
    """)
    assert figures.periods("LL") == ["2024-05", "2024-Q2", "2024"]
    assert figures.beneficiaries("LL", "2024-05") == 1


def test_a_quarter_holds_its_three_months_and_no_other_e1(engine: Teller) -> None:
    figures = engine("""
        person | month
        a      | 2024-03
        b      | 2024-04
        c      | 2024-06
        d      | 2024-07
    """)
    assert [figures.beneficiaries("LL", f"2024-Q{quarter}") for quarter in (1, 2, 3, 4)] == [1, 2, 1, 0]


def test_a_rolling_year_holds_the_twelve_months_that_end_there_e5(engine: Teller) -> None:
    figures = engine("""
        person | month
        a      | 2023-03
        b      | 2023-04
        c      | 2024-03
        d      | 2024-04
    """)
    assert figures.beneficiaries("LL", "R12-2024-03") == 2
    assert figures.beneficiaries("LL", "R12-2024-04") == 2
    assert figures.beneficiaries("LL", "R12-2025-03") == 1


def test_one_month_makes_twelve_rolling_years_e5(engine: Teller) -> None:
    figures = engine("""
        month
        2024-03
    """)
    known = {key.period.code for key in figures.engine.known(1) if key.period.kind == "rolling_year"}
    assert known == {f"R12-2024-{month:02d}" for month in range(3, 13)} | {"R12-2025-01", "R12-2025-02"}


def test_a_rolling_year_that_ends_in_december_is_the_year_e5(engine: Teller) -> None:
    figures = engine("""
        person | month   | type      | cents
        a      | 2024-01 | GRANT     |  1000
        a      | 2024-08 | REG_GRANT | -1000
        b      | 2024-02 | GRANT     |   500
    """)
    assert figures.measures("LL", "R12-2024-12") == figures.measures("LL", "2024") == (1, 500, 275, 60)


def test_the_balance_runs_over_the_whole_period_e1_b1(engine: Teller) -> None:
    figures = engine("""
        month   | type      | cents
        2024-01 | GRANT     |  1000
        2024-02 | REG_GRANT | -1000
        2024-03 | GRANT     |     1
        2024-04 | REG_GRANT |    -1
    """)
    told_of = {period: figures.beneficiaries("LL", period) for period in ("2024-01", "2024-02", "2024-Q1", "2024")}
    assert told_of == {"2024-01": 1, "2024-02": 0, "2024-Q1": 1, "2024": 0}


def test_who_changes_household_in_the_year_counts_in_both_and_once_in_total_e3(engine: Teller) -> None:
    figures = engine("""
        month   | household
        2024-01 | A
        2024-02 | E
    """)
    assert figures.by("household", "LL", "2024") == {"A": 1, "E": 1}
    assert figures.beneficiaries("LL", "2024") == 1


def test_a_category_whose_balance_is_taken_back_does_not_count_e3_b4(engine: Teller) -> None:
    figures = engine("""
        month   | household | type      | cents
        2024-01 | A         | GRANT     |  1000
        2024-02 | E         | REG_GRANT |  -200
    """)
    assert figures.by("household", "LL", "2024") == {"A": 1}
    assert figures.amounts_by("household", "LL", "2024") == {"A": 1000, "E": -200}


def test_who_passes_an_age_bound_in_the_year_counts_in_both_classes_e3(engine: Teller) -> None:
    figures = engine("""
        month   | born
        2024-03 | 2006-03-21
        2024-04 | 2006-03-21
    """)
    assert figures.by("age5", "LL", "2024") == {"0-17": 1, "18-24": 1}
    assert figures.by("sex_age5", "LL", "2024") == {"2|0-17": 1, "2|18-24": 1}


def test_a_briton_counts_as_eu_and_as_non_eu_in_2020_e3_c5(engine: Teller) -> None:
    figures = engine("""
        month   | nationality
        2020-01 | GB
        2020-02 | GB
    """)
    assert figures.by("nationality_group", "LL", "2020-Q1") == {"EU": 1, "nonEU": 1}
    assert figures.by("nationality", "LL", "2020-Q1") == {"GB": 1}


def test_a_rolling_year_over_2004_and_2005_shows_both_eras_and_one_unknown_e5_c4(engine: Teller) -> None:
    figures = engine("""
        person | month   | household
        a      | 2004-12 | A
        a      | 2005-01 | A
        b      | 2004-12 | E
        c      | 2005-01 | D
    """)
    assert figures.by("household", "LL", "R12-2005-06") == {"A": 1, "oldA": 1, "unknown": 2}


def test_a_quarter_never_spans_two_eras_c4(engine: Teller) -> None:
    figures = engine("""
        month   | household
        2004-12 | D
        2005-01 | E
    """)
    assert (figures.by("household", "LL", "2004"), figures.by("household", "LL", "2005-Q1")) == ({"oldD": 1}, {"E": 1})


def test_rolling_years_have_no_combinations_and_no_country_e5(engine: Teller) -> None:
    figures = engine("""
        support
        FH
    """)
    simple = {"total", "sex", "age5", "age13", "household", "nationality_group", "status"}
    assert figures.breakdowns("FH", "R12-2024-03") == simple
    assert figures.breakdowns("FH", "2024") > simple


def test_amounts_and_days_add_up_from_months_to_quarter_to_year_e4(engine: Teller) -> None:
    figures = engine("""
        month   | type      | cents
        2024-01 | GRANT     | 10001
        2024-02 | REG_GRANT |  -303
        2024-03 | GRANT     |  5005
        2024-08 | GRANT     |   707
    """)
    assert [figures.amount("LL", period) for period in ("2024-Q1", "2024-Q3", "2024")] == [14703, 707, 15410]
    assert [figures.days("LL", period) for period in ("2024-Q1", "2024-Q3", "2024")] == [62, 31, 93]


@pytest.mark.parametrize(
    ("month", "days", "counted"),
    [
        ("2024-02", "29", 29),
        ("2024-02", "31", 29),  # held within the month's length
        ("2023-02", "29", 28),
        ("2024-04", "31", 30),
        ("2024-03", "-1", 0),  # and not below zero
        ("2024-03", "0", 0),
        ("2024-03", "7", 7),
    ],
)
def test_days_are_held_between_zero_and_the_length_of_the_month_e4(
    engine: Teller, month: str, days: str, counted: int
) -> None:
    figures = engine(f"""
        month   | days
        {month} | {days}
    """)
    assert figures.days("LL", month) == counted


def test_a_row_without_a_positive_balance_counts_no_days_e4(engine: Teller) -> None:
    figures = engine("""
        person | type      | cents | days
        a      | GRANT     |  1000 | 31
        a      | REG_GRANT | -1000 | 0
        b      | REG_GRANT |  -500 | 12
        c      | GRANT     |   900 | 10
    """)
    assert figures.days("LL", "2024-03") == 10


def test_days_add_up_per_row_so_two_ocmw_give_more_than_the_month_e4(engine: Teller) -> None:
    figures = engine("""
        ocmw  | days
        11002 | 31
        44021 | 20
    """)
    assert figures.days("LL", "2024-03") == 51


def test_days_of_a_node_are_those_of_its_leaves_e4(engine: Teller) -> None:
    figures = engine("""
        support  | type      | cents | days
        LL_OTHER | GRANT     |  1000 | 20
        LL_STUD  | GRANT     |  1000 | 20
        IP_RMI   | REG_GRANT |    -5 | 20
    """)
    assert (figures.days("LL", "2024-03"), figures.days("RMI", "2024-03")) == (40, 40)


def test_days_are_summed_in_a_row_before_they_are_held_e4(engine: Teller) -> None:
    figures = engine("""
        type      | cents | days
        GRANT     |  1000 | 31
        REG_GRANT |   100 | 31
        REG_GRANT |   -10 | -30
        REG_GRANT |   -10 | -10
    """)
    assert figures.days("LL", "2024-03") == 22
