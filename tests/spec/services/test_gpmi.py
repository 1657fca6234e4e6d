"""Statistics of individualised projects: which version counts, twice or once, of whom, and when (I).

A test says of Anna's contract what its versions say, and reads figures as (as the tool counts, each once).
"""

from datetime import date

import pytest
from made import made

from processors.services.admission import Known, admitted
from processors.services.contracts import Contracts, ContractService
from processors.services.gpmi.answer import Question, answer, codes_valid_on
from processors.services.gpmi.gathering import gathered
from schemas.services.gpmi_figures import Row
from schemas.services.records import GpmiContract, GpmiEvaluation

BEN = b"ben".ljust(16, b"\x02")
YEAR = "2018-01-01", "2018-12-31"
Both = tuple[int | str, int | str]


def version(number: int = 1, **said: object) -> GpmiContract:
    """Return a version of Anna's contract with 44021, signed and begun on 1 February 2018 where it says nothing."""
    plain = {"signed_on": "2018-02-01", "start_date": "2018-02-01", "ocmw": 44021, **said}
    one: GpmiContract = made(GpmiContract, f"{number} {plain}", version=number, **plain)
    return one


def evaluation(held_on: str, kind: str = "INTERMEDIATE", outcome: str = "NONE", **said: object) -> GpmiEvaluation:
    """Return an evaluation of Anna's contract."""
    name = f"{held_on} {kind} {outcome}"
    one: GpmiEvaluation = made(GpmiEvaluation, name, held_on=held_on, kind=kind, outcome=outcome, **said)
    return one


def rows(*events: object, ocmw: str | None = "44021", period: tuple[str, str] = YEAR) -> list[Row]:
    """Return the answer to a question about events in log order."""
    service = ContractService()
    known: dict[bytes, Known[Contracts]] = {}
    for event in events:
        person = event.person  # type: ignore[attr-defined]
        known[person], became = admitted(service, known.get(person, Known(service.begin())), event, 0)
        assert became == "applied"
    columns = gathered((person, one.state) for person, one in known.items()).columns
    return list(answer(columns, Question(ocmw, *map(date.fromisoformat, period))))


def figures(*events: object, ocmw: str = "44021", period: tuple[str, str] = YEAR) -> dict[str, Both]:
    """Return ``figure`` or ``figure category`` -> both counts, where they are not 0."""
    counts = {}
    for row in rows(*events, ocmw=ocmw, period=period):
        name = row.figure if row.category == "total" else f"{row.figure} {row.category}"
        if row[6:] not in {(0, 0), ("", "")}:
            counts[name] = (row.as_tool, row.unique)
    return counts


# Which versions there are


def test_a_contract_that_nobody_signed_is_in_no_figure() -> None:
    assert figures(version(signed_on=None)) == {}


def test_a_contract_begins_when_it_has_begun_and_is_signed() -> None:
    late = version(start_date="2018-02-01", signed_on="2018-05-01")
    assert "projects_started" not in figures(late, period=("2018-02-01", "2018-04-30"))
    assert figures(late, period=("2018-05-01", "2018-05-01"))["projects_started"] == (1, 1)


def test_a_contract_ends_when_the_centre_closes_it_also_where_the_closing_version_is_not_signed() -> None:
    closed = version(2, signed_on=None, closed_on="2018-06-30")
    assert figures(version(end_date="2019-12-31"), closed)["projects_closed"] == (1, 1)


def test_the_highest_version_alone_says_whether_it_is_closed() -> None:
    counts = figures(version(closed_on="2018-06-30"), version(2, signed_on="2018-04-01"))
    assert counts["projects_running"] == (1, 1)
    assert counts["projects_closed"] == (1, 0)


def test_without_a_closing_a_contract_ends_on_the_last_agreed_day() -> None:
    counts = figures(version(end_date="2018-06-30"), version(2, signed_on="2018-06-01", end_date="2018-09-30"))
    assert counts["projects_closed"] == (2, 1)


def test_a_contract_that_ends_before_it_begins_is_in_no_figure_and_nor_are_its_evaluations() -> None:
    assert figures(version(closed_on="2018-01-15"), evaluation("2018-03-01")) == {}


def test_a_later_version_holds_from_its_signature() -> None:
    changed = version(), version(2, signed_on="2018-07-01", project_type="STUDENT")
    first_half = figures(*changed, period=("2018-01-01", "2018-06-30"))
    assert first_half["projects_running GENERAL"] == (1, 1)
    assert "projects_running STUDENT" not in first_half
    whole = figures(*changed)
    assert whole["projects_running GENERAL"] == (1, 0)
    assert whole["projects_running STUDENT"] == (1, 1)


def test_a_version_that_a_higher_one_overtakes_by_its_signature_never_holds() -> None:
    third = version(3, signed_on="2018-03-01", training=True)
    assert figures(version(), version(2, signed_on="2018-05-01", studies=True), third)["with_training"] == (1, 1)
    assert "with_studies" not in figures(version(), version(2, signed_on="2018-05-01", studies=True), third)


def test_the_same_number_under_another_person_is_another_contract() -> None:
    assert figures(version(), version(person=BEN))["projects_started"] == (2, 2)


# Whose a contract is


def test_a_contract_is_that_of_the_ocmw_of_its_last_signed_version_with_all_its_versions() -> None:
    moved = version(ocmw=11002), version(2, signed_on="2018-10-01")
    assert figures(*moved)["projects_started"] == (1, 1)
    assert figures(*moved, ocmw="11002") == {}


def test_a_contract_with_a_merged_ocmw_is_that_of_its_successor_from_the_merger_on_d2() -> None:
    puurs = version(ocmw=12030)
    assert figures(puurs, ocmw="12030")["projects_running"] == (1, 1)
    later = "2019-01-01", "2019-12-31"
    assert figures(puurs, ocmw="12041", period=later)["projects_running"] == (1, 1)
    assert {row.ocmw for row in rows(puurs, ocmw="12030", period=later)} == {"12041"}


# Who


def test_a_person_with_two_contracts_is_one_beneficiary_and_two_for_the_tool() -> None:
    assert figures(version(), version(contract="another"))["beneficiaries"] == (2, 1)


def test_a_person_counts_again_for_the_tool_where_a_version_says_another_sex() -> None:
    counts = figures(version(sex=1), version(2, signed_on="2018-03-01", sex=2))
    assert counts["beneficiaries"] == (2, 1)
    assert counts["beneficiaries 1"] == (1, 0)
    assert counts["beneficiaries 2"] == (1, 1)


def test_a_version_that_changes_what_a_figure_does_not_read_does_not_count_again() -> None:
    assert figures(version(), version(2, signed_on="2018-03-01", training=True))["beneficiaries"] == (1, 1)


@pytest.mark.parametrize(
    ("birth", "age_class"),
    [
        ("2001-01-05", "0-17"),
        ("2001-01-04", "18-24"),
        ("2019-01-01", "unknown"),
        ("1918-01-01", "65+"),
        (None, "unknown"),
    ],
)
def test_age_is_whole_years_of_365_days_on_the_last_day(birth: str | None, age_class: str) -> None:
    """From 4 January 2001 to 31 December 2018 pass 6,570 days, 18 x 365; from the next day it is one day short."""
    counts = figures(version(birth_date=birth))
    assert counts[f"beneficiaries {age_class}"] == (1, 1)


def test_the_version_that_holds_latest_shows_a_person_with_two_contracts() -> None:
    first, second = version(sex=1), version(contract="another", signed_on="2018-04-01", sex=2)
    assert figures(second, first)["beneficiaries 2"] == (1, 1)
    assert figures(second, first)["beneficiaries 1"] == (1, 0)


def test_of_two_contracts_that_hold_from_the_same_day_the_later_in_the_log_shows_the_person() -> None:
    one, other = version(sex=1), version(contract="another", sex=2)
    assert figures(one, other)["beneficiaries 2"] == (1, 1)
    assert figures(other, one)["beneficiaries 1"] == (1, 1)


def test_who_lives_elsewhere_is_asked_of_the_municipality_as_it_is_called_on_the_last_day() -> None:
    merged = version(ocmw=12041, residence_municipality=12030)
    assert "not_resident" not in figures(merged, ocmw="12041", period=("2019-01-01", "2019-12-31"))
    assert figures(version(residence_municipality=11002))["not_resident"] == (1, 1)


def test_an_unknown_residence_is_not_another_one() -> None:
    counts = figures(version(residence_municipality=0))
    assert counts["residence_unknown"] == (1, 1)
    assert "not_resident" not in counts


def test_for_the_kingdom_elsewhere_is_another_municipality_than_the_contracts_own() -> None:
    counts = figures(version(), version(contract="b", ocmw=11002, residence_municipality=44021), ocmw="01000")
    assert counts["not_resident"] == (1, 1)


# Projects


def test_started_closed_and_running_add_up() -> None:
    projects = [
        version(contract="old", signed_on="2017-05-01", start_date="2017-05-01"),
        version(contract="new"),
        version(contract="short", closed_on="2018-06-01"),
        version(contract="past", signed_on="2017-01-01", start_date="2017-01-01", closed_on="2018-01-31"),
    ]
    before = figures(*projects, period=("2017-12-31", "2017-12-31"))["projects_running"]
    counts = figures(*projects)
    assert before == (2, 2)
    assert (counts["projects_started"], counts["projects_closed"], counts["projects_running"]) == (
        (2, 2),
        (2, 2),
        (2, 2),
    )


def test_a_project_that_closes_on_the_last_day_runs_no_more() -> None:
    assert "projects_running" not in figures(version(closed_on="2018-12-31"))
    assert figures(version(closed_on="2019-01-01"))["projects_running"] == (1, 1)


def test_the_tool_counts_a_start_again_where_a_version_has_another_start() -> None:
    counts = figures(version(), version(2, signed_on="2018-04-01", start_date="2018-04-01"))
    assert counts["projects_started"] == (2, 1)


def test_the_start_of_a_version_is_never_before_the_first_signature() -> None:
    counts = figures(version(), version(2, signed_on="2018-04-01", start_date="2017-06-01"))
    assert counts["projects_started"] == (1, 1)


# Workers


def test_projects_and_beneficiaries_of_a_worker_and_their_means() -> None:
    counts = figures(version(social_workers=(7, 7, -1)), version(contract="b", social_workers=(7,)))
    assert counts["projects_per_worker 0000000000000007"] == (2, 2)
    assert counts["projects_per_worker ffffffffffffffff"] == (1, 1)
    assert counts["beneficiaries_per_worker 0000000000000007"] == (2, 1)
    assert counts["workers"] == (2, 2)
    assert counts["mean_projects"] == ("1.50", "1.50")
    assert counts["mean_beneficiaries"] == ("1.50", "1.00")


def test_a_worker_who_handed_a_project_on_has_it_as_the_tool_counts_and_not_once() -> None:
    counts = figures(version(social_workers=(7,)), version(2, signed_on="2018-03-01", social_workers=(8,)))
    assert counts["projects_per_worker 0000000000000007"] == (1, 0)
    assert counts["projects_per_worker 0000000000000008"] == (1, 1)
    assert counts["workers"] == (2, 1)


def test_without_workers_there_is_no_mean() -> None:
    assert [row[6:] for row in rows() if row.figure.startswith("mean_")] == [("", ""), ("", "")]


def test_a_mean_has_two_decimals_half_away_from_zero() -> None:
    contracts = [version(contract=f"c{number}", social_workers=(number % 8,)) for number in range(9)]
    assert figures(*contracts)["mean_projects"] == ("1.13", "1.13")


# How long


@pytest.mark.parametrize(
    ("end", "long"),
    [
        ("2018-07-30", []),
        ("2018-07-31", ["duration_6_months"]),
        ("2019-01-30", ["duration_6_months"]),
        ("2019-01-31", ["duration_6_months", "duration_1_year"]),
        ("2019-02-01", ["duration_6_months", "duration_1_year", "duration_over_1_year"]),
    ],
)
def test_six_months_from_1_february_end_on_31_july_and_over_a_year_is_a_day_more(end: str, long: list[str]) -> None:
    counts = figures(version(end_date=end))
    assert [name for name in counts if name.startswith("duration")] == long


def test_six_months_from_31_august_end_where_february_does() -> None:
    short, long = (version(start_date="2018-08-31", end_date=end) for end in ("2019-02-26", "2019-02-27"))
    assert "duration_6_months" not in figures(short)
    assert figures(long)["duration_6_months"] == (1, 1)


def test_a_project_without_end_has_lasted_until_the_last_day() -> None:
    assert figures(version(), period=("2018-01-01", "2018-07-31"))["duration_6_months"] == (1, 1)
    assert "duration_6_months" not in figures(version(), period=("2018-01-01", "2018-07-30"))


def test_the_tool_counts_each_end_that_was_agreed() -> None:
    counts = figures(version(end_date="2018-12-31"), version(2, signed_on="2018-06-01", end_date="2019-06-30"))
    assert counts["duration_6_months"] == (2, 1)
    assert counts["duration_1_year"] == (1, 1)


# What is in it


def test_extra_support_counts_projects_and_persons() -> None:
    counts = figures(version(extra_support=True), version(contract="b", extra_support=True))
    assert counts["extra_support_projects"] == (2, 2)
    assert counts["extra_support_beneficiaries"] == (2, 1)


def test_what_a_version_held_before_counts_for_the_tool_alone() -> None:
    assert figures(version(community_service=True), version(2, signed_on="2018-03-01"))["with_community_service"] == (
        1,
        0,
    )


# Evaluations


def test_evaluations_are_counted_by_kind_when_held() -> None:
    counts = figures(version(), evaluation("2018-05-01"), evaluation("2018-11-01", "FINAL"), evaluation("2019-01-01"))
    assert counts["evaluations"] == (2, 2)
    assert counts["evaluations INTERMEDIATE"] == (1, 1)
    assert counts["evaluations FINAL"] == (1, 1)


def test_of_the_same_evaluation_the_last_in_the_log_holds() -> None:
    counts = figures(
        version(), evaluation("2018-05-01", "FINAL", "REACHED"), evaluation("2018-05-01", "FINAL", "PARTLY")
    )
    assert counts["evaluations"] == (1, 1)
    assert counts["final_evaluations PARTLY"] == (1, 1)
    assert "final_evaluations REACHED" not in counts


def test_a_contract_counts_by_its_last_final_evaluation_of_the_period() -> None:
    finals = evaluation("2018-05-01", "FINAL", "REACHED"), evaluation("2018-09-01", "FINAL", "NOT_REACHED")
    assert figures(version(), *reversed(finals))["final_evaluations NOT_REACHED"] == (1, 1)


def test_an_evaluation_waits_for_its_contract() -> None:
    service, early = ContractService(), evaluation("2018-05-01")
    known, became = admitted(service, Known(service.begin()), early, 0)
    assert (became, service.waiting(known.state)) == ("applied", 1)
    known, _ = admitted(service, known, version(), 0)
    assert service.waiting(known.state) == 0
    assert figures(early, version())["evaluations"] == (1, 1)


@pytest.mark.parametrize(
    ("made_on", "signed_on", "when"),
    [
        ("2018-02-01", "2018-02-01", "before"),
        ("2018-02-02", "2018-02-01", "after"),
        ("2018-02-02", "2017-12-31", "transition"),
        (None, "2018-02-01", "none"),
    ],
)
def test_when_the_needs_were_analysed(made_on: str | None, signed_on: str, when: str) -> None:
    project = version(needs_analysis_on=made_on, signed_on=signed_on)
    assert figures(project)[f"needs_analysis {when}"] == (1, 1)


def test_a_running_project_needs_an_evaluation_when_four_months_have_passed() -> None:
    assert "without_evaluation" not in figures(version(), period=("2018-01-01", "2018-06-01"))
    assert figures(version(), period=("2018-01-01", "2018-06-02"))["without_evaluation"] == (1, 1)
    looked = version(), evaluation("2018-02-02")
    assert "without_evaluation" not in figures(*looked, period=("2018-01-01", "2018-06-02"))


# The table


def test_every_category_is_written_also_where_it_is_0() -> None:
    counts = rows()
    assert {(row.breakdown, row.category) for row in counts if row.figure == "beneficiaries"} >= {
        ("sex_age5", "3|unknown"),
        ("age5", "65+"),
        ("sex", "2"),
        ("total", "total"),
    }
    assert {row[6:] for row in counts} == {(0, 0), ("", "")}


def test_all_ocmws_are_the_kingdom_and_each_code_valid_on_the_last_day_without_rows_of_workers() -> None:
    counts = rows(version(), ocmw=None)
    assert list(dict.fromkeys(row.ocmw for row in counts)) == ["01000", *codes_valid_on(date(2018, 12, 31))]
    assert not [row for row in counts if row.breakdown == "worker"]


def test_a_person_of_two_ocmws_is_one_in_the_kingdom() -> None:
    both = version(), version(contract="b", ocmw=11002)
    assert figures(*both, ocmw="01000")["beneficiaries"] == (2, 1)


def test_a_reversed_period_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        rows(period=("2018-12-31", "2018-01-01"))
