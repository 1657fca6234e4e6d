"""How names of values in Redis begin, and what a refusal of Redis becomes."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from sinks.errors import StoreWriteError
from sinks.zones import ReadZone


def prefix(zone: ReadZone) -> str:
    """Return what the name of every value of a zone begins with."""
    return f"ocmw:{zone}:"


@contextmanager
def explained() -> Iterator[None]:
    """Turn a refusal of Redis into StoreWriteError; its own text may hold a value, so only its kind is named."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        message = (
            f"Redis cannot be written ({type(error).__name__}); what readers saw before stands, "
            "see docs/runbooks.md, then run ocmw redis-fill"
        )
        raise StoreWriteError(message) from error
