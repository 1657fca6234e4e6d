"""What ``ocmw changes`` says of the releases of a real store: never that a cell changed where none did."""

from pathlib import Path

from history import log_file
from program import ocmw


def replayed(room: Path, table: str, **settings: str) -> Path:
    """Return a store that was made of a table."""
    done = ocmw("replay", log_file(room / "log.avro", table), "--store", room / "store", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    return room / "store"


def lines_of(store: Path, release: int) -> list[str]:
    """Return all lines that the program prints of a release."""
    done = ocmw("changes", "--store", store, "--release", release)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def told_of(store: Path, release: int, figure: str) -> list[str]:
    """Return what the program says of one figure, as ``LL 2024-03``."""
    return [line for line in lines_of(store, release) if f" {figure}:" in line]


def test_freezing_what_no_event_touched_revises_nothing(tmp_path: Path) -> None:
    store = replayed(
        tmp_path,
        """
        person | month
        p1..p9 | 2007-01
        close u1 2009-11
        close u2 2009-12
        close u3 2010-01
        close u4 2010-02
        """,
    )
    assert told_of(store, 2, "LL 2007-01") == ["new       LL 2007-01: 9"]
    assert told_of(store, 3, "LL 2007-01") == ["frozen    LL 2007-01: 9 as before, no cell changed, for good"]
    assert lines_of(store, 3)[0] == "Release 3, update u3: 45 frozen"
    assert lines_of(store, 4) == ["Release 4, update u4: nothing changed"]


def test_a_freeze_says_what_it_shows_first_what_it_revises_and_where_only_other_cells_changed(tmp_path: Path) -> None:
    store = replayed(
        tmp_path,
        """
        person | month   | cents
        p1..p9 | 2007-01 | 1000
        p1..p9 | 2007-02 | 1000
        close u1 2009-11
        close u2 2009-12
        q1     | 2007-01 | 1000
        p1     | 2007-02 | 500
        q1     | 2007-03 | 1000
        close u3 2010-01
        """,
    )
    assert told_of(store, 3, "LL 2007-01") == ["frozen    LL 2007-01: from 9 to 10, for good"]
    assert told_of(store, 3, "LL 2007-02") == ["frozen    LL 2007-02: 9 as before, other cells changed, for good"]
    assert told_of(store, 3, "LL 2007-03") == ["frozen    LL 2007-03: 1, new and for good"]


def test_what_moved_away_and_came_back_is_published_again_and_no_cell_changed(tmp_path: Path) -> None:
    store = replayed(
        tmp_path,
        """
        person | month   | type      | cents
        p1..p9 | 2024-01 | GRANT     | 1000
        close u1 2024-05
        close u2 2024-06
        q1     | 2024-01 | GRANT     | 1000
        close u3 2024-07
        q1     | 2024-01 | REG_GRANT | -1000
        close u4 2024-08
        close u5 2024-09
        """,
    )
    assert told_of(store, 5, "LL 2024-01") == ["stable    LL 2024-01: 9 as before, no cell changed"]


def test_what_came_back_with_other_cells_is_revised(tmp_path: Path) -> None:
    store = replayed(
        tmp_path,
        """
        person | month   | type      | cents | household
        p1..p9 | 2024-01 | GRANT     | 1000  | A
        close u1 2024-05
        close u2 2024-06
        q1     | 2024-01 | GRANT     | 1000  | E
        close u3 2024-07
        p1     | 2024-01 | REG_GRANT | -1000 | A
        close u4 2024-08
        close u5 2024-09
        """,
    )
    assert told_of(store, 5, "LL 2024-01") == ["revised   LL 2024-01: 9 as before, other cells changed"]


def test_a_figure_under_revision_says_at_each_release_how_it_moved(tmp_path: Path) -> None:
    store = replayed(
        tmp_path,
        """
        person   | month   | type      | cents
        p1..p100 | 2024-01 | GRANT     | 1000
        close u1 2024-05
        close u2 2024-06
        q1..q5   | 2024-01 | GRANT     | 1000
        close u3 2024-07
        q1..q5   | 2024-01 | REG_GRANT | -1000
        close u4 2024-08
        close u5 2024-09
        """,
    )
    assert [line for release in (3, 4, 5) for line in told_of(store, release, "LL 2024-01")] == [
        "revising  LL 2024-01: it went from 100 to 105, more than 1 %; 100 stays published",
        "revising  LL 2024-01: it went from 105 to 100, more than 1 %; 100 stays published",
        "stable    LL 2024-01: 100 as before, no cell changed",
    ]


def test_a_store_that_dropped_the_release_before_says_the_same_of_what_changed(tmp_path: Path) -> None:
    table = """
        person   | month   | cents
        p1..p100 | 2024-01 | 1000
        p1..p100 | 2024-02 | 1000
        p1..p100 | 2024-03 | 1000
        p1..p100 | 2024-04 | 1000
        p1..p100 | 2024-05 | 1000
        p1..p100 | 2024-08 | 1000
        close u1 2024-08
        close u2 2024-09
        q1..q5   | 2024-02 | 1000
        close u3 2024-10
        q1       | 2024-03 | 1000
        q1..q9   | 2024-04 | 1000
        p1       | 2024-05 | 500
        q1       | 2024-07 | 1000
        q1       | 2024-09 | 1000
        close u4 2024-11
    """
    (tmp_path / "all").mkdir()
    (tmp_path / "one").mkdir()
    every, newest = replayed(tmp_path / "all", table), replayed(tmp_path / "one", table, OCMW_KEEP_RELEASES="1")
    assert lines_of(newest, 4) == lines_of(every, 4)
    assert [line for line in lines_of(newest, 4) if " LL 2024-0" in line] == [
        "revised   LL 2024-02: from 100 to 105",
        "revised   LL 2024-03: from 100 to 101",
        "revising  LL 2024-04: it went from 100 to 109, more than 1 %; 100 stays published",
        "revised   LL 2024-05: 100 as before, other cells changed",
        "waiting   LL 2024-07: it went from 0 to 1, more than 1 %",
        "new       LL 2024-08: 100",
        "waiting   LL 2024-09: until an update refers to 2024-12",
    ]


def test_where_the_cells_before_are_no_longer_kept_only_the_total_is_compared(tmp_path: Path) -> None:
    table = """
        person   | month   | type      | cents
        p1..p100 | 2007-01 | GRANT     | 1000
        p1..p100 | 2008-02 | GRANT     | 1000
        close u1 2009-08
        close u2 2009-09
        q1..q5   | 2008-02 | GRANT     | 1000
        close u3 2009-10
        q1..q5   | 2008-02 | REG_GRANT | -1000
        close u4 2009-11
        close u5 2010-01
    """
    store = replayed(tmp_path, table, OCMW_KEEP_RELEASES="1")
    assert told_of(store, 5, "LL 2008-02") == ["stable    LL 2008-02: published again with 100"]
    assert told_of(store, 5, "LL 2007-01") == ["frozen    LL 2007-01: published again with 100, for good"]
