"""Where: five levels, municipalities that merge and are recoded, and one fixed geography (D1-D3, E2)."""

import pytest
from named_figures import Teller

from schemas.places import LEVELS


def _path(figures: object, support: str = "LL", period: str = "2024-03") -> list[list[str]]:
    return [list(figures.places(level, support, period)) for level in LEVELS]  # type: ignore[attr-defined]


def test_a_line_of_antwerpen_counts_in_all_five_levels_d1(engine: Teller) -> None:
    figures = engine("""
        ocmw
        11002
    """)
    assert _path(figures) == [["01000"], ["02000"], ["10000"], ["11000"], ["11002"]]


def test_brussels_has_no_province_d1(engine: Teller) -> None:
    figures = engine("""
        ocmw
        21004
    """)
    assert _path(figures) == [["01000"], ["04000"], [], ["21000"], ["21004"]]


def test_liege_counts_in_wallonia_d1(engine: Teller) -> None:
    figures = engine("""
        ocmw
        62063
    """)
    assert _path(figures) == [["01000"], ["03000"], ["60000"], ["62000"], ["62063"]]


def test_the_merger_of_2019_maps_puurs_to_its_successor_from_january_on_d2(engine: Teller) -> None:
    figures = engine("""
        person | ocmw  | month
        a      | 12030 | 2018-12
        b      | 12030 | 2019-01
        c      | 12041 | 2019-01
    """)
    assert figures.places("municipality", "LL", "2018-12") == {"12030": 1}
    assert figures.places("municipality", "LL", "2019-01") == {"12041": 2}


def test_in_the_year_of_the_covered_months_both_codes_stand_where_they_were_valid_d2(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month
        12030 | 2018-12
        12041 | 2019-01
    """)
    assert figures.places("municipality", "LL", "R12-2019-06") == {"12030": 1, "12041": 1}
    assert figures.beneficiaries("LL", "R12-2019-06") == 1


def test_a_new_code_of_a_merger_before_its_start_stands_as_itself_under_its_own_parents_d2(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month
        46030 | 2024-12
    """)
    assert _path(figures, period="2024-12") == [["01000"], ["02000"], ["40000"], ["46000"], ["46030"]]


def test_a_code_that_was_only_recoded_is_its_predecessor_before_its_start_d2(engine: Teller) -> None:
    figures = engine("""
        person | ocmw  | month
        a      | 55086 | 2018-12
        b      | 52043 | 2018-12
        c      | 55086 | 2019-01
        d      | 52043 | 2019-01
    """)
    assert figures.places("municipality", "LL", "2018-12") == {"52043": 2}
    assert figures.places("arrondissement", "LL", "2018-12") == {"52000": 2}
    assert figures.places("municipality", "LL", "2019-01") == {"55086": 2}
    assert figures.places("arrondissement", "LL", "2019-01") == {"55000": 2}


def test_tielt_of_2025_has_two_predecessors_so_its_new_code_stands_in_2024_d2(engine: Teller) -> None:
    figures = engine("""
        person | ocmw  | month
        a      | 37022 | 2024-12
        b      | 37015 | 2024-12
        c      | 37015 | 2025-01
    """)
    assert figures.places("municipality", "LL", "2024-12") == {"37015": 1, "37022": 1}
    assert figures.places("municipality", "LL", "2025-01") == {"37022": 1}


def test_zwijndrecht_changes_province_in_2025_d3(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month
        11056 | 2024-12
        11056 | 2025-01
    """)
    assert _path(figures, period="2024-12") == [["01000"], ["02000"], ["10000"], ["11000"], ["11056"]]
    assert _path(figures, period="2025-01") == [["01000"], ["02000"], ["40000"], ["46000"], ["46030"]]


def test_borsbeek_and_antwerpen_are_one_row_in_2025_d2(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month   | type      | cents | days | household
        11007 | 2025-01 | GRANT     |  1000 | 31   | A
        11002 | 2025-01 | GRANT     |  1000 | 10   | B
    """)
    assert figures.measures("LL", "2025-01", place="11002") == (1, 2000, 1100, 31)
    assert figures.by("household", "LL", "2025-01") == {"B": 1}


def test_the_same_two_are_two_rows_in_2024_d2(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month   | cents | days | household
        11007 | 2024-12 |  1000 | 31   | A
        11002 | 2024-12 |  1000 | 10   | B
    """)
    assert figures.days("LL", "2024-12") == 41
    assert figures.by("household", "LL", "2024-12") == {"A": 1, "B": 1}


def test_a_line_over_the_new_year_of_a_merger_is_shown_under_two_codes_d2_a5(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month                  | cents
        11056 | 2024-12-01..2025-01-31 | 62000
    """)
    assert (figures.amount("LL", "2024-12", "11056"), figures.amount("LL", "2025-01", "46030")) == (31000, 31000)


def test_a_person_who_moves_counts_in_both_municipalities_and_once_above_them_e2(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month
        11002 | 2024-01
        44021 | 2024-02
    """)
    assert figures.places("municipality", "LL", "2024") == {"11002": 1, "44021": 1}
    assert figures.places("region", "LL", "2024") == {"02000": 1}
    assert figures.beneficiaries("LL", "2024") == 1


def test_a_mover_whose_first_balance_is_taken_back_counts_in_the_second_only_e2_b4(engine: Teller) -> None:
    figures = engine("""
        ocmw  | month   | type      | cents
        11002 | 2024-01 | GRANT     |  1000
        11002 | 2024-01 | REG_GRANT | -1000
        44021 | 2024-02 | GRANT     |   500
    """)
    assert figures.places("municipality", "LL", "2024") == {"44021": 1}


def test_below_zero_in_one_province_can_outweigh_another_in_the_kingdom_b4_e2(engine: Teller) -> None:
    figures = engine("""
        ocmw  | type      | cents
        11002 | GRANT     |  1000
        44021 | REG_GRANT | -1000
    """)
    assert figures.places("province", "LL", "2024-03") == {"10000": 1}
    assert figures.places("region", "LL", "2024-03") == {}


@pytest.mark.parametrize(
    ("geography", "shown"),
    [
        ("as_then", {"11056": 1}),
        ("fixed:2024-12-31", {"11056": 1}),
        ("fixed:2025-01-01", {"46030": 1}),
        ("fixed:2025-07-01", {"46030": 1}),
    ],
)
def test_a_fixed_geography_shows_every_month_as_on_one_day_d3(
    engine: Teller, geography: str, shown: dict[str, int]
) -> None:
    figures = engine(
        """
        ocmw  | month
        11056 | 2024-03
        """,
        geography=geography,
    )
    assert figures.places("municipality", "LL", "2024-03") == shown


def test_today_s_geography_carries_zwijndrecht_into_east_flanders_d3(engine: Teller) -> None:
    figures = engine(
        """
        ocmw  | month
        11056 | 2017-05
        """,
        geography="fixed:2025-01-01",
    )
    assert _path(figures, period="2017-05") == [["01000"], ["02000"], ["40000"], ["46000"], ["46030"]]


def test_an_old_geography_shows_a_recoded_code_as_it_was_d3(engine: Teller) -> None:
    figures = engine(
        """
        ocmw  | month
        55086 | 2024-03
        """,
        geography="fixed:2018-06-01",
    )
    assert figures.places("municipality", "LL", "2024-03") == {"52043": 1}


def test_an_old_geography_shows_a_merged_code_as_itself_under_its_first_parents_d3(engine: Teller) -> None:
    figures = engine(
        """
        ocmw  | month
        46030 | 2025-03
        """,
        geography="fixed:2018-06-01",
    )
    assert _path(figures, period="2025-03") == [["01000"], ["02000"], ["40000"], ["46000"], ["46030"]]


def test_balances_pool_by_the_code_shown_and_days_stay_per_row_d3(engine: Teller) -> None:
    figures = engine(
        """
        ocmw  | month   | type      | cents | days
        11007 | 2024-03 | GRANT     |  1000 | 31
        11002 | 2024-03 | REG_GRANT | -1000 | 0
        """,
        geography="fixed:2025-01-01",
    )
    assert figures.measures("LL", "2024-03", place="11002") == (0, 0, 0, 31)


def test_attributes_stay_those_of_each_row_in_a_fixed_geography_d3_a6(engine: Teller) -> None:
    figures = engine(
        """
        ocmw  | month   | household
        11007 | 2024-03 | A
        11002 | 2024-03 | B
        """,
        geography="fixed:2025-01-01",
    )
    assert figures.by("household", "LL", "2024-03", place="11002") == {"A": 1, "B": 1}
    assert figures.beneficiaries("LL", "2024-03", place="11002") == 1
