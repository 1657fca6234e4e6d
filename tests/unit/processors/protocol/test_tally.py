"""What a partition says of each OCMW and statement month: which events it counts, and as what."""

import secrets
from typing import Any

import numpy as np
import pytest
from kafka_events import claim, closing

from processors.admission.ledger import Ledger
from processors.protocol.partition import PartitionFold
from processors.protocol.partitioner import partitions_of
from processors.protocol.receipt_sums import Tally
from processors.protocol.receipts import OcmwSummary, Summary
from processors.protocol.records import records_of
from schemas.framing import UNION_ID, decode, encode
from schemas.settings import FigureSettings

PERSON = bytes(range(16))
PARTITIONS = 12
HOME = int(partitions_of(np.frombuffer(PERSON, np.uint8), np.zeros(1, np.int64), PARTITIONS)[0])
OCMW, MARCH = 11002, 202403


def changed(value: bytes, **fields: Any) -> bytes:  # noqa: ANN401 - Avro values
    """Return a claim with other values in some fields."""
    return encode(UNION_ID, ("be.ocmw.v1.ReimbursementClaim", decode(value)[1] | fields))


def folded(*values: bytes | None, at: int = 0, fold: PartitionFold | None = None) -> PartitionFold:
    mine = fold or PartitionFold(HOME, PARTITIONS, Ledger(FigureSettings()))
    keys = [PERSON] * len(values)
    for _ in mine.fold(records_of(range(at, at + len(values)), keys, values, {})):
        pass
    return mine


def touched(fold: PartitionFold, after: int = 0) -> list[OcmwSummary]:
    return list(fold.tally.touched_after(after))


CLAIM = claim(PERSON, 1, month=3, cents=1_000)


def test_an_applied_event_is_received_and_applied_with_its_cents() -> None:
    assert touched(folded(CLAIM)) == [OcmwSummary(OCMW, MARCH, Summary(1, 1, 1, 0, (), 1_000, 1_000))]


def test_a_duplicate_is_received_and_its_cents_come_in_but_are_not_applied() -> None:
    assert touched(folded(CLAIM, CLAIM)) == [OcmwSummary(OCMW, MARCH, Summary(2, 2, 1, 1, (), 2_000, 1_000))]


def test_an_event_with_a_fault_is_told_to_its_sender() -> None:
    wrong = changed(CLAIM, percentage=300, nationality="be", event_id=bytes(16))
    conflict = claim(PERSON, 1, month=3, cents=7)
    summaries = touched(folded(CLAIM, wrong, conflict))
    faults = (("bad-attributes", 1), ("conflicting-duplicate", 1))
    assert summaries == [OcmwSummary(OCMW, MARCH, Summary(3, 3, 1, 0, faults, 2_007, 1_000))]


def test_who_has_no_number_or_month_that_exists_has_a_receipt_all_the_same() -> None:
    summaries = touched(folded(changed(CLAIM, ocmw=99_999), changed(CLAIM, statement_month=-202_413)))
    assert [(one.ocmw, one.statement_month, one.summary.set_aside) for one in summaries] == [
        (99_999, MARCH, (("unknown-ocmw", 1),)),
        (OCMW, -202_413, (("bad-month", 1),)),
    ]


@pytest.mark.parametrize(
    "value",
    [None, b"", CLAIM[:-1], CLAIM + b"x", closing("u1", MARCH), changed(CLAIM, ocmw=-1), changed(CLAIM, ocmw=100_000)],
)
def test_what_has_no_readable_sender_has_no_receipt(value: bytes | None) -> None:
    assert touched(folded(value)) == []
    assert touched(folded(value, CLAIM, value)) == [OcmwSummary(OCMW, MARCH, Summary(2, 1, 1, 0, (), 1_000, 1_000))]


def test_an_amount_that_no_event_may_have_enters_no_sum() -> None:
    summaries = touched(folded(changed(CLAIM, amount_cents=2**62), changed(CLAIM, amount_cents=2**62), CLAIM))
    assert summaries[0].summary == Summary(3, 3, 1, 0, (("amount-out-of-range", 2),), 1_000, 1_000)


def test_only_what_was_touched_later_is_told() -> None:
    fold = folded(CLAIM, claim(PERSON, 2, month=4))
    assert [one.statement_month for one in touched(fold, after=1)] == [202404]
    assert touched(fold, after=2) == []


def many(count: int) -> list[bytes]:
    """Return events of hundreds of OCMWs and months, some twice, some that are set aside."""
    chance = np.random.default_rng(5)
    made: list[bytes] = []
    for number in range(count):
        fields = {
            "ocmw": int(chance.integers(11_000, 11_060)),
            "statement_month": int(chance.integers(202_400, 202_414)),
        }
        made.append(changed(claim(PERSON, number, cents=number - 500), **fields))
        if number % 5 == 0:
            made.append(made[int(chance.integers(len(made)))])
    return made


def counted(values: list[bytes], fold: PartitionFold) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Return received, cents in and the place behind the last one, by OCMW and month, one event after the other."""
    sums: dict[tuple[int, int], tuple[int, int, int]] = {}
    for place, value in enumerate(values, start=1):
        fields = decode(value)[1]
        key = (fields["ocmw"], fields["statement_month"])
        received, cents, _ = sums.get(key, (0, 0, 0))
        sums[key] = (received + 1, cents + fields["amount_cents"], place)
    assert sum(received for received, _, _ in sums.values()) == fold.outcomes.sum()
    return sums


def test_sums_are_those_of_counting_one_by_one_and_do_not_depend_on_the_cutting() -> None:
    values = many(3_000)
    gulp, drops = folded(*values), folded()
    for first in range(0, len(values), 77):
        folded(*values[first : first + 77], at=first, fold=drops)
    sums = {
        (one.ocmw, one.statement_month): (one.summary.received, one.summary.cents_in, one.summary.to)
        for one in touched(gulp)
    }
    assert sums == counted(values, gulp)
    assert touched(gulp) == touched(drops)


def test_a_tally_goes_on_from_what_a_snapshot_holds() -> None:
    values = many(2_000)
    whole, half = folded(*values), folded(*values[:900])
    keys, sums = half.tally.trimmed()
    half.tally = Tally(keys.copy(), sums.copy())
    folded(*values[900:], at=900, fold=half)
    assert touched(half) == touched(whole)


def test_a_wrong_key_is_told_too() -> None:
    fold = PartitionFold(HOME, PARTITIONS, Ledger(FigureSettings()))
    list(fold.fold(records_of([0], [secrets.token_bytes(16)], [CLAIM], {})))
    assert touched(fold)[0].summary.set_aside == (("wrong-partition", 1),)
