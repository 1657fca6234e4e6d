"""A coupling joins who left the living wage with positions under the key of one study, and never says a number."""

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path

import fastavro
import pyarrow.parquet as pq
import pyrage
import pytest
from program import ocmw
from study_room import Room, protocol_of

from schemas.places import ancestors
from schemas.positions import HEADER, coded
from schemas.protocols import ProtocolError
from sinks.access_log import last_entries
from streams.embedded.asking import HIDDEN

KEY_ID = "0123abcd"
PERSON = "00112233445566778899aabbccddeeff"
LINE = f"{KEY_ID};{PERSON};2023-Q1;1"
POSITION = 'position = "where leavers go"'


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["person;quarter"], "line 1 .* is not key_id"),
        ([HEADER], "no line of a person"),
        ([HEADER, f"{KEY_ID};{PERSON};2023-Q1"], "line 2 .* has not 4 cells"),
        ([HEADER, LINE.replace(KEY_ID, "ffffffff")], "line 2 .* is not of the key of this study, 0123abcd"),
        ([HEADER, LINE.replace(PERSON, PERSON[:-1])], "line 2 .* not 32 hexadecimal digits"),
        ([HEADER, LINE.replace(PERSON, "85673003328")], "line 2 .* not 32 hexadecimal digits"),
        ([HEADER, LINE.replace("2023-Q1", "2023-03")], "line 2 .* not a quarter as 2023-Q1"),
        ([HEADER, LINE[:-1] + "9"], "line 2 .* not a position of the list"),
        ([HEADER, LINE, LINE[:-1] + "2"], "line 3 .* stand twice"),
    ],
)
def test_a_coded_file_that_cannot_be_is_refused_by_its_line(lines: list[str], sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence) as refused:
        coded(lines, KEY_ID)
    assert "\n" not in str(refused.value)
    assert PERSON not in str(refused.value)
    assert "85673003328" not in str(refused.value)


def write(room: Room, variables: str = POSITION, purpose: str = "coupling") -> Path:
    """Write a protocol of a coupling."""
    path = room.folder / "coupling.toml"
    path.write_text(protocol_of(str(room.identity.to_public()), purpose, variables), encoding="utf-8")
    return path


def couple(room: Room, *options: object, protocol: Path | None = None) -> tuple[int, str, str]:
    """Carry out a coupling."""
    options = (*options, "--key", room.folder / "mobility.key")
    place = ("--store", room.store, "--out", room.folder / "x")
    done = room.run("extract", "couple", protocol or write(room), *place, *options)
    return done.returncode, done.stdout, done.stderr


def test_who_left_by_region_and_four_quarters_on_is_one_command_and_a_question(room: Room) -> None:
    named = ("ocmw", "sex", "household", "spell_start", "outcome_x3")
    variables = "\n".join((POSITION, *(f'{name} = "profile"' for name in named)))
    code, printed, wrong = couple(room, "--drawn", protocol=write(room, variables))
    assert code == 0, wrong
    folder = Path(printed.split(" in ")[1].split(",")[0])
    table = room.table(folder, "leavers")
    assert list(table.columns) == ["person", "exit", "region", *named, "position", "position_later"]
    assert [ancestors(nis)["region"] for nis in table["ocmw"]] == list(table["region"])
    spells = room.table(room.folder / "x" / "mobility-0001", "spell").rename(columns={"spell_end": "exit"})
    both = table.merge(spells, on=["person", "exit"], suffixes=("", "_of_spell"))
    assert len(both) == len(table)
    assert (both["outcome_x3"] == both["outcome_x3_of_spell"]).all()
    assert (both["spell_start"] == both["spell_start_of_spell"]).all()
    months = room.table(room.folder / "x" / "mobility-0001", "person_month").rename(columns={"month": "exit"})
    paid = table.merge(months, on=["person", "exit", "ocmw"], suffixes=("", "_of_row"))
    assert set(paid["person"]) == set(table["person"])
    assert not table.duplicated(["person", "exit"]).any()
    assert last_entries(room.store, 1)[0]["of"]["number"] == int(folder.name[-4:])
    text = 'study = "mobility"\nshape = 8\nsupport = "LL"\nperiod = "2023"\nround = false\n'
    rows = list(csv.DictReader(StringIO(room.ask(text).stdout)))
    mine = table[table["exit"] // 100 == 2023]
    for row in rows:
        left = mine[mine["region"] == row["place"]]
        count = len(left) if row["position"] == "total" else int((left["position"] == row["position"]).sum())
        assert row["persons"] == HIDDEN or int(row["persons"]) == count >= 5
    assert any(row["persons"] != HIDDEN for row in rows)
    crossed = room.ask(text + 'by = ["position", "position_later"]\n')
    assert crossed.returncode == 0, crossed.stderr
    assert len(crossed.stdout.splitlines()) == 1 + 3 * 6 * 6


def test_a_coded_file_gives_the_positions_of_those_whose_code_it_has(room: Room) -> None:
    couple(room, "--drawn")
    folder = max((room.folder / "x").glob("mobility-*"))
    plain = pyrage.decrypt((folder / "leavers.parquet.age").read_bytes(), [room.identity])
    person = pq.read_table(BytesIO(plain)).to_pandas().iloc[0]
    key_id = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["study_key"]
    month = divmod(int(person["exit"]), 100)
    after = (month[0] + month[1] // 12, month[1] % 12 + 1)
    quarter = f"{after[0]}-Q{(after[1] + 2) // 3}"
    (room.folder / "coded.csv").write_text(f"{HEADER}\n{key_id};{person['person'].hex()};{quarter};2\n")
    code, _, wrong = couple(room, "--coded", room.folder / "coded.csv")
    assert code == 0, wrong
    again = max((room.folder / "x").glob("mobility-*"))
    assert again != folder
    table = pq.read_table(
        BytesIO(pyrage.decrypt((again / "leavers.parquet.age").read_bytes(), [room.identity]))
    ).to_pandas()
    matched = table[table["position"] != "unmatched"]
    assert matched["person"].tolist() == [person["person"]]
    assert matched["position"].tolist() == ["2"]


def test_a_recipient_or_folder_that_cannot_be_is_refused_before_anything_is_read(room: Room) -> None:
    key = str(room.identity.to_public())
    wrong_letter = key[:-1] + ("q" if key[-1] != "q" else "p")
    path = room.folder / "wrong.toml"
    path.write_text(protocol_of(wrong_letter), encoding="utf-8")
    place = ("--store", room.store, "--key", room.folder / "mobility.key")
    done = room.run("extract", path, *place, "--out", room.folder / "y")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "recipient.key is no age key" in done.stderr
    path.write_text(protocol_of(key), encoding="utf-8")
    done = room.run("extract", path, *place, "--out", path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is no folder" in done.stderr
    assert not (room.folder / "y").exists()


def test_a_coupling_is_refused_in_a_sentence_and_nothing_is_written(room: Room) -> None:
    before = sorted((room.folder / "x").iterdir())
    (room.folder / "other.csv").write_text(f"{HEADER}\n{LINE}\n")
    refused = (
        (couple(room, "--coded", room.folder / "other.csv"), "not of the key of this study"),
        (couple(room), "--drawn for a trial"),
        (couple(room, "--drawn", protocol=write(room, 'month = "model"')), "variables.position is missing"),
        (couple(room, "--drawn", protocol=write(room, POSITION + '\nmonth = "x y"')), "a row of a coupling is an exit"),
        (
            couple(room, "--drawn", protocol=write(room, purpose="extraction")),
            "no committee approval IVC 1 for coupling",
        ),
        (couple(room, "--coded", room.folder / "none.csv"), "no coded file can be read"),
    )
    for (code, out, wrong), sentence in refused:
        assert code in (1, 2)
        assert sentence in wrong
        assert wrong.count("\n") == 1
        assert not out
    assert sorted((room.folder / "x").iterdir()) == before


def test_numbers_are_coded_for_one_study_and_a_pair_stands_once(tmp_path: Path) -> None:
    number = synthetic_number()
    ocmw("keys", "new", tmp_path / "edge.key")
    for study in ("a", "b"):
        ocmw("keys", "study", tmp_path / f"{study}.key")
    source = tmp_path / "p.csv"
    source.write_text(f"number;quarter;position\n{number};2023-Q1;1\n{number};2023-Q2;2\n")

    def code(study: str) -> list[list[str]]:
        keys = ("--key", tmp_path / "edge.key", "--study", tmp_path / f"{study}.key")
        done = ocmw("keys", "study-code", *keys, "--source", source, "--out", tmp_path / f"{study}.csv", "--synthetic")
        assert done.returncode == 0, done.stderr
        text = (tmp_path / f"{study}.csv").read_text(encoding="ascii")
        assert number not in text
        return [line.split(";") for line in text.splitlines()]

    first, second = code("a"), code("b")
    assert first[0] == HEADER.split(";")
    assert len({line[1] for line in first[1:]}) == 1
    assert {line[1] for line in first[1:]}.isdisjoint(line[1] for line in second[1:])
    assert len(coded((tmp_path / "a.csv").read_text(encoding="ascii").splitlines(), first[1][0])) == 2
    source.write_text(f"number;quarter;position\n{number};2023-Q1;1\n{number};2023-Q1;2\n")
    keys = ("--key", tmp_path / "edge.key", "--study", tmp_path / "a.key")
    done = ocmw("keys", "study-code", *keys, "--source", source, "--out", tmp_path / "c.csv", "--synthetic")
    assert done.returncode == 1
    assert "line 3: this person and quarter stand twice" in done.stderr
    assert number not in done.stderr
    assert not (tmp_path / "c.csv").exists()


def synthetic_number() -> str:
    """Return a national number with a month of 60 more, which no person has."""
    start = 806_615_001  # born in June, and 60
    return f"{start:09d}{97 - start % 97:02d}"


def test_a_run_after_a_new_update_gives_the_next_number_and_says_what_changed(room: Room, tmp_path: Path) -> None:
    text = protocol_of(str(room.identity.to_public())).replace('to = "2023-12"', 'to = "2023-06"')
    for update in ("2024-05", "2024-06"):
        (tmp_path / "mobility.toml").write_text(text.replace("2024-06", update), encoding="utf-8")
        keys = ("--store", room.store, "--out", tmp_path / "x", "--key", room.folder / "mobility.key")
        done = room.run("extract", tmp_path / "mobility.toml", *keys)
        assert done.returncode == 0, done.stderr
    first, second = (
        json.loads((tmp_path / "x" / f"mobility-000{number}" / "manifest.json").read_text(encoding="utf-8"))
        for number in (1, 2)
    )
    assert (first["number"], first["changed_since"]["update"]) == (1, None)
    assert (second["number"], second["changed_since"]["update"]) == (2, "synthetic-2024-05")
    changed = second["rows"]["person_month"] - first["rows"]["person_month"]
    assert second["changed_since"]["rows"] == {"person_month": changed}
    assert second["changed_since"]["months"] == {"person_month": months_that_differ(room, tmp_path / "x")}
    readme = (tmp_path / "x" / "mobility-0002" / "README.md").read_text(encoding="utf-8")
    assert "What changed since update synthetic-2024-05" in readme


def months_that_differ(room: Room, folder: Path) -> list[str]:
    """Return the months whose rows are not the same in the first two extractions."""
    first, second = (room.table(folder / f"mobility-000{number}", "person_month") for number in (1, 2))
    months = sorted({*first["month"], *second["month"]})
    mine = ((month, first[first["month"] == month], second[second["month"] == month]) for month in months)
    return [
        f"{month // 100}-{month % 100:02d}"
        for month, one, other in mine
        if not one.reset_index(drop=True).equals(other.reset_index(drop=True))
    ]


def test_what_leaves_holds_no_key_of_the_log_and_no_birth_date(room: Room) -> None:
    couple(room, "--drawn")
    folder = max((room.folder / "x").glob("mobility-*"))
    plain = pyrage.decrypt((folder / "leavers.parquet.age").read_bytes(), [room.identity])
    with (room.folder / "c.avro").open("rb") as file:
        log = {body["person"] for body in fastavro.reader(file) if "person" in body}
    given = set(pq.read_table(BytesIO(plain)).column("person").to_pylist())
    assert given
    assert given.isdisjoint(log)
    texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    texts += [(room.store / "access.log").read_bytes()]
    for person in [*given, *log][:200]:
        assert not any(person in text or person.hex().encode() in text for text in texts)
