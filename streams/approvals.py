"""The approval that a step needs, out of the file that OCMW_APPROVALS names."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from schemas.approvals import Approval, Kind, Purpose, standing
from schemas.protocols import Named
from streams.shell.clock import today


class ApprovalMissingError(Exception):
    """No valid approval is on record for what was asked; one sentence says which one is needed."""


def required(file: Path | None, purpose: Purpose, kind: Kind | None = None) -> Approval:
    """Return the approval that allows a purpose today, of a kind where one is named.

    Raises ApprovalMissingError with a sentence where none does.
    """
    if file is None:
        message = f"no approval for {purpose} is on record; name a file of approvals in OCMW_APPROVALS"
        raise ApprovalMissingError(message)
    approval = standing((one for one in on_record(file) if kind in (None, one.kind)), purpose, today())
    if approval is None:
        of = f" of the {kind}" if kind else ""
        message = f"{file} holds no valid approval{of} for {purpose} today; ask for one, or have it extended"
        raise ApprovalMissingError(message)
    return approval


def on_record(file: Path) -> list[Approval]:
    """Return all approvals of a file. Raises ApprovalMissingError where it cannot be read as such."""
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
        return [Approval.of(entry) for entry in entries or ()]
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        message = f"{file} is no list of approvals ({error}); without one this is refused"
        raise ApprovalMissingError(message) from error


def both_on_record(file: Path | None, named: Iterable[Named], purpose: Purpose) -> str:
    """Return the names of approvals that a request names, committee and chairman, each of which must be on record.

    A request cannot approve itself: each must equal an entry, field by field, and hold today. Raises
    ApprovalMissingError.
    """
    if file is None:
        message = f"no approval for {purpose} is on record; name a file of approvals in OCMW_APPROVALS"
        raise ApprovalMissingError(message)
    record, day, names = on_record(file), today(), []
    for one in named:
        wanted = Approval(one.body, one.number, one.given, one.valid_until, purpose, one.kind)
        if wanted not in record:
            raise ApprovalMissingError(
                f"{file} holds no {one.kind} approval {wanted.name} for {purpose} as it is named"
            )
        if not wanted.holds(purpose, day):
            raise ApprovalMissingError(f"{wanted.name} does not hold today; ask for another, or have it extended")
        names.append(wanted.name)
    return "; ".join(names)
