"""One living worker has a name, and an update has one month: the second ends with a sentence."""

import asyncio
import time

import pytest
from kafka_workers import Workers

from streams.kafka.updates import RequestRefusedError, accepted_updates, close_update

pytestmark = pytest.mark.slow
PATIENCE = 90.0


def assigned(workers: Workers, name: str, times: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while workers.log(name).count('"event": "assigned"') < times and time.monotonic() < deadline:
        time.sleep(0.2)
    return workers.log(name).count('"event": "assigned"') == times


def test_the_second_worker_of_a_name_ends_and_the_first_goes_on(workers: Workers) -> None:
    workers.start("one", "intake")
    assert assigned(workers, "one", 1)
    workers.environment["OCMW_KAFKA_INSTANCE"] = "one"
    workers.start("beside", "intake")
    code, said = workers.await_end("beside", PATIENCE)
    assert (code, "on this machine" in said) == (1, True)
    workers.start("elsewhere", "intake", machine="elsewhere")
    code, said = workers.await_end("elsewhere", PATIENCE)
    assert code == 1
    assert said == (
        "ocmw: another worker runs as intake-one at 127.0.0.1; give each a name of its own in OCMW_KAFKA_INSTANCE"
    )
    assert workers.processes["one"].poll() is None
    workers.kill("one")
    workers.start("one", "intake")
    assert assigned(workers, "one", 2)


def test_an_update_keeps_the_month_that_it_was_accepted_with(workers: Workers) -> None:
    asyncio.run(close_update(workers.settings, "u1", 202403))
    with pytest.raises(RequestRefusedError, match="u1 was accepted with reference month 202403, which stays"):
        asyncio.run(close_update(workers.settings, "u1", 202404))
    asyncio.run(close_update(workers.settings, "u1", 202403))
    assert len(asyncio.run(accepted_updates(workers.settings))) == 1
