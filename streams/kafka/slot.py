"""The name of a worker's slot (``OCMW_KAFKA_INSTANCE``): one living worker has it, or two would fight for ever.

Kafka gives the partitions of a name to whoever came last, and the one before comes back. A lock tells of workers on the
same disk, the group of workers elsewhere: a member's client id holds its name and a word that was drawn once on its
disk. A worker that was killed is a member until its session ends: another disk waits.
"""

import asyncio
import secrets
from pathlib import Path
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from filelock import FileLock, Timeout

from streams.kafka.settings import KafkaSettings

SESSION = 10.0
"""Seconds after which the group forgets a member that is silent."""
_GRACE = 3.0


class SlotTakenError(Exception):
    """Another living worker has this worker's name; one sentence says so."""


class _Others(NamedTuple):
    """Hosts of other members of a name, and whether the group is settled: then a silent member is soon forgotten.

    While partitions move a dead one may stay for as long as a rebalance may take.
    """

    hosts: list[str]
    settled: bool


class Slot:
    """The slot of one worker of a role; ``take`` it before joining the group, and ``leave`` it at the end."""

    def __init__(self, settings: KafkaSettings, role: str, group: str) -> None:
        """Name it; without an instance there is none, and nothing is taken."""
        self._settings = settings
        self._group = group
        self._name = f"{role}-{settings.instance}" if settings.instance else None
        self._folder = settings.state / "slots"
        self._lock = FileLock(self._folder / f"{self._name}.lock", timeout=0)
        self.client_id = f"ocmw-{role}"

    @property
    def member(self) -> str | None:
        """The name under which the group knows the worker across restarts."""
        return self._name

    async def take(self) -> None:
        """Take the slot. Raises SlotTakenError where another living worker has it."""
        if self._name is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise self._taken(f"on this machine ({self._folder})") from None
        self.client_id = f"{self._name}.{_drawn(self._folder / f'{self._name}.id')}"
        settled: float | None = None
        while (seen := await self._others()).hosts:
            now = asyncio.get_running_loop().time()
            settled = (settled or now) if seen.settled else None
            if settled is not None and now > settled + SESSION + _GRACE:
                self._lock.release()
                raise self._taken(f"at {seen.hosts[0]}")
            await asyncio.sleep(1)

    def leave(self) -> None:
        """Give it back."""
        self._lock.release()

    async def _others(self) -> "_Others":
        """Return the members of this name that are not this worker in an earlier life."""
        admin = AIOKafkaAdminClient(**self._settings.connection())
        try:
            await admin.start()
            answers = await admin.describe_consumer_groups([self._group])
        except GroupCoordinatorNotAvailableError:  # no group was ever made on this broker
            return _Others([], settled=True)
        finally:
            await admin.close()
        groups = [group for answer in answers for group in answer.groups]
        members, mine = [member for group in groups for member in group[5]], f"{self._name}."
        hosts = [str(one[2]).lstrip("/") for one in members if one[1].startswith(mine) and one[1] != self.client_id]
        return _Others(hosts, settled=all(group[2] == "Stable" for group in groups))

    def _taken(self, where: str) -> SlotTakenError:
        return SlotTakenError(
            f"another worker runs as {self._name} {where}; give each a name of its own in OCMW_KAFKA_INSTANCE"
        )


def _drawn(path: Path) -> str:
    """Return the word of this disk, drawn when it is not there."""
    if not path.exists():
        path.write_text(secrets.token_hex(4), encoding="ascii")
    return path.read_text(encoding="ascii")
