"""Files of synthetic service records, in the order in which they are admitted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from schemas.services.reading import write_topic
from schemas.services.topics import TOPIC, TopicName
from synthetic.services.contracts import contracts
from synthetic.services.decisions import life
from synthetic.services.drawing import drawing
from synthetic.services.yearly_reports import yearly_reports

FILES: tuple[tuple[str, TopicName], ...] = (
    ("contracts.avro", "contracts"),
    ("decisions.avro", "decisions"),
    ("requests.avro", "requests"),
    ("late-decisions.avro", "decisions"),
    ("reports.avro", "reports"),
)
"""Names and topics of the files, in the order in which they are admitted."""


class Made(NamedTuple):
    """The files that were written, in order, and how many records each holds."""

    files: tuple[Path, ...]
    records: tuple[int, ...]


def generate_services(
    persons: int, months: tuple[int, int], seed: int, folder: Path, progress: Callable[[int, int], None]
) -> Made:
    """Write the files of so many persons and a period (ordinals of months, both ends in it) into a folder.

    The same options give the same bytes. Raises ValueError for a reversed period.
    """
    if months[0] > months[1]:
        message = "the period ends before it begins"
        raise ValueError(message)
    draws = drawing(*months, seed)
    records_of: list[list[Any]] = [[] for _ in FILES]
    for number in range(persons):
        one = life(draws)
        drawn: tuple[list[Any], ...] = (contracts(draws, one.person, one.ocmw), one.before, one.requests, one.late)
        for place, records in enumerate(drawn):
            records_of[place] += records
        progress(number + 1, persons)
    records_of[-1] = list(yearly_reports(draws))
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / name for name, _ in FILES)
    for path, (_, topic), records in zip(paths, FILES, records_of, strict=True):
        write_topic(path, TOPIC[topic], records)
    return Made(paths, tuple(map(len, records_of)))
