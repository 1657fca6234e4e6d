"""What was set aside is listed by whose it is, and says what was sent again since."""

import asyncio
from pathlib import Path

import pytest
from kafka_events import claim
from made import made as record
from program import ocmw

from schemas.faults import FAULT
from schemas.services.reading import value_of
from schemas.services.records import DecisionTaken, ReportArchived
from schemas.services.topics import TOPIC, TopicName
from streams.kafka.clients import producing
from streams.kafka.dead_letters import dead_letters, groups, resend
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import DEAD_LETTERS, letters_topic, topics
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow
PERIOD_SENTENCE = FAULT["bad-period"].reason.capitalize()


async def set_aside(settings: KafkaSettings, slug: str, partition: int, offset: int, value: bytes) -> None:
    """Set an event aside as intake does."""
    fields = {"slug": slug, "partition": str(partition), "offset": str(offset)}
    headers = [(name, text.encode()) for name, text in fields.items()]
    async with producing(settings) as producer:
        await producer.send_and_wait(DEAD_LETTERS, key=bytes(16), value=value, partition=partition, headers=headers)


@pytest.fixture
def settings(kafka: KafkaServer, tmp_path: Path) -> KafkaSettings:
    made = KafkaSettings(servers=kafka.servers, state=tmp_path / "state")

    async def prepared() -> None:
        await make_topics(made, topics(made))
        for offset in (4, 9, 9):  # the last one twice, as after a crash
            await set_aside(made, "bad-period", 3, offset, claim(bytes(16), offset))
        await set_aside(made, "undecodable", 5, 1, b"\xff nothing that can be read")

    asyncio.run(prepared())
    return made


async def letters(settings: KafkaSettings) -> int:
    return len([letter async for letter in dead_letters(settings)])


def test_letters_are_grouped_by_ocmw_and_say_what_was_sent_again(settings: KafkaSettings) -> None:
    by_reason = asyncio.run(groups(settings))
    (of_period,), (unread,) = by_reason["bad-period"], by_reason["undecodable"]
    assert of_period[:5] == ("11002", 3, 2, 0, (4, 9))
    assert (unread.ocmw, unread.events) == ("", 1)
    assert asyncio.run(resend(settings, "bad-period")) == 2
    assert asyncio.run(groups(settings, "bad-period"))["bad-period"][0].again == 2
    assert asyncio.run(letters(settings)) == 3  # a note is no letter

    listed = ocmw("dead-letters", "list", OCMW_KAFKA_SERVERS=settings.servers)
    rows = [line.split() for line in listed.stdout.splitlines()]
    assert ["bad-period", "2", "2"] in [row[:3] for row in rows]
    assert len(rows) == 4  # title, head and a line for each reason: nothing is wrapped where nobody watches
    printed = ocmw("dead-letters", "show", "bad-period", OCMW_KAFKA_SERVERS=settings.servers)
    assert printed.stdout.splitlines()[2].split()[:6] == ["11002", "3", "2", "2", "4", "9"]
    assert printed.stdout.splitlines()[3:] == [f"{PERIOD_SENTENCE}; fault of the sender: {FAULT['bad-period'].remedy}."]


async def set_aside_by_a_service(
    settings: KafkaSettings, slug: str, topic: TopicName, offset: int, value: bytes
) -> None:
    """Set an event aside as the service of social reports does."""
    fields = {"slug": slug, "topic": TOPIC[topic].address, "partition": "2", "offset": str(offset)}
    headers = [(name, text.encode()) for name, text in fields.items()]
    async with producing(settings) as producer:
        await producer.send_and_wait(letters_topic("social-reports"), value, bytes(16), 2, headers=headers)


def test_what_a_keyed_service_set_aside_is_listed_shown_by_topic_and_sent_again_but_for_requests(
    settings: KafkaSettings,
) -> None:
    decision = value_of(TOPIC["decisions"], record(DecisionTaken, "gold", ocmw=44021))
    request = value_of(TOPIC["requests"], record(ReportArchived, "away", by=11002))

    async def prepared() -> None:
        for offset in (5, 7, 7):
            await set_aside_by_a_service(settings, "unknown-code", "decisions", offset, decision)
        await set_aside_by_a_service(settings, "unknown-code", "requests", 5, request)
        await set_aside_by_a_service(settings, "undecodable", "requests", 6, b"nothing that can be read")

    asyncio.run(prepared())
    assert asyncio.run(resend(settings, "unknown-code", "social-reports")) == 2
    printed = ocmw(
        "dead-letters", "show", "unknown-code", "--service", "social-reports", OCMW_KAFKA_SERVERS=settings.servers
    )
    rows = [line.split()[:7] for line in printed.stdout.splitlines()[2:4]]
    assert rows == [
        ["11002", "ocmw.esv.requests.v1", "2", "1", "0", "5", "5"],
        ["44021", "ocmw.decisions.v1", "2", "2", "2", "5", "7"],
    ]
    listed = ocmw("dead-letters", "list", OCMW_KAFKA_SERVERS=settings.servers).stdout.splitlines()
    assert "Set aside by social-reports" in map(str.strip, listed)
    assert ["unknown-code", "3", "2"] in [line.split()[:3] for line in listed]
    assert ["undecodable", "1", "0"] in [line.split()[:3] for line in listed]
    assert not any("by contracts" in line for line in listed)
    alone = ocmw("dead-letters", "list", "--service", "subsidies", OCMW_KAFKA_SERVERS=settings.servers).stdout
    assert alone.splitlines()[0].strip() == "Set aside by subsidies"


def test_a_reason_of_a_service_asks_for_its_service() -> None:
    done = ocmw("dead-letters", "show", "refused-report", OCMW_KAFKA_SERVERS="127.0.0.1:1")
    assert (done.returncode, "name it: --service" in done.stderr) == (2, True)
