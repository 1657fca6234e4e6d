"""Histories as small tables, one event a line, for people to read and for engines to replay.

    person | month   | type      | cents
    a      | 2024-03 | GRANT     | 100000
    a      | 2024-03 | REG_GRANT |   -500
    close 2024-03

    dimona IN a start=2024-05-01 type=OTH
    youth a exit=2024-03-15 born=2006-01-20
    lives a ocmw=44021 from=2023-01-01

The first line names the columns; what a line leaves empty, or the table leaves out, takes the default of ``DEFAULTS``.
``month`` is what the line covers: a month, or two days as ``2024-03-10..2024-04-09``. ``days`` are by default the days
covered, with the sign of ``cents``. Person ``p1..p100`` stands for a hundred lines. ``id`` makes two lines the same
event; without one, each line of each table is an event of its own. A table that closes no update is closed at its
end, far in the future, so that all its events are in the figures; its last line ``left open`` says that it is not.
"""

import io
from collections.abc import Iterable
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import fastavro

from schemas import events
from schemas.log import write_log
from schemas.periods import day_in, days_in, parse_month

DEFAULTS = {
    "person": "a",
    "support": "LL_OTHER",
    "ocmw": "11002",  # Antwerpen
    "month": "2024-03",
    "type": "GRANT",
    "cents": "100000",
    "days": "",
    "percent": "55",
    "sex": "2",
    "born": "1990-06-20",
    "household": "B",
    "nationality": "BE",
    "status": "NONE",
    "id": "",
    "record": "",
    "statement": "",
    "corrects": "",
    "dossier": "1",
}
FACTS: dict[str, dict[str, str]] = {
    "dimona": {"period": "1", "start": "-", "end": "-", "type": "OTH", "ocmw": "no", "employer": "9"},
    "youth": {"exit": "2024-03-15", "sex": "2", "born": "2004-06-20"},
    "lives": {"ocmw": "11002", "from": "2020-01-01"},
}
"""Facts, one a line: word, for dimona the declaration, person, and what differs from these defaults."""
OPEN = "left open"
FAR = "close the-end 2190-01"
Record = tuple[str, dict[str, Any]]


def records(table: str) -> list[Record]:
    """Return the events of a table as records of the log, in the order of its lines."""
    lines = [line.strip() for line in table.strip().splitlines() if line.strip()]
    columns, rows = _split(lines[0]), lines[1:]
    unknown = set(columns) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"no such columns: {sorted(unknown)}; there are {sorted(DEFAULTS)}")
    if not any(line.startswith(("close ", OPEN)) for line in rows):
        rows.append(FAR)
    rows = [line for line in rows if line != OPEN]
    source = key(table).hex()
    return [
        record for number, line in enumerate(rows, start=1) for record in _line(columns, line, f"{source} {number}")
    ]


def log_file(path: Path, table: str) -> Path:
    """Write a table as a file of the log and return its path."""
    write_log(path, records(table), codec="null")
    return path


def raw_file(
    path: Path, bodies: Iterable[bytes], count: int | None = None, schema: events.Schema | None = None
) -> Path:
    """Write one block of bytes that may be no events at all, after an honest header (of today's union by default)."""
    given = list(bodies)
    return raw_blocks(path, [(len(given) if count is None else count, b"".join(given))], schema)


def raw_blocks(path: Path, blocks: Iterable[tuple[int, bytes]], schema: events.Schema | None = None) -> Path:
    """Write blocks, each the number of records that it claims and its bytes, after an honest header."""
    stream = io.BytesIO()
    marker = b"ocmw dossier log"
    fastavro.writer(stream, schema or events.union(), [], codec="null", sync_marker=marker)
    for count, data in blocks:
        for number in (count, len(data)):
            fastavro.schemaless_writer(stream, "long", number)
        stream.write(data + marker)
    path.write_bytes(stream.getvalue())
    return path


def key(name: str) -> bytes:
    """Return the 16 bytes that stand for a person or an event of a table."""
    return blake2b(name.encode(), digest_size=16).digest()


def _split(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _closing(line: str) -> Record:
    """Read ``close 2024-03`` or ``close some-id 2024-03``."""
    words = line.split()
    month = parse_month(words[-1])
    year, index = divmod(month, 12)
    return "UpdateClosed", {"update_id": words[1], "reference_month": (year + 1900) * 100 + index + 1}


def _line(columns: list[str], line: str, line_id: str) -> list[Record]:
    if line.startswith("close "):
        return [_closing(line)]
    if line.split(maxsplit=1)[0] in FACTS:
        return [_fact(line, line_id)]
    cells = _split(line)
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells for {len(columns)} columns: {line}")
    row = DEFAULTS | {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
    return [_event(row | {"id": row["id"] or line_id, "person": person}) for person in _persons(row["person"])]


def _persons(text: str) -> list[str]:
    if ".." not in text:
        return [text]
    first, last = (int(name[1:]) for name in text.split(".."))
    return [f"{text[0]}{number}" for number in range(first, last + 1)]


def _event(row: dict[str, str]) -> Record:
    first, last = _covered(row["month"])
    name = row["record"] or ("Regularisation" if row["type"].startswith("REG_") else "ReimbursementClaim")
    values = {
        "event_id": key(f"event {row['id']}"),
        "person": key(f"person {row['person']}"),
        "ocmw": int(row["ocmw"]),
        "dossier": int(row["dossier"]),
        "support": row["support"],
        "amount_type": row["type"],
        "first_day": first,
        "last_day": last,
        "statement_month": int(row["statement"] or f"{last:%Y%m}"),
        "amount_cents": int(row["cents"]),
        "days": int(row["days"] or ((last - first).days + 1) * (-1 if int(row["cents"]) < 0 else 1)),
        "budget_article": 1,
        "state_percentage": int(row["percent"]),
        "sex": int(row["sex"]),
        "birth_date": None if row["born"] == "-" else date.fromisoformat(row["born"]),
        "household": row["household"],
        "nationality": row["nationality"],
        "status": row["status"],
    }
    corrects = {"corrects": key(f"event {row['corrects']}") if row["corrects"] else None}
    return name, values | (corrects if name == "Regularisation" else {})


def _fact(line: str, line_id: str) -> Record:
    """Read ``dimona OUT a end=2024-05-31 period=2``, ``youth a …`` or ``lives a …``."""
    word, *names = (cell for cell in line.split() if "=" not in cell)
    said = dict(cell.split("=") for cell in line.split() if "=" in cell)
    given = {"id": line_id} | FACTS[word] | said
    head = {"event_id": key(f"event {given['id']}"), "person": key(f"person {names[-1]}")}
    if word == "dimona":
        dates = {"start_date": _day(given["start"]), "end_date": _day(given["end"]), "worker_type": given["type"]}
        employer = {"employer": int(given["employer"]), "employer_is_ocmw": given["ocmw"] == "yes"}
        opened = {"declaration": names[0], "dimona_period": int(given["period"])}
        return "EmploymentDeclaration", head | employer | opened | dates
    if word == "youth":
        born = {"sex": int(given["sex"]), "birth_date": _day(given["born"])}
        return "YouthCareExit", head | {"exit_date": _day(given["exit"])} | born
    return "ResidenceRegistered", head | {"municipality": int(given["ocmw"]), "from_date": _day(given["from"])}


def _day(text: str) -> date | None:
    return None if text == "-" else date.fromisoformat(text)


def _covered(text: str) -> tuple[date, date]:
    if ".." in text:
        first, last = text.split("..")
        return date.fromisoformat(first), date.fromisoformat(last)
    month = parse_month(text)
    return day_in(month, 1), day_in(month, days_in(month))
