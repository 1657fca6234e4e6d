"""Who is a beneficiary, and of which support (A2, A3, B1-B4)."""

import pytest
from named_figures import Teller

from schemas.supports import LEAVES


def test_one_cent_in_march_2024_makes_a_beneficiary(engine: Teller) -> None:
    figures = engine("""
        person | month   | cents
        a      | 2024-03 | 1
    """)
    assert figures.beneficiaries("LL", "2024-03") == 1


def test_a_balance_of_exactly_zero_is_no_beneficiary_b1(engine: Teller) -> None:
    figures = engine("""
        person | month   | type      | cents
        a      | 2024-03 | GRANT     |  129500
        a      | 2024-03 | REG_GRANT | -129500
        b      | 2024-03 | GRANT     |  129500
    """)
    assert figures.beneficiaries("LL", "2024-03") == 1


def test_a_negative_balance_is_no_beneficiary_but_its_amount_counts_b1_e4(engine: Teller) -> None:
    figures = engine("""
        person | month   | type      | cents
        a      | 2024-03 | REG_GRANT |  -5000
        b      | 2024-03 | GRANT     | 129500
    """)
    assert figures.measures("LL", "2024-03") == (1, 124500, 55 * 1295 - 55 * 50, 31)


def test_one_cent_below_zero_and_one_above_are_told_apart_b1(engine: Teller) -> None:
    figures = engine("""
        person | type      | cents
        a      | GRANT     |  1000
        a      | REG_GRANT | -1001
        b      | GRANT     |  1000
        b      | REG_GRANT |  -999
    """)
    assert figures.measures("LL", "2024-03")[:2] == (1, 0)


def test_a_regularisation_adds_to_the_balance_and_replaces_nothing_a2(engine: Teller) -> None:
    figures = engine("""
        type        | cents | corrects
        GRANT       | 10000 |
        ARREARS     |  2000 |
        REG_GRANT   |  -300 | 1
        REG_ARREARS |    50 | 2
    """)
    assert figures.amount("LL", "2024-03") == 11750


def test_recoveries_are_applied_and_leave_the_balance_alone_by_default_a3(engine: Teller) -> None:
    figures = engine("""
        type         | cents
        GRANT        |  10000
        RECOVERY     | -10000
        REG_RECOVERY |   -500
    """)
    assert figures.measures("LL", "2024-03") == (1, 10000, 5500, 31)
    assert figures.outcomes().applied == 4


def test_recoveries_enter_the_balance_with_their_sign_when_the_setting_says_so_a3(engine: Teller) -> None:
    figures = engine(
        """
        person | type         | cents
        a      | GRANT        |  10000
        a      | RECOVERY     | -10000
        b      | GRANT        |  10000
        b      | RECOVERY     | -10000
        b      | REG_RECOVERY |      1
        """,
        recoveries_in_balance=True,
    )
    assert figures.measures("LL", "2024-03")[:2] == (1, 1)


def test_recoveries_alone_make_no_row_so_no_period_and_no_attributes_a3(engine: Teller) -> None:
    figures = engine("""
        month   | type     | cents | household
        2024-03 | GRANT    |  1000 | B
        2024-03 | RECOVERY |  -100 | E
        2024-04 | RECOVERY |  -100 | E
    """)
    assert figures.periods("LL") == ["2024-03", "2024-Q1", "2024"]
    assert figures.by("household", "LL", "2024-03") == {"B": 1}


NODES_OF_LEAF = {
    "LL_OTHER": ["LL", "LL_OTHER", "RMI"],
    "LL_STUD": ["LL", "LL_STUD", "RMI"],
    "TW_RMI_ART60": ["RMI", "TW_RMI", "TW_RMI_ART60"],
    "TW_RMI_OTHER": ["RMI", "TW_RMI", "TW_RMI_OTHER"],
    "IP_RMI": ["IP_RMI", "RMI"],
    "FH": ["FH", "RMH"],
    "TW_RMH_ART60": ["RMH", "TW_RMH", "TW_RMH_ART60"],
    "TW_RMH_OTHER": ["RMH", "TW_RMH", "TW_RMH_OTHER"],
    "MH_NDMH": ["MH", "MH_NDMH", "RMH"],
    "MH_DMH": ["MH", "MH_DMH", "RMH"],
    "IK_RMH": ["IK_RMH"],
    "IK_OW": ["IK_OW"],
}


@pytest.mark.parametrize("leaf", LEAVES)
def test_each_leaf_counts_in_itself_and_in_the_nodes_above_it_b2(engine: Teller, leaf: str) -> None:
    figures = engine(f"""
        support | cents
        {leaf}  | 1000
    """)
    assert figures.supports("2024-03") == NODES_OF_LEAF[leaf]


def test_a_student_who_also_had_plain_leefloon_is_one_person_in_ll_b3(engine: Teller) -> None:
    figures = engine("""
        support  | cents
        LL_OTHER | 1000
        LL_STUD  | 1000
    """)
    assert [figures.beneficiaries(node, "2024-03") for node in ("LL_OTHER", "LL_STUD", "LL", "RMI")] == [1, 1, 1, 1]


def test_the_balance_of_ll_runs_over_both_its_leaves_b3(engine: Teller) -> None:
    figures = engine("""
        support  | type      | cents
        LL_STUD  | GRANT     |  1000
        LL_OTHER | REG_GRANT | -1000
    """)
    assert [figures.beneficiaries(node, "2024-03") for node in ("LL_STUD", "LL_OTHER", "LL")] == [1, 0, 0]


@pytest.mark.parametrize(
    ("node", "one", "other"),
    [
        ("TW_RMI", "TW_RMI_ART60", "TW_RMI_OTHER"),
        ("TW_RMH", "TW_RMH_ART60", "TW_RMH_OTHER"),
        ("MH", "MH_NDMH", "MH_DMH"),
    ],
)
def test_employment_and_medical_help_pool_their_leaves_too_b3(engine: Teller, node: str, one: str, other: str) -> None:
    figures = engine(f"""
        support | type      | cents
        {one}   | GRANT     |  1000
        {other} | REG_GRANT | -1000
    """)
    assert (figures.beneficiaries(one, "2024-03"), figures.beneficiaries(node, "2024-03")) == (1, 0)


def test_rmi_counts_who_is_beneficiary_of_any_part_though_the_parts_sum_below_zero_b3(engine: Teller) -> None:
    figures = engine("""
        support      | type      | cents
        LL_OTHER     | GRANT     |  1000
        TW_RMI_ART60 | REG_GRANT | -9000
    """)
    assert figures.measures("RMI", "2024-03")[:2] == (1, -8000)


def test_rmi_does_not_count_who_is_above_zero_in_a_leaf_but_in_no_part_b3(engine: Teller) -> None:
    figures = engine("""
        support  | type      | cents
        LL_STUD  | GRANT     |  1000
        LL_OTHER | REG_GRANT | -1000
        IP_RMI   | REG_GRANT |   -50
    """)
    assert figures.beneficiaries("RMI", "2024-03") == 0


def test_rmh_counts_a_person_with_three_parts_once_b3(engine: Teller) -> None:
    figures = engine("""
        person | support      | cents
        a      | FH           | 1000
        a      | TW_RMH_ART60 | 1000
        a      | MH_DMH       | 1000
        b      | MH_NDMH      | 1000
    """)
    assert figures.measures("RMH", "2024-03")[:2] == (2, 4000)


def test_the_union_is_taken_in_every_cell_by_itself_b4(engine: Teller) -> None:
    figures = engine("""
        support  | ocmw  | type      | cents
        LL_OTHER | 11002 | GRANT     |  1000
        LL_OTHER | 44021 | REG_GRANT | -1000
        IP_RMI   | 44021 | GRANT     |    10
    """)
    assert figures.places("municipality", "RMI", "2024-03") == {"11002": 1, "44021": 1}
    assert figures.places("kingdom", "LL", "2024-03") == {}
    assert figures.places("kingdom", "RMI", "2024-03") == {"01000": 1}


def test_the_balance_is_taken_per_place_and_per_category_b4(engine: Teller) -> None:
    figures = engine("""
        ocmw  | type      | cents | household
        11002 | GRANT     |  1000 | A
        44021 | REG_GRANT |  -400 | B
    """)
    assert figures.places("municipality", "LL", "2024-03") == {"11002": 1}
    assert figures.by("household", "LL", "2024-03") == {"A": 1}
    assert figures.amounts_by("household", "LL", "2024-03") == {"A": 1000, "B": -400}
    assert figures.by("household", "LL", "2024-03", place="44021") == {}


def test_installation_costs_belong_to_no_node_above_them_b2(engine: Teller) -> None:
    figures = engine("""
        support | cents
        IK_RMH  | 1000
        IK_OW   | 1000
    """)
    assert figures.supports("2024") == ["IK_OW", "IK_RMH"]


def test_a_person_is_counted_apart_in_each_support_and_other_persons_besides_b1(engine: Teller) -> None:
    figures = engine("""
        person | support  | cents
        a      | LL_OTHER | 1000
        a      | FH       | 1000
        b      | LL_OTHER | 1000
    """)
    assert (figures.beneficiaries("LL", "2024-03"), figures.beneficiaries("FH", "2024-03")) == (2, 1)
