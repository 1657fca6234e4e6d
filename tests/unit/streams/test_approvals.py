"""What stands in a file of approvals, and what is none."""

from pathlib import Path

import pytest

from streams.approvals import ApprovalMissingError, on_record, required

ENTRY = "- {{body: IVC, number: 24/1, date: {}, valid_until: {}, purpose: youth_care}}\n"


def test_an_approval_is_read_with_its_days(tmp_path: Path) -> None:
    file = tmp_path / "approvals.yaml"
    file.write_text(ENTRY.format("2024-03-05", "2027-03-05"))
    (approval,) = on_record(file)
    assert (approval.name, approval.given.isoformat(), approval.valid_until.isoformat()) == (
        "IVC 24/1",
        "2024-03-05",
        "2027-03-05",
    )


@pytest.mark.parametrize("days", [("2024-03-05 10:00:00", "2027-03-05"), ("2024-03-05", "2027-03-05 10:00:00")])
def test_an_instant_is_no_day_of_an_approval(tmp_path: Path, days: tuple[str, str]) -> None:
    file = tmp_path / "approvals.yaml"
    file.write_text(ENTRY.format(*days))
    with pytest.raises(ApprovalMissingError, match="approval 24/1: date and valid_until are days, as 2024-03-05"):
        required(file, "youth_care")
