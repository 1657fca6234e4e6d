"""A program that mutates records and files and looks what becomes of them; kernels with bounds checks are asked for.

Started by ``test_mutations``. Whatever it meets must be an outcome; an exception ends it, and so the test. Records that
are mutated belong to other persons than those that are not, so what the others amount to can be told apart.
"""

import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import fastavro
import numpy as np
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from drawn import LATER, NEWER, line
from history import key, raw_blocks

from processors.admission.decoding import Batch, batch_of, decode
from processors.admission.fold import Fold
from processors.protocol.partition import PartitionFold
from processors.protocol.record_batch import plain_records
from processors.protocol.records import records_of
from processors.reference.events import admitted
from processors.rules import rules
from schemas import events
from schemas.framing import UNION_ID, framed
from schemas.log import Block, CorruptFileError, Layout, LeftOverError, LogFile, encode_plain
from schemas.periods import parse_month
from schemas.settings import FigureSettings
from streams.embedded.driver import checked

SETTINGS = FigureSettings(recoveries_in_balance=True)
TODAY, NEW = Layout.of(events.union()), Layout.of(NEWER)
MONTH = parse_month("2024-11")
VALUES_TOGETHER = 250
BATCH_HEAD = 61
"""Bytes before the first record of a batch: the client asks for them before it gives one."""


def mutated(draw: Random, body: bytes) -> bytes:
    """Return bytes with a few of them flipped, cut off, put in, replaced, or nothing of them left."""
    data = bytearray(body)
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        at = draw.randrange(len(data) + 1)
        match draw.randrange(7):
            case 0 | 1 if at < len(data):
                data[at] ^= 1 << draw.randrange(8)
            case 2:
                del data[at:]
            case 3:
                del data[at : at + draw.choice([1, 1, 2, 16])]
            case 4:
                data[at:at] = draw.randbytes(draw.choice([1, 2, 9]))
            case 5:
                data[at : at + draw.choice([1, 2])] = varint(draw)
            case _:
                data = bytearray(draw.randbytes(draw.randrange(120)) if draw.random() < 0.2 else data)
    return bytes(data)


def varint(draw: Random) -> bytes:
    """Return a varint of any length, on the edges of what fits 32 and 64 bits too."""
    if draw.random() < 0.5:
        edge = draw.choice([2**31, 2**32, 2**63, 2**64 - 1, 0])
        stream = io.BytesIO()
        number = max(edge + draw.choice([-1, 0, 1]), 0)
        while number > 0x7F:
            stream.write(bytes([number & 0x7F | 0x80]))
            number >>= 7
        return stream.getvalue() + bytes([number])
    return bytes(draw.randrange(128, 256) for _ in range(draw.randrange(12))) + bytes([draw.randrange(128)])


def event(draw: Random, persons: str) -> bytes:
    """Return the bytes of an event of one of these persons, nearly always lawful."""
    if draw.random() < 0.02:
        reference = {"update_id": b"u%d" % draw.randrange(1000), "reference_month": 202501}
        return encode_plain((events.UPDATE_CLOSED, reference)) if persons == MUTATED else LATER
    kind, values = line(draw, MONTH, list(range(12)))
    ids = {"person": key(draw.choice(persons)), "event_id": draw.randbytes(16)}
    return encode_plain((kind, values | ids))


MUTATED, OTHERS = "mno", "xyz"
OTHER_KEYS = {key(person) for person in OTHERS}


def admitted_bodies(fold: Fold, batch: Batch) -> tuple[list[bytes], Counter[int]]:
    """Fold a batch; return the applied events of the other persons, and how many events had each outcome."""
    bodies, outcomes = [], Counter[int]()
    for step in fold.steps(batch):
        outcomes.update(step.outcomes().tolist())
        start, stop = step.events.start, step.events.stop
        for row in range(step.first, step.stop):
            body = step.batch.data[start[row] : stop[row]].tobytes()
            if step.events.fault[row] == 0 and body[16:32] in OTHER_KEYS:
                bodies.append(body)
    return bodies, outcomes


def blocks(draw: Random, layout: Layout, count: int) -> Iterator[tuple[int, bytes]]:
    """Let a record among others be mutated; yield the blocks that a file may hold, after looking at each."""
    for _ in range(count):
        before = [event(draw, OTHERS) for _ in range(draw.randrange(3))]
        after = [event(draw, OTHERS) for _ in range(draw.randrange(3))]
        if layout is TODAY:
            before, after = ([body for body in bodies if body != LATER] for bodies in (before, after))
        broken = mutated(draw, event(draw, MUTATED))
        bodies = [*before, broken, *after]
        block = block_of(bodies)
        if not 0 < block.count <= len(block.data):
            continue
        kept = layout is TODAY and ends_where_it_did(broken)
        if look_at(block, layout, before, after, kept=kept):
            yield block.count, block.data.tobytes()


def ends_where_it_did(broken: bytes) -> bool:
    """Tell whether a mutated record still takes its own bytes and no others, so the next one begins where it did."""
    try:
        decoded = decode(batch_of([block_of([broken])], TODAY), rules(SETTINGS))
    except LeftOverError:
        return False
    return bool(decoded.start[0] < decoded.stop[0])


def look_at(block: Block, layout: Layout, before: list[bytes], after: list[bytes], *, kept: bool) -> bool:
    """Fold a block with a mutated record in its middle; return whether a file may hold it.

    Where the mutated record ends elsewhere than it did, nobody can know where the next one begins, and those behind it
    may be lost. ``kept``: they may not.
    """
    try:
        bodies, outcomes = admitted_bodies(Fold(SETTINGS), batch_of([block], layout))
    except LeftOverError:
        return False
    assert outcomes.total() == block.count  # L2
    first, last = applied(before), applied(after)
    assert bodies[: len(first)] == first, "an event before the mutated one changed"
    assert set(bodies[len(first) :]) <= set(last), "an event that nobody sent was applied"
    assert not kept or bodies[len(first) :] == last, "an event behind it changed"
    return True


def applied(bodies: list[bytes]) -> list[bytes]:
    """Return those events that count, when nothing else stands beside them."""
    if not bodies:
        return []
    return admitted_bodies(Fold(SETTINGS), batch_of([block_of(bodies)], NEW))[0]


def block_of(bodies: list[bytes]) -> Block:
    """Return records as a block that may be written to, as those of files: for others kernels are compiled anew."""
    return Block(np.frombuffer(bytearray(b"".join(bodies)), np.uint8), len(bodies), 1)


def values(draw: Random, count: int) -> None:
    """Fold Kafka values, mutated ones among others: what the others amount to is the same as without them."""
    mixed: list[tuple[bytes, bytes]] = []
    for _ in range(count):
        body = event(draw, MUTATED)
        value = mutated(draw, framed(UNION_ID, body))
        mixed.append((body[17:33], value))
        if draw.random() < 0.25:
            other = event(draw, OTHERS)
            mixed.append((other[17:33], framed(UNION_ID, other)))
    alone = [pair for pair in mixed if pair[0] in OTHER_KEYS]
    together, apart = (folded(pairs) for pairs in (mixed, alone))
    assert together.outcomes.sum() == len(mixed)  # L2
    assert rows_of_others(together) == rows_of_others(apart)


def folded(pairs: list[tuple[bytes, bytes]]) -> PartitionFold:
    """Return the fold of these keys and values, as the one partition of a log."""
    fold = PartitionFold(0, 1, Fold(SETTINGS).ledger)
    keys, given = zip(*pairs, strict=True)
    for _ in fold.fold(records_of(range(len(pairs)), keys, given, {})):
        pass
    return fold


def rows_of_others(fold: PartitionFold) -> list[list[int]]:
    """Return the rows of the other persons, as numbers without the person's own number."""
    persons = fold.ledger.tables.persons[: fold.ledger.persons]
    numbers = {key: number for number, pair in enumerate(persons) if (key := pair.tobytes()) in OTHER_KEYS}
    rows = fold.ledger.rows
    return [
        [sorted(numbers).index(name), int(row[0]) & 0xFFFFFFFF, *map(int, row[1:])]
        for name, number in sorted(numbers.items())
        for row in rows[rows[:, 0] >> 32 == number]
    ]


def record_batches(draw: Random, count: int) -> int:
    """Read mutated batches of Kafka: as the client does where both read one. Return how many both did."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 16)
    for offset in range(5):
        builder.append(offset, 1000 + offset, draw.choice([None, b"", draw.randbytes(16)]), event(draw, OTHERS), [])
    original, read = bytes(builder.build()), 0
    for _ in range(count):
        data = original[:BATCH_HEAD] + mutated(draw, original[BATCH_HEAD:])
        records = plain_records(memoryview(data), 0)
        try:
            theirs = [(one.offset, one.key or None, one.value or None) for one in DefaultRecordBatch(data)]
        except (CorruptRecordException, UnicodeDecodeError, OverflowError, MemoryError):
            assert records is None
            continue
        if records is not None:
            assert [(offset, *records.at(offset)) for offset in records.offsets.tolist()] == theirs
            read += 1
    return read


def files(draw: Random, count: int, room: Path) -> Counter[str]:
    """Mutate whole files, header and frames too: they are refused, or each of their records has an outcome."""
    outcomes: Counter[str] = Counter()
    originals = []
    for codec in ("null", "deflate", "snappy", "bzip2"):
        path = room / "original.avro"
        raw_blocks(path, [(1, event(draw, OTHERS)) for _ in range(3)], NEWER)
        with path.open("rb") as file:
            records = list(fastavro.reader(file, return_record_name=True))
        with path.open("wb") as file:
            fastavro.writer(file, events.union(), [r for r in records if isinstance(r, tuple)], codec, sync_interval=99)
        originals.append(path.read_bytes())
    path = room / "mutated.avro"
    for number in range(count):
        path.write_bytes(mutated(draw, originals[number % len(originals)]))
        try:
            held = sum(block.count for block in LogFile.open(path).blocks())
            assert checked([path], SETTINGS).events == held  # L2
            outcomes["whole"] += 1
        except CorruptFileError:
            outcomes["refused"] += 1
    return outcomes


def same_as_the_slow_truth(given: list[tuple[int, bytes]], schema: events.Schema, room: Path) -> int:
    """Compare what becomes of each record of a file of mutated blocks with the slow truth; return how many."""
    path = raw_blocks(room / "sample.avro", given, schema)
    slow, fast = admitted([path]), checked([path], SETTINGS)
    assert (fast.applied, fast.duplicates) == (slow.applied, slow.duplicates)
    assert [(event.record, event.fault.slug) for event in fast.set_aside] == [
        (event.record, event.slug) for event in slow.set_aside
    ]
    return slow.events_in


def main(room: Path, seed: int, sizes: dict[str, int]) -> None:
    """Mutate as many values, blocks and files as told, and print what was met."""
    draw = Random(seed)  # noqa: S311 - mutations, no secrets
    for _ in range(sizes["values"] // VALUES_TOGETHER):
        values(draw, VALUES_TOGETHER)
    today = list(blocks(draw, TODAY, sizes["blocks"]))
    newer = list(blocks(draw, NEW, sizes["newer"]))
    compared = same_as_the_slow_truth(today[: sizes["compared"]], events.union(), room)
    compared += same_as_the_slow_truth(newer[: sizes["compared"]], NEWER, room)
    met = {"blocks": len(today) + len(newer), "compared": compared, **files(draw, sizes["files"], room)}
    met["batches_read"] = record_batches(draw, sizes["record_batches"])
    print(json.dumps(met))  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
