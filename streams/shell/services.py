"""Running ``mode`` services as a process: until one of them fails, is stopped, or a signal ends all."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

from mode import Service

_OneService = TypeVar("_OneService", bound=Service)


class StrayCancellationError(Exception):
    """A task of a service was cancelled though nobody stops the service: what it did is no longer done."""


def task(run: Callable[[_OneService], Awaitable[None]]) -> object:
    """Mark a method as a task of its service, which ends when the task fails.

    ``mode`` takes a task that was cancelled for one that was to end; a client may cancel it by mistake, and then the
    service would live on and do nothing.
    """

    @wraps(run)
    async def guarded(service: _OneService) -> None:
        try:
            await run(service)
        except asyncio.CancelledError as stray:
            if service.should_stop:
                raise
            message = f"{run.__qualname__} was cancelled by something that it waited for"
            raise StrayCancellationError(message) from stray

    return Service.task(guarded)


async def run_service(service: Service, *beside: Service) -> None:
    """Run until SIGTERM or SIGINT, or until one of the services ends; raise what crashed it, or kept it from starting.

    Those beside (health, metrics) start first, so that somebody answers while the service starts, and end first.
    """
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    for one in (*beside, service):
        try:
            await one.start()
        except BaseException:
            for started in (*reversed(beside), service):  # in order, so that what failed is the last thing that is said
                await started.stop()
            raise
    asking = asyncio.ensure_future(ending.wait())
    ends = [asyncio.ensure_future(one.wait_until_stopped()) for one in (service, *beside)]
    await asyncio.wait({asking, *ends}, return_when=asyncio.FIRST_COMPLETED)
    for one in (*reversed(beside), service):
        await one.stop()
    asking.cancel()
    for one in (service, *beside):
        if one.crash_reason is not None:
            raise one.crash_reason
