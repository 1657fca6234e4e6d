"""Kafka in one table, all in one run: intake beside its parts and beside Faust, a late update, live figures, restarts.

Everything is real: a broker, a Redis and workers of our own on this machine, so they share its processors with each
other and with the load. ``--persons`` chooses the size of the history (400,000 is national), ``--events`` how many live
events are sent at ``--rate`` a second; ``--only live`` and ``--only late`` measure live figures, or the late update.
"""

import argparse
import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.shell import kernel_cache

kernel_cache.prepare()

from bench import faust_way, kafka_flow  # noqa: E402 - kernels are imported after their cache is named
from bench.history import OUT, history  # noqa: E402
from bench.intake_parts import client_alone, fold_alone, whole_intake  # noqa: E402
from streams.agents.table import every_topic  # noqa: E402
from streams.kafka.emit import emit  # noqa: E402
from streams.kafka.settings import KafkaSettings  # noqa: E402
from streams.kafka.topic_admin import make_topics  # noqa: E402
from streams.servers.kafka import KafkaServer  # noqa: E402
from streams.shell.logs import configure  # noqa: E402

Line = tuple[str, str]
WARM_PERSONS = 2_000


class Sizes(NamedTuple):
    """What the command was asked for."""

    persons: int
    events: int
    rate: int
    faust_events: int
    only: str | None


@contextmanager
def broker(folder: Path) -> Iterator[KafkaSettings]:
    """Yield the settings of an empty Kafka with all topics."""
    server = KafkaServer(folder / "kafka").start()
    settings = KafkaSettings(servers=server.servers, state=folder / "state")
    try:
        asyncio.run(make_topics(settings, every_topic(settings)))
        yield settings
    finally:
        server.kill()


def warmed_up(folder: Path) -> None:
    """Compile every kernel that intake needs, so that compiling is not what is measured."""
    with broker(folder / "warm") as settings:
        asyncio.run(emit(settings, [history(WARM_PERSONS)]))
        _, steps = asyncio.run(client_alone(settings))
        asyncio.run(fold_alone(settings, steps))


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and all its threads to come, on one core; the broker has the others."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def intake_lines(settings: KafkaSettings) -> Iterator[Line]:
    """Measure intake beside its parts."""
    client, steps = asyncio.run(client_alone(settings))
    yield "the client alone", client.said()
    fold = asyncio.run(fold_alone(settings, steps))
    yield "the fold alone", fold.said()
    del steps
    beside = settings.model_copy(update={"epoch": 2})  # rows of its own: the worker that starts cold must find none
    asyncio.run(make_topics(beside, every_topic(beside)))
    whole = asyncio.run(whole_intake(beside, client.events))
    yield "intake on one core, waiting to folded and sent", whole.said()
    parts = whole.cpu / (client.cpu + fold.cpu), whole.wall / (client.wall + fold.wall)
    yield "intake / (client + fold)", f"{parts[0]:.2f} of processor, {parts[1]:.2f} by the clock (aim 1.25)"


def faust_line(settings: KafkaSettings, folder: Path, events: int) -> Line:
    """Measure the natural way in Faust on the beginning of the same log."""
    rate = events / asyncio.run(faust_way.seconds(settings, folder / "faust", events))
    return f"natural Faust, {events:,} events", f"{rate:,.0f} events/s by the clock"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=400_000)
    parser.add_argument("--events", type=int, default=600_000)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--faust-events", type=int, default=20_000)
    parser.add_argument("--only", choices=("live", "late"))
    sizes = Sizes(**vars(parser.parse_args()))
    configure("ERROR")
    folder = OUT / "kafka"
    shutil.rmtree(folder, ignore_errors=True)
    warmed_up(folder)
    with broker(folder) as settings:
        flow = kafka_flow.Flow(settings, folder, history(sizes.persons))
        show("events waiting", f"{flow.emitted():,}")
        if sizes.only is None:
            with one_core():
                for line in intake_lines(settings):
                    show(*line)
        with flow:
            for line in flow.lines(sizes.events, sizes.rate, sizes.only):
                show(*line)
        if sizes.only is None:
            show(*faust_line(settings, folder, sizes.faust_events))


def show(name: str, figure: str) -> None:
    """Print a line of the table."""
    print(f"{name:<52} {figure}", flush=True)  # noqa: T201 - what this program is for


if __name__ == "__main__":
    main()
