"""Running ``mode`` services as a process: until one of them fails, is stopped, or a signal ends all."""

import asyncio
import signal

from mode import Service


async def run_service(service: Service, *beside: Service) -> None:
    """Run until SIGTERM or SIGINT, or until one of the services ends; raise what crashed it.

    Those beside (health, metrics) start first, so that somebody answers while the service starts, and end first.
    """
    asked = asyncio.Event()
    on_signal(asked)
    try:
        for one in (*beside, service):
            await one.start()
        await first_end(asked, service, *beside)
    finally:
        for one in (*reversed(beside), service):
            await one.stop()
    raise_crash(service, *beside)


def on_signal(asked: asyncio.Event) -> None:
    """Set the event on SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)


async def first_end(asked: asyncio.Event, *services: Service) -> None:
    """Return when the event is set or one of the services has ended."""
    waits = {asyncio.ensure_future(asked.wait())} | {
        asyncio.ensure_future(service.wait_until_stopped()) for service in services
    }
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def raise_crash(*services: Service) -> None:
    """Raise what crashed the first of the services that crashed, if one did."""
    for service in services:
        if service.crash_reason is not None:
            raise service.crash_reason
