"""What people expect of a program: its version, help, names instead of codes, standard output, and why nothing came."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from history import log_file
from program import ocmw, ocmw_apart

from schemas.place_names import places_called

TABLE = """
    person | month   | ocmw
    a      | 2024-01 | 44021
    b      | 2024-01 | 11002
    close u1 2024-06
    close u2 2024-07
    c      | 2024-01 | 44021
    close u3 2024-08
    close u4 2024-09
    c      | 2024-08 | 44021
    close u5 2024-10
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of five updates; nobody may change it."""
    room = tmp_path_factory.mktemp("expected")
    assert ocmw("replay", log_file(room / "log.avro", TABLE), "--store", room / "store").returncode == 0
    return room / "store"


def test_the_program_says_its_version_and_helps_in_three_ways() -> None:
    assert ocmw("--version").stdout == "ocmw 0.1.0\n"
    for arguments in (["check", "--help"], ["check", "-h"], ["help", "check"]):
        assert "euros taken for cents leap to the eye" in " ".join(ocmw(*arguments).stdout.split())


EVERY_HELP = """
import sys
from typer.main import get_command
from streams.cli import app, main

def paths(command, before=()):
    yield before
    for name, below in getattr(command, "commands", {}).items():
        yield from paths(below, (*before, name))

for path in list(paths(get_command(app)))[:: int(sys.argv[1])]:
    sys.argv = ["ocmw", *path, "--help"]
    try:
        main()
    except SystemExit:
        pass
"""


@pytest.mark.parametrize(("columns", "frame", "each"), [(60, "─", 8), (40, "", 1)])  # frames take long to draw
def test_help_of_commands_fits_the_terminal_and_is_plain_text_on_a_narrow_one(
    columns: int, frame: str, each: int
) -> None:
    environment = {**os.environ, "COLUMNS": str(columns)}
    program = [sys.executable, "-c", EVERY_HELP, str(each)]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert done.stdout.count("Usage:") > 60 // each
    assert ("─" in done.stdout) is bool(frame)
    assert [line for line in done.stdout.splitlines() if len(line.rstrip()) > columns] == []


def test_shells_can_complete_it() -> None:
    completion = ocmw_apart("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_COMPLETE=complete_bash" in completion.stdout


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("44021", "44021"), ("Gent", "44021"), ("gand", "44021"), ("ANVERS", "11002"), ("Lüttich", "62063"),
        ("luttich", "62063"), ("Belgium", "01000"), ("Koninkrijk", None), ("Hasselt", "71072"),
        ("vlaams gewest", "02000"), ("Provincie Antwerpen", "10000"), ("Saint Nicolas", "62093"),
    ],
)  # fmt: skip
def test_a_place_is_known_by_its_code_or_its_name_in_three_languages(name: str, code: str | None) -> None:
    assert [nis for _, nis in places_called(name)] == ([code] if code else [])


def test_what_names_no_place_is_refused(store: Path) -> None:
    for name in ("Nowhere", ""):
        done = ocmw("indicators", "--store", store, "--place", name)
        assert (done.returncode, "is no place; write its NIS code" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("Beveren", "Beveren (Sint-Niklaas) (46003), Beveren-Kruibeke-Zwijndrecht (46030)"), ("Gnet", "Gent (44021)")],
)
def test_a_name_that_is_nearly_one_is_answered_with_what_may_be_meant(store: Path, name: str, meant: str) -> None:
    done = ocmw("export", "--store", store, "--ocmw", name, "--format", "csv", "--out", "-")
    assert (done.returncode, f"did you mean {meant}?" in done.stderr) == (2, True)


def test_codes_and_names_are_taken_as_people_write_them_and_standard_output_is_a_file(store: Path) -> None:
    command = [
        "export",
        "--store",
        store,
        "--support",
        "ll",
        "--period",
        "2024-01",
        "--ocmw",
        "Gand",
        "--format",
        "csv",
    ]
    done = ocmw_apart(*command, "--out", "-")
    assert done.returncode == 0
    head, *rows = done.stdout.splitlines()
    assert head.startswith('"support","period"')
    assert {row.split(",")[4] for row in rows} == {'"44021"'}
    assert done.stderr == f"{len(rows)} rows in -\n"
    assert ocmw("why", "--store", store, "--support", "ll", "--period", "2024-q1").returncode == 0


def test_standard_output_is_no_directory(store: Path) -> None:
    done = ocmw("export", "--store", store, "--format", "xlsx", "--out", "-")
    assert (done.returncode, "not to standard output" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--support", "FH"], "no claim of this store covers what was asked for"),
        (["--period", "2024-08"], "what was asked for waits: ocmw why says for what"),
        (["--ocmw", "Aalst"], "nobody is counted there in 41002"),
        (["--table", "survival"], "no month that survival needs is published yet"),
    ],
)
def test_an_empty_export_says_why(store: Path, tmp_path: Path, options: list[str], why: str) -> None:
    done = ocmw("export", "--store", store, *options, "--format", "csv", "--out", tmp_path / "out.csv")
    assert done.stdout.startswith(f"0 rows in {tmp_path / 'out.csv'}; {why}")


def test_changes_begin_with_a_line_a_support_and_tell_a_place_when_asked(store: Path) -> None:
    lines = ocmw("changes", "--store", store, "--release", "4").stdout.splitlines()
    assert lines[0].startswith("Release 4, update u4: ")
    assert [line.split()[0] for line in lines[1:4]] == ["support", "LL", "LL_OTHER"]
    printed = ocmw("changes", "--store", store, "--release", "4", "--support", "ll", "--place", "Gent").stdout
    assert "revised   LL 2024-01, Gent: from 1 to 2\n" in printed
    assert "RMI" not in printed


def test_a_period_that_is_not_over_is_not_said_to_wait(store: Path) -> None:
    printed = ocmw("changes", "--store", store, "--release", "5").stdout
    assert "waiting   LL 2024-08: until" in printed
    assert "LL 2024-Q4:" not in printed
    assert "waiting   LL 2024:" not in printed


def test_ctrl_c_is_a_sentence_that_says_that_the_same_command_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from streams.cli import main; main()", "generate", "--persons", "200000"]
    span = ["--from", "2010-01", "--to", "2024-12", "--out", str(tmp_path / "long.avro")]
    with subprocess.Popen([*command, *span], stderr=subprocess.PIPE, text=True, env=os.environ) as running:  # noqa: S603
        time.sleep(6)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (
        130,
        "ocmw: interrupted; what is finished stands, and the same command again goes on\n",
    )
    assert list(tmp_path.iterdir()) == []
