"""Why an event cannot be counted, whose fault that is and what to do (a closed set, in order of precedence)."""

from dataclasses import dataclass
from typing import Literal

Owner = Literal["sender", "operator"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason to set an event aside. ``slug`` is the contract; the other two are for people."""

    slug: str
    owner: Owner
    reason: str
    remedy: str


FAULTS: tuple[Fault, ...] = (
    Fault(
        "undecodable",
        "sender",
        "the bytes are no event of the schema",
        "encode it again with a published schema; what follows it in its block is lost too",
    ),
    Fault(
        "unknown-schema",
        "operator",
        "the record is none that this version knows",
        "upgrade this software before the senders (readers first), then replay the file",
    ),
    Fault(
        "unknown-ocmw",
        "sender",
        "the OCMW code stands in no list of municipalities",
        "correct the NIS code of the OCMW and send the event under a new event_id or the same one",
    ),
    Fault(
        "bad-period",
        "sender",
        "the covered period is reversed, outside 1900-2199, or touches more than 60 months",
        "correct first_day and last_day and send the event again",
    ),
    Fault(
        "bad-amount-type",
        "sender",
        "a claim carries a type of a regularisation, or the reverse",
        "send types 1-3 as ReimbursementClaim and 4-6 as Regularisation",
    ),
    Fault(
        "bad-month",
        "sender",
        "the statement month or reference month is no month from 1900-01 to 2199-12",
        "write the month as YYYYMM and send the event again",
    ),
    Fault(
        "days-out-of-range",
        "sender",
        "more days than 31 for each month touched",
        "correct days or the covered period and send the event again",
    ),
    Fault(
        "amount-out-of-range",
        "sender",
        "an amount above ten million euro",
        "check that the amount is in cents and send the event again",
    ),
    Fault(
        "bad-attributes",
        "sender",
        "sex is not 1-3, the percentage not 0-100, or the nationality not two capital letters",
        "correct the attribute and send the event again (ZZ is an unknown nationality)",
    ),
    Fault(
        "conflicting-duplicate",
        "sender",
        "this person's event_id was used before with other content",
        "send the correction as a regularisation under an event_id of its own",
    ),
    Fault(
        "reference-month-decreases",
        "operator",
        "an update may not refer to an earlier month than the one before it",
        "close the update with a reference month at or after the last one",
    ),
    Fault(
        "wrong-partition",
        "sender",
        "the key is not the person of the event, or Kafka's default partitioner puts it elsewhere",
        "send with the 16 bytes of the person as key and the default (murmur2) partitioner",
    ),
    Fault(
        "unnumbered-closing",
        "sender",
        "an UpdateClosed that ocmw close-update did not write",
        "close updates with ocmw close-update and in no other way",
    ),
    Fault(
        "dimona-unknown-period",
        "sender",
        "a Dimona declaration for a period that no IN has opened so far",
        "nothing is lost: it is kept, and holds when its IN comes; send the IN where there is none",
    ),
    Fault(
        "bad-dates",
        "sender",
        "an end before its start, or a day outside 1900-2199 (9999-12-31 as an end means none)",
        "correct the dates and send the event again",
    ),
    Fault(
        "exit-before-birth",
        "sender",
        "somebody leaves youth care before the day of birth",
        "correct exit_date or birth_date and send the event again",
    ),
    Fault(
        "unknown-municipality",
        "sender",
        "the municipality of residence stands in no list (0 means: left the register)",
        "correct the NIS code and send the event again",
    ),
)
"""In order of precedence: an event with several faults is reported under the first of them."""

FAULT: dict[str, Fault] = {fault.slug: fault for fault in FAULTS}
NUMBER: dict[str, int] = {fault.slug: number for number, fault in enumerate(FAULTS, start=1)}
"""Numbers of faults in columns, from 1; 0 means none."""
