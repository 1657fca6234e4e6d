"""How long: spells, the exact and the stock method, left censoring, late regularisations (H1, H2, H7)."""

from named_indicators import IndicatorTeller

EARLIER = "z | 2015-01-01..2015-01-31 | 44021"  # the log began long before: nothing is censored


def test_who_began_this_month_stands_below_a_year_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month   | ocmw
        {EARLIER}
        a      | 2024-01 | 11002
    """,
        last="2024-01",
    )
    assert tables.band("2024-01") == {"<1": 1}


def test_the_band_changes_when_twelve_months_have_passed_since_the_first_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2023-01-01..2024-01-31 | 11002
    """,
        first="2023-12",
        last="2024-01",
    )
    assert tables.band("2023-12") == {"<1": 1}
    assert tables.band("2024-01") == {"1-2": 1}


def test_five_years_and_more_are_one_band_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2018-01-01..2022-12-31 | 11002
        a      | 2023-01                | 11002
        b      | 2018-02-01..2022-12-31 | 11002
        b      | 2023-01                | 11002
    """,
        last="2023-01",
    )
    assert tables.band("2023-01") == {"5+": 1, "4-5": 1}


def test_a_month_without_leefloon_ends_a_spell_unless_the_tolerance_bridges_it_h1(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2022-06-01..2023-06-30 | 11002
        a      | 2023-09-01..2024-01-31 | 11002
    """,
        last="2024-01",
    )
    assert tables.band("2024-01", "exact_own_g0") == {"<1": 1}
    assert tables.band("2024-01", "exact_own_g2") == {"1-2": 1}


def test_three_months_are_more_than_a_tolerance_of_two_h1(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2022-06-01..2023-06-30 | 11002
        a      | 2023-10-01..2024-01-31 | 11002
    """,
        last="2024-01",
    )
    assert tables.band("2024-01", "exact_own_g2") == {"<1": 1}


def test_the_stock_method_counts_lists_and_does_not_see_the_gap_between_them_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month   | ocmw
        {EARLIER}
        a      | 2022-01 | 12025
        a      | 2023-01 | 12025
        a      | 2024-01 | 12025
    """,
        last="2024-01",
    )
    assert tables.band("2024-01", "stock_own", "12025") == {"2-3": 1}
    assert tables.band("2024-01", "exact_own_g0", "12025") == {"<1": 1}
    assert tables.by("duration_difference", "own_g0", "2024-01", "12025") == {"2-3|<1": 1}


def test_a_missed_list_ends_the_run_of_lists_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month   | ocmw
        {EARLIER}
        a      | 2021-01 | 12025
        a      | 2023-01 | 12025
        a      | 2024-01 | 12025
    """,
        last="2024-01",
    )
    assert tables.band("2024-01", "stock_own") == {"1-2": 1}


def test_who_moves_is_new_in_the_municipality_and_not_in_the_kingdom_h1(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2022-06-01..2023-09-30 | 44021
        a      | 2023-10-01..2024-01-31 | 11002
    """,
        last="2024-01",
    )
    assert tables.band("2024-01", "exact_own_g0", "11002") == {"<1": 1}
    assert tables.band("2024-01", "exact_national_g0", "11002") == {"1-2": 1}
    assert tables.band("2024-01") == {"1-2": 1}
    assert tables.band("2024-01", place="44021") == {}


def test_above_zero_in_a_municipality_but_not_in_the_kingdom_is_a_national_duration_unknown_h1(
    indicators: IndicatorTeller,
) -> None:
    tables = indicators(
        """
        person | month   | ocmw  | type      | cents
        z      | 2015-01 | 44021 | GRANT     |  1000
        a      | 2024-01 | 44021 | GRANT     |  1000
        a      | 2024-01 | 11002 | REG_GRANT | -1000
    """,
        last="2024-01",
    )
    assert tables.band("2024-01", "exact_own_g0", "44021") == {"<1": 1}
    assert tables.band("2024-01", "exact_national_g0", "44021") == {"unknown": 1}
    assert tables.band("2024-01") == {}


def test_a_spell_that_ran_in_the_first_month_of_the_log_has_no_known_band_for_five_years_h2(
    indicators: IndicatorTeller,
) -> None:
    tables = indicators(
        """
        person | month                  | ocmw
        a      | 2019-01-01..2023-12-31 | 11002
        a      | 2024-01                | 11002
    """,
        first="2023-12",
        last="2024-01",
    )
    assert tables.band("2023-12") == tables.band("2023-12", "stock_own") == {"unknown": 1}
    assert tables.band("2024-01") == tables.band("2024-01", "stock_own") == {"5+": 1}


def test_bands_are_told_by_sex_age_and_household_of_the_reference_month_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month   | sex | born       | household
        z      | 2015-01 | 1   | 1990-01-01 | A
        a      | 2023-01 | 2   | 1999-01-10 | A
        a      | 2024-01 | 2   | 1999-01-10 | E
    """,
        last="2024-01",
    )
    assert tables.by("duration", "exact_own_g0", "2024-01", breakdown="band_sex") == {"<1|2": 1}
    assert tables.by("duration", "exact_own_g0", "2024-01", breakdown="band_age5") == {"<1|25-44": 1}
    assert tables.by("duration", "exact_own_g0", "2024-01", breakdown="band_household") == {"<1|E": 1}


def test_a_category_above_zero_where_the_person_is_not_has_no_known_band_b4(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month   | support  | household | type      | cents
        z      | 2015-01 | LL_OTHER | A         | GRANT     |  1000
        a      | 2024-01 | LL_OTHER | A         | GRANT     |   500
        a      | 2024-01 | LL_STUD  | B         | REG_GRANT |  -500
    """,
        last="2024-01",
    )
    assert tables.band("2024-01") == {}
    assert tables.by("duration", "exact_own_g0", "2024-01", breakdown="band_household") == {"unknown|A": 1}


def test_a_late_regularisation_joins_two_spells_h7(indicators: IndicatorTeller) -> None:
    before = f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2022-11-01..2023-05-31 | 11002
        a      | 2023-07-01..2024-01-31 | 11002
        left open
    """
    late = """
        person | month   | type        | ocmw
        a      | 2023-06 | REG_ARREARS | 11002
    """
    assert indicators(before + "close u 2190-01", last="2024-01").band("2024-01") == {"<1": 1}
    assert indicators(before, late, last="2024-01").band("2024-01") == {"1-2": 1}


def test_a_late_regularisation_splits_a_spell_or_erases_it_h7(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month   | ocmw  | type      | cents
        z      | 2015-01 | 44021 | GRANT     |  1000
        a      | 2022-12 | 11002 | GRANT     |  1000
        a      | 2023-12 | 11002 | GRANT     |  1000
        a      | 2024-01 | 11002 | GRANT     |  1000
        a      | 2023-12 | 11002 | REG_GRANT | -1000
        b      | 2024-01 | 11002 | GRANT     |  1000
        b      | 2024-01 | 11002 | REG_GRANT | -1000
    """,
        first="2023-12",
        last="2024-01",
    )
    assert tables.band("2023-12") == {}
    assert tables.band("2024-01") == {"<1": 1}


def test_fh_counts_where_it_is_asked_for_h1(indicators: IndicatorTeller) -> None:
    table = """
        person | month   | support
        z      | 2015-01 | LL_OTHER
        a      | 2022-12 | FH
        a      | 2023-12 | FH
        a      | 2024-01 | LL_OTHER
    """
    assert indicators(table, last="2024-01").band("2024-01", "stock_own") == {"<1": 1}
    both = indicators(table, first="2023-12", last="2024-01", supports="LL+FH")
    assert both.band("2023-12", "stock_own") == {"1-2": 1}
    assert both.flow("2023-12") == {"entries": 1, "stock": 1}


def test_a_merged_municipality_holds_the_past_of_those_it_absorbed_d3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2023-01-01..2025-01-31 | 11007
        b      | 2023-06-01..2025-01-31 | 73028
        c      | 2023-06-01..2025-01-31 | 71022
    """,
        first="2024-12",
        last="2025-01",
    )
    assert tables.band("2024-12", place="11007") == {"1-2": 1}
    assert tables.band("2024-12", place="11002") == {}
    assert tables.band("2025-01", place="11002") == {"2-3": 1}
    assert tables.band("2025-01", place="11007") == {}
    assert tables.band("2025-01", place="71072") == {"1-2": 1}


def test_a_fixed_geography_shows_every_month_under_the_codes_of_its_day_d3(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2023-01-01..2024-06-30 | 11007
    """,
        last="2024-06",
        geography="fixed:2025-01-01",
    )
    assert tables.band("2024-06", place="11002") == {"1-2": 1}


def test_half_of_the_running_spells_are_no_longer_than_the_median_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        f"""
        person | month                  | ocmw
        {EARLIER}
        a      | 2024-01                | 11002
        b      | 2023-11-01..2024-01-31 | 11002
        c      | 2023-01-01..2024-01-31 | 11002
        d      | 2022-01-01..2024-01-31 | 11002
    """,
        last="2024-01",
    )
    assert tables.by("quartiles", "running_g0", "2024-01") == {"q1": 1, "median": 3, "q3": 13}


def test_a_quartile_that_falls_on_spells_without_a_known_beginning_is_not_told_h2(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        a      | 2023-01-01..2024-01-31
        b      | 2023-01-01..2024-01-31
        c      | 2024-01
    """,
        last="2024-01",
    )
    assert tables.by("quartiles", "running_g0", "2024-01") == {"q1": 1}
