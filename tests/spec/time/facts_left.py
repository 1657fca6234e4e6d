"""Which employments a log leaves, as the slow truth reads them and as the ledger holds them."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from processors.admission.decoding import NO_DATE, packed
from processors.admission.facts import BY_OCMW, FROM, OPEN, STATE, UNTIL, WHAT, is_employment, status_of
from processors.admission.fold import Fold
from processors.reference.events import admitted
from processors.reference.facts import employments
from schemas.events import FOREVER
from schemas.settings import FigureSettings
from streams.embedded.driver import steps_of

Employed = tuple[str, str, bool, str]
"""First day, last day (``-``: not told, no end), by an OCMW, worker type as far as the ledger knows it."""
FactsLeft = Callable[..., list[Employed]]

_NAMES = {packed(name): name for name in ("OTH", "IVT", "STU", "é")}


def _day(day: int | None) -> str:
    return "-" if day in (None, NO_DATE, FOREVER) else (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def reference(files: list[Path]) -> list[Employed]:
    """Return the employments of the slow truth."""
    return sorted(
        (_day(one.start), _day(one.end), one.by_ocmw, _NAMES.get(packed(one.worker_type), "other"))
        for one in employments(admitted(files).facts)
    )


def fast(files: list[Path]) -> list[Employed]:
    """Return the employments of the ledger."""
    fold = Fold(FigureSettings())
    for file in files:
        for _ in steps_of(fold, file):
            pass
    facts = fold.ledger.facts
    return sorted(
        (_day(int(row[FROM])), _day(int(row[UNTIL])), bool(row[STATE] & BY_OCMW), _NAMES.get(int(row[WHAT]), "other"))
        for number, row in enumerate(facts)
        if is_employment(facts, number) and status_of(row[STATE]) == OPEN
    )


ENGINES = {"fast": fast, "reference": reference}
