"""The agent of a keyed service: records of its topics in, what is known kept in a guarded table, answers out.

    records ─► admission ─► dead letters ─► table (awaited) ─► log of accesses ─► answers (awaited) ─► the next ones

Everything before an arrow is acknowledged before what follows. Times are handed to the service from here. Records are
taken one by one: an answer waits for no other record.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from aiokafka.partitioner import DefaultPartitioner
from faust import Stream
from faust.types import EventT, StreamT

from processors.services.admission import Known, admitted
from processors.services.protocol import Service, key_of
from processors.services.social_reports import Person, unanswered
from schemas.faults import Fault
from schemas.services.days import instant_of
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import Record, record_of, value_of
from schemas.services.records import Instant, SocialReportRequest
from schemas.services.topics import TOPIC, TOPICS, ServiceTopic
from sinks.services.accesses import note_requests
from streams.agents.guards import to_its_end
from streams.agents.known import Held, HeldCodec, PartitionBalance, Place, balance_key, balance_of, balance_written
from streams.agents.table import Wiring
from streams.shell import clock
from streams.shell.metrics import Metrics

_GAUGES = ("ocmw_service_events", "ocmw_service_set_aside", "ocmw_service_waiting", "ocmw_requests_unanswered")
_BY_ADDRESS = {topic.address: topic for topic in TOPICS}


@dataclass(slots=True)
class _Step:
    """What some records lead to, before anything of it is kept or sent."""

    at: Instant
    held: dict[bytes, tuple[EventT[bytes], Held[Any]]] = field(default_factory=dict)
    places: dict[bytes, list[Place]] = field(default_factory=dict)
    again: set[bytes] = field(default_factory=set)
    balances: dict[int, tuple[EventT[bytes], PartitionBalance]] = field(default_factory=dict)
    letters: list[tuple[EventT[bytes], Fault]] = field(default_factory=list)
    requests: list[Record] = field(default_factory=list)
    answers: list[tuple[Record, float]] = field(default_factory=list)


class KeyedService:
    """The agent, with its table and where its records go."""

    def __init__(self, service: Service[Any], wiring: Wiring) -> None:
        """Take a table of this agent alone, bytes to bytes, with as many partitions as the topics."""
        self._service = service
        self._wiring = wiring
        self._table = wiring.table
        self._codec: HeldCodec[Any] = HeldCodec(service)
        self._all = list(range(wiring.settings.partitions))
        self._place = DefaultPartitioner()
        self._delays: list[float] = []

    async def run(self, records: StreamT[bytes]) -> None:
        """Take one record after the other; the next only when all that came of it is acknowledged."""
        async for event in cast("Stream[bytes]", records).events():
            await to_its_end(self.take([event]))

    async def take(self, events: Sequence[EventT[bytes]]) -> None:
        """Fold some records, keep what is known after them, and send what they made."""
        step = _Step(instant_of(clock.instant()))
        for event in events:
            self._fold(step, event)
        await self._send_letters(step)
        await self._keep(step)
        if step.requests:
            await asyncio.to_thread(note_requests, self._wiring.settings.state, step.requests, clock.instant())
        await self._send_answers(step)

    def _fold(self, step: _Step, event: EventT[bytes]) -> None:
        topic = _BY_ADDRESS[event.message.topic]
        balance, offset = self._balance(step, event), event.message.offset
        counted = topic.name not in self._service.topics or offset < balance.reached.get(topic.address, 0)
        became = self._became(step, event, topic, None if counted else balance)
        balance.reached[topic.address] = max(balance.reached.get(topic.address, 0), offset + 1)
        if counted:
            return
        balance.count(became.slug if isinstance(became, Fault) else became)
        if isinstance(became, Fault):
            step.letters.append((event, became))

    def _became(
        self, step: _Step, event: EventT[bytes], topic: ServiceTopic, balance: PartitionBalance | None
    ) -> Fault | str:
        record = record_of(topic, event.value)
        if isinstance(record, str):
            return SERVICE_FAULT[record]
        key = key_of(record)
        if event.message.key != key or self._place(key, self._all, self._all) != event.message.partition:
            return SERVICE_FAULT["wrong-partition"]
        before = self._held(step, event, key)
        known, became = admitted(self._service, before.known, record, step.at)
        if (topic.address, event.message.offset) in before.places:
            self._made_again(step, event, key, before)
            step.requests += [record] if isinstance(record, SocialReportRequest) else []
            return "applied"
        if became == "applied":
            self._applied(step, event, known, record)
            if balance is not None:
                self._weigh(balance, before.known.state, known.state)
        return became

    def _applied(self, step: _Step, event: EventT[bytes], known: Known[Any], record: Record) -> None:
        key = key_of(record)
        before = self._held(step, event, key)
        at = before.at if key in step.again else step.at
        step.held[key] = event, Held(known, at, before.places)
        step.places.setdefault(key, []).append((event.message.topic, event.message.offset))
        step.requests += [record] if isinstance(record, SocialReportRequest) else []
        made = self._service.sent(before.known.state, known.state)
        step.answers += [(one, event.message.timestamp) for one in made]

    def _made_again(self, step: _Step, event: EventT[bytes], key: bytes, held: Held[Any]) -> None:
        """Let what the last step of a key made be kept and sent once more: its process may have ended between."""
        if key in step.again:
            return
        step.again.add(key)
        made = self._service.sent(self._service.begin(), held.known.state)
        step.answers = [
            (one, event.message.timestamp) for one in made if held.at <= one.made_at < step.at
        ] + step.answers
        step.places[key] = [*held.places, *step.places.get(key, [])]
        at = self._codec.read(self._kept(event, key)).at
        step.held[key] = event, Held(held.known, at, held.places)

    def _weigh(self, balance: PartitionBalance, before: Any, after: Any) -> None:  # noqa: ANN401 - the service's state
        balance.waiting += self._service.waiting(after) - self._service.waiting(before)
        balance.unanswered += _unanswered(after) - _unanswered(before)

    def _held(self, step: _Step, event: EventT[bytes], key: bytes) -> Held[Any]:
        return step.held[key][1] if key in step.held else self._codec.read(self._kept(event, key))

    def _kept(self, event: EventT[bytes], key: bytes) -> bytes | None:
        self._table.turn_to(event)
        return self._table.get(key)

    def _balance(self, step: _Step, event: EventT[bytes]) -> PartitionBalance:
        partition = event.message.partition
        if partition not in step.balances:
            step.balances[partition] = event, balance_of(self._kept(event, balance_key(partition)))
        return step.balances[partition][1]

    async def _send_letters(self, step: _Step) -> None:
        letters, sent = self._wiring.letters, []
        if letters is None:
            return
        for event, fault in step.letters:
            message = event.message
            headers = {
                "slug": fault.slug.encode(),
                "topic": message.topic.encode(),
                "partition": str(message.partition).encode(),
                "offset": str(message.offset).encode(),
            }
            value = event.value or b""
            sent.append(await letters.send(key=message.key, value=value, partition=message.partition, headers=headers))
        await asyncio.gather(*sent)

    async def _keep(self, step: _Step) -> None:
        for key, (event, held) in step.held.items():
            self._table.turn_to(event)
            self._table[key] = self._codec.write(Held(held.known, held.at, tuple(step.places[key])))
        for partition, (event, balance) in step.balances.items():
            self._table.turn_to(event)
            self._table[balance_key(partition)] = balance_written(balance)
        await self._table.settle()

    async def _send_answers(self, step: _Step) -> None:
        answers = self._wiring.answers
        if answers is None:
            return
        sent = [
            await answers.send(key=key_of(report), value=value_of(TOPIC["answers"], report))
            for report, _ in step.answers
        ]
        await asyncio.gather(*sent)
        now = clock.now()
        self._delays += [max(0.0, now - came) for _, came in step.answers]

    def tell(self, metrics: Metrics) -> None:
        """Tell what became of the events of the partitions that this worker has, and how long answers took."""
        self.withdraw(metrics)
        name = self._service.name
        for partition in sorted({place.partition for place in self._table.app.consumer.assignment()}):
            balance = balance_of(self._table.get(balance_key(partition)))
            outcomes = {"applied": balance.applied, "duplicate": balance.duplicates}
            for outcome, events in (outcomes | {"set_aside": sum(balance.set_aside.values())}).items():
                metrics.tell("ocmw_service_events", events, name, partition, outcome)
            for slug, events in balance.set_aside.items():
                metrics.tell("ocmw_service_set_aside", events, name, partition, slug)
            metrics.tell("ocmw_service_waiting", balance.waiting, name, partition)
            metrics.tell("ocmw_requests_unanswered", balance.unanswered, name, partition)
        for delay in self._delays:
            metrics.took("ocmw_answer_delay_seconds", delay)
        self._delays = []

    def withdraw(self, metrics: Metrics) -> None:
        """Withdraw the gauges of partitions: another worker may have them now."""
        for one in _GAUGES:
            metrics.withdraw(one)


def _unanswered(state: Any) -> int:  # noqa: ANN401 - any service's
    return unanswered(state) if isinstance(state, Person) else 0
