"""The program as a person uses it: what goes wrong is a clear sentence and an exit code, the store stays as it was."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from everything import everything
from history import log_file, records
from program import Done, ocmw, ocmw_apart

from schemas.log import write_log
from schemas.periods import month_code, parse_month
from sinks.directory.store import DirectoryStore
from sinks.lock import writer_lock

PROGRAM = [sys.executable, "-c", "from streams.cli import main; main()"]
ROOT = Path(__file__).parent.parent.parent
TABLE = """
    person | month   | cents | household
    a      | 2024-01 | 1000  | A
    b      | 2024-02 | 1000  | E
    close 2024-06
    c      | 2024-06 | 1000  | B
    close 2024-07
"""


def digest(folder: Path) -> dict[str, str]:
    """Return what a folder holds: relative path -> digest, the lock file aside."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path.relative_to(folder).as_posix(): blake2b(path.read_bytes()).hexdigest() for path in sorted(files)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a room with a log and the store that was made from it; nobody may change it."""
    room = tmp_path_factory.mktemp("made")
    log_file(room / "log.avro", TABLE)
    done = ocmw("replay", room / "log.avro", "--store", room / "store")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"events in 5 = applied 5 + duplicates 0 + set aside 0\n2 releases in {room / 'store'}\n",
        "",
    )
    return room


@pytest.fixture
def room(made: Path, tmp_path: Path) -> Path:
    """Return a copy of that room."""
    return Path(shutil.copytree(made, tmp_path / "room"))


def assert_refused(done: Done, code: int, words: str) -> None:
    """Assert that a program ended with this code and one sentence that holds these words."""
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("ocmw: ")
    assert words in sentence
    assert done.returncode == code


def no_avro(room: Path) -> Path:
    path = room / "wrong.avro"
    path.write_text("person,month\na,2024-03\n")
    return path


def empty(room: Path) -> Path:
    path = room / "wrong.avro"
    path.touch()
    return path


def truncated(room: Path) -> Path:
    path = room / "wrong.avro"
    path.write_bytes((room / "log.avro").read_bytes()[:-40])
    return path


def flipped(room: Path) -> Path:
    path = room / "wrong.avro"
    write_log(path, records(TABLE), codec="snappy")  # has a checksum; of deflate some flips pass unseen
    data = bytearray(path.read_bytes())
    data[-60] ^= 0x10
    path.write_bytes(data)
    return path


def missing(room: Path) -> Path:
    return room / "nowhere.avro"


@pytest.mark.parametrize(
    ("command", "wrong", "words"),
    [
        ("replay", no_avro, "not an Avro file"),
        ("replay", empty, "the file is empty"),
        ("check", empty, "the file is empty"),
        ("replay", truncated, "corrupt or truncated"),
        ("replay", flipped, "corrupt"),
        ("replay", missing, "No such file"),
        ("check", truncated, "corrupt or truncated"),
        ("recount", flipped, "corrupt"),
    ],
)
def test_a_file_that_is_not_whole_fails_before_anything_is_written(
    room: Path, command: str, wrong: Callable[[Path], Path], words: str
) -> None:
    path, sound = wrong(room), log_file(room / "more.avro", "person\n d\n close 2024-08")
    before = digest(room / "store")
    store = [] if command == "check" else ["--store", room / "store"]
    done = ocmw(command, sound, path, *store)
    assert_refused(done, 1, words)
    assert str(path) in done.stderr
    assert digest(room / "store") == before


def test_a_corrupt_file_makes_no_store(room: Path) -> None:
    assert_refused(ocmw("replay", truncated(room), "--store", room / "new"), 1, "corrupt or truncated")
    assert not (room / "new").exists()


def older(known: str) -> str:
    return json.dumps(json.loads(known) | {"format": 0})


def newer(known: str) -> str:
    return json.dumps(json.loads(known) | {"format": 999})


def torn(known: str) -> str:
    return known[:20]


def of_no_format(_known: str) -> str:
    return "{}"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (older, "a store of format 0, this program reads 1; replay the log anew"),
        (newer, "a store of format 999, this program reads 1; use the version of it that made the store, or a later"),
        (torn, "store.json: cannot be read"),
        (of_no_format, "store.json: cannot be read"),
    ],
)
@pytest.mark.parametrize("command", ["replay", "export"])
def test_a_store_of_another_version_or_without_its_identity_is_refused(
    room: Path, command: str, wrong: Callable[[str], str], words: str
) -> None:
    identity = room / "store" / "store.json"
    identity.write_text(wrong(identity.read_text()))
    before = digest(room / "store")
    more: dict[str, list[str | Path]] = {
        "replay": [room / "log.avro"],
        "export": ["--format", "csv", "--out", room / "out.csv"],
    }
    done = ocmw(command, *more[command], "--store", room / "store")
    assert_refused(done, 1, words)
    assert digest(room / "store") == before
    assert not (room / "out.csv").exists()


@pytest.mark.parametrize("command", ["replay", "export"])
def test_a_store_whose_identity_the_disk_does_not_give_is_refused(room: Path, command: str) -> None:
    identity = room / "store" / "store.json"
    identity.unlink()
    identity.symlink_to("/proc/self/mem")  # a file whose first byte nobody may read, whoever runs this
    more = [room / "log.avro"] if command == "replay" else ["--format", "csv", "--out", room / "out.csv"]
    done = ocmw(command, *more, "--store", room / "store")
    assert_refused(done, 1, f"{identity}: cannot be read (Input/output error); see who may read it")


@pytest.mark.parametrize(
    "settings", [{"OCMW_RECOVERIES_IN_BALANCE": "true"}, {"OCMW_GEOGRAPHY": "fixed:2025-01-01"}], ids=str
)
def test_a_store_made_with_other_settings_is_refused(room: Path, settings: dict[str, str]) -> None:
    before = digest(room / "store")
    done = ocmw(
        "replay", log_file(room / "more.avro", "person\n d\n close 2024-08"), "--store", room / "store", **settings
    )
    assert_refused(done, 1, "made with")
    assert digest(room / "store") == before


def test_a_second_writer_is_refused(room: Path) -> None:
    before = digest(room / "store")
    lock = writer_lock(room / "store")
    lock.acquire()
    done = ocmw("replay", log_file(room / "more.avro", "person\n d\n close 2024-08"), "--store", room / "store")
    lock.release()
    assert_refused(done, 1, "another program is writing")
    assert digest(room / "store") == before


EXPORT = ["export", "--format", "parquet", "--out", "OUT"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([*EXPORT, "--zone", "secret"], 2, "secret"),
        ([*EXPORT, "--zone", "provisional"], 2, "--ocmw"),
        ([*EXPORT, "--release", "9"], 1, "release 9"),
        ([*EXPORT, "--support", "XX"], 2, "XX"),
        ([*EXPORT, "--period", "2024-13"], 2, "2024-13"),
        ([*EXPORT, "--ocmw", "99999"], 2, "99999"),
        ([*EXPORT, "--table", "secrets"], 2, "secrets"),
        ([*EXPORT, "--table", "vintages", "--zone", "public"], 2, "internal zone"),
        ([*EXPORT, "--table", "vintages", "--ocmw", "11002"], 2, "--ocmw does not apply to the table vintages"),
        ([*EXPORT, "--table", "vintages", "--labels"], 2, "--labels does not apply"),
        ([*EXPORT, "--table", "vintages", "--released"], 2, "--released does not apply"),
        ([*EXPORT, "--table", "vintages", "--support", "XX"], 2, "XX"),
        ([*EXPORT, "--table", "vintages", "--release", "9"], 1, "release 9"),
        ([*EXPORT, "--table", "duration", "--support", "LL"], 2, "--support does not apply to the table duration"),
        ([*EXPORT, "--table", "youth_care", "--period", "2024"], 2, "--period does not apply to the table youth_care"),
        ([*EXPORT, "--csv-dialect", "excel"], 2, "--csv-dialect does not apply to the format parquet"),
        (["export", "--format", "xlsx", "--out", "OUT", "--labels"], 2, "--labels does not apply to the format xlsx"),
        (["why", "--support", "XX", "--period", "2024"], 2, "XX"),
        (["why", "--support", "LL", "--period", "2024-5"], 2, "2024-5"),
        (["changes", "--release", "9"], 1, "release 9"),
        (["benchmark", "--year", "2024", "--release", "9", "--out", "OUT.html"], 1, "release 9"),
        (["benchmark", "--year", "1999", "--out", "OUT.html"], 2, "no indicators of 1999"),
    ],
    ids=lambda value: " ".join(value[-4:]) if isinstance(value, list) else None,
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(room: Path, arguments: list[str], code: int, words: str) -> None:
    given = [str(room / "out") if argument == "OUT" else argument for argument in arguments]
    assert_refused(ocmw(*given, "--store", room / "store"), code, words)
    assert not (room / "out").exists()


def test_vintages_are_of_the_supports_and_periods_asked_for_up_to_a_release(room: Path) -> None:
    for options, wanted in (
        (["--support", "LL", "--period", "2024-01"], {("LL", "2024-01", 1), ("LL", "2024-01", 2)}),
        (["--support", "LL", "--period", "2024-01", "--release", "1", "--zone", "internal"], {("LL", "2024-01", 1)}),
    ):
        out = room / "vintages.parquet"
        done = ocmw(
            "export", "--store", room / "store", "--table", "vintages", *options, "--format", "parquet", "--out", out
        )
        assert (done.returncode, done.stderr) == (0, "")
        rows = pq.read_table(out, columns=["support", "period", "sequence"]).to_pylist()
        assert {tuple(row.values()) for row in rows} == wanted


def test_an_export_of_nothing_public_says_that_it_is_restricted(room: Path) -> None:
    table = "person | month | support\n" + "".join(
        f"a | 2020-01 | IK_OW\nclose 2024-{month}\n" for month in ("06", "07")
    )
    assert ocmw("replay", log_file(room / "ik.avro", table), "--store", room / "new").returncode == 0
    command = ["export", "--store", room / "new", "--format", "csv", "--out", room / "out.csv"]
    printed = ocmw(*command, "--support", "IK_OW").stdout
    assert printed == f"0 rows in {room / 'out.csv'}; the restricted zone alone has some: --zone restricted\n"
    printed = ocmw(*command, "--support", "ll").stdout
    assert printed == f"0 rows in {room / 'out.csv'}; no claim of this store covers what was asked for\n"
    assert "; " not in ocmw(*command, "--support", "IK_OW", "--zone", "restricted").stdout


@pytest.mark.parametrize("form", ["xlsx", "sdmx-csv"])
def test_a_file_is_no_directory_for_an_export_of_several(room: Path, form: str) -> None:
    before = digest(room)
    done = ocmw("export", "--store", room / "store", "--format", form, "--out", room / "log.avro")
    assert_refused(done, 2, f"log.avro is a file; {form} is written into a directory")
    assert digest(room) == before


@pytest.mark.parametrize(("command", "option"), [("demo", "--directory"), ("demo-kafka", "--out")])
def test_a_demo_cannot_be_made_in_a_file_nor_under_one(room: Path, command: str, option: str) -> None:
    before = digest(room)
    assert_refused(ocmw(command, option, room / "log.avro"), 1, "log.avro: cannot be written (File exists)")
    assert_refused(ocmw(command, option, room / "log.avro" / "demo"), 1, "demo: cannot be written (Not a directory)")
    assert digest(room) == before


def test_a_demo_on_kafka_is_made_in_an_empty_directory(room: Path) -> None:
    assert_refused(ocmw("demo-kafka", "--out", room), 2, f"{room} is not empty; name another directory with --out")


@pytest.mark.parametrize(("more", "book"), [(["--support", "LL"], "LL_2008"), (["--table", "spells"], "spells")])
def test_a_workbook_that_the_disk_refuses_is_told_in_a_sentence(room: Path, more: list[str], book: str) -> None:
    done = ocmw_apart("export", "--store", room / "store", *more, "--format", "xlsx", "--out", "/proc")
    assert_refused(done, 1, f"/proc/{book}.xlsx: cannot be written (No such file or directory)")


@pytest.mark.parametrize("command", ["export", "why", "rebuild", "recount"])
def test_a_store_that_is_not_there_is_refused_and_not_made(room: Path, command: str) -> None:
    more = {
        "export": ["--format", "csv", "--out", str(room / "out")],
        "why": ["--support", "LL", "--period", "2024"],
        "recount": [str(room / "log.avro")],
    }
    done = ocmw(command, *more.get(command, []), "--store", room / "nowhere")
    assert_refused(done, 1, "nowhere")
    assert not (room / "nowhere").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay"],
        ["replay", "log.avro", "--shop", "x"],
        ["export", "--store", "s", "--out", "o", "--format", "pdf"],
        ["fly"],
    ],
    ids=" ".join,
)
def test_a_wrong_flag_is_wrong_usage(arguments: list[str]) -> None:
    done = ocmw(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert done.stderr


@pytest.mark.parametrize("command", ["show", "resend"])
def test_a_reason_for_setting_aside_that_does_not_exist_is_refused_without_a_broker(command: str) -> None:
    done = ocmw("dead-letters", command, "bogus", OCMW_KAFKA_SERVERS="127.0.0.1:1")
    assert_refused(done, 2, "'bogus' is no reason for which events are set aside")


@pytest.mark.parametrize("command", [["status"], ["close-update", "u1", "--reference-month", "2024-03"]], ids=" ".join)
def test_a_broker_that_does_not_answer_is_one_sentence(command: list[str]) -> None:
    done = ocmw_apart(*command, OCMW_KAFKA_SERVERS="127.0.0.1:1")
    assert_refused(done, 1, "Kafka cannot be reached at 127.0.0.1:1 ([Errno 111] Connect call failed")
    assert done.stderr.endswith("; start its broker, or name another in OCMW_KAFKA_SERVERS\n")


@pytest.mark.parametrize("options", [[], ["--repair"]], ids=["compared", "repaired"])
def test_a_store_is_not_made_from_kafka_with_other_settings_than_its_own(room: Path, options: list[str]) -> None:
    other = {"OCMW_GEOGRAPHY": "fixed:2025-01-01", "OCMW_KAFKA_SERVERS": "localhost:1"}
    done = ocmw("rebuild", "--from-kafka", "--store", room / "store", *options, **other)
    assert_refused(done, 1, f"{room / 'store'}: made with recoveries_in_balance=False, geography=as_then")


@pytest.mark.parametrize("arguments", [["settings"], ["--help"], ["changes", "--store", "STORE"]], ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_went_away_ends_the_program_as_it_ends_others(
    room: Path, arguments: list[str], unbuffered: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert _written_to(writer, arguments, room, unbuffered) == (141, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_for_which_there_is_no_room_is_told_in_a_sentence(room: Path, unbuffered: str) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    code, sentence = _written_to(full, ["changes", "--store", "STORE"], room, unbuffered)
    assert_refused(Done(code, "", sentence), 1, "No space left on device")


def _written_to(output: int, arguments: list[str], room: Path, unbuffered: str) -> tuple[int, str]:
    """Run a command that prints to a file descriptor, and close it; return the exit code and standard error."""
    command = [*PROGRAM, *(str(room / "store") if word == "STORE" else word for word in arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    os.close(output)
    return done.returncode, done.stderr


def test_a_setting_that_cannot_be_is_wrong_usage(room: Path) -> None:
    done = ocmw("replay", room / "log.avro", "--store", room / "new", OCMW_GEOGRAPHY="yesterday")
    assert_refused(done, 2, "OCMW_GEOGRAPHY")


def test_a_store_without_updates_gives_empty_tables(room: Path) -> None:
    path = log_file(room / "open.avro", "person\n a\n left open")
    done = ocmw("replay", path, "--store", room / "new")
    assert (done.returncode, done.stdout.splitlines()[1:]) == (
        0,
        [f"no release in {room / 'new'} yet: no update was closed"],
    )
    for zone in ("public", "restricted", "internal", "provisional"):
        out = room / f"{zone}.parquet"
        done = ocmw(
            "export", "--store", room / "new", "--zone", zone, "--ocmw", "11002", "--format", "parquet", "--out", out
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert pq.read_table(out).num_rows == 0
    vintages = ocmw(
        "export", "--store", room / "new", "--table", "vintages", "--format", "csv", "--out", room / "v.csv"
    )
    assert (vintages.returncode, len((room / "v.csv").read_text().splitlines())) == (0, 1)


def test_sentences_are_wrapped_on_a_terminal_and_are_a_line_elsewhere(room: Path) -> None:
    command = ["why", "--support", "LL", "--period", "2024-06", "--store", room / "store"]
    (line,) = ocmw(*command).stdout.splitlines()
    wrapped = ocmw_apart(*command, FORCE_COLOR="1", COLUMNS="60").stdout
    assert max(map(len, wrapped.splitlines())) <= 60
    assert " ".join(wrapped.splitlines()) == line


def test_a_setting_is_explained_on_a_line_of_its_own() -> None:
    printed = ocmw("settings").stdout
    assert (
        "OCMW_KEEP_RELEASES = None (default None)\n    How many releases a store keeps readable; unset: all." in printed
    )


def test_what_there_is_one_of_is_not_told_in_the_plural(room: Path) -> None:
    out = room / "one.avro"
    printed = ocmw("generate", "--persons", "1", "--from", "2024-01", "--to", "2024-01", "--out", out).stdout
    assert printed.startswith("1 person, ")
    assert printed.endswith(f" and 1 update in {out}\n")


def test_why_tells_what_no_claim_covers_from_what_no_update_closed(room: Path) -> None:
    path = log_file(room / "open.avro", "person\n a\n left open")
    assert ocmw("replay", path, "--store", room / "new").returncode == 0
    options = ["--support", "LL", "--period", "2024-03"]
    printed = ocmw("why", *options, "--store", room / "new").stdout
    assert printed == "LL 2024-03 is not counted yet: no update of this store is closed.\n"
    printed = ocmw("why", *options, "--store", room / "store").stdout
    assert printed == "LL 2024-03 has no row in any update of this store: no claim covers it.\n"


def test_events_that_were_set_aside_fail_nothing(room: Path) -> None:
    path = log_file(
        room / "more.avro", "person | ocmw | sex\n d | 99999 | 2\n e | 11002 | 7\n f | 11002 | 7\n left open"
    )
    done = ocmw("replay", path, "--store", room / "store")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "events in 3 = applied 0 + duplicates 0 + set aside 3",
            "unknown-ocmw 1",
            "bad-attributes 2",
            f"2 releases in {room / 'store'}",
            f"where what was set aside stood, and what to do: {room / 'store' / 'set_aside.csv'}",
        ],
    )


@pytest.mark.faults
def test_a_replay_that_is_killed_at_any_instant_and_started_again_makes_the_same_store(tmp_path: Path) -> None:
    path = log_file(tmp_path / "log.avro", _long_table())
    assert ocmw("replay", path, "--store", tmp_path / "store").returncode == 0
    expected = everything(DirectoryStore.reading(tmp_path / "store"))
    chance = random.Random(7)  # noqa: S311 - instants, no secrets
    for attempt in range(3):
        store = tmp_path / str(attempt)
        for _ in range(2):
            _killed(["replay", str(path), "--store", str(store)], store, chance.uniform(0, 0.6))
        done = ocmw("replay", path, "--store", store)
        assert (done.returncode, done.stderr) == (0, "")
        assert everything(DirectoryStore.reading(store)) == expected


def _long_table() -> str:
    months = [month_code(parse_month("2023-01") + number) for number in range(18)]
    return "\n".join(["person | month", *(f"p1..p40 | {month}\nclose {month}" for month in months)])


def _killed(arguments: list[str], store: Path, after: float) -> None:
    """Start the program, and kill it some time after it began to write."""
    with subprocess.Popen([*PROGRAM, *arguments], env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:  # noqa: S603
        while not (store / "store.json").exists() and process.poll() is None:
            time.sleep(0.02)
        time.sleep(after)
        process.kill()
