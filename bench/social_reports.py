"""How long a social report takes: from a request in Kafka to its answer there, idle, under load, and over a kill -9.

    python -m bench.social_reports [SECONDS]

Starts a Kafka and workers of social reports of its own: first one alone, then two, of which each stands by for the
other's partitions.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiokafka import TopicPartition

from processors.services.protocol import key_of
from schemas.periods import parse_month
from schemas.services.reading import TopicFile, record_of, value_of
from schemas.services.records import SocialReport, SocialReportRequest
from schemas.services.topics import TOPIC
from streams.agents.records import emit_records
from streams.agents.table import every_topic
from streams.kafka.clients import producing, reading
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import ANSWERS, DOSSIERS, REQUESTS
from streams.servers.kafka import KafkaServer
from synthetic.services import generate_services

PROGRAM = [sys.executable, "-W", "ignore", "-c", "from streams.cli import main; main()"]
PARTITIONS, PERSONS = 6, 2_000
REQUESTS_A_SECOND, OTHERS_A_SECOND = 50, 3_000
PATIENCE = 90.0


@dataclass
class Delays:
    """What became of requests: milliseconds from request to first report, and reports of one identity that differ."""

    sent_at: dict[bytes, int] = field(default_factory=dict)
    answered: dict[bytes, int] = field(default_factory=dict)
    reports: dict[tuple[bytes, int, str], SocialReport] = field(default_factory=dict)
    differing: int = 0

    def sentence(self) -> str:
        """Return the distribution in a sentence."""
        waits = sorted(at - self.sent_at[name] for name, at in self.answered.items() if name in self.sent_at)
        places = (0.5, 0.95, 0.99)
        percentiles = [waits[min(len(waits) - 1, int(len(waits) * place))] for place in places]
        return (
            f"{len(self.sent_at)} requests, {len(waits)} answered, {self.differing} answered with other content; "
            f"p50 {percentiles[0]} ms, p95 {percentiles[1]} ms, p99 {percentiles[2]} ms, most {waits[-1]} ms"
        )


@contextmanager
def worker(settings: KafkaSettings, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker of social reports with a state of its own; it is killed in the end."""
    given = {
        "OCMW_KAFKA_SERVERS": settings.servers,
        "OCMW_KAFKA_STATE": str(settings.state / name),
        "OCMW_KAFKA_PARTITIONS": str(settings.partitions),
    }
    process = subprocess.Popen([*PROGRAM, "worker", "--role", "social-reports"], env={**os.environ, **given})  # noqa: S603 - this program
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def listening(settings: KafkaSettings, delays: Delays) -> AsyncIterator[None]:
    """Note every report that is sent while the body runs, by the clock of the broker."""
    places = [TopicPartition(ANSWERS, partition) for partition in range(settings.partitions)]
    async with reading(settings, *places) as reader:
        ends = await reader.end_offsets(places)
        for place in places:
            reader.seek(place, ends[place])

        async def listen() -> None:
            while True:
                for records in (await reader.getmany(timeout_ms=50)).values():
                    for record in records:
                        _note(delays, record.value or b"", record.timestamp)

        task = asyncio.create_task(listen())
        try:
            yield
        finally:
            task.cancel()


def _note(delays: Delays, value: bytes, at: int) -> None:
    report = record_of(TOPIC["answers"], value)
    if isinstance(report, SocialReport):
        delays.answered.setdefault(report.request, at)
        name = (report.request, report.answering, report.state)
        delays.differing += delays.reports.setdefault(name, report) != report


async def ask(settings: KafkaSettings, requests: list[SocialReportRequest], a_second: float, delays: Delays) -> None:
    """Send requests evenly, and note when each was in Kafka."""
    async with producing(settings) as producer:
        for request in requests:
            began = time.monotonic()
            sent = await producer.send_and_wait(
                REQUESTS, key=key_of(request), value=value_of(TOPIC["requests"], request)
            )
            delays.sent_at[request.event_id] = sent.timestamp
            await asyncio.sleep(max(0.0, 1 / a_second - (time.monotonic() - began)))


async def others(settings: KafkaSettings, a_second: int) -> None:
    """Send other messages to the broker until cancelled."""
    async with producing(settings, linger_ms=5) as producer:
        while True:
            began = time.monotonic()
            for number in range(a_second // 20):
                await producer.send(DOSSIERS, value=b"x" * 150, partition=number % settings.partitions)
            await asyncio.sleep(max(0.0, 0.05 - (time.monotonic() - began)))


async def answered(delays: Delays) -> None:
    """Return once every request has an answer, or after our patience."""
    end = time.monotonic() + PATIENCE
    while delays.sent_at.keys() - delays.answered.keys() and time.monotonic() < end:  # noqa: ASYNC110 - a look now and then
        await asyncio.sleep(0.1)


def fresh(requests: list[SocialReportRequest], count: int) -> list[SocialReportRequest]:
    """Return so many requests under ids of their own, about the same persons."""
    return [replace(requests[number % len(requests)], event_id=os.urandom(16)) for number in range(count)]


async def measured(root: Path, seconds: int) -> list[Delays]:
    """Measure and tell: while workers join, idle, beside other traffic, and over a kill; without and with a standby."""
    server = KafkaServer(root / "kafka").start()
    try:
        settings = KafkaSettings(servers=server.servers, partitions=PARTITIONS, state=root / "state")
        await make_topics(settings, every_topic(settings))
        made = generate_services(PERSONS, (parse_month("2017-01"), parse_month("2017-12")), 1, root / "files", _silent)
        requests = [one for one in TopicFile.open(made.files[2]).records() if isinstance(one, SocialReportRequest)]
        await emit_records(settings, [TopicFile.open(path) for path in made.files[:2]])
        return await _runs(settings, requests, seconds)
    finally:
        server.kill()


async def _runs(settings: KafkaSettings, requests: list[SocialReportRequest], seconds: int) -> list[Delays]:
    """Measure one worker alone, which is started again when it was killed, then two, of which one is killed."""
    all_delays = []
    with worker(settings, "alone") as alone:
        all_delays.append(await _joining(settings, requests, "one worker joins"))
        all_delays += await _quiet(settings, requests, seconds, "without a standby")
        with ExitStack() as restarted:

            def restart() -> None:
                alone.kill()
                alone.wait()
                restarted.enter_context(worker(settings, "alone"))

            all_delays.append(
                await _killed(settings, requests, seconds, restart, "the only worker killed and started again")
            )
    with worker(settings, "one") as one, worker(settings, "two"):
        all_delays.append(await _joining(settings, requests, "two workers join"))
        all_delays += await _quiet(settings, requests, seconds, "with a standby")
        all_delays.append(await _killed(settings, requests, seconds, one.kill, "one of two workers killed"))
    return all_delays


async def _joining(settings: KafkaSettings, requests: list[SocialReportRequest], situation: str) -> Delays:
    delays = Delays()
    async with listening(settings, delays):
        await ask(settings, fresh(requests, 30), 5, delays)
        await answered(delays)
    say(f"5 requests a second while {situation}: {delays.sentence()}")
    return delays


async def _quiet(
    settings: KafkaSettings, requests: list[SocialReportRequest], seconds: int, situation: str
) -> list[Delays]:
    """Measure between rebalances, idle and beside other messages."""
    all_delays = []
    for title, rate, load in (
        ("idle, 10 requests a second", 10, 0),
        (f"{REQUESTS_A_SECOND} requests and {OTHERS_A_SECOND} other messages a second", 50, OTHERS_A_SECOND),
    ):
        delays = Delays()
        async with listening(settings, delays):
            noise = asyncio.create_task(others(settings, load)) if load else None
            await ask(settings, fresh(requests, rate * seconds), rate, delays)
            if noise:
                noise.cancel()
            await answered(delays)
        say(f"{situation}, {title}: {delays.sentence()}")
        all_delays.append(delays)
    return all_delays


async def _killed(
    settings: KafkaSettings, requests: list[SocialReportRequest], seconds: int, kill: Callable[[], None], situation: str
) -> Delays:
    delays = Delays()
    async with listening(settings, delays):
        asking = asyncio.create_task(ask(settings, fresh(requests, 10 * seconds), 10, delays))
        await asyncio.sleep(seconds / 3)
        await asyncio.to_thread(kill)
        await asking
        await answered(delays)
    say(f"10 requests a second, {situation}: {delays.sentence()}")
    return delays


def _silent(_done: int, _total: int) -> None:
    """Say nothing."""


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measured(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 20))
