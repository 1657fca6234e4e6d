"""When live figures are shown: once caught up, whatever a copy does, and nothing of them above the next release."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from processors.admission.keys import row_place
from processors.admission.ledger import Ledger
from processors.protocol.all_rows import Gathered
from schemas.live import Reflects
from schemas.periods import parse_month
from schemas.places import MUNICIPALITIES
from schemas.releases import Release, Update
from schemas.rows import Rows
from schemas.settings import FigureSettings
from sinks.directory.live import LiveHome, decoded
from sinks.errors import StoreWriteError
from sinks.memory import MemoryStore
from streams.kafka.release.live import Live
from streams.shell.metrics import Metrics

FIGURES = FigureSettings()
PATIENCE = 20.0
NIS = "44021"
JANUARY = parse_month("2024-01")
WRITTEN = 1_700_000_000_000
RELEASE = Release(Update(1, "u1", JANUARY), {})


def rows(cents: int) -> Rows:
    place = row_place(MUNICIPALITIES.index(NIS), JANUARY, 0)
    one = np.ones(1, np.int64)
    return Rows(np.zeros(1, np.uint32), np.array([place], np.uint32), one * cents, one, one, np.zeros(1, np.uint32))


class Copy:
    """A copy that refuses until it is mended, and remembers the turn that it shows."""

    def __init__(self, *, refuses: bool) -> None:
        """Choose whether it refuses."""
        self.refuses = refuses
        self.refusals = 0
        self.turn = 0

    def follow(self, home: LiveHome) -> None:
        """Remember the turn, or refuse."""
        if self.refuses:
            self.refusals += 1
            raise StoreWriteError("this copy refuses")
        state = home.state()
        self.turn = state.turn if state else 0


class Trial:
    """A publisher's live figures with one partition, driven by hand."""

    def __init__(self, folder: Path, *copies: Copy) -> None:
        """Nothing is heard yet."""
        self.home = LiveHome(folder)
        self.metrics = Metrics()
        self.gathered = Gathered(Ledger(FIGURES), 1)
        self.live = Live(self.home, FIGURES, 0.001, self.metrics, copies)

    def hear(self, stop: int, cents: int = 100) -> None:
        """Hear a row up to a position."""
        self.live.hears(0, rows(cents), self.gathered)
        self.gathered.put(0, rows(cents))
        self.live.heard(0, [rows(cents)], stop, WRITTEN)

    async def turn(self, release: int, stop: int) -> None:
        """Count and show at once."""
        await self.live.turn(self.gathered.ledger, Reflects(release, (stop,), WRITTEN), at_once=True)
        await self.live.settle()

    async def turn_until(self, happens: Callable[[], bool]) -> None:
        """Let turns pass in which nothing is heard, until copies have come so far."""
        async with asyncio.timeout(PATIENCE):
            while not happens():
                await asyncio.sleep(0.01)
                await self.turn(0, 5)

    def months(self) -> list[str]:
        """Return the months that are live."""
        live = self.home.of(NIS)
        return [line.period for line in live[1]] if live else []

    def cents(self) -> set[int]:
        """Return the amounts that are live: one, where one row is."""
        live = self.home.of(NIS)
        return {int(cents) for line in (live[1] if live else []) for cents in decoded(line.cells).amount_cents}

    def delays(self) -> float:
        """Return how many delays were measured."""
        return float(self.metrics.registry.get_sample_value("ocmw_live_delay_seconds_count") or 0)


@pytest.mark.asyncio
async def test_what_is_heard_is_shown_and_its_delay_is_measured(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.live.begin(trial.gathered, None, [0])
    trial.hear(5)
    await trial.turn(0, 5)
    assert trial.months() == ["2024-01"]
    assert trial.delays() == 1


@pytest.mark.asyncio
async def test_a_publisher_that_has_not_passed_the_closing_of_its_release_shows_nothing(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.live.begin(trial.gathered, RELEASE, [0])
    trial.hear(5)
    await trial.turn(1, 5)
    assert trial.home.state() is None
    trial.live.passed(0, 1)
    trial.hear(9)
    await trial.turn(1, 9)
    assert trial.months() == ["2024-01"]
    assert trial.delays() == 1


@pytest.mark.asyncio
async def test_a_publisher_that_reads_again_shows_nothing_older_than_what_is_shown(tmp_path: Path) -> None:
    first = Trial(tmp_path)
    first.live.begin(first.gathered, None, [0])
    first.hear(9)
    await first.turn(0, 9)
    again = Trial(tmp_path)
    again.live.begin(again.gathered, None, [0])
    again.hear(5, cents=1)
    await again.turn(0, 5)
    state = again.home.state()
    assert state is not None
    assert state.reflects.positions == (9,)
    assert again.delays() == 0
    again.hear(12)
    await again.turn(0, 12)
    state = again.home.state()
    assert state is not None
    assert state.reflects.positions == (12,)


@pytest.mark.asyncio
async def test_a_turn_that_is_refused_once_it_is_counted_leaves_the_next_one_right(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.live.begin(trial.gathered, None, [0])
    trial.hear(5, cents=100)
    await trial.turn(0, 5)
    trial.hear(6, cents=200)
    await trial.live.turn(trial.gathered.ledger, Reflects(0, (6,), WRITTEN), at_once=True)
    assert trial.home.show(Reflects(0, (8,), WRITTEN), [])  # another publisher, further than this one
    await trial.live.settle()
    assert trial.cents() == {100}
    trial.hear(9, cents=300)
    await trial.turn(0, 9)
    assert trial.cents() == {300}


@pytest.mark.asyncio
async def test_a_release_leaves_nothing_live(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.live.begin(trial.gathered, None, [0])
    trial.hear(5)
    await trial.turn(0, 5)
    await trial.live.released(RELEASE, Reflects(1, (5,), WRITTEN), MemoryStore().read_blocks)
    assert trial.months() == []
    state = trial.home.state()
    assert state is not None
    assert state.reflects.release == 1


@pytest.mark.asyncio
async def test_a_copy_that_refuses_holds_nobody_back_and_is_made_up(tmp_path: Path) -> None:
    bad, good = Copy(refuses=True), Copy(refuses=False)
    trial = Trial(tmp_path, bad, good)
    trial.live.begin(trial.gathered, None, [0])
    trial.hear(5)
    await trial.turn(0, 5)
    state = trial.home.state()
    assert state is not None
    await trial.turn_until(lambda: good.turn == state.turn and bad.refusals > 0)
    assert bad.turn == 0
    bad.refuses = False
    await trial.turn_until(lambda: bad.turn == state.turn)
