"""What people can mend, each said in one sentence; the command prints it and exits with 1."""

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from processors.protocol.barrier import GapError
from processors.protocol.brake import BrakeError
from processors.protocol.partition import LogError
from schemas.framing import FramingError
from streams.kafka.reason import REASON
from streams.kafka.settings import KafkaSettings
from streams.kafka.slot import SlotTakenError
from streams.kafka.topic_admin import TopicsError
from streams.kafka.updates import RequestRefusedError
from streams.servers.kafka import ServerError

SENTENCES = (
    FramingError,
    GapError,
    LogError,
    BrakeError,
    TopicsError,
    SlotTakenError,
    RequestRefusedError,
    ClusterAuthorizationFailedError,  # these three: see docs/security.md
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    ServerError,
)


def sentence(error: BaseException) -> str | None:
    """Return what people can do about an error, None where it is a fault of ours."""
    if isinstance(error, KafkaConnectionError):
        reason = f" ({REASON.text})" if REASON.text else ""
        remedy = "start its broker, or name another in OCMW_KAFKA_SERVERS"
        return f"Kafka cannot be reached at {KafkaSettings().servers}{reason}; {remedy}"
    if isinstance(error, KafkaTimeoutError):
        return f"Kafka does not answer in time at {KafkaSettings().servers}; see its brokers, then run it again"
    if isinstance(error, UnknownTopicOrPartitionError):
        return "a topic is missing, or a partition of it; run ocmw topics"
    return str(error) if isinstance(error, SENTENCES) else None
