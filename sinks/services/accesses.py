"""Consultations of social reports in the log of accesses: who asked, why, which request; never about whom."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from schemas.services.records import SocialReportRequest
from sinks.access_log import Access, note_access, note_accesses

_UNSIGNED = 2**64 - 1


def note_requests(root: Path, requests: Iterable[SocialReportRequest], at: datetime) -> None:
    """Note requests durably, refused ones too, before they are answered. Raises StoreError."""
    entries = [
        Access(
            "esv ask",
            "",
            {
                "request": one.event_id.hex(),
                "ocmw": f"{one.ocmw:05d}",
                "asked_by": f"{one.asked_by & _UNSIGNED:016x}",
                "reason": one.reason,
            },
        )
        for one in requests
    ]
    if entries:
        note_accesses(root, entries, at)


def note_reading(root: Path, kind: str, of: dict[str, str], at: datetime) -> None:
    """Note that somebody read reports or lists, before anything is shown. Raises StoreError."""
    note_access(root, Access(kind, "", of), at)
