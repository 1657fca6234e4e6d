"""Logs of workers: one JSON object a line on standard error, quiet by default, never with a person in it.

Quiet: our own lines from WARNING (a setting lowers it), those of clients from WARNING too, and no more than a few of
the same template a minute: an outage of a broker makes aiokafka say a thousand times a second that it is gone.
Never a person (L5): lines of ours carry only the fields of ``FIELDS``. Of what a client filled into its line stay
numbers, errors, names of hosts, topics and groups (``shown``); what may be a key or a value is only named by its type.
Of an exception that passes stay its kind and the places in the code, for its text may quote what it choked on.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TextIO

import structlog

FIELDS = frozenset(
    {
        "event",
        "level",
        "logger",
        "timestamp",
        "role",
        "topic",
        "partition",
        "offset",
        "to",
        "number",
        "update",
        "update_id",
        "month",
        "slug",
        "count",
        "seconds",
        "bytes",
        "error",
        "places",
        "repeated",
        "session",
        "release",
        "reason",
    }
)
"""Names that a line may carry; others are dropped, so a new one is a decision and not an accident."""

_OURS = "ocmw"
_WINDOW = 60.0
_PER_WINDOW = 5


def configure(level: str = "WARNING", stream: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
    """Set up logging of this process, once, to standard error by default. Raises ValueError for no level."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level, _stamped],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                bare_exception,
                allowed,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
    )
    handler.addFilter(Shown())
    handler.addFilter(Throttle(now))
    logging.raiseExceptions = False  # a line that cannot be written would be printed with all that it was to say
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            _stamped,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def tell_uncaught() -> None:
    """Let what nobody catches in this process be a line of its log, and no traceback with the text of the exception."""
    log = structlog.get_logger(f"{_OURS}.worker")
    sys.excepthook = lambda _kind, error, _places: log.critical("failed", exc_info=error)
    threading.excepthook = lambda told: log.critical("failed", exc_info=told.exc_value)
    sys.unraisablehook = lambda told: log.error("ignored", exc_info=told.exc_value)


_stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)


def allowed(_logger: object, _name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Keep the fields of ``FIELDS``, and no bytes in any of them."""
    return {name: value for name, value in line.items() if name in FIELDS and not isinstance(value, (bytes, bytearray))}


def bare_exception(_logger: object, _name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by its kind (``error``) and where it passed (``places``): its text may quote an event."""
    told = line.pop("exc_info", None)
    by_name = isinstance(given, Mapping)
    found = {name: shown(one) for name, one in given.items()} if by_name else tuple(map(shown, given))
    try:
        return _CONVERSION.sub(r"%\1s", template) % found
    except (TypeError, ValueError, KeyError):
        return template


class Throttle(logging.Filter):
    """Lets the same template of a client through a few times a minute; then says how many were held back."""

    def __init__(self, now: Callable[[], float]) -> None:
        """``now`` gives seconds that only grow."""
        super().__init__()
        self._now = now
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line passes."""
        if record.name.partition(".")[0] == _OURS:
            return True
        key = (record.name, str(getattr(record, "template", record.msg)))
        began, count = self._seen.get(key, (self._now(), 0))
        if self._now() - began >= _WINDOW:
            if count > _PER_WINDOW:
                record.msg = f"{record.msg} (held back {count - _PER_WINDOW} times)"
            began, count = self._now(), 0
        self._seen[key] = (began, count + 1)
        return count < _PER_WINDOW
