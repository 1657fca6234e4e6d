"""Outcomes in a store, and youth care on request: when shown, to whom, with which approval (H4, H5, F1)."""

import hashlib
import hmac
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from history import key, log_file
from named_indicators import KEY
from typer.testing import CliRunner, Result

from processors.reference import indicators as reference_indicators
from processors.reference.events import admitted
from processors.reference.parts import History
from processors.reference.spells import SpellSource
from schemas.indicators import COLUMNS
from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings
from sinks.access_log import FILE, Access, note_access, verified
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreCorruptError
from sinks.files.indicators import indicator_batches
from streams.cli import app, main
from streams.embedded.driver import Embedded
from streams.proof.recount import ReadLog, Recount
from streams.shell.clock import instant, today

FIRST, MONTHS = parse_month("2022-10"), 30
SECRET = b"a key of the outreach domain, long enough"


def history() -> str:
    """Return persons on a rota of supports and work, leavers of youth care, and an update a month."""
    lines = ["person | month | ocmw | support | type | cents"]
    for month in range(MONTHS):
        for person in range(5):
            if (month + person) % (person + 3):
                ocmw = ("44021", "11007", "71022")[(person + month // 9) % 3]
                support = ("LL_OTHER", "LL_OTHER", "FH", "TW_RMI_ART60", "TW_RMH_ART60")[(person + month // 7) % 5]
                lines.append(f"p{person}..p{person} | {month_code(FIRST + month)} | {ocmw} | {support} | GRANT | 1000")
        lines += FACTS.get(month, [])
        if month == 25:
            lines.append(f"p0..p0 | {month_code(FIRST + 3)} | 44021 | LL_OTHER | REG_GRANT | -1000")
        lines.append(f"close u{month} {month_code(FIRST + month)}")
    return "\n".join(lines)


FACTS = {
    1: [
        "dimona OUT p1 end=2023-06-30", "dimona IN p1 start=2022-12-01", "dimona IN p2 start=2023-01-15 ocmw=yes",
        "youth p0 exit=2023-02-20 born=2004-06-20", "lives p0 ocmw=44021 from=2020-01-01",
        "youth p7 exit=2023-02-20 born=2004-06-20", "lives p7 ocmw=44021 from=2020-01-01",
        "youth p8 exit=2023-02-21 born=2004-06-20", "lives p8 ocmw=11002 from=2020-01-01",
    ],
    20: ["dimona IN p0 start=2023-02-01 period=3"],
    26: ["dimona CANCEL p2", "dimona UPDATE p1 end=9999-12-31"],
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the file of the history and the store that its replay made."""
    room = tmp_path_factory.mktemp("outcomes")
    file = log_file(room / "log.avro", history())
    Embedded.run(room / "store", FigureSettings(), [file])
    return file, room / "store"


def outcomes_of(store: Path, number: int) -> pd.DataFrame:
    """Return exits and transitions of a release, all places."""
    tables = [
        pa.Table.from_batches(list(indicator_batches(DirectoryStore.reading(store), number, name, "restricted")))
        for name in ("exit_to_work", "transitions")
    ]
    rows: list[pd.DataFrame] = [table.to_pandas() for table in tables]
    outcomes = pd.concat(rows, ignore_index=True)
    return outcomes.astype(dict.fromkeys((*KEY, "update_id"), str)).sort_values(KEY, ignore_index=True)


@pytest.mark.parametrize("number", [26, 27, 30])
def test_a_release_shows_the_outcomes_of_published_months_as_a_recount_gives_them_l1(
    made: tuple[Path, Path], number: int
) -> None:
    file, store = made
    release = DirectoryStore.reading(store).release(number)
    source = SpellSource(History.of(admitted([file]), FigureSettings()), number, FigureSettings())
    window = reference_indicators.MonthsThere.at(release)
    expected = reference_indicators.rows(source, window, reference_indicators.OUTCOME_INDICATORS)
    assert len(expected) > 50
    pd.testing.assert_frame_equal(outcomes_of(store, number)[list(COLUMNS[:9])], expected, check_dtype=False)


def test_a_row_that_reads_a_month_of_any_support_not_published_is_absent_h4(made: tuple[Path, Path]) -> None:
    references = set(outcomes_of(made[1], 30)["reference"])
    assert max(references) == month_code(FIRST + MONTHS - 1 - 6 - 1)  # FH and TW_RMH wait six months, X = 1


def test_recount_covers_the_indicators_and_names_a_row_that_differs_l1(made: tuple[Path, Path], tmp_path: Path) -> None:
    file, store = made
    copy = Path(shutil.copytree(store, tmp_path / "store"))
    recount = Recount.of(ReadLog.of(admitted([file]), FigureSettings()), DirectoryStore.reading(copy))
    of_all = recount.verdict([])
    assert (of_all.differences, of_all.indicators > 500) == ([], True)
    path = copy / "outcomes" / "000030.parquet"
    table = pq.read_table(path)
    counts, references = table["counted"].to_pylist(), table["reference"].to_pylist()
    counts[references.index(max(references))] = 99
    wrong = table.set_column(4, "counted", pa.array(counts, pa.int32()))
    pq.write_table(wrong.replace_schema_metadata(table.schema.metadata), path)
    assert any("count 99 / " in line for line in recount.verdict([]).differences)


def run(*arguments: str | Path) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("table", ["exit_to_work", "transitions"])
@pytest.mark.parametrize(
    ("form", "file"), [("parquet", ""), ("csv", ""), ("xlsx", "{}.xlsx"), ("sdmx-csv", "data.csv")]
)
def test_outcomes_are_exported_in_every_format(
    made: tuple[Path, Path], tmp_path: Path, table: str, form: str, file: str
) -> None:
    out = tmp_path / "out"
    assert run("export", "--store", made[1], "--table", table, "--format", form, "--out", out).exit_code == 0
    assert (out / file.format(table) if file else out).stat().st_size > 500


def test_an_update_is_counted_on_request_where_the_store_has_nothing_of_it(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    store = Path(shutil.copytree(made[1], tmp_path / "store"))
    before = outcomes_of(store, 27)
    shutil.rmtree(store / "outcomes")
    assert "outcomes counted on request" in run("indicators", "--store", store, "--update", "u26").output
    pd.testing.assert_frame_equal(outcomes_of(store, 27)[list(COLUMNS[:9])], before[list(COLUMNS[:9])])
    assert "nothing counted on request" in run("indicators", "--store", store, "--update", "u26").output


@pytest.fixture
def approved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put two approvals and a key of the domain on record; return the file of approvals."""
    file = tmp_path / "approvals.yaml"
    write_approvals(file, -10, 10)
    (tmp_path / "key").write_bytes(SECRET)
    monkeypatch.setenv("OCMW_APPROVALS", str(file))
    monkeypatch.setenv("OCMW_OUTREACH_KEY", str(tmp_path / "key"))
    return file


def write_approvals(file: Path, since: int, until: int) -> None:
    """Write approvals for both purposes, valid so many days from today."""
    first, last = (today() + timedelta(days=days) for days in (since, until))
    entry = "- {{body: IVC, number: 24/1, date: {}, valid_until: {}, purpose: {}}}\n"
    file.write_text("".join(entry.format(first, last, purpose) for purpose in ("youth_care", "outreach")))


def youth_export(store: Path, out: Path, zone: str = "restricted") -> int:
    """Export youth care as the program does; return its exit code."""
    words = ["export", "--store", str(store), "--table", "youth_care", "--zone", zone, "--format", "csv"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["ocmw", *words, "--out", str(out)])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


def test_without_an_approval_nothing_of_youth_care_is_computed_h5(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert youth_export(made[1], tmp_path / "out.csv") == 1
    assert "no approval for youth_care is on record" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)])
def test_an_approval_holds_from_its_first_day_to_its_last_h5(
    made: tuple[Path, Path], tmp_path: Path, approved: Path, days: tuple[int, int]
) -> None:
    write_approvals(approved, *days)
    assert youth_export(made[1], tmp_path / "out.csv") == 1


def test_youth_care_stands_in_the_restricted_zone_alone_f1(
    made: tuple[Path, Path], tmp_path: Path, approved: Path
) -> None:
    assert approved.exists()
    assert youth_export(made[1], tmp_path / "out.csv", "public") == 2
    assert youth_export(made[1], tmp_path / "out.csv") == 0
    rows = pd.read_csv(tmp_path / "out.csv", dtype=str)
    gent = rows[(rows["geo"] == "44021") & (rows["method"] == "x3")]
    assert dict(zip(gent["category"], gent["count"], strict=True)) == {"beneficiary": "1", "not_beneficiary": "1"}
    assert set(rows["reference"]) == {"2023-H1"}
    assert not (made[1] / "youth_care").exists()
    assert len(verified(made[1])) == 64


def test_figures_of_youth_care_are_told_with_the_newest_digest_of_the_log_of_accesses_h5(
    made: tuple[Path, Path], tmp_path: Path, approved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert approved.exists()
    assert youth_export(made[1], tmp_path / "out.csv") == 0
    rows = len((tmp_path / "out.csv").read_text().splitlines()) - 1
    assert capsys.readouterr().out == (f"{rows} rows in {tmp_path / 'out.csv'}; log of accesses: {verified(made[1])}\n")


def outreach(store: Path, out: Path, *more: str) -> Result:
    """Ask for the list of Gent."""
    return run("outreach", "list", "--store", store, "--ocmw", "44021", "--cohort", "2023-H1", "--out", out, *more)


def test_a_list_holds_the_pseudonyms_of_one_ocmw_in_a_domain_of_their_own_and_nothing_else_does_h5(
    made: tuple[Path, Path], tmp_path: Path, approved: Path
) -> None:
    assert approved.exists()
    store = Path(shutil.copytree(made[1], tmp_path / "store"))
    printed = outreach(store, tmp_path / "list.csv")
    wanted = hmac.new(SECRET, key("person p7"), hashlib.sha256).digest()[:16]
    until = today() + timedelta(days=10)  # as long as the approval holds, 90 days at most
    listed = f"pseudonym;ocmw;cohort;expires\n{wanted.hex()};44021;2023-H1;{until}\n"
    assert (tmp_path / "list.csv").read_text() == listed
    assert (tmp_path / "list.csv").stat().st_mode & 0o777 == 0o600
    youth_export(store, tmp_path / "out.csv")
    for file in [path for path in (*store.rglob("*"), tmp_path / "out.csv") if path.is_file()]:
        content = file.read_bytes()
        assert wanted not in content
        assert wanted.hex().encode() not in content
    assert wanted.hex() not in printed.output
    log = (store / FILE).read_text()
    assert '"ocmw": "44021", "cohort": "2023-H1", "after": 3, "persons": 1, "expires": "' in log
    assert key("person p7").hex() not in log


def test_a_list_is_refused_without_approval_key_or_an_old_enough_cohort_h5(
    made: tuple[Path, Path], tmp_path: Path, approved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "list.csv"
    assert "2 months is no choice" in str(outreach(made[1], out, "--after", "2").exception)
    assert "not published yet" in str(outreach(made[1], out, "--cohort", "2024-H2").exception)
    assert "is not a half-year" in str(outreach(made[1], out, "--cohort", "2024-3").exception)
    assert "is no municipality" in str(outreach(made[1], out, "--ocmw", "99999").exception)
    monkeypatch.delenv("OCMW_OUTREACH_KEY")
    assert "needs 32 bytes at least" in str(outreach(made[1], out).exception)
    approved.write_text("- {body: IVC}")
    assert "is no list of approvals" in str(outreach(made[1], out).exception)
    monkeypatch.delenv("OCMW_APPROVALS")
    assert "no approval for outreach is on record" in str(outreach(made[1], out).exception)
    assert not out.exists()


def test_a_changed_line_breaks_the_chain_of_the_log_of_accesses(tmp_path: Path) -> None:
    for persons in range(3):
        note_access(tmp_path, Access("outreach list", "IVC 1", {"persons": persons}), instant())
    path = tmp_path / FILE
    lines = path.read_text().splitlines(keepends=True)
    for broken in ([lines[0], lines[1].replace(": 1}", ": 7}"), lines[2]], [lines[0], lines[2]]):
        path.write_text("".join(broken))
        with pytest.raises(StoreCorruptError, match="line 2 is not what was written"):
            verified(tmp_path)


def test_accesses_at_once_are_all_in_the_chain_of_the_log(tmp_path: Path) -> None:
    def note(number: int) -> str:
        return note_access(tmp_path, Access("outreach list", "IVC 1", {"persons": number}), instant())

    with ThreadPoolExecutor(4) as threads:
        digests = set(threads.map(note, range(20)))
    assert len(digests) == len((tmp_path / FILE).read_text().splitlines()) == 20
    assert verified(tmp_path) in digests


@pytest.mark.parametrize("line", [b'{"at": oops}', b"{}", b"[1]", b"", b'{"at": "\xff"}'])
def test_a_line_that_cannot_be_read_breaks_the_chain_of_the_log_of_accesses(tmp_path: Path, line: bytes) -> None:
    note_access(tmp_path, Access("outreach list", "IVC 1", {"persons": 1}), instant())
    with (tmp_path / FILE).open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(StoreCorruptError, match="its last line is not what was written; restore the log of accesses"):
        note_access(tmp_path, Access("outreach list", "IVC 1", {"persons": 2}), instant())
