"""A store with an extraction of a study, and what the study's protocol says."""

from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pandas as pd
import pyarrow.parquet as pq
import pyrage
from program import Done, ocmw

from schemas.protocols import Variable

UPDATE = "synthetic-2024-06"
APPROVALS = "".join(
    f"- {{body: {body}, number: {number}, date: 2024-03-05, valid_until: {until}, purpose: {purpose}, kind: {kind}}}\n"
    for body, number, until, purpose, kind in (
        ("IVC", 1, "2099-03-05", "extraction", "committee"),
        ("POD MI", 7, "2099-03-05", "extraction", "chairman"),
        ("IVC", 3, "2099-03-05", "coupling", "committee"),
        ("POD MI", 9, "2099-03-05", "coupling", "chairman"),
        ("IVC", 2, "2099-03-05", "ad_hoc", "committee"),
    )
)


MADE = (*get_args(Variable)[:-2],)
"""All variables of the list but those of a register and of a coupling."""


class Room(NamedTuple):
    """A store with one extraction of the study ``mobility``, its approvals, and the recipient's identity."""

    folder: Path
    store: Path
    identity: pyrage.x25519.Identity

    def run(self, *arguments: object) -> Done:
        """Run a command with the approvals on record."""
        return ocmw(*arguments, OCMW_APPROVALS=str(self.folder / "approvals.yaml"))

    def table(self, folder: Path, name: str) -> pd.DataFrame:
        """Return what the recipient reads of a table."""
        plain = pyrage.decrypt((folder / f"{name}.parquet.age").read_bytes(), [self.identity])
        table: pd.DataFrame = pq.read_table(BytesIO(plain)).to_pandas()
        return table

    def ask(self, text: str, *options: object) -> Done:
        """Ask a question."""
        (self.folder / "question.toml").write_text(text, encoding="utf-8")
        return self.run("ask", self.folder / "question.toml", "--store", self.store, *options)


def is_wanted(name: str, body: dict[str, Any]) -> bool:
    """Tell whether an event stays: of all closings the last three, for each costs a count of all periods."""
    return name != "UpdateClosed" or body["reference_month"] >= 202404


def protocol_of(
    key: str, purpose: str = "extraction", variables: str = 'month = "the model"', kinds: str = '["person_month"]'
) -> str:
    """Return a lawful protocol of the study."""
    numbers = {"extraction": (1, 7), "coupling": (3, 9)}[purpose]
    approvals = "".join(
        f'[[approvals]]\nkind = "{kind}"\nbody = "{body}"\nnumber = "{number}"\n'
        f"date = 2024-03-05\nvalid_until = 2099-03-05\n"
        for kind, body, number in zip(("committee", "chairman"), ("IVC", "POD MI"), numbers, strict=True)
    )
    return f"""
study = "mobility"
purpose = "positions of leavers"
recipient = {{name = "Centre", key = "{key}"}}
update = "{UPDATE}"
destroy_by = 2099-01-01
geography = "region"
kinds = {kinds}
accept_risk = "synthetic persons"
[variables]
{variables}
[population]
supports = ["LL"]
from = "2022-04"
to = "2023-12"
{approvals}"""
