"""Those who hear of a release after it is out: each makes up, in order, what it has not said yet."""

from typing import Protocol

from aiokafka import AIOKafkaProducer

from schemas.framing import RELEASE_ID, encode
from schemas.periods import to_yyyymm
from schemas.releases import Release
from sinks.protocol import Store
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import RELEASES
from streams.kafka.updates import last_released


class Follower(Protocol):
    """Follows the releases of a store."""

    async def follow(self, release: Release) -> None:
        """Make up everything from the last number known here + 1 to this release, in order; repeating is harmless.

        Called at the start of publish with the current release, and after each one.
        """
        ...


class ReleasesTopic:
    """Announces releases on ``ocmw.releases.v1``, one record each."""

    def __init__(self, settings: KafkaSettings, producer: AIOKafkaProducer, store: Store) -> None:
        """Take an idempotent producer and the store of the releases."""
        self._settings = settings
        self._producer = producer
        self._store = store

    async def follow(self, release: Release) -> None:
        """Announce every release not announced yet, up to this one."""
        done = await last_released(self._settings)
        for update in self._store.updates():
            if done < update.sequence <= release.update.sequence:
                fields = {
                    "number": update.sequence,
                    "update_id": update.update_id,
                    "reference_month": to_yyyymm(update.reference_month),
                }
                await self._producer.send_and_wait(RELEASES, value=encode(RELEASE_ID, fields), partition=0)
