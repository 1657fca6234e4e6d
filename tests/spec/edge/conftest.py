"""The room of an edge."""

from pathlib import Path

import pytest
from statement_told import Edge


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    """Return an edge with a key of its own."""
    return Edge(tmp_path)
