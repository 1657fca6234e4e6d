"""The question whether Kafka answers: the leaders of all partitions that a worker reads are asked where these end."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.kafka.clients import consumer, stopped
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import Topic
from streams.shell.answers import Answers
from streams.shell.metrics import Metrics


class AskKafka:
    """Asks the leaders of all partitions of some topics, by a client of its own that is made at the first question."""

    def __init__(self, settings: KafkaSettings, *places: TopicPartition) -> None:
        """Take the partitions."""
        self._settings = settings
        self._places = places
        self._reader: AIOKafkaConsumer | None = None

    async def __call__(self) -> bool:
        """Tell whether all of them answer; it may take as long as a request may."""
        try:
            if self._reader is None:
                self._reader = await self._started()
            await self._reader.end_offsets(list(self._places))
        except (KafkaError, OSError):
            return False
        return True

    async def close(self) -> None:
        """Let the client go."""
        if self._reader is not None:
            await stopped(self._reader)

    async def _started(self) -> AIOKafkaConsumer:
        return await _connected(self._settings)


async def require_kafka(settings: KafkaSettings) -> None:
    """Raise KafkaConnectionError where no broker answers, before anything of a worker logs that it waits for one."""
    await stopped(await _connected(settings))


async def _connected(settings: KafkaSettings) -> AIOKafkaConsumer:
    made = consumer(settings)
    try:
        await made.start()
    except BaseException:
        await stopped(made)
        raise
    return made


def kafka_answers(settings: KafkaSettings, metrics: Metrics, *read: Topic) -> Answers:
    """Return the service that asks Kafka for these topics, which a worker reads, and tells whether it answers."""
    places = [TopicPartition(topic.name, number) for topic in read for number in range(topic.partitions)]
    asking = AskKafka(settings, *places)
    return Answers("Kafka", "ocmw_kafka_seconds_since_answer", metrics, asking, asking.close)
