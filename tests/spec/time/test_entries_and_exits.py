"""How often again: entries by rank, exits, the stock between them, completed spells and survival (H3)."""

from named_indicators import IndicatorTeller


def test_a_first_spell_long_after_the_log_began_is_the_first_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2022-01
        a      | 2024-01
        b      | 2023-12
    """,
        first="2023-01",
        last="2024-12",
    )
    assert tables.ranks("2024") == {"1": 1}
    assert tables.ranks("2023") == {"unknown": 1}


def test_who_was_under_18_or_not_yet_born_in_l_had_no_spell_before_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month   | born
        z      | 2021-12 | 1980-01-01
        a      | 2022-06 | 2003-12-21
        b      | 2022-06 | 2003-12-20
        c      | 2022-06 | -
        d      | 2022-06 | 2022-05-01
    """,
        last="2022-12",
    )
    assert tables.ranks("2022") == {"1": 2, "unknown": 2}  # 18 x 365 days before 2021-12-15 is 2003-12-20


def test_the_birth_date_is_that_of_the_last_event_that_touched_a_row_of_leefloon_h3(
    indicators: IndicatorTeller,
) -> None:
    log = """
        person | month   | born       | ocmw  | support
        z      | 2021-12 | 1980-01-01 | 11002 | LL_OTHER
        a      | 2022-06 | 1980-01-01 | 11002 | LL_OTHER
        a      | 2021-11 | 2004-06-01 | 44021 | LL_STUD
        a      | 2022-06 | 1980-01-01 | 11002 | FH
    """
    assert indicators(log, last="2022-12", since="2021-12").ranks("2022") == {"1": 1}
    assert indicators(log, last="2022-12", since="2021-12", supports="LL+FH").ranks("2022") == {"unknown": 1}
    corrected = log + "\n        a | 2022-06 | - | 11002 | LL_STUD"
    assert indicators(corrected, last="2022-12", since="2021-12").ranks("2022") == {"unknown": 1}


def test_each_spell_seen_before_adds_to_the_rank_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2020-01
        a      | 2022-01
        a      | 2022-03
        a      | 2022-05
        a      | 2022-07
        a      | 2022-09
    """,
        last="2022-12",
    )
    assert tables.ranks("2022") == {"1": 1, "2": 1, "3": 1, "4+": 2}
    assert tables.ranks("2022", "persons_own_g0") == {"1": 1}
    assert tables.ranks("2022", "spells_own_g2") == {"1": 1}


def test_a_return_to_another_municipality_is_a_first_there_and_a_second_in_the_kingdom_h3(
    indicators: IndicatorTeller,
) -> None:
    tables = indicators(
        """
        person | month   | ocmw
        z      | 2020-01 | 44021
        a      | 2022-05 | 44021
        a      | 2023-05 | 11002
    """,
        last="2023-12",
    )
    assert tables.ranks("2023", "spells_own_g0", "11002") == {"1": 1}
    assert tables.ranks("2023", "spells_national_g0", "11002") == {"2": 1}
    assert tables.ranks("2023") == {"2": 1}


def test_a_move_without_a_gap_begins_a_spell_in_the_municipality_only_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month   | ocmw
        z      | 2020-01 | 44021
        a      | 2022-12 | 44021
        a      | 2023-01 | 11002
    """,
        last="2023-12",
    )
    assert tables.ranks("2023", place="11002") == {"1": 1}
    assert tables.ranks("2023", "spells_national_g0", "11002") == {}
    assert tables.ranks("2023") == {}


def test_a_national_entry_stands_where_the_person_is_in_its_first_month_though_no_spell_begins_there_h3(
    indicators: IndicatorTeller,
) -> None:
    tables = indicators(
        """
        person | month   | ocmw  | type      | cents
        z      | 2020-01 | 44021 | GRANT     |  1000
        a      | 2022-12 | 44021 | GRANT     |  1000
        a      | 2022-12 | 11002 | REG_GRANT | -1000
        a      | 2023-01 | 44021 | GRANT     |  1000
    """,
        last="2023-12",
    )
    assert tables.ranks("2023", place="44021") == {}  # in Gent since December
    assert tables.ranks("2023", "spells_national_g0", "44021") == {"1": 1}  # the kingdom is above zero from January on
    assert tables.ranks("2023", "persons_national_g0", "44021") == {"1": 1}


def test_persons_count_by_the_first_of_their_national_entries_at_that_place_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month   | ocmw
        z      | 2020-01 | 44021
        a      | 2023-01 | 44021
        a      | 2023-03 | 11002
        a      | 2023-05 | 11002
    """,
        last="2023-12",
    )
    assert tables.ranks("2023", "persons_national_g0") == {"1": 1}
    assert tables.ranks("2023", "persons_national_g0", "11002") == {"2": 1}
    assert tables.ranks("2023", "spells_national_g0", "11002") == {"2": 1, "3": 1}


def test_a_spell_that_goes_on_in_the_new_year_does_not_begin_in_it_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2020-01
        a      | 2022-12-01..2023-02-28
    """,
        last="2023-12",
    )
    assert tables.ranks("2023") == {}


def test_entries_less_exits_of_the_month_before_are_the_change_of_the_stock_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2023-01
        a      | 2024-01-01..2024-03-31
        b      | 2024-02-01..2024-02-29
        c      | 2024-03
    """,
        first="2024-01",
        last="2024-05",
    )
    assert tables.flow("2024-01") == {"entries": 1, "stock": 1}
    assert tables.flow("2024-02") == {"entries": 1, "exits": 1, "stock": 2}
    assert tables.flow("2024-03") == {"entries": 1, "exits": 2, "stock": 2}
    assert tables.flow("2024-04") == {}


def test_an_exit_is_known_only_when_the_months_behind_it_are_h3(indicators: IndicatorTeller) -> None:
    table = """
        person | month
        y      | 2023-01
        a      | 2024-01
        z      | 2024-06
    """
    assert indicators(table, first="2024-01", last="2024-01").flow("2024-01") == {}
    tables = indicators(table, first="2024-01", last="2024-02")
    assert tables.flow("2024-01") == {"entries": 1, "exits": 1, "stock": 1}
    assert tables.flow("2024-01", "own_g2") == {}


def test_gap_months_are_in_no_stock_h3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2023-01
        a      | 2024-01
        a      | 2024-03
    """,
        first="2024-01",
        last="2024-06",
    )
    assert tables.flow("2024-01", "own_g2") == {"entries": 1, "stock": 1}
    assert tables.flow("2024-02", "own_g2") == {}
    assert tables.flow("2024-03", "own_g2") == {"exits": 1, "stock": 1}


def test_nobody_leaves_a_municipality_because_it_merges_d3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month                  | ocmw
        a      | 2024-11-01..2025-02-28 | 71022
    """,
        first="2024-11",
        last="2025-03",
    )
    assert tables.flow("2024-12", place="71072") == {"stock": 1}
    assert tables.flow("2025-01", place="71072") == {"stock": 1}
    assert tables.flow("2025-02", place="71072") == {"exits": 1, "stock": 1}


def test_completed_spells_are_measured_in_the_year_they_end_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2022-01
        a      | 2023-01
        b      | 2022-12-01..2023-02-28
        c      | 2023-01-01..2023-05-31
        d      | 2023-01-01..2024-01-31
    """,
        first="2023-01",
        last="2024-01",
    )
    assert tables.by("quartiles", "completed_g0", "2023") == {"q1": 1, "median": 3, "q3": 5}


def test_survival_says_how_many_of_ten_thousand_last_longer_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2021-12
        a      | 2022-03
        b      | 2022-03-01..2022-08-31
        c      | 2022-05-01..2023-06-30
        d      | 2022-05-01..2022-07-31
    """,
        first="2022-01",
        last="2023-07",
    )
    assert tables.survival("2022") == {"1": 7500, "3": 5000, "6": 2500, "12": 2500}


def test_a_spell_still_running_is_at_risk_as_long_as_it_was_seen_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2021-12
        a      | 2022-12-01..2023-03-31
        b      | 2022-06-01..2022-10-31
        c      | 2022-02-01..2023-03-31
    """,
        first="2022-01",
        last="2023-03",
    )
    assert tables.survival("2022") == {"1": 10000, "3": 10000, "6": 5000, "12": 5000}


def test_what_lasts_longer_than_anybody_was_seen_is_not_told_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2021-12
        a      | 2022-03-01..2023-05-31
    """,
        first="2022-01",
        last="2023-01",
    )
    assert tables.survival("2022") == {"1": 10000, "3": 10000, "6": 10000}  # seen for ten months, up to 2022-12


def test_a_curve_at_zero_is_told_though_nobody_is_left_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2021-12
        a      | 2022-03-01..2022-04-30
    """,
        first="2022-01",
        last="2023-01",
    )
    assert tables.survival("2022") == {"1": 10000, "3": 0, "6": 0, "12": 0}


def test_a_spell_ends_at_the_horizon_only_where_all_months_of_the_tolerance_are_seen_h2(
    indicators: IndicatorTeller,
) -> None:
    log = """
        person | month
        z      | 2021-09
        a      | 2022-03-01..2022-11-30
        b      | 2022-12-01..2022-12-31
        c      | 2022-12-01..2023-02-28
        d      | 2022-09-01..2022-09-30
    """
    tables = indicators(log, first="2022-01", last="2023-02")  # g = 2: seen up to 2022-11
    assert tables.survival("2022", gap=2) == {"1": 5000, "3": 5000, "6": 5000}
    base = tables.rows("survival")
    assert set(base.loc[base["method"] == "kaplan_meier_g2", "base"]) == {4}  # who entered in December too


def test_half_of_a_spell_of_ten_thousand_is_rounded_up_h2(indicators: IndicatorTeller) -> None:
    lines = ["person | month", "z | 2021-12"] + [
        f"p{number}..p{number} | 2022-01-01..2022-0{1 if number < 29 else 3}-28" for number in range(32)
    ]
    tables = indicators("\n".join(lines), first="2022-01", last="2022-12")
    assert tables.survival("2022")["1"] == 938  # 3 of 32: 937.5
