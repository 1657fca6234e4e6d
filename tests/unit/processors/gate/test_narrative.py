"""What the gate did, in the sentences that ``ocmw why`` and ``ocmw changes`` print."""

from processors.gate.narrative import changes, tally, why
from schemas.figures import BlockKey
from schemas.periods import Period, parse_month
from schemas.releases import Entry, Release, State, Update, Vintage

JUNE, JULY = Update(6, "u6", parse_month("2024-06")), Update(7, "u7", parse_month("2024-07"))
LL_MARCH = BlockKey("LL", Period.parse("2024-03"))


def release(update: Update, *vintages: tuple[str, str, Vintage]) -> Release:
    """Return a release of figures (support, period, vintage); its blocks are not looked at."""
    return Release(
        update, {BlockKey(code, Period.parse(period)): Entry(vintage, None) for code, period, vintage in vintages}
    )


def vintages(release: Release) -> dict[BlockKey, Vintage]:
    """Return what the gate said of each figure of a release."""
    return {key: entry.vintage for key, entry in release.entries.items()}


def test_a_figure_that_waits_says_since_when_and_until_when() -> None:
    key = BlockKey("LL", Period.parse("2024-05"))
    (sentence,) = why(key, [(JUNE, Vintage(100, None, State.PENDING))])
    assert sentence == (
        "LL 2024-05 waits for its legal delay of 3 months (G4): at the earliest an update that refers to 2024-08 "
        "shows it; the last one, u6, refers to 2024-06."
    )


def test_a_figure_that_settles_says_how_it_moved() -> None:
    (sentence,) = why(LL_MARCH, [(JUNE, Vintage(103, 100, State.SETTLING))])
    assert sentence == (
        "LL 2024-03 passed its legal delay of 3 months but is not stable (G3): it went from 100 to 103, more than "
        "1 %; at the earliest the next update shows it."
    )


def test_a_published_figure_tells_its_revisions() -> None:
    first = Vintage(200, 200, State.PUBLISHED, 200, "u6")
    assert why(LL_MARCH, [(JUNE, first), (JULY, Vintage(201, 200, State.PUBLISHED, 201, "u7"))]) == [
        "LL 2024-03 is published with 201, by update u7.",
        "First published by update u6 with 200.",
        "Revised by update u7 from 200 to 201.",
    ]


def test_a_figure_under_revision_keeps_what_was_published() -> None:
    (sentence, *_) = why(LL_MARCH, [(JULY, Vintage(210, 200, State.REVISING, 200, "u6"))])
    assert sentence.startswith(
        "LL 2024-03 is published with 200, by update u6, and under revision: it went from 200 to 210"
    )


def test_thousands_are_set_apart() -> None:
    assert why(LL_MARCH, [(JUNE, Vintage(12507, 12456, State.PUBLISHED, 12507, "u6"))]) == [
        "LL 2024-03 is published with 12,507, by update u6.",
        "First published by update u6 with 12,507.",
    ]


def test_a_restricted_figure_is_never_called_published() -> None:
    key = BlockKey("IK_OW", Period.parse("2023-12"))
    (sentence, *_) = why(key, [(JUNE, Vintage(5, 5, State.PUBLISHED, 5, "u6"))])
    assert sentence == "IK_OW 2023-12 is stable, for the restricted zone only (F1), with 5, by update u6."


def test_a_release_says_what_is_new_revised_waiting_and_under_revision() -> None:
    before = release(
        JUNE,
        ("LL", "2024-01", Vintage(200, 200, State.PUBLISHED, 200, "u6")),
        ("LL", "2024-02", Vintage(200, 200, State.PUBLISHED, 200, "u6")),
        ("LL", "2024-03", Vintage(200, 200, State.PUBLISHED, 200, "u6")),
        ("LL", "2024-04", Vintage(300, 290, State.PENDING)),
    )
    now = release(
        JULY,
        ("LL", "2024-01", Vintage(201, 200, State.PUBLISHED, 201, "u7")),
        ("LL", "2024-02", Vintage(200, 200, State.PUBLISHED, 200, "u7")),
        ("LL", "2024-03", Vintage(210, 200, State.REVISING, 200, "u6")),
        ("LL", "2024-04", Vintage(301, 300, State.PUBLISHED, 301, "u7")),
        ("LL", "2024-07", Vintage(50, 0, State.PENDING)),
    )
    sentences = changes(now, vintages(before), before)
    assert sentences == [
        "revised   LL 2024-01: from 200 to 201",
        "revised   LL 2024-02: 200 as before, other cells changed",
        "revising  LL 2024-03: it went from 200 to 210, more than 1 %; 200 stays published",
        "new       LL 2024-04: 301",
        "waiting   LL 2024-07: until an update refers to 2024-10",
    ]
    assert tally(sentences) == "2 revised, 1 revising, 1 new, 1 waiting"


def test_a_release_that_changes_nothing_says_so() -> None:
    same = Vintage(200, 200, State.PUBLISHED, 200, "u6")
    before = release(JUNE, ("LL", "2024-01", same))
    assert tally(changes(release(JULY, ("LL", "2024-01", same)), vintages(before), before)) == "nothing changed"


def test_a_release_never_calls_a_restricted_figure_published() -> None:
    before = release(
        JUNE,
        ("IK_OW", "2023-06", Vintage(5, 6, State.REVISING, 5, "u5")),
        ("IK_OW", "2023-07", Vintage(5, 5, State.PUBLISHED, 5, "u5")),
    )
    now = release(
        JULY,
        ("IK_OW", "2023-06", Vintage(5, 5, State.PUBLISHED, 5, "u7")),
        ("IK_OW", "2023-07", Vintage(6, 5, State.REVISING, 5, "u5")),
    )
    assert changes(now, vintages(before)) == [
        "stable    IK_OW 2023-06: in the restricted zone again with 5",
        "revising  IK_OW 2023-07: it went from 5 to 6, more than 1 %; 5 stays in the restricted zone",
    ]
