"""Contracts (GPMI) of a person: versions that change, signatures that come late or not, evaluations."""

from dataclasses import replace

from schemas.services.records import Document, GpmiContract, GpmiEvaluation
from synthetic.services.drawing import Drawing, rates


def contracts(draws: Drawing, person: bytes, ocmw: int) -> list[GpmiContract | GpmiEvaluation]:
    """Draw the contract of a person, if there is one, with its evaluations."""
    likely = rates()
    if not draws.happens(likely["contract"]):
        return []
    start = draws.day()
    first = GpmiContract(
        draws.identity(),
        person,
        draws.identity(),
        1,
        ocmw,
        tuple(draws.whole(1, 12) * 10**6 + ocmw for _ in range(draws.one(1, 1, 1, 2))),
        None if draws.happens(likely["unsigned"]) else start + draws.whole(-5, 40),
        start,
        draws.one(None, start + draws.whole(90, 720)),
        None,
        draws.one("GENERAL", "GENERAL", "STUDENT", "TRAINING", "OTHER"),
        draws.one(ocmw, ocmw, ocmw, ocmw, draws.ocmw(), 0),
        draws.happens(0.3),
        draws.happens(0.25),
        draws.happens(0.1),
        draws.happens(0.2),
        draws.one(None, start - draws.whole(0, 60)),
        draws.one(1, 2),
        start - draws.whole(18 * 365, 60 * 365),
        Document(draws.identity() * 2, "application/pdf", f"gpmi/{draws.whole(1, 10**6)}.pdf"),
    )
    records: list[GpmiContract | GpmiEvaluation] = [first]
    if draws.happens(likely["new_version"]):
        signed = None if first.signed_on is None else first.signed_on + draws.whole(30, 200)
        changed = replace(first, event_id=draws.identity(), version=2, signed_on=signed, training=not first.training)
        closed = start + draws.whole(60, 500) if draws.happens(0.4) else None
        records.append(replace(changed, closed_on=closed))
    if draws.happens(likely["evaluation"]):
        held = start + draws.whole(60, 180)
        outcome = draws.one("REACHED", "PARTLY", "NOT_REACHED", "NONE")
        kind = draws.one("INTERMEDIATE", "INTERMEDIATE", "FINAL")
        records.append(GpmiEvaluation(draws.identity(), person, first.contract, held, kind, outcome))
    return records
