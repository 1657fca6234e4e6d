"""The program with one thing broken: a closer that dies half way, or a fold that raises.

broken_program.py dying-closer|raising-fold ARGUMENTS OF ocmw
"""

import os
import signal
import sys
from typing import Any

COPIES, RECORDS = 5, 1_000
"""Partitions that the closer still reaches; the record of each partition at which the bug shows."""


def dying_closer() -> None:
    """Let the process be killed when so many copies of a closing are acknowledged."""
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415 - what is broken is chosen first

    from streams.kafka.topics import DOSSIERS  # noqa: PLC0415

    whole, sent = AIOKafkaProducer.send, 0

    async def send(self: AIOKafkaProducer, topic: str, *given: Any, **more: Any) -> Any:  # noqa: ANN401
        nonlocal sent
        if topic == DOSSIERS and sent == COPIES:
            os.kill(os.getpid(), signal.SIGKILL)
        future = await whole(self, topic, *given, **more)
        if topic == DOSSIERS:
            await future
            sent += 1
        return future

    AIOKafkaProducer.send = send


def raising_fold() -> None:
    """Let the fold of a partition raise at a record."""
    from streams.kafka.intake import intake  # noqa: PLC0415

    whole = intake._folded  # noqa: SLF001 - what is broken here

    def folded(one: Any, fetched: Any) -> Any:  # noqa: ANN401
        if fetched.offsets[-1] >= RECORDS:
            message = "a bug in the fold"
            raise RuntimeError(message)
        return whole(one, fetched)

    intake._folded = folded  # type: ignore[assignment]  # noqa: SLF001


if __name__ == "__main__":
    from streams.cli import main

    {"dying-closer": dying_closer, "raising-fold": raising_fold}[sys.argv.pop(1)]()
    main()
