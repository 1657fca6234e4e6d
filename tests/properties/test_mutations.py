"""Bytes that are broken in 100,000 ways never crash the program, nor change what another event does (L2, A8).

The mutations are made in a process of its own, whose kernels check every index; compiled kernels cannot do both.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PROGRAM = Path(__file__).with_name("mutating.py")
SEED = 20240315
SIZES = {"values": 80_000, "record_batches": 4_000, "blocks": 11_000, "newer": 2_000, "compared": 2_000, "files": 3_000}
HANGS_AFTER = 1800  # seconds; it takes about one minute on an idle core


@pytest.mark.faults
def test_100_000_mutated_records_and_files_are_outcomes_and_leave_the_others_alone_l2(tmp_path: Path) -> None:
    kernels = f"{os.environ['NUMBA_CACHE_DIR']}-checked" if "NUMBA_CACHE_DIR" in os.environ else str(tmp_path)
    folders = (TESTS.parent, TESTS / "spec", TESTS / "properties")
    environment = os.environ | {
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_CACHE_DIR": kernels,
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
    }
    command = [sys.executable, str(PROGRAM), str(tmp_path), str(SEED), json.dumps(SIZES)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HANGS_AFTER, check=False)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stderr
    met = json.loads(done.stdout)
    assert sum(SIZES.values()) - SIZES["compared"] == 100_000
    assert min(met["blocks"], met["compared"], met["whole"], met["refused"], met["batches_read"]) > 100
