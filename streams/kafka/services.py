"""Running a ``mode`` service as a process: until it fails, is stopped, or a signal ends it."""

import asyncio
import signal

from mode import Service


async def run_service(service: Service) -> None:
    """Run until SIGTERM or SIGINT, or until the service ends; raise what crashed it."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await service.start()
    ended = asyncio.ensure_future(service.wait_until_stopped())
    asked = asyncio.ensure_future(stop.wait())
    await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
    await service.stop()
    for waiting in (ended, asked):
        waiting.cancel()
    if service.crash_reason is not None:
        raise service.crash_reason
