"""Events as the values that stand in Kafka."""

from datetime import date

from schemas.framing import UNION_ID, encode


def claim(person: bytes, number: int, month: int = 3, cents: int = 100_000) -> bytes:
    """Return a grant over a month of 2024; ``number`` is its event id."""
    fields = {
        "event_id": number.to_bytes(16, "big"),
        "person": person,
        "ocmw": 11002,
        "dossier": 1,
        "support": "LL_OTHER",
        "amount_type": "GRANT",
        "first_day": date(2024, month, 1),
        "last_day": date(2024, month, 28),
        "statement_month": 202400 + month,
        "amount_cents": cents,
        "days": 28,
        "budget_article": 1,
        "state_percentage": 55,
        "sex": 1 + number % 2,
        "birth_date": date(1990, 1, 1),
        "household": "B",
        "nationality": "BE",
        "status": "NONE",
    }
    return encode(UNION_ID, ("be.ocmw.v1.ReimbursementClaim", fields))


def closing(update_id: str, reference_month: int) -> bytes:
    """Return the closing of an update, month as YYYYMM."""
    fields = {"update_id": update_id, "reference_month": reference_month}
    return encode(UNION_ID, ("be.ocmw.v1.UpdateClosed", fields))
