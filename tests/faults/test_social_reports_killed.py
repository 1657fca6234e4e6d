"""Workers of social reports join, one is killed, while requests come: none is lost, none answered otherwise twice."""

import asyncio
from pathlib import Path

import pytest

from bench.social_reports import measured

pytestmark = pytest.mark.faults
BACK_WITHIN = 30_000
"""Milliseconds."""


def test_over_joins_and_a_kill_no_request_is_lost_and_none_is_answered_twice_with_other_content(tmp_path: Path) -> None:
    for delays in asyncio.run(measured(tmp_path, 15)):
        assert delays.answered.keys() >= delays.sent_at.keys()
        assert delays.differing == 0
        assert (
            max(at - delays.sent_at[name] for name, at in delays.answered.items() if name in delays.sent_at)
            < BACK_WITHIN
        )
