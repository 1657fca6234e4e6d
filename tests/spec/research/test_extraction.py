"""A protocol is refused in a sentence that names the field; what it allows is what is handed out."""

from datetime import date

import pytest

from schemas.protocols import ProtocolError, protocol

LAWFUL = """
study = "mobility"
purpose = "positions of leavers"
recipient = {name = "Centre", key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}
update = "2024-06"
destroy_by = 2027-01-01
geography = "region"
kinds = ["person_month"]
[variables]
month = "reason"
[population]
supports = ["LL"]
from = "2023-01"
to = "2023-12"
[[approvals]]
kind = "committee"
body = "IVC"
number = "1"
date = 2024-03-05
valid_until = 2027-03-05
[[approvals]]
kind = "chairman"
body = "POD MI"
number = "7"
date = 2024-03-05
valid_until = 2027-03-05
"""


def test_a_lawful_protocol_is_read() -> None:
    assert protocol(LAWFUL).population.months[1] - protocol(LAWFUL).population.months[0] == 11


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('study = "mobility"', 'study = "Mobility"', "study"),
        ('purpose = "positions of leavers"\n', "", "purpose is missing"),
        ('update = "2024-06"', 'update = "newest"', "exact id"),
        ('geography = "region"', 'geography = "municipality"', "geography_reason"),
        ('month = "reason"', 'name = "reason"', "variables.name"),
        ('kind = "chairman"', 'kind = "committee"', "chairman"),
        ('to = "2023-12"', 'to = "2022-12"', "before"),
        ('supports = ["LL"]', 'supports = ["XX"]', "XX is no support"),
        ('month = "reason"', 'month = "reason"\nstatus = "reason"', "status does not exist"),
        ('purpose = "positions of leavers"', 'purpose = "x yz"\ncolour = "red"', "colour is no field"),
        ("age1ql3z", "bge1ql3z", "recipient.key"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused_by_its_field(before: str, after: str, told: str) -> None:
    assert before in LAWFUL
    with pytest.raises(ProtocolError, match=told) as refused:
        protocol(LAWFUL.replace(before, after, 1))
    assert "\n" not in str(refused.value)


def test_nothing_is_made_after_the_day_of_destruction() -> None:
    with pytest.raises(ProtocolError, match="is past"):
        protocol(LAWFUL).require_open(date(2027, 1, 2))
    protocol(LAWFUL).require_open(date(2027, 1, 1))
