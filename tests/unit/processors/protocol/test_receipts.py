"""Receipts: cumulative summaries in any order, repeated or late, give the same receipt."""

import random
from itertools import permutations

from processors.protocol.receipts import OcmwSummary, Sources, Summary, heard, total
from schemas.framing import decode, encode
from schemas.stable_figures import states
from streams.agents.flags import newer
from streams.agents.receipts import next_receipt
from streams.kafka.intake.summaries import encoded
from streams.kafka.release.downstream import VINTAGES_ID


def summary(to: int, applied: int, **set_aside: int) -> Summary:
    faults = tuple(sorted((slug.replace("_", "-"), events) for slug, events in set_aside.items()))
    return Summary(to, applied + sum(set_aside.values()), applied, 0, faults, applied * 100, applied * 100)


def test_a_later_summary_replaces_what_its_partition_said() -> None:
    assert heard({3: summary(10, 5)}, 3, summary(20, 9)) == {3: summary(20, 9)}


def test_an_earlier_summary_says_nothing_new() -> None:
    sources = {3: summary(20, 9)}
    assert heard(sources, 3, summary(10, 5)) is sources


def test_the_same_summary_again_says_nothing_new() -> None:
    sources = {3: summary(20, 9)}
    assert heard(sources, 3, summary(20, 9)) is sources


def test_a_receipt_adds_up_the_partitions() -> None:
    sources = {3: summary(20, 9, bad_period=1), 7: summary(5, 2, bad_period=2, undecodable=1)}
    receipt = total(sources)
    assert (receipt.received, receipt.applied, receipt.cents_in) == (15, 11, 1100)
    assert receipt.set_aside == (("bad-period", 3), ("undecodable", 1))


def test_any_order_with_repeats_gives_the_same_receipt() -> None:
    sent = [(3, summary(10, 5)), (3, summary(20, 9)), (7, summary(5, 2)), (7, summary(8, 4, bad_month=1))]
    chance = random.Random(4)  # noqa: S311 - a seed, not a secret
    receipts = set()
    for order in permutations(sent):
        sources: Sources = {}
        for partition, one in [*order, *chance.sample(order, 2)]:
            sources = heard(sources, partition, one)
        receipts.add(total(sources))
    assert receipts == {total({3: summary(20, 9), 7: summary(8, 4, bad_month=1)})}


FIELDS = {
    "ocmw": 44021,
    "statement_month": 202403,
    "partition": 3,
    "to": 20,
    "received": 10,
    "applied": 8,
    "duplicates": 1,
    "set_aside": {"bad-period": 1},
    "cents_in": 1000,
    "cents_applied": 800,
}


def test_a_receipt_tells_its_totals_and_its_sources() -> None:
    first = next_receipt(None, FIELDS)
    second = next_receipt(first, {**FIELDS, "partition": 7})
    assert second is not None
    name, receipt = decode(second)
    assert (name, receipt["ocmw"], receipt["statement_month"]) == ("Receipt", 44021, 202403)
    assert (receipt["received"], receipt["set_aside"], receipt["cents_applied"]) == (20, {"bad-period": 2}, 1600)
    assert [source["partition"] for source in receipt["sources"]] == [3, 7]


def test_a_summary_that_says_nothing_new_makes_no_receipt() -> None:
    assert next_receipt(next_receipt(None, FIELDS), {**FIELDS, "to": 19, "received": 99}) is None


def test_what_intake_tells_is_what_the_agents_read() -> None:
    of_ocmw = OcmwSummary(44021, 202403, Summary(20, 10, 8, 1, (("bad-period", 1),), 1000, 800))
    assert decode(encoded(3, of_ocmw)) == ("ReceiptSummary", FIELDS)
    assert next_receipt(None, decode(encoded(3, of_ocmw))[1]) == next_receipt(None, FIELDS)


def vintages(sequence: int, *flags: str) -> bytes:
    figures = [
        {"period": "2024-03", "value": 1, "previous": None, "state": state, "published_value": None}
        | {"published_update": None}
        for state in flags
    ]
    about = {"support": "LL", "sequence": sequence, "update_id": "u", "reference_month": 202406}
    return encode(VINTAGES_ID, about | {"figures": figures})


def test_a_later_update_is_newer_and_a_repeat_is_not() -> None:
    assert newer(None, vintages(1))
    assert newer(vintages(1), vintages(2))
    assert not newer(vintages(2), vintages(2))
    assert not newer(vintages(2), vintages(1))


def test_states_are_counted_and_those_without_periods_are_0() -> None:
    counts = states(decode(vintages(1, "pending", "pending", "frozen"))[1])
    assert counts == {"pending": 2, "frozen": 1, "settling": 0, "published": 0, "revising": 0}
