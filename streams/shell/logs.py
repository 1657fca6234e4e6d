"""Logs of workers: one JSON object a line on standard error, quiet by default, never with a person in it.

Quiet: our own lines from WARNING (a setting lowers it), those of clients from WARNING too, and no more than a few of
the same template a minute: an outage of a broker makes aiokafka say a thousand times a second that it is gone.
Never a person (L5): lines of ours carry only the fields of ``FIELDS``. Of what a client filled into its line stay
numbers, errors, names of hosts, topics and groups (``harmless``); a possible key or value is named by its type alone.
Of an exception that passes stay its kind and the places in the code, for its text may quote what it choked on.
"""

import logging
import re
import sys
import threading
import time
import traceback
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
    handler.addFilter(FilledLines())
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
    threading.excepthook = lambda raised: log.critical("failed", exc_info=raised.exc_value)
    sys.unraisablehook = lambda raised: log.error("ignored", exc_info=raised.exc_value)


_stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)


def allowed(_logger: object, _name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Keep the fields of ``FIELDS``, and no bytes in any of them."""
    return {name: value for name, value in line.items() if name in FIELDS and not isinstance(value, (bytes, bytearray))}


def bare_exception(_logger: object, _name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by its kind (``error``) and where it passed (``places``): its text may quote an event."""
    given = line.pop("exc_info", None)
    exception = sys.exc_info() if given is True else given
    raised = exception[1] if isinstance(exception, tuple) else exception
    if isinstance(raised, BaseException):
        frames = traceback.extract_tb(raised.__traceback__)
        line["error"] = type(raised).__name__
        line["places"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    return line


def harmless(value: object) -> str:
    """Return how a line may show what a client filled in: as its text where that can hold no key or value.

    Such a text is a number of at most ten digits, a short text of plain signs, or a list or tuple of these. An error is
    shown by its kind, with its text only where it is about a server: others may quote what they choked on. Bytes, long
    runs of digits and everything else are shown as the name of their type.
    """
    if isinstance(value, BaseException):
        about_servers = isinstance(value, OSError) or type(value).__module__.startswith("aiokafka")
        speaks_of_servers = about_servers and value.args and _is_plain(str(value))
        return f"{type(value).__name__}: {value}" if speaks_of_servers else type(value).__name__
    if value is None or isinstance(value, (bool, int, float, str, tuple, list, set, frozenset)):
        text = str(value)
        return text if _is_plain(text) else f"<{type(value).__name__}>"
    return f"<{type(value).__name__}>"


_PLAIN = re.compile(r"[\w .,:;/@=()\[\]<>'*+-]{0,300}", re.ASCII)
_SECRET = re.compile(r"b'|[0-9]{11}|(?<![0-9A-Za-z])[0-9A-Fa-f]{16}")


def _is_plain(text: str) -> bool:
    """Tell whether a text holds neither bytes nor a run of digits that may be a person's number or key."""
    return _PLAIN.fullmatch(text) is not None and _SECRET.search(text) is None


class FilledLines(logging.Filter):
    """Fills a client's line with what may be shown, or says where it comes from when it has no arguments.

    A text without arguments may have been filled in before: faust puts a whole message, key and value, into one. The
    template stays beside the line, for ``Throttle``.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Fill it in; let the line pass."""
        if record.name.partition(".")[0] != _OURS:
            if not (record.args and isinstance(record.msg, str)):
                record.msg = f"{record.module}:{record.lineno}"
            record.template = record.msg
            record.msg = _filled(record)
            record.args = ()
        return True


_CONVERSION = re.compile(r"%(\(\w+\))?[#0 +-]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]")


def _filled(record: logging.LogRecord) -> str:
    """Return a client's line with what may be shown; its template where that asks for something else."""
    template, given = str(record.msg), record.args
    if not given:
        return template
    printable_args = (
        {name: harmless(one) for name, one in given.items()}
        if isinstance(given, Mapping)
        else tuple(map(harmless, given))
    )
    try:
        return _CONVERSION.sub(r"%\1s", template) % printable_args
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
