"""An extraction carried out: rows of the log at an update, checked against the store, encrypted to one recipient."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyrage

from processors.admission.decoding import NO_BIRTH_DATE
from processors.admission.fold import Fold
from processors.admission.ledger import DUPLICATE
from processors.counting.people import everyone
from processors.research.coupling import UNMATCHED, coupled, drawn, leavers
from processors.research.extraction import SMALLEST_GROUP, Source, chosen, frame, k_report, person_months, spells
from schemas.audience import may_see
from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey
from schemas.log import LogFile
from schemas.periods import Period, month_code, to_yyyymm
from schemas.places import KINGDOM, PLACE_NUMBER
from schemas.positions import coded
from schemas.protocols import Protocol, ProtocolError
from schemas.protocols import protocol as parsed
from schemas.releases import Release, is_synthetic
from schemas.supports import LEAVES
from sinks.access_log import Access, note_access
from sinks.directory.journal import Journal, too_short
from sinks.directory.store import DirectoryStore
from sinks.durability import write_for_owner
from sinks.questions import forget, keep_coupled
from streams.embedded.driver import batches

_KINGDOM, _TOTAL = PLACE_NUMBER["kingdom", KINGDOM], CATEGORY_NUMBER["total", "total"]
EDGE = "stays-here"
"""Folder of an extraction that never leaves: the k report."""
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Made:
    """An extraction that was written: where, how many rows and persons, and the head of the log of accesses."""

    folder: Path
    rows: int
    persons: int
    head: str


class Coupled(NamedTuple):
    """A coupling that was written, and how many who left have no position in the quarter after."""

    made: Made
    unmatched: int


def release_named(store: DirectoryStore, update_id: str) -> Release:
    """Return the release of an update. Raises ProtocolError where the store has none, or keeps it no longer."""
    updates = [update for update in store.updates() if update.update_id == update_id]
    if not updates:
        raise ProtocolError(f"update {update_id!r} is not in {store.root}; write the exact id of one that is closed")
    if updates[-1].sequence not in store.numbers():
        raise ProtocolError(f"update {update_id!r} is no longer kept by {store.root}")
    return store.release(updates[-1].sequence)


def source_of(store: DirectoryStore, release: Release) -> Source:
    """Return the rows of the log up to a release, folded from the journal, never from a cache."""
    fold, births = Fold(store.settings), []
    for segment in Journal(store.root).segments():
        for batch in batches(LogFile.open(segment)):
            for step in fold.steps(batch):
                events = step.events
                mine = slice(step.first, step.stop)
                kept = (events.fault[mine] != DUPLICATE) & (events.parts[mine] > 0)
                kept &= events.birth[mine] != NO_BIRTH_DATE
                births.append((events.identity[mine][kept][:, 2:4].copy(), events.birth[mine][kept].copy()))
                if step.update is not None and step.update.sequence == release.update.sequence:
                    return _source(store, fold, births)
    raise too_short(store.root, release.update.sequence)


def _source(store: DirectoryStore, fold: Fold, births: list[tuple[Any, Any]]) -> Source:
    ledger = fold.ledger
    persons = ledger.tables.persons[: ledger.persons]
    keys = pd.DataFrame(np.concatenate([pairs for pairs, _ in births]), columns=["a", "b"])
    days = np.concatenate([days for _, days in births])
    keys["year"] = (np.datetime64("1970-01-01") + days.astype("timedelta64[D]")).astype("datetime64[Y]").astype(int)
    newest = keys.drop_duplicates(["a", "b"], keep="last").set_index(["a", "b"])["year"]
    index = pd.MultiIndex.from_arrays([persons[:, 0], persons[:, 1]])
    years = newest.reindex(index).to_numpy(np.float64)
    known = np.where(np.isnan(years), -1970, years).astype(np.int64) + 1970
    raw = np.ascontiguousarray(persons)
    return Source(everyone(ledger), lambda number: raw[number].tobytes(), known, store.settings.geography_month)


def _require_published(release: Release, protocol: Protocol) -> None:
    first, last = protocol.population.months
    for support in protocol.population.supports:
        for month in range(first, last + 1):
            entry = release.entries.get(BlockKey(support, Period("month", month)))
            zone_sees = entry is not None and may_see(
                "restricted", BlockKey(support, Period("month", month)), entry.vintage.state
            )
            if entry is not None and not zone_sees:
                raise ProtocolError(
                    f"population.to: {support} {month_code(month)} is {entry.vintage.state} at {protocol.update}, "
                    "and only published months are extracted"
                )


def require_equal(store: DirectoryStore, release: Release, rows: pd.DataFrame, leaves: Iterable[int]) -> None:
    """Refuse rows that do not add up to the amounts of the store, leaf by leaf and month by month."""
    sums: dict[Any, int] = rows.groupby(["leaf", "at"])["amount_cents"].sum().to_dict()
    months = {key.period.last for key in release.entries if key.period.kind == "month"} | set(rows["at"].tolist())
    for leaf in sorted(leaves):
        for month in sorted(months):
            entry = release.entries.get(BlockKey(LEAVES[leaf], Period("month", month)))
            cells = store.read_block(entry.latest) if entry and entry.latest else None
            held = 0
            if cells is not None:
                held = int(cells.amount_cents[(cells.place == _KINGDOM) & (cells.category == _TOTAL)].sum())
            if held != sums.get((leaf, month), 0):
                raise ProtocolError(f"{LEAVES[leaf]} {month_code(month)} differs from the store; run ocmw rebuild")


def extract(  # noqa: PLR0913, PLR0917 - what an extraction is made of
    store: DirectoryStore, text: str, out: Path, key: bytes, approval: str, at: datetime
) -> Made:
    """Carry out a protocol and return where its numbered folder is. Raises ProtocolError; then nothing is written."""
    protocol = parsed(text)
    source = _read(store, protocol)
    tables: dict[str, pd.DataFrame] = {}
    for kind in protocol.kinds:
        variables = {n: r for n, r in protocol.variables.items() if n.startswith(("spell", "dur")) == (kind == "spell")}
        of_kind = protocol.model_copy(update={"variables": variables})
        tables[kind] = (person_months if kind == "person_month" else spells)(source, of_kind, key)
    return _written(store, _Carried(protocol, text, source, tables), out, key, (approval, at))


def couple(  # noqa: PLR0913, PLR0917 - what a coupling is made of
    store: DirectoryStore, text: str, out: Path, key: bytes, approval: str, at: datetime, lines: Iterable[str] | None
) -> Coupled:
    """Carry out a coupling: who left the living wage, with their positions of a coded file.

    Without lines of one, positions are drawn, which only a synthetic history allows. Raises ProtocolError; then nothing
    is written.
    """
    protocol = parsed(text)
    if "position" not in protocol.variables:
        raise ProtocolError("variables.position is missing, and a coupling is made for it alone")
    if lines is None and not is_synthetic(protocol.update):
        raise ProtocolError(f"update {protocol.update} is not synthetic, so positions are not drawn; give a coded file")
    known = None if lines is None else coded(lines, _key_id(key))
    source = _read(store, protocol)
    left = leavers(source, protocol, key)
    table = coupled(left, drawn(left, key) if known is None else known)
    delivered = table.assign(exit=table["exit"].map(to_yyyymm).astype(np.int32)).drop(columns=["year"])
    made = _written(store, _Carried(protocol, text, source, {"leavers": delivered}), out, key, (approval, at))
    keep_coupled(store.root, made.folder.name, table[["year", "region", "position", "position_later"]])
    return Coupled(made, int((table["position"] == UNMATCHED).sum()))


def _read(store: DirectoryStore, protocol: Protocol) -> Source:
    """Return the rows of a protocol's update, which must be those of the store."""
    release = release_named(store, protocol.update)
    _require_published(release, protocol)
    source = source_of(store, release)
    require_equal(store, release, frame(source), protocol.population.leaves)
    return source


@dataclass(frozen=True)
class _Carried:
    """A protocol that was carried out: its text, what it was made from, and its tables by name."""

    protocol: Protocol
    text: str
    source: Source
    tables: dict[str, pd.DataFrame]


def _written(store: DirectoryStore, carried: _Carried, out: Path, key: bytes, allowed: tuple[str, datetime]) -> Made:
    """Write the numbered folder of an extraction, on an approval at an instant, and note it."""
    protocol, text, source, tables = carried.protocol, carried.text, carried.source, carried.tables
    approval, at = allowed
    risk = k_report(source, protocol)
    exposed = int(risk.loc[risk["k"] < SMALLEST_GROUP, "persons"].sum())
    if exposed and protocol.accept_risk is None:
        raise ProtocolError(
            f"{exposed} persons share what identifies them with fewer than {SMALLEST_GROUP - 1} others; "
            "leave out variables or places, or write accept_risk with the reason"
        )
    sealed = {f"{kind}.parquet.age": _sealed(table, protocol) for kind, table in tables.items()}
    folder = _next_folder(out, protocol.study)
    before = _manifest(_previous(folder))
    manifest = _said(protocol, tables, sealed, key, text, before) | {"number": int(folder.name.rpartition("-")[2])}
    files = sealed | {
        "protocol.toml": text.encode(),
        "codebook.md": _codebook(protocol, tables).encode(),
        "README.md": _readme(protocol, manifest).encode(),
        "letter-to-ocmws.md": _letter(protocol).encode(),
        MANIFEST: (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode(),
    }
    folder.mkdir(parents=True)
    (folder / EDGE).mkdir(mode=0o700)
    for name, content in files.items():
        write_for_owner(folder / name, content)
    write_for_owner(folder / EDGE / "k_report.csv", risk.to_csv(index=False).encode())
    persons = len(set(chosen(frame(source), protocol)["number"].tolist()))
    of = {
        "study": protocol.study,
        "number": manifest["number"],
        "update": protocol.update,
        "protocol": _sha(text.encode()),
    }
    of["destroy_by"] = protocol.destroy_by.isoformat()
    head = note_access(store.root, Access("extract", approval, of), at)
    return Made(folder, sum(map(len, tables.values())), persons, head)


def _sealed(table: pd.DataFrame, protocol: Protocol) -> bytes:
    """Return a table as Parquet, encrypted to the recipient; the plain text is nowhere but in memory."""
    fields = []
    for name in table.columns:
        kind = pa.binary(16) if name == "person" else pa.Array.from_pandas(table[name]).type
        fields.append(pa.field(name, kind, nullable=False))
    plain = BytesIO()
    pq.write_table(
        pa.Table.from_pandas(table, pa.schema(fields), preserve_index=False).replace_schema_metadata(), plain
    )
    sealed: bytes = pyrage.encrypt(plain.getvalue(), [pyrage.x25519.Recipient.from_str(protocol.recipient.key)])
    return sealed


def _next_folder(out: Path, study: str) -> Path:
    taken = [int(path.name.rpartition("-")[2]) for path in out.glob(f"{study}-[0-9][0-9][0-9][0-9]")]
    return out / f"{study}-{max(taken, default=0) + 1:04d}"


def _previous(folder: Path) -> Path:
    study, _, number = folder.name.rpartition("-")
    return folder.with_name(f"{study}-{int(number) - 1:04d}")


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return manifest


def _said(  # noqa: PLR0913, PLR0917 - the facts of a manifest
    protocol: Protocol,
    tables: dict[str, pd.DataFrame],
    sealed: dict[str, bytes],
    key: bytes,
    text: str,
    before: dict[str, Any],
) -> dict[str, Any]:
    rows = {kind: len(table) for kind, table in tables.items()}
    earlier = before.get("rows", {})
    return {
        "study": protocol.study,
        "number": int(before.get("number", 0)) + 1,
        "update": protocol.update,
        "destroy_by": protocol.destroy_by.isoformat(),
        "recipient": protocol.recipient.name,
        "study_key": _key_id(key),
        "protocol": _sha(text.encode()),
        "rows": rows,
        "changed_since": {
            "update": before.get("update"),
            "rows": {kind: number - earlier.get(kind, 0) for kind, number in rows.items()},
        },
        "files": {name: _sha(content) for name, content in sealed.items()},
    }


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"id" + key).hexdigest()[:8]


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _codebook(protocol: Protocol, tables: dict[str, pd.DataFrame]) -> str:
    lines = [
        f"# Codebook of {protocol.study}",
        "",
        "| table | variable | type | values | why |",
        "|---|---|---|---|---|",
    ]
    for kind, table in tables.items():
        for name in table.columns:
            values = _values(table[name]) if name != "person" else "pseudonym of this study alone"
            why = {str(one): reason for one, reason in protocol.variables.items()}.get(
                name, "needed to join the rows of one person"
            )
            lines.append(f"| {kind} | {name} | {_type(name, table[name])} | {values} | {why} |")
    if protocol.exact_amounts is None:
        lines += ["", "Amounts stand in classes of 50 euro, named in cents by their lower bound."]
    return "\n".join(lines) + "\n"


def _type(name: str, column: pd.Series) -> str:
    return "fixed 16" if name == "person" else "text" if column.dtype == object else str(column.dtype)


def _values(column: pd.Series) -> str:
    distinct = sorted(set(column.tolist()))
    return ", ".join(map(str, distinct)) if len(distinct) <= 15 else f"{distinct[0]} ... {distinct[-1]}"  # noqa: PLR2004


def _readme(protocol: Protocol, manifest: dict[str, Any]) -> str:
    return f"""# Extraction {protocol.study}, number {manifest["number"]}

For {protocol.recipient.name}. Purpose: {protocol.purpose}

- Update {protocol.update}; months {protocol.population.first} to {protocol.population.last}.
- Decrypt with your age key: `age -d -i KEY person_month.parquet.age > person_month.parquet`.
- Pseudonyms hold within this study. They join no other study, and nobody may try.
- These are pseudonymised personal data: one machine, no copy, no publication of a cell below 5 persons.
- Destroy all of it by {protocol.destroy_by}, and return the signed declaration.
"""


def _letter(protocol: Protocol) -> str:
    study, purpose = protocol.study, protocol.purpose
    bodies = "; ".join(f"{one.body} {one.number} of {one.given}" for one in protocol.approvals)
    return f"""# To the public centres for social welfare

For the study "{study}" data of your statements will be used, pseudonymised, for this purpose: {purpose}
The allowed use rests on: {bodies}. The data are destroyed by {protocol.destroy_by}. You need not do anything.
"""


def verified(folder: Path) -> list[str]:
    """Return the files of an extraction that are not what its manifest says; ProtocolError where there is none."""
    manifest = _manifest(folder)
    if not manifest:
        raise ProtocolError(f"{folder}: no extraction is here; name the numbered folder of one")
    return [
        name
        for name, digest in manifest["files"].items()
        if not (folder / name).exists() or _sha((folder / name).read_bytes()) != digest
    ]


def destroyed(root: Path, folder: Path, keyfile: Path, destroyer: str, signed: str, at: datetime) -> Path:  # noqa: PLR0913, PLR0917
    """Delete the files and the study key of an extraction, and return the proof that was written instead."""
    manifest = _manifest(folder)
    if not manifest:
        raise ProtocolError(f"{folder}: no extraction is here; name the numbered folder of one")
    if _key_id(keyfile.read_bytes()) != manifest["study_key"]:
        raise ProtocolError(f"{keyfile} is not the key of this study; name the one that made it")
    proof = {
        "study": manifest["study"],
        "number": manifest["number"],
        "destroyed": at.date().isoformat(),
        "who": destroyer,
        "recipient_declaration": signed,
        "files": manifest["files"],
        "study_key": manifest["study_key"],
    }
    of = {"study": manifest["study"], "number": manifest["number"]}
    proof["access_log"] = note_access(root, Access("destroy", destroyer, of), at)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    keyfile.unlink()
    forget(root, manifest["study"])
    write_for_owner(folder / "destroyed.json", (json.dumps(proof, indent=2, sort_keys=True) + "\n").encode())
    return folder / "destroyed.json"
