"""Why an event of a keyed service is set aside (a closed set, in order of precedence: the first one counts)."""

from schemas.faults import FAULT, Fault

SERVICE_FAULTS: tuple[Fault, ...] = (
    FAULT["undecodable"],
    Fault(
        "unknown-schema",
        "operator",
        "the record is none of this topic that this version knows",
        "send it to its own topic, or upgrade this software before the senders (readers first)",
    ),
    Fault(
        "wrong-partition",
        "sender",
        "the key is not that of the event, or Kafka's default partitioner puts it elsewhere",
        "send with the key of the topic and the default (murmur2) partitioner",
    ),
    Fault(
        "unknown-ocmw",
        "sender",
        "the OCMW code stands in no list of municipalities",
        "correct the NIS code of the OCMW and send the event again",
    ),
    Fault(
        "unknown-municipality",
        "sender",
        "the municipality of residence stands in no list (0 means: unknown)",
        "correct the NIS code and send the event again",
    ),
    Fault(
        "bad-dates",
        "sender",
        "an end before its start, a duration below one month, or a day outside 1900-2199",
        "correct the dates and send the event again",
    ),
    Fault(
        "bad-request",
        "sender",
        "the period asked for is reversed, nobody asks, or the OCMW that asks does not know the person",
        "correct the request, or tell first that the person is known (DossierKnown); a new request needs a new id",
    ),
    Fault(
        "unknown-code",
        "sender",
        "a code stands in no list of that day (parameters/esv_codes.yaml)",
        "use a code of the list and send the event again",
    ),
    Fault(
        "amount-out-of-range",
        "sender",
        "an amount below zero or above ten million euro (a grant: a thousand million euro)",
        "check the sign, and that the amount is in cents, and send the event again",
    ),
    Fault(
        "bad-attributes",
        "sender",
        "sex is not 1-3",
        "write 1 male, 2 female or 3 unknown and send the event again",
    ),
    Fault(
        "bad-version",
        "sender",
        "a version below 1, a contract without a social worker, or a year without parameters",
        "number versions from 1, name a social worker, report a year that has rules, and send the event again",
    ),
    Fault(
        "refused-report",
        "sender",
        "the report breaks rules that it shows by itself",
        "see ocmw subsidies corrections, mend the cells that it names, and send the report again",
    ),
    Fault(
        "illegal-transition",
        "sender",
        "nothing can be archived there: no such request or answer of this OCMW, or archived before",
        "see ocmw esv list for what can be archived, and by whom",
    ),
    Fault(
        "conflicting-duplicate",
        "sender",
        "this key's event_id was used before with other content",
        "send it under an event_id of its own",
    ),
    Fault(
        "conflicting-version",
        "sender",
        "this version of the contract was sent before with other content",
        "send what changed as the next version",
    ),
)
"""In order of precedence."""

SERVICE_FAULT: dict[str, Fault] = {fault.slug: fault for fault in SERVICE_FAULTS}
RANK: dict[str, int] = {fault.slug: number for number, fault in enumerate(SERVICE_FAULTS)}
"""Place of a slug in the order of precedence."""
