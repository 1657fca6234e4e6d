"""Facts: declarations of employment, exits from youth care, residences; which are lawful, and what they amount to."""

from pathlib import Path

import fastavro
import pytest
from facts_left import ENGINES, Employed, FactsLeft
from history import log_file, records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from named_figures import Teller

from schemas import events


@pytest.fixture(params=sorted(ENGINES))
def facts(request: pytest.FixtureRequest, tmp_path: Path) -> FactsLeft:
    """Return what reads lines as one log and tells the employments that they leave."""

    def tell(*lines: str) -> list[Employed]:
        return ENGINES[request.param]([log_file(tmp_path / "log.avro", "\n".join(["person", *lines]))])

    return tell


def outcome_of(engine: Teller, *lines: str) -> tuple[int, int, list[str]]:
    """Return applied (the closing left out), duplicates and slugs of a log of lines."""
    figures = engine("\n".join(["person", *lines]))
    outcomes = figures.outcomes()
    return outcomes.applied - 1, outcomes.duplicates, figures.slugs()


def test_facts_are_events_like_others_l2(engine: Teller) -> None:
    assert outcome_of(engine, "dimona IN a start=2024-01-01", "youth a", "lives a", "b") == (4, 0, [])


def test_the_same_fact_again_changes_nothing_and_with_other_content_it_is_a_conflict_a4(engine: Teller) -> None:
    outcome = outcome_of(
        engine,
        "dimona IN a id=x start=2024-01-01",
        "dimona IN a id=x start=2024-01-01",
        "dimona IN a id=x start=2024-01-02",
        "dimona IN a id=x start=2024-01-01 type=STU",
        "dimona IN b id=x start=2024-01-02",
        "youth a id=x",
        "lives a id=y",
        "lives a id=y",
        "lives a id=y ocmw=44021",
        "youth a id=z",
        "youth a id=z born=-",
    )
    assert outcome == (4, 2, ["conflicting-duplicate"] * 5)


def test_a_claim_and_a_fact_share_the_ids_of_their_person_a4(engine: Teller) -> None:
    figures = engine("""
        person | id
        youth a id=x
        a      | x
        a      | y
        lives a id=y
    """)
    assert figures.outcomes().applied == 3
    assert figures.slugs() == ["conflicting-duplicate"] * 2


@pytest.mark.parametrize("declaration", ["OUT", "UPDATE", "CANCEL"])
def test_a_declaration_before_its_in_is_set_aside_and_uses_its_id_l2(engine: Teller, declaration: str) -> None:
    outcome = outcome_of(
        engine,
        f"dimona {declaration} a id=x end=2024-06-30",
        f"dimona {declaration} a id=x end=2024-06-30",
        f"dimona {declaration} a id=x end=2024-06-29",
        "dimona IN a start=2024-01-01",
        f"dimona {declaration} a end=2024-06-30",
    )
    assert outcome == (2, 1, ["dimona-unknown-period", "conflicting-duplicate"])


def test_a_period_belongs_to_its_person_l2(engine: Teller) -> None:
    outcome = outcome_of(
        engine, "dimona IN a period=1 start=2024-01-01", "dimona OUT b period=1", "dimona OUT a period=2"
    )
    assert outcome == (1, 0, ["dimona-unknown-period"] * 2)


@pytest.mark.parametrize(
    ("dates", "slugs"),
    [
        ("start=2024-01-02 end=2024-01-01", ["bad-dates"]),
        ("start=2024-01-01 end=2024-01-01", []),
        ("start=1899-12-31", ["bad-dates"]),
        ("start=1900-01-01", []),
        ("start=2200-01-01", ["bad-dates"]),
        ("start=2024-01-01 end=2199-12-31", []),
        ("start=2024-01-01 end=2200-01-01", ["bad-dates"]),
        ("start=2024-01-01 end=9999-12-31", []),
        ("start=9999-12-31", ["bad-dates"]),
        ("start=- end=-", []),
    ],
)
def test_dates_of_an_employment_are_in_order_and_of_this_age(engine: Teller, dates: str, slugs: list[str]) -> None:
    assert outcome_of(engine, f"dimona IN a {dates}")[2] == slugs


@pytest.mark.parametrize(
    ("line", "slugs"),
    [
        ("youth a exit=2024-03-15 born=2024-03-16", ["exit-before-birth"]),
        ("youth a exit=2024-03-15 born=2024-03-15", []),
        ("youth a exit=2024-03-15 born=-", []),
        ("youth a exit=2199-12-31", []),
        ("youth a exit=2200-01-01", ["bad-dates"]),
        ("youth a sex=0 exit=2200-01-01", ["bad-attributes"]),
        ("youth a sex=4", ["bad-attributes"]),
        ("lives a ocmw=0", []),
        ("lives a ocmw=11007 from=2030-01-01", []),
        ("lives a ocmw=99999", ["unknown-municipality"]),
        ("lives a ocmw=-1", ["unknown-municipality"]),
        ("lives a ocmw=11000 from=1899-12-31", ["bad-dates"]),
    ],
)
def test_an_exit_and_a_residence_are_lawful_or_named(engine: Teller, line: str, slugs: list[str]) -> None:
    assert outcome_of(engine, line)[2] == slugs


@pytest.mark.parametrize("word", ["dimona", "youth", "lives"])
def test_a_file_of_one_record_is_read_as_the_union_is(engine: Teller, tmp_path: Path, word: str) -> None:
    line = {"dimona": "dimona OUT a end=2024-01-01", "youth": "youth a", "lives": "lives a"}[word]
    name, values = records(f"person\n{line}\nleft open")[0]
    single = tmp_path / "single.avro"
    schema = next(branch for branch in events.union() if branch["name"].endswith(name))
    with single.open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(_alone(schema)), [values, values])
    outcomes = engine(single).outcomes()
    expected = ["dimona-unknown-period"] if word == "dimona" else []
    assert (outcomes.duplicates, [slug for _, _, slug in outcomes.set_aside]) == (1, expected)


def _alone(schema: events.Schema) -> events.Schema:
    """Return the schema of one record, with the named types that the union defines before it."""
    fixed = {name: {"type": "fixed", "name": name, "size": 16} for name in ("EventId", "PersonKey")}
    fields = [
        field | {"type": fixed[field["type"].rpartition(".")[2]]}
        if str(field["type"]).endswith(tuple(fixed))
        else field
        for field in schema["fields"]
    ]
    return {"type": "record", "name": schema["name"], "namespace": events.NAMESPACE, "fields": fields}


def test_an_in_opens_and_an_out_ends_a_period_h4(facts: FactsLeft) -> None:
    assert facts("dimona IN a start=2024-01-01") == [("2024-01-01", "-", False, "OTH")]
    assert facts("dimona IN a start=2024-01-01", "dimona OUT a end=2024-06-30") == [
        ("2024-01-01", "2024-06-30", False, "OTH")
    ]


def test_the_last_declaration_wins_per_field_and_a_null_changes_nothing_h4(facts: FactsLeft) -> None:
    employments = facts(
        "dimona IN a start=2024-01-01 end=2024-12-31 type=IVT",
        "dimona UPDATE a start=2024-02-01 type=OTH",
        "dimona OUT a end=2024-06-30 ocmw=yes",
    )
    assert employments == [("2024-02-01", "2024-06-30", True, "OTH")]


def test_the_end_of_time_in_an_update_means_no_end_h4(facts: FactsLeft) -> None:
    employments = facts("dimona IN a start=2024-01-01 end=2024-12-31", "dimona UPDATE a end=9999-12-31")
    assert employments == [("2024-01-01", "-", False, "OTH")]


def test_after_a_cancel_only_a_new_in_reopens_and_nothing_of_before_holds_h4(facts: FactsLeft) -> None:
    before = ("dimona IN a start=2024-01-01 end=2024-12-31", "dimona CANCEL a")
    assert facts(*before, "dimona UPDATE a end=2024-11-30") == []
    assert facts(*before, "dimona IN a start=2024-03-01") == [("2024-03-01", "-", False, "OTH")]


def test_what_came_before_its_in_takes_effect_right_behind_it_h4(facts: FactsLeft) -> None:
    employments = facts("dimona OUT a end=2024-06-30", "dimona IN a start=2024-03-01 end=2024-12-31")
    assert employments == [("2024-03-01", "2024-06-30", False, "OTH")]
    assert facts("dimona CANCEL a", "dimona IN a start=2024-03-01") == []
    assert facts("dimona CANCEL a", "dimona IN a", "dimona IN a start=2024-03-01") == [
        ("2024-03-01", "-", False, "OTH")
    ]


def test_what_never_opened_is_no_employment_h4(facts: FactsLeft) -> None:
    assert facts("dimona UPDATE a start=2024-01-01") == []


DAYS = st.sampled_from(["-", "2024-01-01", "2024-02-15", "2024-03-31", "2024-09-30", "9999-12-31"])
DECLARED = st.tuples(
    st.sampled_from(["IN", "IN", "OUT", "UPDATE", "CANCEL"]),
    st.sampled_from("ab"),
    DAYS,
    DAYS,
    st.sampled_from(["OTH", "IVT", "NO_CODE_BUT_A_TEXT", "é"]),
    st.sampled_from(["yes", "no"]),
    st.sampled_from("12"),
    st.integers(0, 30),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(declared=st.lists(DECLARED, max_size=14), cut=st.integers(0, 14))
def test_the_ledger_holds_what_the_slow_truth_reads_wherever_the_log_is_cut_l1(
    declared: list[tuple[str, ...]], cut: int, tmp_path: Path
) -> None:
    lines = [
        f"dimona {word} {person} start={start} end={end} type={kind} ocmw={ocmw} period={period} id={number}"
        for word, person, start, end, kind, ocmw, period, number in declared
    ]
    whole = log_file(tmp_path / "whole.avro", "\n".join(["person", *lines, "left open"]))
    parts = [
        log_file(tmp_path / f"{name}.avro", "\n".join(["person", *some, "left open"]))
        for name, some in (("a", lines[:cut]), ("b", lines[cut:]))
    ]
    assert ENGINES["fast"]([whole]) == ENGINES["fast"](parts) == ENGINES["reference"]([whole])
