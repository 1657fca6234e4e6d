"""What was set aside is listed by whose it is, and says what was sent again since."""

import asyncio
from pathlib import Path

import pytest
from kafka_events import claim
from program import ocmw

from streams.kafka.clients import producing
from streams.kafka.dead_letters import dead_letters, groups, resend
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.kafka.topics import DEAD_LETTERS, topics
from streams.servers.kafka import KafkaServer

pytestmark = pytest.mark.slow


async def set_aside(settings: KafkaSettings, slug: str, partition: int, offset: int, value: bytes) -> None:
    """Set an event aside as intake does."""
    told = {"slug": slug, "partition": str(partition), "offset": str(offset)}
    headers = [(name, text.encode()) for name, text in told.items()]
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
    found = asyncio.run(groups(settings))
    (of_period,), (unread,) = found["bad-period"], found["undecodable"]
    assert of_period[:5] == ("11002", 3, 2, 0, (4, 9))
    assert (unread.ocmw, unread.events) == ("", 1)
    assert asyncio.run(resend(settings, "bad-period")) == 2
    assert asyncio.run(groups(settings, "bad-period"))["bad-period"][0].again == 2
    assert asyncio.run(letters(settings)) == 3  # a note is no letter

    listed = ocmw("dead-letters", "list", OCMW_KAFKA_SERVERS=settings.servers)
    rows = [line.split() for line in listed.stdout.splitlines()]
    assert ["bad-period", "2", "2"] in [row[:3] for row in rows]
    assert len(rows) == 4  # title, head and a line for each reason: nothing is wrapped where nobody watches
    shown = ocmw("dead-letters", "show", "bad-period", OCMW_KAFKA_SERVERS=settings.servers)
    assert shown.stdout.splitlines()[2].split()[:6] == ["11002", "3", "2", "2", "4", "9"]
