"""What people can mend, each said in one sentence; the command prints it and exits with 1."""

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)

from processors.alignment import GapError
from processors.brake import BrakeError
from processors.partition import LogError
from streams.kafka.topics import TopicsError
from streams.kafka.updates import RequestRefusedError
from streams.servers.kafka import ServerError

SENTENCES = (
    GapError,
    LogError,
    BrakeError,
    TopicsError,
    RequestRefusedError,
    KafkaConnectionError,
    ClusterAuthorizationFailedError,  # these three: see docs/security.md
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    ServerError,
)
