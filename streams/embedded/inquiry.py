"""What a question is answered from: an extraction on record, the store at its update, the rows of some months.

A question may take so much time and memory and no more.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Timer
from typing import NamedTuple, Self

import duckdb

from processors.research import questions as counting
from schemas.audience import may_see
from schemas.figures import BlockKey
from schemas.periods import EPOCH_YEAR, MONTHS_PER_YEAR, Period, month_code
from schemas.questions import QuestionError
from schemas.releases import Release
from sinks import questions as kept
from sinks.access_log import entries_of
from sinks.directory.store import DirectoryStore
from streams.embedded.extracting import leave_rows, release_named, source_of
from streams.shell.progress import Report, silent

MOST_SECONDS = 60
_MEMORY = "2GB"
COHORTS = 5
"""The shape that names persons by conditions."""


@dataclass(frozen=True, slots=True)
class Studied:
    """An extraction on record: its study, number and update, and the day by which it is destroyed."""

    study: str
    number: int
    update: str
    destroy_by: date

    @property
    def name(self) -> str:
        """The study and the number of its extraction: a question that names both is answered by that one for ever."""
        return f"{self.study}-{self.number:04d}"


class OnRecord(NamedTuple):
    """What the log of accesses says, read once: the extractions that stand, and how many cohorts were asked for.

    The former by (study, number), the latter (questions of shape 5, refused ones too) by approval.
    """

    standing: dict[tuple[str, int], Studied]
    cohorts: Counter[str]

    @classmethod
    def read(cls, root: Path) -> Self:
        """Return what the log of a store says by now."""
        standing, cohorts = dict[tuple[str, int], Studied](), Counter[str]()
        for entry in entries_of(root, ("extract", "destroy", "ask")):
            of = entry.get("of", {})
            if entry["what"] == "ask":
                cohorts[entry.get("approval", "")] += of.get("question", {}).get("shape") == COHORTS
            elif entry["what"] == "destroy":
                standing.pop((of.get("study"), of.get("number")), None)
            elif "destroy_by" in of:
                day = date.fromisoformat(of["destroy_by"])
                standing[of["study"], of["number"]] = Studied(of["study"], of["number"], of["update"], day)
        return cls(standing, cohorts)

    def newest(self, name: str) -> Studied:
        """Return the newest extraction of a study, or the one named. Raises QuestionError where none stands."""
        named = [one for one in self.standing.values() if name in {one.study, one.name}]
        if not named:
            raise QuestionError(f"study {name} has no extraction of this store that stands; make one with ocmw extract")
        return max(named, key=lambda one: one.number)


@dataclass(frozen=True)
class Inquiry:
    """A store at the update of an extraction, the day on which it is asked, and the cohorts before by approval."""

    store: DirectoryStore
    of: Studied
    release: Release
    day: date
    cohorts_before: Counter[str]
    progress: Report = silent

    @classmethod
    def on(cls, root: Path, name: str, day: date, progress: Report = silent) -> "Inquiry":
        """Return what a question about a study is answered from. Raises QuestionError, ProtocolError, StoreError."""
        record = OnRecord.read(root)
        of = record.newest(name)
        if of.destroy_by < day:
            raise QuestionError(
                f"study {of.study} had to be destroyed by {of.destroy_by}; nothing is answered any more"
            )
        store = DirectoryStore.reading(root)
        return cls(store, of, release_named(store, of.update), day, record.cohorts, progress)

    @property
    def number(self) -> int:
        """The number of the update."""
        return self.release.update.sequence

    def is_published(self, support: str, period: Period) -> bool:
        """Tell whether a figure of this update may be seen by those to whom published figures are open."""
        entry = self.release.entries.get(BlockKey(support, period))
        return entry is not None and may_see("restricted", BlockKey(support, period), entry.vintage.state)

    def require_published(self, support: str, period: Period) -> None:
        """Refuse a period that is not published at this update."""
        if not self.is_published(support, period):
            raise QuestionError(f"{support} {period.code} is not published at update {self.of.update}")

    @contextmanager
    def rows(self, first: int, last: int) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the rows of some months, in a database that may take so much time and memory and no more."""
        files = self._rows_files()
        years = range(first // MONTHS_PER_YEAR + EPOCH_YEAR, last // MONTHS_PER_YEAR + EPOCH_YEAR + 1)
        mine = [str(files[year]) for year in years if year in files]
        if not mine:
            raise QuestionError(f"update {self.of.update} has no rows from {month_code(first)} to {month_code(last)}")
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY,
            "autoinstall_known_extensions": "false",
        }
        connection = duckdb.connect(config=config)
        limit = Timer(MOST_SECONDS, connection.interrupt)
        limit.start()
        try:
            connection.execute("set enable_progress_bar = false")  # it would stand within the answer
            counting.prepared(connection)
            names = ", ".join("'" + name.replace("'", "''") + "'" for name in mine)
            connection.execute(f"create view rows as select * from read_parquet([{names}])")  # noqa: S608 - our files
            yield connection
        except duckdb.InterruptException as error:
            raise QuestionError(f"this takes more than {MOST_SECONDS} seconds; ask of fewer periods") from error
        except duckdb.OutOfMemoryException as error:
            raise QuestionError(f"this takes more than {_MEMORY} of memory; ask of fewer periods") from error
        finally:
            limit.cancel()
            connection.close()

    def _rows_files(self) -> dict[int, Path]:
        files = kept.rows_files(self.store.root, self.number)
        if files is None:
            source = source_of(self.store, self.release, self.progress)
            leave_rows(self.store, self.release, source, self.progress)
            files = kept.rows_files(self.store.root, self.number) or {}
        return files
