"""The canary: numbers, names and addresses planted everywhere; nothing that leaves the edge holds one of them (L5).

All that a command writes is searched, but the sources themselves, the key, and the rejects, which stay at the edge.
What is compressed is unpacked first: raw bytes of it would show nothing.
"""

import base64
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fastavro
import pyarrow.parquet as pq
import pytest
from program import Done, ocmw
from statement_told import NAMES, WIDTHS, Edge, columns, line, number, text

from edge.forms import FORM_B, FORM_D, IDENTITIES, REGISTER, TOTALS, Form
from edge.sources import DIMONA, EXITS, RESIDENCES

NUMBER, WRONG = number(777, born="710917"), number(775, born="710917", wrong=True)
NAME, ADDRESS = "Zwaluwstaart", "Kanarielaan 77"
PLANTED = (NUMBER, WRONG, NAME, ADDRESS)


def spellings(secret: str) -> Iterator[bytes]:
    """Yield how something could be written: as it is, in hex, in base64 at each of its three places."""
    plain = secret.encode()
    yield from (plain, plain.lower(), plain.upper(), plain.hex().encode(), plain.hex().upper().encode())
    for shift in range(3):
        whole = base64.b64encode(b"x" * shift + plain)
        yield whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]
    if secret.isdigit():
        yield from (int(secret).to_bytes(8, order) for order in ("little", "big"))


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield content, and what it holds where it is compressed."""
    yield content
    yield content.translate(None, b" .-/")
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield from unpacked(packed.read(name))
    elif content.startswith(b"\x1f\x8b"):
        yield from unpacked(gzip.decompress(content))
    elif content.startswith(b"PAR1"):
        yield repr(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
    elif content.startswith(b"Obj\x01"):
        reader = fastavro.reader(io.BytesIO(content))
        yield repr(reader.metadata).encode()
        for record in reader:
            yield repr(record).encode()
            yield b"".join(value for value in record.values() if isinstance(value, bytes))


def found_in(name: str, content: bytes) -> list[tuple[str, str]]:
    """Return which of what was planted stands in something."""
    parts = list(unpacked(content))
    return [
        (name, secret[:3] + "…")
        for secret in PLANTED
        if any(spelling in part for spelling in spellings(secret) for part in parts)
    ]


def leaks(room: Path, kept: set[Path], done: list[Done]) -> list[tuple[str, str]]:
    """Return what was planted and stands in a file of a room, in the name of one, or in what a command said."""
    files = [path for path in room.rglob("*") if path.is_file() and path not in kept]
    outputs = [("output", one.stdout.encode() + one.stderr.encode()) for one in done]
    assert files
    return [
        leak
        for name, content in [*outputs, *((str(path), path.read_bytes()) for path in files)]
        for leak in found_in(name, content)
    ]


def test_the_search_finds_what_is_there() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", f"{NUMBER[:6]}-{NUMBER[6:9]}.{NUMBER[9:]}")
    encoded = base64.b64encode(f"ab{NUMBER}".encode())
    for content in (packed.getvalue(), gzip.compress(NAME.encode()), NUMBER.encode().hex().encode(), encoded):
        assert len(found_in("here", content)) == 1


def shifted(planted: str, place: int) -> str:
    """Return a line in which something stands at the place of a field, over what follows it."""
    whole = text(line(number=NUMBER, name=f"{NAME} {ADDRESS}"), end="")
    at = sum(WIDTHS[:place])
    return whole[:at] + planted + whole[at + len(planted) :]


def test_nothing_planted_in_any_field_of_a_statement_leaves_the_edge(edge: Edge) -> None:
    good = [line(number=NUMBER, name=NAME, dossier=f"G{place}") for place in range(40)]
    lines = [shifted(planted, place)[:111] for planted in PLANTED for place in range(15)]
    fixed = edge.file(text(*good) + "".join(f"{one}\r\n" for one in lines), "fixed.txt")
    cells = [
        [planted if at == place else part for at, part in enumerate(good[0])]
        for planted in PLANTED
        for place in range(14)
    ]
    tabled = edge.file(columns(*good, *cells), "tabled.csv")
    rejects, store, books = (edge.room / name for name in ("rejects", "store", "books"))
    common = ("--key", edge.key, "--synthetic", "--report", edge.room / "report", "--close", "each-month")
    out, new, export = edge.room / "out.avro", edge.room / "n.key", ("export", "--store", store)
    sources = ("--sources", fixed, "--sources", tabled)
    done = [
        ocmw("import", "maandstaat", fixed, tabled, "--also", "--out", out, "--rejects", rejects, *common),
        ocmw("import", "maandstaat", tabled, "--check", *common),
        ocmw("import", "maandstaat", fixed, fixed, "--out", edge.room / "twice.avro", *common),
        ocmw("keys", "rotate", "--from", edge.key, "--to", new, *sources, out, "--out", edge.room / "r"),
        ocmw("check", out),
        ocmw("replay", out, "--store", store),
        ocmw("changes", "--store", store),
        ocmw("why", "--store", store, "--support", "LL", "--period", "2024-01"),
        ocmw(*export, "--zone", "internal", "--format", "csv", "--out", edge.room / "cells.csv"),
        ocmw(*export, "--zone", "internal", "--format", "parquet", "--out", edge.room / "cells.parquet"),
        ocmw("export", "--store", store, "--format", "xlsx", "--out", books),
    ]  # fmt: skip
    assert [one.returncode for one in done] == [0] * len(done)
    assert NUMBER.encode() in rejects.read_bytes()
    assert leaks(edge.room, {fixed, tabled, rejects, edge.key, new}, done) == []


FORMS = {
    "--identities": IDENTITIES, "--forms": FORM_B, "--forms-d": FORM_D, "--register": REGISTER, "--totals": TOTALS,
}  # fmt: skip
GOOD_CELL = {
    "old": number(), "new": number(3), "number": number(), "day": "2024-01-01", "from": "2024-01-01", "ocmw": "44021",
    "reference": "REF1", "gpmi_code": "9", "aid_code": "101", "country": "BE", "month": "202401", "lines": "1",
    "cents": "1", "declaration": "IN", "period": "123456789012", "employer": "0123456749", "employer_is_ocmw": "0",
    "start": "2024-01-01", "end": "2024-01-01", "worker_type": "OTH", "exit": "2024-01-01", "municipality": "44021",
}  # fmt: skip


def planted_files(edge: Edge, form: Form) -> Iterator[Path]:
    """Yield files of a form with something planted in one column each."""
    for place, column in enumerate(form.columns):
        for number_of, planted in enumerate(PLANTED):
            cells = [planted if one is column else GOOD_CELL[one.name] for one in form.columns]
            content = ";".join(one.name for one in form.columns) + "\n" + ";".join(cells) + "\n"
            yield edge.file(content, f"source-{place}-{number_of}.csv")


@pytest.mark.parametrize("option", FORMS)
def test_nothing_planted_in_what_stands_beside_a_statement_leaves_the_edge(edge: Edge, option: str) -> None:
    statement, sources, done = edge.file(text(line())), set[Path](), list[Done]()
    for place, source in enumerate(planted_files(edge, FORMS[option])):
        common = (
            "--key",
            edge.key,
            "--synthetic",
            "--out",
            edge.room / f"{place}.avro",
            "--report",
            edge.room / f"r{place}",
        )
        done.append(ocmw("import", "maandstaat", statement, option, source, *common))
        sources.add(source)
    assert {one.returncode for one in done} <= {0, 1}
    assert leaks(edge.room, {*sources, statement, edge.key}, done) == []


@pytest.mark.parametrize(("kind", "form"), [("dimona", DIMONA), ("youth-care", EXITS), ("residences", RESIDENCES)])
def test_nothing_planted_in_another_source_leaves_the_edge(edge: Edge, kind: str, form: Form) -> None:
    sources, done = set[Path](), list[Done]()
    for place, source in enumerate(planted_files(edge, form)):
        done.append(
            ocmw("import", kind, source, "--key", edge.key, "--synthetic", "--out", edge.room / f"{place}.avro")
        )
        sources.add(source)
    assert {one.returncode for one in done} == {0, 1}
    assert leaks(edge.room, {*sources, edge.key}, done) == []


def test_every_field_was_planted() -> None:
    assert len(NAMES) == len(WIDTHS) == 15
