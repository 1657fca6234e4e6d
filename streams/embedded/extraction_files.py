"""The files of an extraction: tables as Parquet for one recipient, and the papers that go with them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyrage

from processors.research.extraction import SMALLEST_GROUP, Column, Integers, Table, Text
from schemas.breakdowns import SIMPLE, category_label
from schemas.indicators import EXIT_MONTHS
from schemas.parameters import document
from schemas.positions import POSITIONS
from schemas.protocols import Protocol, ProtocolError
from schemas.supports import NODE
from streams.shell.progress import Report

_MOST_VALUES = 30
_ODD = np.uint64(0x9E3779B97F4A7C15)
_PERIODS = ("month", "spell_start", "exit")
"""What says of a row which month it is of, in the order of preference."""


_REPEATED = ("amount_cents", "state_share_cents", "days")
_ZERO_IS_NONE = ("birth_year", "spell_start", "spell_end", "spell_rank")


@dataclass
class Seen:
    """What a column holds: the codes of a text, or the smallest and largest number."""

    codes: set[str] = field(default_factory=set)
    smallest: int | None = None
    largest: int | None = None

    def note(self, name: str, column: Column) -> None:
        """Take another stretch of the column of a name."""
        if isinstance(column, Text):
            self.codes |= {column.codes[at] for at in np.flatnonzero(np.bincount(column.numbers)).tolist()}
        elif len(column):
            known = column[column != 0] if name in _ZERO_IS_NONE else column
            if not len(known):
                return
            low, high = int(known.min()), int(known.max())
            self.smallest = low if self.smallest is None else min(self.smallest, low)
            self.largest = high if self.largest is None else max(self.largest, high)


class Sealed(NamedTuple):
    """A table that only its recipient can read; what its columns hold; a mark of its rows by month."""

    content: bytes
    columns: dict[str, Seen]
    marks: dict[str, str]


def require_place(protocol: Protocol, out: Path) -> None:
    """Refuse, before anything is read, a recipient to whom nothing can be encrypted, and a folder that is none.

    Raises ProtocolError.
    """
    try:
        pyrage.x25519.Recipient.from_str(protocol.recipient.key)
    except pyrage.RecipientError:
        raise ProtocolError("recipient.key is no age key, a letter of it is wrong; ask for it again, age1…") from None
    if out.exists() and not out.is_dir():
        raise ProtocolError(f"{out} is there and is no folder; name one for the extractions with --out")


def sealed(name: str, table: Table, recipient: str, progress: Report) -> Sealed:
    """Return the table of a name as Parquet, encrypted; the plain text is nowhere but in memory.

    A mark changes where a row of its month does. It tells nobody else anything: pseudonyms are in it.
    """
    plain, seen, marks = BytesIO(), dict[str, Seen](), np.zeros(1_000_000, np.uint64)
    writer, done = None, 0
    progress(f"writing {name}", 0, table.rows)
    for columns in table.stretches():
        batch = pa.table([_arrow(column) for column in columns.values()], schema=_schema(columns))
        writer = writer or _writer(plain, batch.schema, columns)
        writer.write_table(batch, row_group_size=len(batch))
        for variable, column in columns.items():
            if variable != "person":
                seen.setdefault(variable, Seen()).note(variable, column)
        period = next((columns[variable] for variable in _PERIODS if variable in columns), None)
        months: Any = np.zeros(len(batch), np.int64) if period is None else period
        np.add.at(marks, months, _marks(columns))
        done += len(batch)
        progress(f"writing {name}", done, table.rows)
    if writer is not None:
        writer.close()
    there = np.flatnonzero(marks)
    content: bytes = pyrage.encrypt(plain.getvalue(), [pyrage.x25519.Recipient.from_str(recipient)])
    return Sealed(content, seen, {_month(at): f"{int(marks[at]):016x}" for at in there.tolist()})


def _writer(plain: BytesIO, schema: pa.Schema, columns: dict[str, Column]) -> pq.ParquetWriter:
    """Return what writes these columns: texts and what else repeats by number, smallest and largest of numbers alone.

    Those of texts would take as long as all else.
    """
    texts = {name for name, column in columns.items() if isinstance(column, Text)}
    return pq.ParquetWriter(
        plain,
        schema,
        store_schema=False,
        compression="zstd",
        use_dictionary=[name for name in columns if name in texts or name in _REPEATED],
        write_statistics=[name for name in columns if name not in texts],
    )


def _month(yyyymm: int) -> str:
    return f"{yyyymm // 100:04d}-{yyyymm % 100:02d}" if yyyymm else "no month"


def _schema(columns: dict[str, Column]) -> pa.Schema:
    return pa.schema([pa.field(name, _arrow_type(name, column), nullable=False) for name, column in columns.items()])


def _arrow_type(name: str, column: Column) -> pa.DataType:
    if name == "person":
        return pa.binary(16)
    return pa.dictionary(pa.int16(), pa.string()) if isinstance(column, Text) else pa.from_numpy_dtype(column.dtype)


def _arrow(column: Column) -> pa.Array:
    if isinstance(column, Text):
        return pa.DictionaryArray.from_arrays(column.numbers.astype(np.int16), pa.array(column.codes, pa.string()))
    if column.ndim == 2:  # noqa: PLR2004 - rows of bytes
        buffer = pa.py_buffer(np.ascontiguousarray(column))
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(column.shape[1]), len(column), [None, buffer])
    return pa.array(column)


def _marks(columns: dict[str, Column]) -> npt.NDArray[np.uint64]:
    """Return a hash of each row; its columns in their order, a text by its place in the list of codes."""
    words: list[Integers] = []
    for column in columns.values():
        if isinstance(column, Text):
            words.append(column.numbers)
        elif column.ndim == 2:  # noqa: PLR2004 - rows of bytes
            words += list(np.ascontiguousarray(column).view(np.uint64).T)
        else:
            words.append(column)
    hashes = np.zeros(len(words[0]), np.uint64)
    for word in words:
        hashes *= _ODD
        hashes += word.astype(np.uint64)
        hashes ^= hashes >> np.uint64(29)
    return hashes * _ODD


def changed(marks: dict[str, dict[str, str]], before: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Return by table the months whose rows are not what they were."""
    return {
        name: sorted(month for month in mine.keys() | before[name].keys() if mine.get(month) != before[name].get(month))
        for name, mine in marks.items()
        if name in before
    }


def codebook(protocol: Protocol, tables: dict[str, Sealed], rows: dict[str, int]) -> str:
    """Return what each variable of each table means, its values and why the protocol has it."""
    supports = ", ".join(protocol.population.supports)
    first, last = protocol.population.first, protocol.population.last
    lines = [
        f"# Codebook of {protocol.study}",
        "",
        f"Update {protocol.update}. Supports {supports}, months {first} to {last}.",
    ]
    for name, table in tables.items():
        lines += ["", f"## {name}.parquet: {_ROWS[name]}", "", f"{rows[name]:,} rows.", ""]
        lines += ["| variable | type | meaning | values here | why |", "|---|---|---|---|---|"]
        lines += [
            _line("person", None, "joins the rows of one person"),
            *(_line(column, seen, _reason(protocol, column)) for column, seen in table.columns.items()),
        ]
        for column, seen in table.columns.items():
            alike = [other for other in table.columns if other.partition("_")[0] == column.partition("_")[0]]
            if column not in _LISTED_ONCE:
                lines += list(_values(column, seen.codes))
            elif column == alike[0]:
                lines += list(_values(", ".join(alike), set().union(*(table.columns[one].codes for one in alike))))
    if protocol.exact_amounts is None and any("amount_cents" in table.columns for table in tables.values()):
        lines += ["", "Amounts stand in classes of 50 euro, named in cents by their lower bound."]
    return "\n".join(lines) + "\n"


_LISTED_ONCE = (*(f"outcome_x{after}" for after in EXIT_MONTHS), "position", "position_later")
_ROWS = {
    "person_month": "a row for each person, month, support and OCMW",
    "spell": "a row for each person and spell: an unbroken stretch of months in the kingdom",
    "leavers": "a row for each person who left the living wage, and year",
}


def _reason(protocol: Protocol, column: str) -> str:
    named = {str(name): reason for name, reason in protocol.variables.items()}
    return named.get(column, named.get("position", ""))


def _line(name: str, seen: Seen | None, why: str) -> str:
    words = document("variables")[name]
    values = "true, false" if words["type"] == "bool" else "" if seen is None else _range(seen)
    return f"| {name} | {words['type']} | {words['means']} | {values} | {why} |"


def _range(seen: Seen) -> str:
    if not seen.codes:
        return f"{seen.smallest} to {seen.largest}"
    codes = sorted(code or "(empty)" for code in seen.codes)
    return ", ".join(codes) if len(codes) <= _MOST_VALUES else f"{len(codes)} codes, {codes[0]} to {codes[-1]}"


def _values(column: str, codes: Iterable[str]) -> Iterable[str]:
    """Yield the names of the codes of a variable, where they have names."""
    named = [(code, _named(column, code)) for code in sorted(codes)]
    lines = [f"- `{code}` {name}" for code, name in named if name and name != code]
    return ["", f"Values of {column}:", "", *lines] if lines and len(lines) <= _MOST_VALUES else []


def _named(column: str, code: str) -> str | None:
    values: dict[str, Any] = document("variables")["values"]
    if column.startswith("outcome"):
        return str(values["outcome"][code])
    if column.startswith("position"):
        return POSITIONS.get(code) or str(values["position"].get(code, ""))
    if column == "support":
        return NODE[code].label_en
    return category_label(column, code, "en") if column in SIMPLE and column != "nationality" else None


def readme(protocol: Protocol, manifest: dict[str, Any]) -> str:
    """Return what a researcher reads first."""
    first = next(iter(manifest["files"]))
    return f"""# Extraction {protocol.study}, number {manifest["number"]}

For {protocol.recipient.name}. Purpose: {protocol.purpose}

- Update {protocol.update}; months {protocol.population.first} to {protocol.population.last}.
- Decrypt with your age key: `age -d -i KEY {first} > {first.removesuffix(".age")}`. What the variables mean stands in
  codebook.md; the digests of the files in manifest.json (`ocmw extract verify` compares them).
- A person has no row in a month without claims. Count persons by distinct `person`, and only rows with `beneficiary`
  true: a claim that was taken back leaves a row that adds up to nothing.
- Pseudonyms hold within this study: number {manifest["number"]} joins its earlier ones, and no other study. Nobody may
  try to find out who somebody is.
- These are pseudonymised personal data: one machine, no copy, no publication of a cell below 5 persons.
- Destroy all of it by {protocol.destroy_by}, and return the signed declaration.

{_changes(manifest["changed_since"])}"""


def _changes(since: dict[str, Any]) -> str:
    if since["update"] is None:
        return "This is the first extraction of the study.\n"
    lines = [f"## What changed since update {since['update']}", ""]
    for name, more in since["rows"].items():
        lines.append(f"- {name}: {more:+,} rows; {_months(since['months'].get(name))}")
    if since["protocol"]:
        lines.append("- The protocol is another one: compare the two.")
    return "\n".join(lines) + "\n"


def _months(months: list[str] | None) -> str:
    if months is None:
        return "it is new"
    if not months:
        return "no row is another"
    return f"rows of {len(months)} months differ, {months[0]} to {months[-1]} (manifest.json names them)"


def risk_report(protocol: Protocol, risk: pd.DataFrame) -> str:
    """Return what the k report says to an officer who has to sign for it."""
    few = int(risk.loc[risk["k"] < SMALLEST_GROUP, "persons"].sum())
    persons, alone = int(risk["persons"].sum()), int(risk.loc[risk["k"] == 1, "persons"].sum())
    lines = [
        f"# How far persons of {protocol.study} stand alone",
        "",
        f"Of {persons:,} persons {alone:,} have sex, year of birth, nationality group, {protocol.geography} and months",
        f"of each support in common with nobody else here, and {few:,} with fewer than {SMALLEST_GROUP - 1} others:",
        "who knows these of somebody can find the rows. It is the worst case, as if the protocol named all of them.",
        f"Accepted because: {protocol.accept_risk}" if few else "Nobody stands alone.",
        "",
        "| persons who share all of it (k) | persons |",
        "|---:|---:|",
    ]
    rows = zip(risk["k"], risk["persons"], strict=True)
    return "\n".join([*lines, *(f"| {k:,} | {persons:,} |" for k, persons in rows)]) + "\n"


def letter(protocol: Protocol) -> str:
    """Return the letter to the centres whose statements the data come from."""
    bodies = "; ".join(f"{one.body} {one.number} of {one.given}" for one in protocol.approvals)
    return f"""# To the public centres for social welfare

For the study "{protocol.study}" data of your statements will be used, pseudonymised.
Its purpose: {protocol.purpose}
The allowed use rests on: {bodies}. The data are destroyed by {protocol.destroy_by}. You need not do anything.
"""
