"""The engines that every chapter runs against."""

from pathlib import Path

import pytest
from engines import ENGINES
from history import log_file
from named_figures import NamedFigures, Teller

from schemas.settings import FigureSettings


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Teller:
    """Return what reads tables (or paths of files), in that order as one log, and tells its figures."""

    def tell(
        *tables: str | Path,
        recoveries_in_balance: bool = False,
        geography: str = "as_then",
        earliest: str | None = None,
    ) -> NamedFigures:
        room = tmp_path / str(len(list(tmp_path.iterdir())))
        room.mkdir()
        files = [
            table if isinstance(table, Path) else log_file(room / f"{number}.avro", table)
            for number, table in enumerate(tables, start=1)
        ]
        return NamedFigures(
            ENGINES[request.param](
                files, room, FigureSettings(recoveries_in_balance, geography, earliest_month=earliest)
            )
        )

    return tell
