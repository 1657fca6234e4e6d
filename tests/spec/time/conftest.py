"""The chapter on time: each sentence is asked of the slow truth and of the kernel."""

from pathlib import Path

import pytest
from history import log_file
from named_indicators import ENGINES, IndicatorTeller, NamedIndicators

from schemas.periods import parse_month
from schemas.settings import FigureSettings, SpellSupports


@pytest.fixture(params=sorted(ENGINES))
def indicators(request: pytest.FixtureRequest, tmp_path: Path) -> IndicatorTeller:
    """Return what reads tables as one log and tells the indicators of its references from ``first`` to ``last``."""

    def tell(
        *tables: str,
        last: str,
        first: str = "",
        supports: SpellSupports = "LL",
        geography: str = "as_then",
        since: str | None = None,
    ) -> NamedIndicators:
        files = [log_file(tmp_path / f"{number}.avro", table) for number, table in enumerate(tables)]
        wanted = parse_month(first or last), parse_month(last)
        settings = FigureSettings(geography=geography, spells=supports, first_month=since)
        return NamedIndicators(ENGINES[request.param](files, settings, *wanted))

    return tell
