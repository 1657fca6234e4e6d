"""On which days a decision touches the period asked for, and when another one ends it."""

from typing import Any

import pytest
from made import made
from reports_told import answers, dossiers_sent

from schemas.services.records import DecisionTaken, SocialReportRequest

PERIOD = {"from_day": "2017-03-01", "to_day": "2017-03-31"}


def decision(name: str = "a", **said: Any) -> DecisionTaken:  # noqa: ANN401 - any field
    return made(DecisionTaken, name, **said)  # type: ignore[no-any-return]


def touches(*decisions: DecisionTaken, first: str = "2017-03-01", last: str = "2017-03-31") -> bool:
    """Tell whether the OCMW that decided is asked about the period, for it decided and knows no dossier."""
    return bool(answers(*decisions, made(SocialReportRequest, "request", from_day=first, to_day=last)))


@pytest.mark.parametrize(
    ("said", "touched"),
    [
        ({"effective_from": "2017-03-31"}, True),
        ({"effective_from": "2017-04-01"}, False),
        ({"effective_to": "2017-03-01"}, True),
        ({"effective_to": "2017-02-28"}, False),
        ({"duration_months": 2}, False),  # 1 January and two months: until 28 February
        ({"duration_months": 3}, True),
        ({"effective_from": "2017-01-31", "duration_months": 1}, False),  # until 27 February: 28 February less a day
        ({"effective_to": "2017-02-28", "duration_months": 12}, False),  # a day that is written wins over a duration
        ({}, True),  # for ever
    ],
)
def test_a_grant_touches_until_its_end(said: dict[str, Any], *, touched: bool) -> None:
    assert touches(decision(**said)) is touched


@pytest.mark.parametrize("kind", ["STOP", "REFUSAL", "RECOVERY"])
def test_a_stop_refusal_or_recovery_without_end_touches_its_first_day_alone(kind: str) -> None:
    assert touches(decision(decision_type=kind, effective_from="2017-03-01"))
    assert not touches(decision(decision_type=kind, effective_from="2017-02-28"))
    assert touches(decision(decision_type=kind, effective_from="2017-02-28", duration_months=1))


@pytest.mark.parametrize("kind", ["GRANT", "REVISION", "STOP"])
def test_an_open_grant_ends_the_day_before_the_next_grant_revision_or_stop(kind: str) -> None:
    following = decision("b", decision_type=kind, effective_from="2017-02-01", effective_to="2017-02-10")
    assert not touches(decision(), following)
    assert touches(decision(), following, first="2017-01-31", last="2017-01-31")


@pytest.mark.parametrize("kind", ["SUSPENSION", "REFUSAL", "RECOVERY"])
def test_suspensions_refusals_and_recoveries_end_nothing(kind: str) -> None:
    following = decision("b", decision_type=kind, effective_from="2017-02-01", effective_to="2017-02-10")
    assert touches(decision(), following)


def test_what_follows_in_another_dossier_or_act_ends_nothing() -> None:
    other: dict[str, Any] = {"decision_type": "STOP", "effective_from": "2017-02-01"}
    assert touches(decision(), decision("b", dossier=2, **other))
    assert touches(decision(), decision("b", law="WET65", **other))


def test_a_stop_ends_what_came_before_it_also_where_that_had_an_end_of_its_own() -> None:
    grant = decision(effective_to="2017-12-31")
    assert not touches(grant, decision("b", decision_type="STOP", effective_from="2017-03-01"), first="2017-03-02")
    assert touches(grant, decision("b", decision_type="STOP", effective_from="2017-03-02"), last="2017-03-01")


def test_a_stop_ends_nothing_that_was_decided_after_it() -> None:
    stop = decision("b", decision_type="STOP", effective_from="2017-01-01", decided_on="2016-12-01")
    assert touches(stop, decision(decided_on="2016-12-20"))
    assert not touches(stop, decision(decided_on="2016-11-20"))


def test_of_decisions_of_the_same_days_the_log_says_which_is_before() -> None:
    stop = decision("b", decision_type="STOP", effective_from="2017-01-01")
    assert not touches(decision(), stop)
    assert touches(stop, decision())


def test_a_stop_leaves_what_touches_one_day_alone() -> None:
    refusal = decision(decision_type="REFUSAL", effective_from="2017-03-05")
    stop = decision("b", decision_type="STOP", effective_from="2017-03-05", decided_on="2017-03-06")
    assert dossiers_sent(refusal, stop, made(SocialReportRequest, "request")) == [(1, ["REFUSAL", "STOP"])]


def test_a_dossier_of_an_ocmw_that_was_merged_is_one_with_that_of_its_successor() -> None:
    """Borsbeek (11007) became a part of Antwerpen (11002) on 1 January 2025."""
    old = decision(ocmw=11007, effective_from="2024-01-01")
    stop = decision("b", ocmw=11002, decision_type="STOP", effective_from="2025-02-01")
    request = made(
        SocialReportRequest, "request", ocmw=44021, from_day="2025-03-01", to_day="2025-03-31", asked_at="2025-04-01"
    )
    assert answers(old, stop, request) == {}
    assert answers(old, request) == {11002: "RECEIVED"}
