"""Facts from intake to publish: absolute, by their number in the partition, and gathered as one ledger has them."""

from pathlib import Path

import numpy as np
import pytest
from history import records

from processors.admission.decoding import batch_of
from processors.admission.facts import FAR, PERSON, STATE
from processors.admission.fold import Fold
from processors.admission.ledger import Ledger
from processors.protocol.all_rows import Gathered
from processors.protocol.intake import PartitionIntake, Watermark
from processors.protocol.partition import PartitionFold
from processors.protocol.partitioner import partitions_of
from processors.protocol.records import records_of
from schemas.framing import UNION_ID, encode
from schemas.log import LogFile, write_log
from schemas.rows import RowsBatch, message_of
from schemas.settings import FigureSettings

SETTINGS = FigureSettings()
PARTITIONS = 3
TABLE = """
    person | month
    dimona OUT a end=2024-06-30
    dimona IN a start=2024-01-01
    a      | 2024-03
    youth b exit=2024-03-15 born=2006-01-20
    lives b ocmw=44021 from=2023-01-01
    dimona IN b period=2 start=2024-02-01
    dimona CANCEL c period=9
    b      | 2024-03
    dimona UPDATE b period=2 end=2024-05-31
    dimona CANCEL a
    dimona IN a start=2024-04-01 ocmw=yes
    left open
"""


def partition_of(person: bytes) -> int:
    return int(partitions_of(np.frombuffer(person, np.uint8), np.zeros(1, np.int64), PARTITIONS)[0])


def sent(step: int) -> tuple[Gathered, list[RowsBatch]]:
    """Return what publish gathers when each partition is folded so many records at a time, and what was sent."""
    gathered, batches = Gathered(Ledger(SETTINGS), PARTITIONS), []
    for partition in range(PARTITIONS):
        mine = [(values["person"], encode(UNION_ID, (f"be.ocmw.v1.{name}", values))) for name, values in records(TABLE)]
        mine = [(person, value) for person, value in mine if partition_of(person) == partition]
        intake = PartitionIntake(PartitionFold(partition, PARTITIONS, Ledger(SETTINGS)), Watermark(), bytes(16))
        for first in range(0, len(mine), step):
            persons, values = zip(*mine[first : first + step], strict=True)
            offsets = range(first, first + len(persons))
            for output in intake.take(records_of(offsets, persons, values, {})):
                for batch in output.batches:
                    message = message_of(batch.encoded())
                    assert isinstance(message, RowsBatch)
                    batches.append(message)
                    gathered.put(partition, message.rows)
    return gathered, batches


def facts_of(ledger: Ledger) -> list[tuple[int, ...]]:
    """Return the facts without the numbers of their persons, in an order of their own."""
    there = ledger.facts[ledger.facts[:, STATE] != 0]
    return sorted(map(tuple, np.delete(there, PERSON, axis=1).tolist()))


@pytest.mark.parametrize("step", [1, 2, 100])
def test_publish_holds_the_facts_of_one_ledger_wherever_the_log_is_cut_l1(step: int, tmp_path: Path) -> None:
    write_log(tmp_path / "log.avro", records(TABLE), codec="null")
    file = LogFile.open(tmp_path / "log.avro")
    fold = Fold(SETTINGS)
    for _ in fold.steps(batch_of(list(file.blocks()), file.layout)):
        pass
    assert facts_of(sent(step)[0].ledger) == facts_of(fold.ledger) != []


def test_a_fact_is_sent_when_it_changes_and_not_again() -> None:
    changed = [len(batch.rows.facts) for batch in sent(1)[1]]
    assert sum(changed) == 9  # nine events speak of facts
    assert 0 in changed


def test_what_is_gathered_says_since_when_until_a_release_is_made() -> None:
    gathered, _ = sent(100)
    days = (np.datetime64("2023-01-01") - np.datetime64("1970-01-01")).astype(int)
    assert gathered.facts_since() == days
    gathered.forget_touched(range(PARTITIONS))
    assert gathered.facts_since() == FAR
