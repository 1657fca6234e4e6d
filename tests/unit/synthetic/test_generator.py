"""The synthetic history: reproducible, of the asked size, lawful but for what is wrong on purpose."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from program import ocmw_apart

from processors.reference.facts import Fact, fact_fault, unknown_periods
from schemas.events import CLAIM, EMPLOYMENT, REGULARISATION, RESIDENCE, UPDATE_CLOSED, YOUTH_EXIT
from schemas.faults import Fault
from schemas.log import LogFile, Plain, read_plain
from schemas.periods import ordinal, parse_month, to_yyyymm
from schemas.places import MUNICIPALITY
from synthetic import Summary, generate
from synthetic.calendar import Calendar
from synthetic.history import history
from synthetic.places import towns

FIRST, LAST = ordinal(2024, 1), ordinal(2025, 6)
PERSONS = 700


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """Return the file of a small history over the mergers of 2025, and what generate says of it."""
    path = tmp_path_factory.mktemp("generated") / "log.avro"
    return path, generate(PERSONS, FIRST, LAST, 11, path)


@pytest.fixture(scope="module")
def events(written: tuple[Path, Summary]) -> list[Plain]:
    """Return its events in log order."""
    log = LogFile.open(written[0])
    records = [event for block in log.blocks() for event in read_plain(block, log.layout)]
    assert not any(isinstance(event, Fault) for event in records)
    return [event for event in records if not isinstance(event, Fault)]


def _claims(events: list[Plain]) -> list[dict[str, Any]]:
    return [values for kind, values in events if kind in (CLAIM, REGULARISATION)]


def _months_touched(values: dict[str, Any]) -> int:
    first, last = (np.datetime64(values[edge], "D").astype("datetime64[M]") for edge in ("first_day", "last_day"))
    return int((last - first).astype(int)) + 1


def _fault(kind: int, values: dict[str, Any]) -> str | None:
    """Return the slug of the first fault of an event, in their order (docs/events.md)."""
    nis = f"{values['ocmw']:05d}"
    touched = _months_touched(values)
    faults = {
        "unknown-ocmw": nis not in MUNICIPALITY,
        "bad-period": not 1 <= touched <= 60 or values["last_day"] < values["first_day"],
        "bad-amount-type": (values["amount_type"] < 3) != (kind == CLAIM),
        "bad-month": not 190001 <= values["statement_month"] <= 219912,
        "days-out-of-range": abs(values["days"]) > 31 * touched,
        "amount-out-of-range": abs(values["amount_cents"]) > 10**9,
        "bad-attributes": values["sex"] not in (1, 2, 3) or not 0 <= values["state_percentage"] <= 100,
    }
    return next((slug for slug, broken in faults.items() if broken), None)


def test_the_same_arguments_give_the_same_bytes(written: tuple[Path, Summary], tmp_path: Path) -> None:
    again = tmp_path / "again.avro"
    generate(PERSONS, FIRST, LAST, 11, again)
    assert again.read_bytes() == written[0].read_bytes()


def test_the_same_arguments_give_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    options = ("--persons", 5, "--from", "2024-01", "--to", "2024-01")
    for seed in ("0", "1"):
        done = ocmw_apart("generate", *options, "--out", tmp_path / seed, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()


def test_another_seed_gives_another_history(written: tuple[Path, Summary], tmp_path: Path) -> None:
    other = tmp_path / "other.avro"
    generate(PERSONS, FIRST, LAST, 12, other)
    assert other.read_bytes() != written[0].read_bytes()


def test_as_many_distinct_persons_as_asked(written: tuple[Path, Summary], events: list[Plain]) -> None:
    assert len({values["person"] for values in _claims(events)}) == PERSONS == written[1].persons


@pytest.mark.parametrize("months", [1, 40])
def test_one_person_is_a_history_too(tmp_path: Path, months: int) -> None:
    summary = generate(1, FIRST, FIRST + months - 1, 3, tmp_path / "one.avro")
    assert (summary.persons, summary.updates) == (1, months)


@pytest.mark.parametrize(("persons", "last"), [(0, FIRST), (5, FIRST - 1)])
def test_a_history_of_nobody_or_no_month_is_refused(tmp_path: Path, persons: int, last: int) -> None:
    with pytest.raises(ValueError, match="it needs one person, and one month between 1900-01 and 2199-12"):
        generate(persons, FIRST, last, 3, tmp_path / "none.avro")


def test_each_month_closes_one_update_after_its_events(events: list[Plain]) -> None:
    closed = [values for kind, values in events if kind == UPDATE_CLOSED]
    assert [values["reference_month"] for values in closed] == [to_yyyymm(month) for month in range(FIRST, LAST + 1)]
    assert (closed[0]["update_id"], closed[-1]["update_id"]) == (b"synthetic-2024-01", b"synthetic-2025-06")
    assert events[-1][0] == UPDATE_CLOSED


def test_statements_stand_in_the_update_of_their_month_or_the_next(events: list[Plain]) -> None:
    update, distances = FIRST, set()
    for kind, values in events:
        if kind == UPDATE_CLOSED:
            update += 1
        elif kind < UPDATE_CLOSED:
            year, month = divmod(values["statement_month"], 100)
            distances.add(update - ordinal(year, month))
    assert distances == {0, 1}


def test_only_the_deliberate_events_are_faulty(written: tuple[Path, Summary], events: list[Plain]) -> None:
    seen: dict[tuple[bytes, bytes], Any] = {}
    duplicates, faults = 0, Counter[str]()
    for kind, values in events:
        if kind >= UPDATE_CLOSED:
            continue
        identity = (values["person"], values["event_id"])
        if slug := _fault(kind, values):
            faults[slug] += 1
        elif identity not in seen:
            seen[identity] = (kind, values)
        elif seen[identity] == (kind, values):
            duplicates += 1
        else:
            faults["conflicting-duplicate"] += 1
    assert faults == written[1].set_aside
    assert duplicates == written[1].duplicates > 0
    assert len(seen) + duplicates + faults.total() == written[1].events - written[1].facts == len(_claims(events))


def test_a_regularisation_corrects_an_earlier_event_of_the_same_person(events: list[Plain]) -> None:
    seen = set()
    for kind, values in events:
        if kind >= UPDATE_CLOSED or _fault(kind, values):
            continue
        if kind == REGULARISATION:
            assert (values["person"], values["corrects"]) in seen
        seen.add((values["person"], values["event_id"]))


def test_balances_of_a_line_are_positive_zero_and_negative(events: list[Plain]) -> None:
    balances = Counter[tuple[bytes, int, int]]()
    for kind, values in events:
        if kind < UPDATE_CLOSED and not _fault(kind, values) and values["amount_type"] in (0, 1, 3, 4):
            balances[values["person"], values["support"], values["first_day"]] += values["amount_cents"]
    assert {int(np.sign(balance)) for balance in balances.values()} == {-1, 0, 1}


def test_after_a_merger_some_claims_come_under_the_old_code(events: list[Plain]) -> None:
    merged = {int(nis) for nis, entry in MUNICIPALITY.items() if entry.last == ordinal(2024, 12)}
    started = (np.datetime64("2025-01-01") - np.datetime64("1970-01-01")).astype(int)
    after = [values["ocmw"] for values in _claims(events) if values["first_day"] >= started]
    assert 0 < sum(nis in merged for nis in after) < len(after) / 20
    assert {int(entry.successor) for nis, entry in MUNICIPALITY.items() if int(nis) in merged} & set(after)


def test_late_decisions_are_claimed_in_one_line_of_arrears(events: list[Plain]) -> None:
    arrears = [values for values in _claims(events) if values["amount_type"] == 1]
    assert max(_months_touched(values) for values in arrears if _fault(CLAIM, values) is None) >= 3


def test_some_persons_move_and_some_change_household(events: list[Plain]) -> None:
    towns: dict[bytes, set[int]] = {}
    households: dict[bytes, set[int]] = {}
    for values in _claims(events):
        towns.setdefault(values["person"], set()).add(values["ocmw"])
        households.setdefault(values["person"], set()).add(values["household"])
    for of_person in (towns, households):
        assert 0.03 < np.mean([len(different) > 1 for different in of_person.values()]) < 0.4


def test_corrections_reach_thirty_months_back_and_no_further(tmp_path: Path) -> None:
    path = tmp_path / "long.avro"
    generate(1500, ordinal(2017, 1), ordinal(2020, 12), 4, path)
    log = LogFile.open(path)
    furthest = 0
    for event in (event for block in log.blocks() for event in read_plain(block, log.layout)):
        assert not isinstance(event, Fault)
        kind, values = event
        if kind == REGULARISATION and _fault(kind, values) is None:
            year, month = divmod(values["statement_month"], 100)
            covered = np.datetime64(values["first_day"], "D").astype("datetime64[M]").astype(int) + 70 * 12
            furthest = max(furthest, ordinal(year, month) - int(covered))
    assert 24 <= furthest <= 30


def test_before_2005_the_household_categories_are_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "old.avro"
    generate(60, ordinal(2004, 6), ordinal(2004, 12), 4, path)
    log = LogFile.open(path)
    events = [event for block in log.blocks() for event in read_plain(block, log.layout)]
    households = {event[1]["household"] for event in events if not isinstance(event, Fault) and "household" in event[1]}
    assert households <= {0, 1, 2, 3}


def test_progress_counts_the_months_to_the_end(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    generate(5, FIRST, FIRST + 2, 1, tmp_path / "log.avro", lambda done, whole: heard.append((done, whole)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_a_person_is_in_one_phase_at_a_time_and_in_the_calendar() -> None:
    made = history(300, FIRST, LAST, 2)
    assert set(made.stays.person) == set(range(300))
    assert np.all(made.stays.start <= made.stays.end)
    assert np.all(made.phases.end >= FIRST)
    assert np.all(made.phases.start <= LAST)
    same = made.phases.person[1:] == made.phases.person[:-1]
    assert np.all(made.phases.start[1:][same] > made.phases.end[:-1][same])


def test_facts_are_lawful_and_only_the_deliberate_declarations_come_before_their_in(events: list[Plain]) -> None:
    facts = [Fact(order, 0, kind, 0, values) for order, (kind, values) in enumerate(events) if kind > UPDATE_CLOSED]
    assert {fact.kind for fact in facts} == {EMPLOYMENT, YOUTH_EXIT, RESIDENCE}
    assert not any(fact_fault(fact.kind, fact.fields) for fact in facts)
    numbers = {key: number for number, key in enumerate({fact.fields["person"] for fact in facts})}
    numbered = [replace(fact, person=numbers[fact.fields["person"]]) for fact in facts]
    assert len(list(unknown_periods(numbered))) < len(facts) / 50


def test_facts_are_of_persons_who_have_claims_and_have_ids_of_their_own(events: list[Plain]) -> None:
    facts = [values for kind, values in events if kind > UPDATE_CLOSED]
    assert {values["person"] for values in facts} <= {values["person"] for values in _claims(events)}
    assert len({values["event_id"] for values in facts}) == len(facts)


@pytest.mark.parametrize(("first", "last"), [("1890-01", "1890-03"), ("2199-12", "2200-01"), ("2024-02", "2024-01")])
def test_months_that_no_event_may_name_or_in_the_wrong_order_are_refused(first: str, last: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"no history of 1 persons from {first} to {last}; it needs one person, and"):
        generate(1, parse_month(first), parse_month(last), 1, tmp_path / "log.avro")


def test_a_history_is_whole_or_what_was_there_stands(tmp_path: Path) -> None:
    path = tmp_path / "log.avro"
    path.write_bytes(b"earlier")

    def interrupted(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(50, FIRST, LAST, 1, path, interrupted)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("log.avro", b"earlier")]


def test_a_town_claims_by_its_inhabitants_before_a_merger_too() -> None:
    drawn = towns(Calendar(ordinal(2022, 1), ordinal(2022, 12)))
    shares = dict(zip(drawn.codes[:, 0].tolist(), np.diff(drawn.shares, prepend=0.0).tolist(), strict=True))
    assert shares[11002] > 20 * shares[11007], "Antwerpen, and Borsbeek that it absorbed in 2025"
