"""Statistics of projects: whatever the histories, the fast count is the slow truth's (I, L1)."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.reference import gpmi as slow_gpmi
from processors.reference.gpmi import Event, PeriodFigures
from processors.services.admission import Known, admitted
from processors.services.contracts import Contracts, ContractService
from processors.services.gpmi.answer import Question, answer
from processors.services.gpmi.gathering import gathered
from schemas.faults import Fault
from schemas.services.days import day_of
from schemas.services.gpmi_figures import Row
from schemas.services.records import GpmiContract, GpmiEvaluation

FIRST = day_of(date(2017, 10, 1))
DAYS = st.integers(FIRST, FIRST + 520)
"""From October 2017 into March 2019: over the end of the transition and the mergers of 1 January 2019."""
OCMWS = st.sampled_from([12030, 12034, 12041, 44021, 72040, 72039])
PERSONS = st.sampled_from([bytes([number] * 15 + [1]) for number in range(1, 4)])
NUMBERS = st.sampled_from([b"c" * 16, b"d" * 16])
IDS = st.integers(0, 400).map(lambda number: number.to_bytes(16, "big"))
MAYBE = st.none() | DAYS
_LAWFUL: dict[str, st.SearchStrategy[Any]] = {
    "event_id": IDS,
    "person": PERSONS,
    "contract": NUMBERS,
    "version": st.just(1),
    "ocmw": OCMWS,
    "social_workers": st.lists(st.sampled_from([-5, 3, 2**62]), min_size=1, max_size=3).map(tuple),
    "signed_on": DAYS | DAYS | MAYBE,
    "start_date": DAYS,
    "end_date": st.none() | st.integers(FIRST + 520, FIRST + 900),
    "closed_on": st.none() | st.none() | DAYS,
    "project_type": st.sampled_from(["GENERAL", "STUDENT", "OTHER"]),
    "residence_municipality": OCMWS | st.just(0),
    "training": st.booleans(),
    "studies": st.booleans(),
    "community_service": st.booleans(),
    "extra_support": st.booleans(),
    "needs_analysis_on": MAYBE,
    "sex": st.sampled_from([1, 2, 3]),
    "birth_date": st.none() | st.integers(FIRST - 18 * 365 - 300, FIRST - 18 * 365 + 600) | st.just(-(2**31)),
    "document": st.none(),
}
_FAULTY: dict[str, st.SearchStrategy[Any]] = {
    "version": st.integers(-1, 0),
    "ocmw": st.sampled_from([99999, 0, -1]),
    "social_workers": st.just(()),
    "end_date": st.integers(FIRST - 9, FIRST - 1),
    "closed_on": st.just(10**6),
    "residence_municipality": st.sampled_from([12345, -7]),
    "sex": st.integers(4, 5),
}
CONTRACTS: st.SearchStrategy[GpmiContract] = st.fixed_dictionaries(_LAWFUL).map(lambda drawn: GpmiContract(**drawn))
EVALUATIONS = st.builds(
    GpmiEvaluation,
    event_id=IDS,
    person=PERSONS,
    contract=NUMBERS,
    held_on=DAYS,
    kind=st.sampled_from(["INTERMEDIATE", "FINAL"]),
    outcome=st.sampled_from(["REACHED", "PARTLY", "NONE"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Draw a log: contracts grow by versions that change a little, with noise between, in any order."""
    events: list[Event] = []
    for contract in draw(st.lists(CONTRACTS, min_size=1, max_size=4)):
        events.append(contract)
        version = contract
        for _ in range(draw(st.integers(0, 3))):
            other = draw(CONTRACTS)
            names = draw(st.sets(st.sampled_from(sorted(_LAWFUL.keys() - {"person", "contract", "version"}))))
            changed: dict[str, Any] = {name: getattr(other, name) for name in names | {"event_id"}}
            version = replace(version, **changed, version=version.version + 1)
            events.append(version)
    events += draw(st.lists(EVALUATIONS, max_size=4))
    events += draw(st.lists(st.sampled_from(events), max_size=1))
    return draw(st.permutations(events))


@st.composite
def blemished(draw: st.DrawFn) -> list[Event]:
    """Draw a log in which events break rules, contradict others, or come again under another id."""
    events = draw(histories())
    for place in draw(st.sets(st.integers(0, len(events) - 1), max_size=4)):
        event = events[place]
        if isinstance(event, GpmiEvaluation):
            events.append(replace(event, held_on=draw(st.sampled_from([10**6, FIRST]))))
            continue
        names = draw(st.sets(st.sampled_from(sorted(_FAULTY)), max_size=2))
        changed = {name: draw(_FAULTY[name]) for name in names} | draw(st.sampled_from([{}, {"event_id": b"z" * 16}]))
        events.append(replace(event, **changed))
    return draw(st.permutations(events))


def folded(events: list[Event]) -> tuple[dict[bytes, Contracts], list[str]]:
    """Admit a log: each person's contracts, and what became of each event."""
    service, became = ContractService(), []
    known: dict[bytes, Known[Contracts]] = {}
    for event in events:
        before = known.get(event.person, Known(service.begin()))
        known[event.person], outcome = admitted(service, before, event, 0)
        became.append(outcome.slug if isinstance(outcome, Fault) else outcome)
    return {person: one.state for person, one in known.items()}, became


def answered(states: dict[bytes, Contracts], ocmw: str | None, first: date, last: date) -> list[Row]:
    """Ask a question of a fold."""
    return list(answer(gathered(states.items()).columns, Question(ocmw, first, last)))


@settings(max_examples=60, deadline=None)
@given(blemished())
def test_admission_is_that_of_the_slow_truth(events: list[Event]) -> None:
    states, outcomes = folded(events)
    kept, slow = slow_gpmi.admitted(events)
    assert outcomes == slow
    assert sum(map(ContractService().waiting, states.values())) == slow_gpmi.waiting(kept)


@settings(max_examples=120, deadline=None)
@given(
    histories(),
    st.sampled_from(["01000", "12030", "12041", "44021", "72043"]),
    st.dates(date(2017, 10, 1), date(2019, 3, 1)),
    st.integers(0, 300),
)
def test_every_figure_is_that_of_the_slow_truth(events: list[Event], ocmw: str, first: date, length: int) -> None:
    last = date.fromordinal(first.toordinal() + length)
    answer_rows = answered(folded(events)[0], ocmw, first, last)
    fast = {row[3:6]: row[6:] for row in answer_rows if row[6:] != (0, 0)}
    slow = PeriodFigures(slow_gpmi.admitted(events)[0], ocmw, first, last).figures()
    if ocmw == "01000":
        slow = {key: counts for key, counts in slow.items() if key[1] != "worker"}
    assert fast == slow


@settings(max_examples=20, deadline=None)
@given(histories(), st.dates(date(2017, 10, 1), date(2019, 3, 1)), st.integers(0, 300))
def test_all_ocmws_at_once_are_each_of_them_alone(events: list[Event], first: date, length: int) -> None:
    states, last = folded(events)[0], date.fromordinal(first.toordinal() + length)
    rows = answered(states, None, first, last)
    for ocmw in ("01000", "44021", "12041" if last.year == 2019 else "12030"):
        alone = [row for row in answered(states, ocmw, first, last) if row.breakdown != "worker"]
        assert [row for row in rows if row.ocmw == ocmw] == alone


@settings(max_examples=40, deadline=None)
@given(histories(), st.dates(date(2018, 1, 1), date(2019, 3, 1)), st.integers(0, 300))
def test_running_is_what_ran_before_and_started_less_what_closed(events: list[Event], first: date, length: int) -> None:
    states, last = folded(events)[0], date.fromordinal(first.toordinal() + length)
    before = date.fromordinal(first.toordinal() - 1)

    def unique(figure: str, since: date, until: date) -> int:
        rows = answered(states, "01000", since, until)
        return next(int(row.unique) for row in rows if row[3:6] == (figure, "total", "total"))

    ran, runs = unique("projects_running", before, before), unique("projects_running", first, last)
    assert runs == ran + unique("projects_started", first, last) - unique("projects_closed", first, last)


@settings(max_examples=40, deadline=None)
@given(histories(), st.dates(date(2017, 10, 1), date(2019, 3, 1)), st.integers(0, 300))
def test_the_tool_never_counts_less(events: list[Event], first: date, length: int) -> None:
    last = date.fromordinal(first.toordinal() + length)
    for row in answered(folded(events)[0], None, first, last):
        if not row.figure.startswith("mean_"):
            assert row.as_tool >= row.unique  # type: ignore[operator]  # both are counts
