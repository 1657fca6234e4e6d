"""Running ``mode`` services as a process: until one of them fails, is stopped, or a signal ends all."""

import asyncio
import signal

from mode import Service


async def run_service(service: Service, *beside: Service) -> None:
    """Run until SIGTERM or SIGINT, or until one of the services ends; raise what crashed it, or kept it from starting.

    Those beside (health, metrics) start first, so that somebody answers while the service starts, and end first.
    """
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    for one in (*beside, service):
        await one.start()
    asking = asyncio.ensure_future(asked.wait())
    ends = [asyncio.ensure_future(one.wait_until_stopped()) for one in (service, *beside)]
    await asyncio.wait({asking, *ends}, return_when=asyncio.FIRST_COMPLETED)
    for one in (*reversed(beside), service):
        await one.stop()
    asking.cancel()
    for one in (service, *beside):
        if one.crash_reason is not None:
            raise one.crash_reason
