"""A forecast of late figures is a chain ladder on the vintages, and says how well it did before."""

from math import isclose
from pathlib import Path

import pytest
from program import ocmw

from processors.research.forecast import TooYoungError, Triangle, factors, forecasts, projected


def triangle(months: int, target: int = 2) -> dict[tuple[int, int], float]:
    """Return months that grow by a tenth, then by a tenth again, then stand."""
    return {(m, m + j): 100 * (1.1**j) for m in range(months) for j in range(target + 1) if m + j < months}


def test_a_factor_is_the_quotient_of_sums() -> None:
    known = {(0, 0): 100.0, (0, 1): 120.0, (1, 1): 300.0, (1, 2): 300.0}
    first = factors(Triangle.of(known, 1))[0]
    assert first is not None
    assert isclose(first, 420 / 400)


def test_a_young_month_is_grown_to_the_target_age() -> None:
    last = forecasts(Triangle.of(triangle(20), 2))[-1]
    assert (last.month, last.age, last.factors) == (19, 0, 2)
    assert isclose(last.value, 121)


def test_of_two_updates_of_one_month_the_last_counts() -> None:
    known = dict([((0, 0), 100.0), ((0, 0), 90.0)])  # noqa: C406 - in the order of the updates
    assert Triangle.of(known, 1).values[0, 0] == 90


def test_counts_may_fall_with_age() -> None:
    known = {(m, m + j): 100 - 10.0 * j for m in range(20) for j in range(3) if m + j < 20}
    assert isclose(forecasts(Triangle.of(known, 2))[-1].value, 80)


def test_with_eleven_updates_nothing_is_forecast_with_twelve_something_is() -> None:
    with pytest.raises(TooYoungError, match="11 updates are too few"):
        forecasts(Triangle.of(triangle(11), 2))
    assert forecasts(Triangle.of(triangle(12), 2))


def test_a_base_of_zero_gives_no_factor_and_no_forecast() -> None:
    known = dict.fromkeys(triangle(20), 0.0)
    assert forecasts(Triangle.of(known, 2)) == []


def test_the_back_test_knows_nothing_of_what_came_later() -> None:
    known = triangle(30)
    steady = forecasts(Triangle.of(known, 2))[-1]
    assert (steady.backtest, steady.low80, steady.high80) != (0, None, None)
    assert isclose(steady.low80 or 0, steady.value)  # the past was exact, so the interval is a point


def test_a_month_not_begun_follows_the_year_before() -> None:
    values = dict.fromkeys(range(12), 10.0) | {12: 20.0, 13: 20.0, 14: 20.0}
    assert projected(values, 15, 14) == 20


def test_the_command_refuses_a_store_that_is_too_young_in_a_sentence(tmp_path: Path) -> None:
    claims = tmp_path / "c.avro"
    ocmw("generate", "--persons", 60, "--from", "2023-01", "--to", "2023-03", "--out", claims)
    ocmw("replay", claims, "--store", tmp_path / "s")
    done = ocmw("forecast", "--store", tmp_path / "s", "--out", tmp_path / "f.csv")
    assert done.returncode == 2
    assert "too few to forecast" in done.stderr
    assert not (tmp_path / "f.csv").exists()
