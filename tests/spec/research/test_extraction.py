"""A protocol is refused in a sentence that names the field; what it allows is what is handed out."""

import re
import subprocess
from datetime import date
from itertools import takewhile
from pathlib import Path

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
    ("before", "after", "sentence"),
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
        ('month = "reason"', 'outcome_x3 = "reason"', "variables.outcome_x3 stands in rows of kind spell, which kinds"),
        ('kinds = ["person_month"]', 'kinds = ["spell"]', "variables.month stands in rows of kind person_month"),
        ('purpose = "positions of leavers"', 'purpose = "x yz"\ncolour = "red"', "colour is no field"),
        ("age1ql3z", "bge1ql3z", "recipient.key"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused_by_its_field(before: str, after: str, sentence: str) -> None:
    assert before in LAWFUL
    with pytest.raises(ProtocolError, match=sentence) as refused:
        protocol(LAWFUL.replace(before, after, 1))
    assert "\n" not in str(refused.value)


def test_nothing_is_made_after_the_day_of_destruction() -> None:
    with pytest.raises(ProtocolError, match="is past"):
        protocol(LAWFUL).require_open(date(2027, 1, 2))
    protocol(LAWFUL).require_open(date(2027, 1, 1))


def documented(start: str) -> str:
    """Return the first block of the documentation that starts so, as it would be copied."""
    page = (Path(__file__).parents[3] / "docs" / "research.md").read_text(encoding="utf-8")
    lines = page[page.index(f"    {start}") :].split("\n")
    return "\n".join(line[4:] for line in takewhile(lambda line: not line or line.startswith("    "), lines))


def test_the_documented_protocol_is_lawful_and_its_timer_names_the_update(tmp_path: Path) -> None:
    key = LAWFUL.split("key = ")[1].split("}", maxsplit=1)[0]
    text = documented('study = "mobility"\n    purpose').replace('"age1..."', key)
    (tmp_path / "mobility.toml").write_text(text, encoding="utf-8")
    command = documented("[Service]").split("/bin/sh -c '")[1].split(" && ")[0]  # ocmw itself is run elsewhere
    run_by_systemd = ["/bin/sh", "-c", command.replace("%%", "%").replace("$$", "$")]
    subprocess.run(run_by_systemd, cwd=tmp_path, check=True)  # noqa: S603 - the line of our own page
    run = protocol((tmp_path / "run.toml").read_text(encoding="utf-8"))
    assert re.fullmatch(r"20[0-9]{2}-[01][0-9]", run.update)
    assert run.model_copy(update={"update": "2024-06"}) == protocol(text)
