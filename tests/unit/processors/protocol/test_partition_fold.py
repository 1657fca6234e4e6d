"""The fold of a partition: what it counts, sets aside, ignores and refuses; and what intake sends of it."""

import secrets

import numpy as np
import pytest
from kafka_events import claim, closing

from processors.admission.details import fault_of_value
from processors.admission.ledger import DUPLICATE, Ledger
from processors.protocol.brake import Brake, BrakeError
from processors.protocol.intake import Output, PartitionIntake, SnapshotRefusedError, Watermark
from processors.protocol.partition import LogError, PartitionFold
from processors.protocol.partitioner import partitions_of
from processors.protocol.records import Records, records_of
from schemas import faults
from schemas.framing import UNION_ID, decode, encode, framed
from schemas.periods import parse_month
from schemas.releases import Update
from schemas.settings import FigureSettings

SETTINGS = FigureSettings()
PERSON = bytes(range(16))
PARTITIONS = 12
HOME = int(partitions_of(np.frombuffer(PERSON, np.uint8), np.zeros(1, np.int64), PARTITIONS)[0])
SESSION = bytes(16)


def given(*values: bytes | None, numbers: dict[int, int] | None = None, first: int = 0) -> Records:
    keys = [None if row in (numbers or {}) else PERSON for row in range(len(values))]
    return records_of(range(first, first + len(values)), keys, values, numbers or {})


def empty(partition: int = HOME) -> PartitionFold:
    return PartitionFold(partition, PARTITIONS, Ledger(SETTINGS))


A_CLAIM, OTHER_CLAIM = claim(PERSON, 1, month=3), claim(PERSON, 2, month=4)
CLOSING = closing("u1", 202403)


def outcomes(fold: PartitionFold, records: Records) -> dict[str, int]:
    for _ in fold.fold(records):
        pass
    named = {fault.slug: int(fold.outcomes[number]) for number, fault in enumerate(faults.FAULTS, start=1)}
    named |= {"applied": int(fold.outcomes[0]), "duplicate": int(fold.outcomes[DUPLICATE])}
    return {name: count for name, count in named.items() if count}


def test_an_event_counts_once_wherever_it_stands() -> None:
    assert outcomes(empty(), given(A_CLAIM, A_CLAIM)) == {"applied": 1, "duplicate": 1}


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        (None, "undecodable"),
        (b"", "undecodable"),
        (b"\x01" + A_CLAIM[1:], "undecodable"),
        (A_CLAIM[:-1], "undecodable"),
        (A_CLAIM + b"x", "undecodable"),
        (framed(99, A_CLAIM[5:]), "unknown-schema"),
        (framed(2**32 - 1, A_CLAIM[5:]), "unknown-schema"),
        (CLOSING, "unnumbered-closing"),
    ],
)
def test_a_value_that_cannot_be_counted_harms_no_other(value: bytes | None, slug: str) -> None:
    fold = empty()
    assert outcomes(fold, given(A_CLAIM, value, OTHER_CLAIM)) == {"applied": 2, slug: 1}
    assert len(fold.ledger.rows) == 2


def test_a_person_in_clear_is_set_aside_before_the_partition_is_looked_at_and_leaves_no_row() -> None:
    number = b"90.66.15-123.45 "
    fold = empty()
    assert outcomes(fold, records_of([0], [number], [claim(number, 1)], {})) == {"person-not-keyed": 1}
    assert (fold.ledger.persons, len(fold.ledger.rows)) == (0, 0)


def test_a_schema_that_is_none_of_ours_is_told_with_its_id() -> None:
    fault = fault_of_value(faults.NUMBER["unknown-schema"], framed(99, A_CLAIM[5:]))
    assert (fault.slug, fault.detail) == ("unknown-schema", "schema id 99")
    assert fault.reason == "schema id 99 is none that this version knows"
    assert faults.detailed(fault.slug, fault.detail) == fault


@pytest.mark.parametrize("schema_id", [UNION_ID, 2])
def test_a_bad_attribute_is_told_with_its_field(schema_id: int) -> None:
    wrong = encode(UNION_ID, ("be.ocmw.v1.ReimbursementClaim", decode(A_CLAIM)[1] | {"nationality": "bel"}))
    value = wrong if schema_id == UNION_ID else framed(schema_id, wrong[6:])
    assert outcomes(empty(), given(value)) == {"bad-attributes": 1}
    fault = fault_of_value(faults.NUMBER["bad-attributes"], value)
    assert (fault.detail, fault.reason) == ("nationality", "nationality is not two capital letters")
    assert faults.detailed(fault.slug, fault.detail) == fault


def test_a_record_of_its_own_schema_id_is_the_record_of_the_union() -> None:
    assert outcomes(empty(), given(A_CLAIM, framed(2, A_CLAIM[6:]))) == {"applied": 1, "duplicate": 1}


def test_an_event_in_another_partition_is_set_aside() -> None:
    assert outcomes(empty((HOME + 1) % PARTITIONS), given(A_CLAIM)) == {"wrong-partition": 1}


def test_an_event_under_the_key_of_someone_else_is_set_aside() -> None:
    records = records_of([0, 1], [secrets.token_bytes(16), None], [A_CLAIM, OTHER_CLAIM], {})
    assert outcomes(empty(), records) == {"wrong-partition": 2}


def test_copies_of_a_closing_are_ignored_and_a_missing_one_stops_the_fold() -> None:
    fold = empty()
    assert outcomes(fold, given(CLOSING, CLOSING, numbers={0: 1, 1: 1})) == {}
    assert fold.closings.accepted == [Update(1, "u1", parse_month("2024-03"))]
    with pytest.raises(LogError, match="update 3 is closed but 2 was not"):
        list(fold.fold(given(CLOSING, numbers={0: 3}, first=2)))


def test_closings_count_in_partition_0_only() -> None:
    assert outcomes(empty(0), given(CLOSING, CLOSING, numbers={0: 1, 1: 1})) == {"applied": 1}


def test_the_digest_does_not_depend_on_how_records_were_fetched() -> None:
    gulp, drops = empty(), empty()
    events = [A_CLAIM, OTHER_CLAIM, CLOSING, A_CLAIM, None]
    list(gulp.fold(given(*events, numbers={2: 1})))
    for row, value in enumerate(events):
        list(drops.fold(given(value, numbers={0: 1} if row == 2 else {}, first=row)))
    assert gulp.position.digest == drops.position.digest
    assert gulp.position == drops.position


def sent(intake: PartitionIntake, records: Records) -> list[Output]:
    return list(intake.take(records))


def test_every_step_sends_a_batch_an_empty_one_too_and_a_closing_ends_a_step() -> None:
    intake = PartitionIntake(empty(), Watermark(), SESSION)
    first, second = sent(intake, given(A_CLAIM, CLOSING, A_CLAIM, numbers={1: 1}))
    assert [(batch.start, batch.stop, len(batch.rows.person)) for batch in first.batches] == [(0, 2, 1)]
    assert first.marker is not None
    assert (first.marker.stop, first.marker.rows) == (2, 1)
    assert [(batch.start, batch.stop, len(batch.rows.person)) for batch in second.batches] == [(2, 3, 0)]
    assert second.marker is None


def test_up_to_the_watermark_nothing_is_sent_again_but_the_marker_at_it() -> None:
    log = given(A_CLAIM, CLOSING, OTHER_CLAIM, numbers={1: 1})
    first, _ = sent(PartitionIntake(empty(), Watermark(), SESSION), log)
    mark = Watermark(2, first.batches[0].digest)
    again, beyond = sent(PartitionIntake(empty(), mark, SESSION), log)
    assert again == Output(2, marker=first.marker)
    assert [(batch.start, batch.stop) for batch in beyond.batches] == [(2, 3)]


def heard(output: Output) -> list[tuple[int, int]]:
    return [(summary_of_ocmw.statement_month, summary_of_ocmw.summary.received) for summary_of_ocmw in output.summaries]


def test_summaries_are_told_when_a_step_reaches_a_multiple_and_only_what_was_touched() -> None:
    intake = PartitionIntake(empty(), Watermark(), SESSION, tell_every=3)
    first, second = sent(intake, given(A_CLAIM, CLOSING, A_CLAIM, numbers={1: 1}))
    assert (heard(first), heard(second)) == ([], [(202403, 2)])
    assert [heard(output) for output in sent(intake, given(OTHER_CLAIM, OTHER_CLAIM, first=3))] == [[]]
    assert [heard(output) for output in sent(intake, given(OTHER_CLAIM, first=5))] == [[(202404, 3)]]


def test_what_the_driver_told_in_between_is_not_owed_again() -> None:
    intake = PartitionIntake(empty(), Watermark(), SESSION, tell_every=3)
    sent(intake, given(A_CLAIM))
    assert [owed.statement_month for owed in intake.tell()] == [202403]
    assert intake.tell() == ()
    assert [heard(output) for output in sent(intake, given(OTHER_CLAIM, OTHER_CLAIM, first=1))] == [[(202404, 2)]]


def test_who_takes_over_owes_what_was_touched_since_the_last_multiple_below_the_watermark() -> None:
    log = given(A_CLAIM, OTHER_CLAIM, OTHER_CLAIM, A_CLAIM)
    before = PartitionIntake(empty(), Watermark(), SESSION, tell_every=3)
    (step,) = sent(before, log)
    after = PartitionIntake(empty(), Watermark(4, step.batches[0].digest), SESSION, tell_every=3)
    assert after.tell() == ()
    assert sent(after, log) == []
    assert [(owed.statement_month, owed.summary.to) for owed in after.tell()] == [(202403, 4)]


def test_a_snapshot_that_was_not_seen_to_be_of_this_log_tells_nothing() -> None:
    fold = empty()
    list(fold.fold(given(A_CLAIM)))
    intake = PartitionIntake(fold, Watermark(1, fold.position.digest.to_bytes(8, "big")), SESSION)
    assert intake.tell() == ()
    sent(intake, given(A_CLAIM))
    assert [owed.summary.to for owed in intake.tell()] == [1]


def test_a_watermark_with_another_digest_stops_intake() -> None:
    with pytest.raises(LogError, match="is not the one whose rows were sent"):
        sent(PartitionIntake(empty(), Watermark(2, b"x" * 8), SESSION), given(A_CLAIM, OTHER_CLAIM, A_CLAIM))


def test_a_snapshot_of_another_log_is_refused_by_its_last_record() -> None:
    fold = empty()
    list(fold.fold(given(A_CLAIM)))
    mark = Watermark(1, fold.position.digest.to_bytes(8, "big"))
    assert PartitionIntake(fold, mark, SESSION).seek == 0
    with pytest.raises(SnapshotRefusedError):
        sent(PartitionIntake(fold, mark, SESSION), given(OTHER_CLAIM))


def test_the_brake_looks_at_the_last_events_and_not_at_all() -> None:
    brake = Brake(window=100, percent=20.0)
    brake.note(1000, 20)
    brake.note(90, 20)
    brake.note(90, 0)
    brake.note(10, 10)
    with pytest.raises(BrakeError, match="of the last"):
        brake.note(60, 30)
