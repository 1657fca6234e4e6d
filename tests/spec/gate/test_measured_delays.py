"""How long figures take to settle, measured from the vintages (G8)."""

from processors.gate.delays import Delay, MonthAtUpdate, delays


def seen(age: int, moves: list[int]) -> list[MonthAtUpdate]:
    """Months of LL at one age: each was 100 at the update before and moved by so many persons."""
    return [MonthAtUpdate("LL", age, 100 + move, 100) for move in moves]


def test_the_answer_is_the_smallest_age_from_which_95_percent_hold_still() -> None:
    history = seen(1, [5] * 20) + seen(2, [0] * 18 + [5, 5]) + seen(3, [0] * 19 + [5]) + seen(4, [1] * 20)
    assert delays(history) == [Delay("LL", 3, 20, 19, 95.0, 3, justified=True)]


def test_exactly_one_percent_holds_still_and_one_person_more_does_not() -> None:
    assert delays(seen(1, [1] * 6))[0].stable == 6
    assert delays(seen(1, [2] * 6))[0].stable == 0


def test_an_age_with_fewer_than_six_pairs_does_not_speak_against_a_smaller_one() -> None:
    assert delays(seen(3, [0] * 20) + seen(9, [5] * 5))[0].k == 3
    assert delays(seen(3, [0] * 20) + seen(9, [5] * 6) + seen(12, [0] * 6))[0].k == 12


def test_a_legal_delay_shorter_than_the_measured_one_is_not_justified() -> None:
    history = seen(3, [5] * 10) + seen(4, [0] * 10)
    assert delays(history) == [Delay("LL", 4, 10, 10, 100.0, 3, justified=False)]


def test_without_an_answer_the_last_age_is_shown_and_nothing_is_justified() -> None:
    assert delays(seen(3, [5] * 10)) == [Delay("LL", 3, 10, 0, 0.0, 3, justified=False)]


def test_every_age_can_be_asked_for() -> None:
    assert [row.k for row in delays(seen(3, [0] * 10) + seen(4, [0] * 10), every_age=True)] == [3, 4]
