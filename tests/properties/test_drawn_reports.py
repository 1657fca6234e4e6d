"""Subsidies: whatever the reports, rules and indicators are those of the slow truth (K, L1)."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.reference import subsidies as slow
from processors.services.admission import Known, admitted
from processors.services.protocol import kept_under
from processors.services.subsidies.indicators import rows
from processors.services.subsidies.rules import own_findings
from processors.services.subsidies.service import OcmwYear, SubsidyService
from processors.services.subsidies.standing import standings
from schemas.faults import Fault
from schemas.services.records import Activity, Grant, Module, Part, PartCode, Share, Staff, YearReport
from schemas.services.subsidy_years import subsidy_year

LAW = subsidy_year(2017)
IDS = st.binary(min_size=16, max_size=16)
OCMWS = st.sampled_from([44021, 11001, 21004, 55022, 58001])
"""Among them a code that was only recoded in 2019: the two are one OCMW in 2017."""
COUNTS = st.integers(0, 60)
CENTS = st.integers(0, 500_000)
SHARES = st.none() | st.builds(Share, st.sampled_from(["NUMBER", "PERCENTAGE"]), st.integers(0, 60))


@st.composite
def modules(draw: st.DrawFn) -> Module:
    """Draw a collective module that mostly keeps the rules."""
    participants = draw(st.integers(0, 30))
    first = draw(st.integers(17200, 17300))
    left = st.none() | st.integers(0, participants // 2)
    staff = st.builds(Staff, st.sampled_from(["PREPARING", "SOCIAL_BALANCE"]), st.integers(0, 2000))
    return Module(
        "module", draw(st.sampled_from(["goal"] * 9 + [" "])), first, first + draw(st.integers(-1, 90)),
        draw(st.sampled_from(["all"] * 9 + [""])), draw(st.integers(0, 19)) == 0, participants, draw(left), draw(left),
        "", tuple(draw(st.lists(staff, max_size=2))), draw(st.integers(0, participants)),
    )  # fmt: skip


@st.composite
def parts(draw: st.DrawFn) -> Part:
    """Draw a part whose totals mostly follow from what it is made of."""
    letter: PartCode = draw(st.sampled_from(("A", "B", "C")))
    codes = draw(st.lists(st.sampled_from(LAW.activities[letter] or ("A1",)), max_size=3, unique=True))
    activities = tuple(
        Activity(code, draw(st.none() | COUNTS | COUNTS | COUNTS), draw(CENTS)) for code in codes if letter != "B"
    )
    inner = tuple(draw(st.lists(modules(), max_size=2))) if letter == "B" else ()
    counts = [one.persons or 0 for one in activities] + [one.participants for one in inner]
    justified = sum(one.justified_cents for one in activities) if letter != "B" else draw(CENTS)
    persons = draw(st.just(sum(counts)) | st.just(max(counts, default=0)) | st.none() | st.integers(0, 120))
    return Part(
        letter, justified + draw(st.sampled_from([0] * 9 + [1])), draw(st.none() | st.integers(0, justified)), persons,
        draw(SHARES), draw(SHARES), activities, inner,
    )  # fmt: skip


@st.composite
def lawful_parts(draw: st.DrawFn) -> Part:
    """Draw a part that breaks no rule, also beside a large grant."""
    part = draw(parts())
    items = part.activities or tuple(Activity(code, 0, 0) for code in LAW.activities[part.part][:2])
    activities = tuple(replace(one, persons=one.persons or draw(COUNTS)) for one in items)
    inner = tuple(
        replace(
            module, goal="goal", target_group="all", one_off=False, period_to=module.period_from,
            gpmi_subsidised_participants=module.participants // 2,
        )
        for module in part.modules
    )  # fmt: skip
    counts = [one.persons or 0 for one in activities] + [one.participants for one in inner]
    persons = draw(st.integers(max(counts, default=0), sum(counts)))
    of_staff = sum(cost.cents for module in inner for cost in module.staff)
    justified = sum(one.justified_cents for one in activities) if activities else max(part.justified_cents, of_staff)
    staff = draw(st.none() | st.integers(of_staff, justified)) if justified >= of_staff else None
    shares = [
        draw(
            st.none() | st.builds(Share, st.just("PERCENTAGE"), st.integers(0, 100)) | st.just(Share("NUMBER", persons))
        )
        for _ in "ab"
    ]
    return Part(part.part, justified, staff, persons, shares[0], shares[1], activities, inner)


PARTS = st.lists(parts(), max_size=4) | st.lists(lawful_parts(), max_size=3, unique_by=lambda part: part.part)
REPORTS = st.builds(
    YearReport,
    IDS,
    OCMWS,
    st.just(2017),
    PARTS.map(tuple),
    st.none() | st.integers(0, 3),
    st.none() | CENTS,
    st.none() | CENTS,
)
GRANTS = st.builds(
    Grant,
    IDS,
    OCMWS,
    st.just(2017),
    st.sampled_from([0, 499_999, 500_000, 749_999, 750_000]) | st.integers(750_000, 2_000_000),
    st.none() | st.integers(0, 10_000),
)


@st.composite
def wrong(draw: st.DrawFn) -> Grant | YearReport:
    """Draw a record that another rule than those of reports may set aside."""
    amounts = st.sampled_from([-1, 10**9, 10**9 + 1, 10**11, 10**11 + 1])
    if draw(st.booleans()):
        return Grant(
            draw(IDS), draw(st.sampled_from([44021, 99999])), draw(st.sampled_from([2016, 2017])), draw(amounts), None
        )
    part = Part(
        "A", draw(amounts), None, draw(st.integers(-1, 1)), draw(st.none() | st.just(Share("NUMBER", -1))), None, (), ()
    )
    return YearReport(
        draw(IDS), draw(OCMWS), draw(st.sampled_from([2017, 2018])), (part,), draw(st.integers(-1, 1)), None, None
    )


@settings(max_examples=80, deadline=None)
@given(REPORTS | wrong().filter(lambda one: isinstance(one, YearReport) and one.year == 2017))
def test_each_rule_is_broken_as_the_slow_truth_says(report: YearReport) -> None:
    broken = {(one.rule, one.part, one.activity) for one in own_findings(report, LAW) if one.error}
    assert broken == slow.broken(report)


@settings(max_examples=80, deadline=None)
@given(st.lists(REPORTS | REPORTS | REPORTS | GRANTS | GRANTS | wrong(), max_size=10))
def test_every_indicator_is_that_of_the_slow_truth(drawn: list[Grant | YearReport]) -> None:
    service, kept = SubsidyService(), []
    known: dict[bytes, Known[OcmwYear]] = {}
    for record in (replace(one, event_id=number.to_bytes(16, "big")) for number, one in enumerate(drawn)):
        key = kept_under(record)
        known[key], became = admitted(service, known.get(key, Known(service.begin())), record, 0)
        assert (became.slug if isinstance(became, Fault) else "") == slow.fault(record)
        kept += [record] if became == "applied" else []
    indicators = list(rows(standings([one.state for one in known.values()], 2017), LAW))
    assert len(indicators) == len(set(indicators))
    assert set(indicators) == slow.Year(kept, 2017).rows()
