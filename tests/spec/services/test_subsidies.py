"""Subsidies: what refuses a report, what the grant changes, and the indicators of an OCMW and of the kingdom (K).

``report`` is that of Gent for 2017; the plain one has a part A with two activities. Amounts in cents.
"""

from dataclasses import replace
from typing import Any

import pytest
from made import day, named

from processors.services.admission import Known, admitted
from processors.services.protocol import kept_under
from processors.services.subsidies.indicators import rows
from processors.services.subsidies.rules import findings_with, own_findings
from processors.services.subsidies.service import OcmwYear, SubsidyService
from processors.services.subsidies.standing import standings
from schemas.faults import Fault
from schemas.services.records import Activity, Grant, Module, Part, Share, Staff, YearReport
from schemas.services.subsidy_years import subsidy_year

LAW = subsidy_year(2017)
LARGE = 1_000_000
A = Part(
    "A", 600_000, 60_000, 30, Share("NUMBER", 20), Share("PERCENTAGE", 25),
    (Activity("A1", 20, 400_000), Activity("A4", 15, 200_000)), (),
)  # fmt: skip
MODULE = Module(
    "Cooking", "to cook", day("2017-03-01"), day("2017-05-31"), "young adults", False, 12, 2, 8, "scale", (), 0
)
DEAR = replace(MODULE, staff=(Staff("PREPARING", 300_001),))
B = Part("B", 300_000, 300_000, 12, None, None, (), (MODULE,))
Value = tuple[int | None, str]


def grant(cents: int = LARGE, base: int | None = None, ocmw: int = 44021, name: str = "grant") -> Grant:
    """Return a grant."""
    return Grant(named(f"{name} {cents} {ocmw}"), ocmw, 2017, cents, base)


def report(*parts: Part, ocmw: int = 44021, name: str = "report", **said: Any) -> YearReport:  # noqa: ANN401 - fields
    """Return a report of these parts, of A alone where none is given."""
    plain = YearReport(named(f"{name} {ocmw}"), ocmw, 2017, parts or (A,), None, None, None)
    return replace(plain, **said)


def after(*records: Grant | YearReport) -> tuple[list[str], dict[bytes, Known[OcmwYear]]]:
    """Admit records; return what became of each, and what is known."""
    service, outcomes = SubsidyService(), []
    states: dict[bytes, Known[OcmwYear]] = {}
    for record in records:
        key = kept_under(record)
        states[key], became = admitted(service, states.get(key, Known(service.begin())), record, 0)
        outcomes.append(became.slug if isinstance(became, Fault) else became)
    return outcomes, states


def figures(*records: Grant | YearReport, ocmw: str = "44021") -> dict[str, Value]:
    """Return ``indicator part activity`` -> value and flag of an OCMW, in the kingdom also ``15 unit``."""
    _, known = after(*records)
    all_rows = rows(standings([one.state for one in known.values()], 2017), LAW)
    return {
        " ".join(word for word in (row[2], row[3], row[4], row.unit if row[2] == "15" else "") if word): row[5::2]
        for row in all_rows
        if row.ocmw == ocmw
    }


def broken(*parts: Part, **said: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - fields
    """Return rule, part and activity of each error that a report shows by itself."""
    return [(one.rule, one.part, one.activity) for one in own_findings(report(*parts, **said), LAW) if one.error]


def with_activities(*activities: Activity, **said: Any) -> Part:  # noqa: ANN401 - fields
    """Return part A with these activities, whose totals fit."""
    spent, persons = sum(one.justified_cents for one in activities), sum(one.persons or 0 for one in activities)
    return replace(
        A, activities=activities, **({"justified_cents": spent, "persons": persons, "staff_cents": 0} | said)
    )


# What refuses a report


def test_a_report_that_keeps_all_rules_is_applied() -> None:
    assert broken(A, B) == []
    assert after(report(A, B))[0] == ["applied"]


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ((A, replace(A, activities=(Activity("A2", 30, 600_000),))), ("part-twice", "A", "")),
        ((with_activities(Activity("A1", 20, 1), Activity("A1", 20, 1)),), ("activity-twice", "A", "A1")),
        ((with_activities(Activity("C1", 20, 1)),), ("unknown-activity", "A", "C1")),
        ((replace(A, modules=(MODULE,)),), ("unknown-activity", "A", "")),
        ((with_activities(Activity("A1", -1, 1), persons=None),), ("persons-not-whole", "A", "A1")),
        ((replace(A, persons=19, rmi=None),), ("persons-of-part", "A", "")),
        ((replace(A, persons=36),), ("persons-of-part", "A", "")),
        ((replace(B, persons=13),), ("persons-of-part", "B", "")),
        ((replace(A, justified_cents=600_001),), ("sum-of-activities", "A", "")),
        ((replace(A, rmi=Share("NUMBER", 31)),), ("share-rmi", "A", "")),
        ((replace(A, trajectory=Share("PERCENTAGE", 101)),), ("share-trajectory", "A", "")),
        ((replace(A, staff_cents=600_001),), ("staff-above-justified", "A", "")),
        ((replace(B, modules=(DEAR,)),), ("staff-above-justified", "B", "")),
        ((replace(B, modules=(replace(MODULE, goal=" "),)),), ("module-incomplete", "B", "")),
        ((replace(B, modules=(replace(MODULE, period_to=day("2017-02-28")),)),), ("module-period", "B", "")),
        ((replace(B, modules=(replace(MODULE, one_off=True),)),), ("one-off", "B", "")),
        ((replace(B, modules=(replace(MODULE, dropouts=5),)),), ("dropouts-progressed", "B", "")),
        ((replace(B, modules=(replace(MODULE, gpmi_subsidised_participants=13),)),), ("gpmi-participants", "B", "")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and isinstance(value[0], str) else "",
)  # fmt: skip
def test_each_rule_names_part_and_activity(parts: tuple[Part, ...], error: tuple[str, str, str]) -> None:
    assert broken(*parts) == [error]
    assert after(report(*parts))[0] == ["refused-report"]


def test_the_refusal_says_which_rules_where() -> None:
    fault = admitted(SubsidyService(), Known(OcmwYear()), report(replace(A, persons=36)), 0).became
    assert isinstance(fault, Fault)
    assert fault.reason == "persons-of-part A"


def test_the_largest_activity_and_the_sum_are_still_lawful() -> None:
    assert broken(replace(A, persons=20)) == []
    assert broken(replace(A, persons=35)) == []


def test_missing_persons_of_an_activity_are_no_largest_and_lift_the_upper_bound() -> None:
    part = replace(A, persons=500, activities=(Activity("A1", 20, 400_000), Activity("A4", None, 200_000)))
    assert broken(part) == []
    assert broken(replace(part, persons=19, rmi=None)) == [("persons-of-part", "A", "")]


def test_work_for_each_participant_is_paid_twice_where_all_are_subsidised_and_a_warning_where_some_are() -> None:
    paid = replace(MODULE, staff=(Staff("MEASURING", 1),), gpmi_subsidised_participants=12)
    assert broken(replace(B, modules=(paid,))) == [("double-subsidy", "B", "")]
    some = replace(B, modules=(replace(paid, gpmi_subsidised_participants=11),))
    assert broken(some) == []
    assert [one.rule for one in own_findings(report(some), LAW)] == ["double-subsidy"]
    free = replace(B, modules=(replace(paid, staff=(Staff("MEASURING", 0), Staff("PREPARING", 5))),))
    assert broken(free) == []


@pytest.mark.parametrize(
    ("record", "slug"),
    [
        (grant(ocmw=99999), "unknown-ocmw"),
        (grant(10**11 + 1), "amount-out-of-range"),
        (grant(-1), "amount-out-of-range"),
        (grant(1, base=-1), "amount-out-of-range"),
        (replace(grant(), year=2016), "bad-version"),
        (report(replace(A, justified_cents=-1)), "amount-out-of-range"),
        (report(own_staff_cents=10**9 + 1), "amount-out-of-range"),
        (report(replace(B, modules=(replace(MODULE, period_to=10**6),))), "bad-dates"),
        (report(year=2018), "bad-version"),
    ],
)
def test_what_is_no_report_at_all(record: Grant | YearReport, slug: str) -> None:
    assert after(record)[0] == [slug]


def test_the_largest_lawful_amounts_pass() -> None:
    assert after(grant(10**11), grant(0, base=10**11))[0] == ["applied", "applied"]


# What the grant changes


def rules_with(cents: int, *parts: Part, **said: Any) -> set[tuple[str, bool]]:  # noqa: ANN401 - fields
    """Return (rule, is an error) of what a grant makes of a report."""
    return {(one.rule, one.error) for one in findings_with(report(*parts, **said), grant(cents), LAW)}


def test_from_7500_euro_persons_must_be_there() -> None:
    part = replace(A, activities=(Activity("A1", None, 600_000),))
    assert ("persons-missing", True) in rules_with(750_000, part)
    assert ("persons-missing", True) not in rules_with(749_999, part)


def test_from_7500_euro_a_part_without_activities_has_neither_persons_nor_amounts() -> None:
    bare = Part("A", 600_000, None, 30, None, None, (), ())
    assert broken(bare) == []
    assert {("sum-of-activities", True), ("persons-of-part", True)} <= rules_with(750_000, bare)
    assert not any(error for _, error in rules_with(749_999, bare))


def test_new_fields_that_are_missing_are_warnings() -> None:
    assert rules_with(LARGE, replace(A, staff_cents=None)) == {("field-missing", False)}


def test_below_7500_euro_what_goes_beyond_the_totals_is_dropped_with_a_warning() -> None:
    assert rules_with(749_999, A, agreements=1) == {("not-counted", False)}


def test_a_report_waits_for_its_grant_also_under_a_recoded_code_d2() -> None:
    """58001 was 55022 until 2019, so for 2017 both are 55022."""
    _, known = after(report(ocmw=58001))
    assert sum(SubsidyService().waiting(one.state) for one in known.values()) == 1
    _, known = after(report(ocmw=58001), grant(ocmw=55022))
    assert sum(SubsidyService().waiting(one.state) for one in known.values()) == 0
    assert figures(report(ocmw=58001), grant(ocmw=55022), ocmw="55022")["7"] == (600_000, "")


def test_the_last_report_without_error_holds_and_the_last_grant_judges() -> None:
    first, second = report(), report(replace(A, activities=(), persons=0, rmi=None), name="second")
    assert figures(grant(), first, second)["7"] == (600_000, "")
    assert figures(grant(700_000), first, second, grant(749_999))["7"] == (600_000, "")
    assert figures(grant(), first, report(B, name="third"))["7"] == (300_000, "")


# Indicators of an OCMW


def test_the_figures_of_gent() -> None:
    values = figures(grant(), report(A, B, agreements=3, own_staff_cents=30_000))
    assert values == {
        "1 A A1": (20, ""), "1 A A4": (15, ""),
        "2 A": (30, ""), "2 B": (12, ""),
        "2.1 A": (20, ""), "2.1 B": (None, "missing"),
        "2.2 A": (8, "estimate"), "2.2 B": (None, "missing"),  # 25 % of 30 is 7.5, halves go up
        "3 A": (20_000, ""), "3 B": (25_000, ""),
        "4 A A1": (20_000, ""), "4 A A4": (13_333, ""),
        "5 B": (12, ""), "5.1 B": (2, ""), "5.2 B": (8, ""),
        "6": (1_000_000, ""), "7": (900_000, ""),
        "8": (9_000, ""), "8 A": (6_000, ""), "8 A A1": (4_000, ""), "8 A A4": (2_000, ""), "8 B": (3_000, ""),
        "8c": (9_000, ""),
        "9": (1_000, ""), "9 A": (None, "no-base"), "9 A A1": (None, "no-base"), "9 A A4": (None, "no-base"),
        "9 B": (None, "no-base"),
        "10": (0, ""),
        "11 A": (1_000, ""), "11 B": (10_000, ""),
        "13": (5_000, ""),  # base: min(600,000, 1,000,000 - 300,000); 30,000 of its 10 %
        "14": (None, "missing"),
        "15 agreements": (3, ""),
    }  # fmt: skip


def test_more_justified_than_granted_is_justification_above_and_use_of_all() -> None:
    values = figures(grant(800_000), report(A, B))
    assert (values["8"], values["8c"], values["9"], values["10"]) == ((11_250, ""), (10_000, ""), (0, ""), (1_250, ""))


def test_below_7500_euro_there_are_totals_alone_and_12_up_to_5000() -> None:
    values = figures(grant(500_000), report(A))
    assert set(values) == {"6", "7", "8", "8 A", "8c", "9", "10", "12"}
    assert values["12"] == (10_000, "")
    assert "12" not in figures(grant(500_001), report(A))


def test_a_grant_of_nothing_is_no_base() -> None:
    values = figures(grant(0), report(A))
    assert values["8"] == values["8c"] == values["12"] == (None, "no-base")


def test_nobody_reached_is_no_base_for_a_cost_each() -> None:
    part = Part("A", 0, 0, 0, None, None, (Activity("A1", 0, 0),), ())
    values = figures(grant(), report(part))
    assert values["3 A"] == values["4 A A1"] == values["11 A"] == (None, "no-base")


def test_modules_of_which_some_give_no_number_are_the_sum_of_the_others() -> None:
    two = replace(B, persons=20, modules=(MODULE, replace(MODULE, title="Words", dropouts=None, progressed=None)))
    values = figures(grant(), report(two))
    assert (values["5 B"], values["5.1 B"]) == ((24, ""), (2, "missing"))
    none = replace(B, modules=(replace(MODULE, dropouts=None),))
    assert figures(grant(), report(none))["5.1 B"] == (None, "missing")


def test_a_base_for_staff_that_is_given_counts() -> None:
    assert figures(grant(base=200_000), report(A, own_staff_cents=30_000))["13"] == (15_000, "")


def test_a_grant_without_report_is_shown_alone() -> None:
    assert figures(grant()) == {"6": (1_000_000, "")}


# The kingdom


def test_ratios_of_the_kingdom_are_ratios_of_sums_and_a_part_not_held_counts_nothing() -> None:
    both = grant(), report(A, B), grant(3_000_000, ocmw=11002), report(A, ocmw=11002)
    values = figures(*both, ocmw="01000")
    assert values["6"] == (4_000_000, "")
    assert values["8"] == (3_750, "")
    assert values["8 B"] == (750, "")  # 300,000 of both grants
    assert values["3 A"] == (20_000, "")
    assert values["2.2 A"] == (16, "estimate")
    assert values["8 C"] == (0, "")
    assert values["2 C"] == (None, "missing")
    assert values["12"] == (None, "no-base")


def test_the_kingdoms_use_caps_each_ocmw_by_itself() -> None:
    both = grant(800_000), report(A, B), grant(1_200_000, ocmw=11002), report(A, ocmw=11002)
    values = figures(*both, ocmw="01000")
    assert values["8"] == (7_500, "")
    assert values["8c"] == (7_000, "")


def test_a_grant_without_accepted_report_counts_in_6_alone() -> None:
    values = figures(grant(), report(A, B), grant(5_000_000, ocmw=11002), ocmw="01000")
    assert (values["6"], values["8"]) == ((6_000_000, ""), (9_000, ""))


def test_agreements_are_a_sum_a_number_of_ocmws_and_a_share_of_those_that_say() -> None:
    some: list[Grant | YearReport] = [
        grant(), report(A, agreements=3), grant(ocmw=11002), report(A, ocmw=11002, agreements=0),
        grant(ocmw=21004), report(A, ocmw=21004),
    ]  # fmt: skip
    values = figures(*some, ocmw="01000")
    assert (values["15 agreements"], values["15 ocmws"], values["15 per10000"]) == ((3, ""), (1, ""), (5_000, ""))


def test_without_any_ocmw_counts_are_missing_and_ratios_have_no_base() -> None:
    values = figures(ocmw="01000")
    assert values["6"] == values["15 ocmws"] == (None, "missing")
    assert values["8c"] == values["15 per10000"] == (None, "no-base")
    assert "9 A" not in values
