"""Logs: quiet, throttled, and without anything of a person."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from aiokafka.errors import KafkaTimeoutError

from streams.shell import logs

SECRET = "3a7f00c1d2e4958677aa55cc11ee22ff"  # noqa: S105 - stands for a person's key


class Clock:
    """A clock that stands still until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def written() -> StringIO:
    """Return where the lines go."""
    return StringIO()


@pytest.fixture
def clock(written: StringIO) -> Iterator[Clock]:
    """Set logging up with a clock, and put back what was there."""
    root = logging.getLogger()
    before = (root.handlers, root.level, logging.raiseExceptions)
    made = Clock()
    logs.configure("INFO", written, made)
    yield made
    root.handlers, root.level, logging.raiseExceptions = before
    structlog.reset_defaults()


def lines(written: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.usefixtures("clock")
def test_a_line_is_one_json_object(written: StringIO) -> None:
    structlog.get_logger("ocmw.intake").info("step", partition=3, to=700)
    (line,) = lines(written)
    assert (line["event"], line["partition"], line["to"], line["level"]) == ("step", 3, 700, "info")


@pytest.mark.usefixtures("clock")
def test_a_field_that_nobody_allowed_is_dropped(written: StringIO) -> None:
    structlog.get_logger("ocmw.intake").warning("step", partition=3, person=SECRET, offset=SECRET.encode())
    assert SECRET not in written.getvalue()


@pytest.mark.usefixtures("clock")
def test_the_text_of_an_exception_is_dropped_and_its_kind_and_place_are_told(
    written: StringIO,
) -> None:
    try:
        int(SECRET, base=2)
    except ValueError:
        structlog.get_logger("ocmw.intake").exception("crashed")
    (line,) = lines(written)
    assert SECRET not in json.dumps(line)
    assert (line["event"], line["error"]) == ("crashed", "ValueError")
    assert str(line["places"]).startswith("['test_logs.py:")


@pytest.mark.parametrize(
    "fails",
    ["int(secret, base=2)", "threading.Thread(target=int, args=(secret,), kwargs={'base': 2}).start()"],
    ids=["main", "thread"],
)
def test_what_nobody_catches_is_a_line_without_its_text(fails: str) -> None:
    ready = "import threading; from streams.shell import logs; logs.configure(); logs.tell_uncaught()"
    program = f"{ready}; secret = '{SECRET}'; {fails}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    (line,) = [json.loads(text) for text in done.stderr.splitlines()]
    assert SECRET not in done.stderr
    assert (line["event"], line["error"], line["level"]) == ("failed", "ValueError", "critical")


@pytest.mark.usefixtures("clock")
def test_of_what_a_client_filled_in_stays_what_is_no_key_and_no_value(written: StringIO) -> None:
    logging.getLogger("aiokafka.producer").error(
        "cannot send %s to %s at %r, %d times: %s", SECRET, "topic-3", ("kafka", 9092), 4, ConnectionError("refused")
    )
    (line,) = lines(written)
    assert line["event"] == "cannot send <str> to topic-3 at ('kafka', 9092), 4 times: ConnectionError: refused"


@pytest.mark.parametrize(
    "secret", [SECRET, SECRET.encode(), bytes(16), "85673003328", 85673003328, f"key {SECRET}", {"a": 1}, "naam é"]
)
def test_what_may_be_a_key_or_a_value_is_named_by_its_type(secret: object) -> None:
    assert logs.harmless(secret) == f"<{type(secret).__name__}>"
    assert logs.harmless(ConnectionError(secret)) == "ConnectionError"
    assert logs.harmless([secret]) == "<list>" or isinstance(secret, dict)


def test_the_text_of_an_error_is_shown_where_it_is_about_a_server_and_nowhere_else() -> None:
    assert logs.harmless(ConnectionError("refused by kafka:9092")) == "ConnectionError: refused by kafka:9092"
    assert logs.harmless(KafkaTimeoutError("no answer")).endswith("no answer")
    assert logs.harmless(RuntimeError("a bug that quotes Jan")) == "RuntimeError"


@pytest.mark.usefixtures("clock")
def test_a_template_that_asks_for_something_else_is_told_as_it_is(written: StringIO) -> None:
    logging.getLogger("aiokafka").error("%s and %s", "one")  # noqa: PLE1206 - as a client may
    assert lines(written)[0]["event"] == "%s and %s"


@pytest.mark.usefixtures("clock")
def test_a_line_that_a_client_filled_in_before_is_only_its_place(written: StringIO) -> None:
    logging.getLogger("faust.topics").warning(f"error for message {SECRET}")  # noqa: G004 - as faust does it
    (line,) = lines(written)
    assert SECRET not in json.dumps(line)
    assert str(line["event"]).startswith("test_logs:")


@pytest.mark.usefixtures("clock")
def test_an_exception_of_a_client_is_told_without_its_text(written: StringIO) -> None:
    nothing: dict[str, str] = {}
    try:
        nothing[SECRET]
    except KeyError:
        logging.getLogger("faust.agents").exception("agent failed")
    (line,) = lines(written)
    assert SECRET not in json.dumps(line)
    assert line["error"] == "KeyError"


@pytest.mark.usefixtures("clock")
def test_a_client_that_repeats_itself_is_held_back(written: StringIO) -> None:
    for number in range(1000):
        logging.getLogger("aiokafka").warning("broker %s is gone", number)
    assert len(lines(written)) == 5


def test_after_a_minute_it_says_how_many_were_held_back(clock: Clock, written: StringIO) -> None:
    for number in range(1000):
        logging.getLogger("aiokafka").warning("broker %s is gone", number)
    written.truncate(0)
    written.seek(0)
    clock.seconds = 61
    logging.getLogger("aiokafka").warning("broker %s is gone", 1)
    assert [line["event"] for line in lines(written)] == ["broker 1 is gone (held back 995 times)"]


@pytest.mark.usefixtures("clock")
def test_a_client_is_quiet_below_warning(written: StringIO) -> None:
    logging.getLogger("aiokafka").info("hello")
    assert not lines(written)


def test_our_own_lines_are_quiet_by_default(clock: Clock, written: StringIO) -> None:
    logs.configure(stream=written, now=clock)
    structlog.get_logger("ocmw.publish").info("released", number=3)
    assert not lines(written)
