"""Why an event cannot be counted, whose fault that is and what to do (a closed set, in order of precedence).

A fault may carry a *detail*: which field, or which type of which record, is wrong. Details name what stands in schemas,
never what stands in an event, so they may be shown and logged. The slug counts; the detail is for whoever mends it.
"""

from dataclasses import dataclass, replace
from typing import Literal

Owner = Literal["sender", "operator"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason to set an event aside. ``slug`` is the contract; the others are for people.

    ``detail`` is the key of ``DETAILS`` that made the reason exact, a schema id, or "".
    """

    slug: str
    owner: Owner
    reason: str
    remedy: str
    detail: str = ""


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
        "person-not-keyed",
        "sender",
        "the 16 bytes of person are a number in clear, or all the same: no keyed hash",
        "key every person behind the edge and send the event again; a national number may not come in",
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
        "too-old",
        "sender",
        "the covered period begins before the earliest month that this store takes (OCMW_EARLIEST_MONTH)",
        "correct first_day if it is a typing error; otherwise the operator sets an earlier month, in a new store",
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
        "this person's event_id, or this update's id, was used before with other content",
        "send the correction as a regularisation under an event_id of its own; close another month under another id",
    ),
    Fault(
        "bad-update-id",
        "operator",
        "the id of an update is not 1 to 100 printable characters without blanks around them",
        "close the update under another id",
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

DETAILS: dict[str, dict[str, str]] = {
    "bad-period": {
        "reversed": "last_day lies before first_day",
        "first_day": "first_day lies outside 1900-2199",
        "last_day": "last_day lies outside 1900-2199",
        "months": "first_day to last_day touch more than 60 months",
    },
    "bad-amount-type": {
        "ReimbursementClaim": "a ReimbursementClaim carries a type of a regularisation",
        "Regularisation": "a Regularisation carries a type of a claim",
    },
    "bad-attributes": {
        "sex": "sex is not 1, 2 or 3",
        "state_percentage": "state_percentage is not 0 to 100",
        "nationality": "nationality is not two capital letters",
    },
}
"""Slug -> detail -> the reason, more exactly than the fault alone says it; a closed set."""
WITHHELD = frozenset({"person-not-keyed"})
"""Faults of events of which nothing is kept anywhere, neither key nor value: somebody stands in them in clear."""
SCHEMA_ID = "schema id "
"""What the detail of an unknown schema begins with on Kafka."""


def detailed(slug: str, detail: str) -> Fault:
    """Return a fault with a detail; the fault alone where the detail is none that it can have."""
    fault = FAULT[slug]
    if slug == "unknown-schema" and detail.startswith(SCHEMA_ID) and detail.removeprefix(SCHEMA_ID).isdecimal():
        return replace(fault, reason=f"{detail} is none that this version knows", detail=detail)
    reason = DETAILS.get(slug, {}).get(detail)
    return fault if reason is None else replace(fault, reason=reason, detail=detail)
