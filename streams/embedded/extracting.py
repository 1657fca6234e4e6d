"""An extraction carried out: rows of the log at an update, checked against the store, encrypted to one recipient."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from processors.admission.fold import Fold
from processors.admission.hash_table import empty_slots
from processors.admission.ledger import Ledger
from processors.counting.people import everyone
from processors.research.births import Births
from processors.research.coupling import UNMATCHED, coupled, drawn, leaver_rows, leavers
from processors.research.extraction import (
    SMALLEST_GROUP,
    Population,
    Source,
    Table,
    amounts,
    by_year,
    k_report,
    person_months,
)
from processors.research.spell_rows import spell_rows
from processors.time.outcome_tables import Outcomes
from schemas.audience import may_see
from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey
from schemas.periods import Period, month_code
from schemas.places import KINGDOM, PLACE_NUMBER
from schemas.positions import coded
from schemas.protocols import OF_ROWS, Protocol, ProtocolError
from schemas.protocols import protocol as parsed
from schemas.releases import Release, is_synthetic
from schemas.supports import LEAVES
from sinks.access_log import Access, note_access
from sinks.directory.journal import Journal, too_short
from sinks.directory.store import DirectoryStore
from sinks.durability import explained, write_for_owner
from sinks.errors import StoreWriteError
from sinks.questions import forget, keep_coupled, keep_rows, rows_files
from streams.embedded.driver import steps_of
from streams.embedded.extraction_files import (
    Sealed,
    changed,
    codebook,
    letter,
    readme,
    require_place,
    risk_report,
    sealed,
)
from streams.release.indicators import question_of
from streams.shell.progress import Report, silent

_KINGDOM, _TOTAL = PLACE_NUMBER["kingdom", KINGDOM], CATEGORY_NUMBER["total", "total"]
EDGE = "stays-here"
"""Folder of an extraction that never leaves: the k report."""
MANIFEST = "manifest.json"
_BYTES_A_ROW = 80
"""Of a journal, about: an event takes 64, and three of four make a new row."""
NOT_MADE = {
    "sector": "needs a register of sectors, which this system has not",
    "position": "is what a coupling gives; use ocmw extract couple",
}


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


def source_of(store: DirectoryStore, release: Release, progress: Report = silent) -> Source:
    """Return the rows of the log up to a release, folded from the journal, never from a cache; they are the store's.

    Ids of events are compared only where the sums differ: a journal holds each event once, unless somebody who put it
    back from a copy put some twice. Raises ProtocolError where the sums differ then too.
    """
    size = sum(segment.stat().st_size for segment in Journal(store.root).segments())
    source = _folded(store, release, Ledger.of_admitted(store.settings, size // _BYTES_A_ROW), progress)
    progress("comparing with the store", 0, 1)
    if difference(store, release, source) is None:
        return source
    del source
    source = _folded(store, release, Ledger(store.settings), progress)
    unequal = difference(store, release, source)
    if unequal is not None:
        raise ProtocolError(f"{unequal} differs from the store; run ocmw rebuild")
    return source


def _folded(store: DirectoryStore, release: Release, ledger: Ledger, progress: Report) -> Source:
    """Fold the journal into an empty ledger, up to a release."""
    fold, births, events, segments = Fold(store.settings, ledger), Births(), 0, Journal(store.root).segments()
    for number, segment in enumerate(segments):
        for step in steps_of(fold, segment):
            births.note(step, fold.ledger.persons)
            events += step.stop - step.first
            progress(f"reading event {events:,}", number, len(segments))
            if step.update is not None and step.update.sequence == release.update.sequence:
                return _source(store, fold.ledger, release, births)
    raise too_short(store.root, release.update.sequence)


def _source(store: DirectoryStore, ledger: Ledger, release: Release, births: Births) -> Source:
    """Return what stays of a ledger, which may be forgotten: a country of ten years is not held twice."""
    nothing = empty_slots()  # nothing is folded any more: what finds events and rows is half of a ledger
    ledger.tables = ledger.tables._replace(ids=ledger.tables.ids[:0].copy(), id_slots=nothing, row_slots=nothing)
    question = question_of(store, everyone(ledger), ledger, release, store.settings)
    question = replace(question, births=ledger.births.copy())
    outcomes = replace(Outcomes.of(ledger, question), facts=ledger.facts.copy())
    return Source(outcomes, ledger.tables.persons[: ledger.persons].copy(), births.years(ledger.persons))


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


def difference(store: DirectoryStore, release: Release, source: Source) -> str | None:
    """Return the first leaf and month whose rows do not add up to the amount of the store, None where all do."""
    sums = amounts(source.people)
    months = {key.period.last for key in release.entries if key.period.kind == "month"}
    months |= set(np.flatnonzero(sums.any(axis=0)).tolist())
    for leaf, support in enumerate(LEAVES):
        for month in sorted(months):
            entry = release.entries.get(BlockKey(support, Period("month", month)))
            cells = store.read_block(entry.latest) if entry and entry.latest else None
            held = 0
            if cells is not None:
                held = int(cells.amount_cents[(cells.place == _KINGDOM) & (cells.category == _TOTAL)].sum())
            if held != sums[leaf, month]:
                return f"{support} {month_code(month)}"
    return None


def leave_rows(store: DirectoryStore, release: Release, source: Source, progress: Report = silent) -> None:
    """Leave the rows of an update, which are those of the store, for its questions. Raises StoreWriteError."""
    if rows_files(store.root, release.update.sequence) is None:
        progress("leaving rows for questions", 0, 1)
        keep_rows(store.root, release.update.sequence, by_year(source))


def _leave_what_fits(store: DirectoryStore, release: Release, source: Source, progress: Report) -> None:
    """Leave the rows where the disk takes them: the extraction stands without, and a question reads the log itself."""
    with suppress(StoreWriteError):
        leave_rows(store, release, source, progress)


def extract(  # noqa: PLR0913, PLR0917 - what an extraction is made of
    store: DirectoryStore,
    text: str,
    out: Path,
    key: bytes,
    approval: str,
    at: datetime,
    progress: Report = silent,
) -> Made:
    """Carry out a protocol and return where its numbered folder is. Raises ProtocolError; then nothing is written."""
    protocol = parsed(text)
    require_place(protocol, out)
    for variable in NOT_MADE.keys() & protocol.variables.keys():
        raise ProtocolError(f"variables.{variable} {NOT_MADE[variable]}")
    release, source = _read(store, protocol, progress)
    progress("finding the persons", 0, 1)
    population = Population.of(source, protocol, key)
    made = {"person_month": person_months, "spell": spell_rows}
    tables: dict[str, Table] = {kind: made[kind](population) for kind in protocol.kinds}
    extraction = _written(store, _carried(text, population, tables, progress), out, key, (approval, at))
    _leave_what_fits(store, release, source, progress)
    return extraction


def couple(  # noqa: PLR0913, PLR0917 - what a coupling is made of
    store: DirectoryStore,
    text: str,
    out: Path,
    key: bytes,
    approval: str,
    at: datetime,
    lines: Iterable[str] | None,
    progress: Report = silent,
) -> Coupled:
    """Carry out a coupling: who left the living wage, with their positions of a coded file.

    Without lines of one, positions are drawn, which only a synthetic history allows. Raises ProtocolError; then nothing
    is written.
    """
    protocol = parsed(text)
    require_place(protocol, out)
    if "position" not in protocol.variables:
        raise ProtocolError("variables.position is missing, and a coupling is made for it alone")
    for variable in OF_ROWS & protocol.variables.keys():
        raise ProtocolError(f"variables.{variable} is of a row of the log, and a row of a coupling is an exit")
    if lines is None and not is_synthetic(protocol.update):
        raise ProtocolError(f"update {protocol.update} is not synthetic, so positions are not drawn; give a coded file")
    known = None if lines is None else coded(lines, _key_id(key))
    release, source = _read(store, protocol, progress)
    progress("finding who left", 0, 1)
    population = Population.of(source, protocol, key)
    left = leavers(population)
    table = coupled(left.table, drawn(left.table, key) if known is None else known)
    tables = {"leavers": leaver_rows(left, table)}
    made = _written(store, _carried(text, population, tables, progress), out, key, (approval, at))
    keep_coupled(store.root, made.folder.name, table[["year", "region", "position", "position_later"]])
    _leave_what_fits(store, release, source, progress)
    return Coupled(made, int((table["position"] == UNMATCHED).sum()))


def _read(store: DirectoryStore, protocol: Protocol, progress: Report) -> tuple[Release, Source]:
    """Return the release of a protocol's update, and its rows, which must be those of the store."""
    release = release_named(store, protocol.update)
    _require_published(release, protocol)
    return release, source_of(store, release, progress)


class _Carried(NamedTuple):
    """A protocol that was carried out: its text, population and k report; by name the rows of tables, and these."""

    text: str
    population: Population
    risk: pd.DataFrame
    rows: dict[str, int]
    made: dict[str, Sealed]


def _carried(text: str, population: Population, tables: dict[str, Table], progress: Report) -> _Carried:
    """Return it with its tables sealed. Raises ProtocolError where persons stand too much alone."""
    protocol = population.protocol
    progress("seeing who stands alone", 0, 1)
    risk = k_report(population)
    exposed = int(risk.loc[risk["k"] < SMALLEST_GROUP, "persons"].sum())
    if exposed and protocol.accept_risk is None:
        raise ProtocolError(
            f"{exposed} persons share what identifies them with fewer than {SMALLEST_GROUP - 1} others; "
            "leave out variables or places, or write accept_risk with the reason"
        )
    made = {name: sealed(name, table, protocol.recipient.key, progress) for name, table in tables.items()}
    return _Carried(text, population, risk, {name: table.rows for name, table in tables.items()}, made)


def _written(store: DirectoryStore, carried: _Carried, out: Path, key: bytes, allowed: tuple[str, datetime]) -> Made:
    """Write the numbered folder of an extraction, on an approval at an instant, and note it."""
    text, population, risk, rows, made = carried
    protocol = population.protocol
    approval, at = allowed
    folder = _next_folder(out, protocol.study)
    manifest = _said(protocol, rows, made, key, text, _manifest(_previous(folder)))
    manifest |= {"number": int(folder.name.rpartition("-")[2])}
    files = {f"{name}.parquet.age": one.content for name, one in made.items()} | {
        "protocol.toml": text.encode(),
        "codebook.md": codebook(protocol, made, rows).encode(),
        "README.md": readme(protocol, manifest).encode(),
        "letter-to-ocmws.md": letter(protocol).encode(),
        MANIFEST: (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode(),
    }
    with explained(folder):
        folder.mkdir(parents=True)
        (folder / EDGE).mkdir(mode=0o700)
    for name, content in files.items():
        write_for_owner(folder / name, content)
    write_for_owner(folder / EDGE / "k_report.csv", risk.to_csv(index=False).encode())
    write_for_owner(folder / EDGE / "k_report.md", risk_report(protocol, risk).encode())
    of = {
        "study": protocol.study,
        "number": manifest["number"],
        "update": protocol.update,
        "protocol": _sha(text.encode()),
    }
    of["destroy_by"] = protocol.destroy_by.isoformat()
    head = note_access(store.root, Access("extract", approval, of), at)
    return Made(folder, sum(rows.values()), len(population.persons), head)


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
    rows: dict[str, int],
    made: dict[str, Sealed],
    key: bytes,
    text: str,
    before: dict[str, Any],
) -> dict[str, Any]:
    """Return what a manifest says; beside it what is another thing than in the extraction before."""
    earlier = before.get("rows", {})
    marks = {name: one.marks for name, one in made.items()}
    without_update = [line for line in text.splitlines() if not line.startswith("update")]
    protocol_digest = _sha("\n".join(without_update).encode())
    return {
        "study": protocol.study,
        "update": protocol.update,
        "destroy_by": protocol.destroy_by.isoformat(),
        "recipient": protocol.recipient.name,
        "study_key": _key_id(key),
        "protocol": _sha(text.encode()),
        "protocol_but_update": protocol_digest,
        "rows": rows,
        "marks": marks,
        "changed_since": {
            "update": before.get("update"),
            "rows": {name: number - earlier.get(name, 0) for name, number in rows.items()},
            "months": changed(marks, before.get("marks", {})),
            "protocol": "marks" in before and before["protocol_but_update"] != protocol_digest,
        },
        "files": {f"{name}.parquet.age": _sha(one.content) for name, one in made.items()},
    }


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"id" + key).hexdigest()[:8]


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
