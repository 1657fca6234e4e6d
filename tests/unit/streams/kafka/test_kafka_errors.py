"""What Kafka answers and people can mend is a sentence, without what the client adds of its own."""

import pytest
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from schemas.framing import FramingError, decode, framed
from streams.kafka.errors import sentence


def test_a_topic_that_went_away_says_how_to_make_it() -> None:
    assert sentence(UnknownTopicOrPartitionError()) == "a topic is missing, or a partition of it; run ocmw topics"


def test_brokers_that_are_too_slow_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCMW_KAFKA_SERVERS", "slow:9092")
    assert sentence(KafkaTimeoutError("within 40 s")) == (
        "Kafka does not answer in time at slow:9092; see its brokers, then run it again"
    )


def test_what_a_newer_version_wrote_says_to_upgrade() -> None:
    with pytest.raises(FramingError) as refused:
        decode(framed(9, b"body"))
    assert sentence(refused.value) == ("schema id 9 is unknown to this version; upgrade the readers before the writers")


def test_a_fault_of_ours_is_no_sentence() -> None:
    assert sentence(ValueError("ours")) is None
