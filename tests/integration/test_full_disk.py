"""A disk that fills leaves the last release whole, and says so in one sentence."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from endless_writer import check_whole
from history import log_file
from program import ocmw, ocmw_apart

from sinks.directory import snapshot
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreWriteError

_PROGRAM = Path(__file__).with_name("endless_writer.py")
_DISK_BYTES = 1_000_000
CLAIMED = "person | month\na | 2024-01\nclose u1 2024-05\nclose u2 2024-08"


def run(root: Path, releases: int, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the writer to its end."""
    command = [sys.executable, str(_PROGRAM), str(root), str(releases)]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=before)  # noqa: S603 - our own program


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a real file system of a megabyte; only root may mount one."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    disk = tmp_path / "disk"
    disk.mkdir()
    if mount is None or umount is None:
        pytest.skip("no mount here: the limit on file size below shows the same with another error")
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", disk], check=False)  # noqa: S603 - fixed arguments
    if mounted.returncode:
        pytest.skip("may not mount here: the limit on file size below shows the same with another error")
    yield disk
    # Lazily: what happens to look over the machine's disks just now holds it for an instant, and is no fault of ours.
    subprocess.run([umount, "--lazy", disk], check=True)  # noqa: S603 - fixed arguments


def test_a_full_disk_leaves_the_last_release_whole_and_room_lets_it_go_on(small_disk: Path) -> None:
    root = small_disk / "store"
    ballast = small_disk / "ballast"
    assert run(root, 3).returncode == 0
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(bytes(free - 70_000))
    full = run(root, 1000)
    assert (full.returncode, len(full.stderr.splitlines())) == (1, 1)
    assert "cannot be written (No space left on device)" in full.stderr
    check_whole(DirectoryStore.reading(root))
    ballast.unlink()
    reached = DirectoryStore.reading(root).latest()
    assert run(root, reached + 3).returncode == 0
    check_whole(DirectoryStore.reading(root))


@pytest.mark.parametrize(
    ("limit", "published", "refused"),
    [(1_000, 3, "blocks"), (2_500, 4, "vintages"), (5_000, 3, "releases")],
)
def test_a_refusal_of_any_file_leaves_the_last_release_whole(
    tmp_path: Path,
    limit: int,
    published: int,
    refused: str,
) -> None:
    root = tmp_path / "store"
    assert run(root, published).returncode == 0
    ended = run(root, 9, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert ended.stderr.startswith(f"{root / refused}/")
    assert "cannot be written (File too large); what was there before stands" in ended.stderr
    store = DirectoryStore.reading(root)
    assert store.latest() == published
    check_whole(store)


def test_a_snapshot_that_does_not_fit_leaves_the_earlier_one(small_disk: Path) -> None:
    path = small_disk / "ledger.snapshot"
    snapshot.save(path, {}, {"segments": 1})
    with pytest.raises(StoreWriteError, match="No space left on device"):
        snapshot.save(path, {"rows": np.zeros(_DISK_BYTES)}, {"segments": 2})
    loaded = snapshot.load(path)
    assert loaded is not None
    assert loaded.meta == {"segments": 1}
    assert list(small_disk.iterdir()) == [path]


@pytest.mark.parametrize(
    "command",
    [
        ("replay", "{log}", "--store", "{disk}/store"),
        ("export", "--store", "{store}", "--format", "xlsx", "--out", "{disk}/books"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_on_a_full_disk_says_one_sentence_and_nothing_of_what_it_could_not_close(
    small_disk: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    log, store = log_file(tmp_path / "log.avro", CLAIMED), tmp_path / "store"
    assert ocmw("replay", log, "--store", store).returncode == 0
    (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free - 8192))
    places = {"log": log, "disk": small_disk, "store": store}
    done = ocmw_apart(*(word.format(**places) for word in command), TMPDIR=str(small_disk))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert "No space left on device" in done.stderr
    assert "Exception ignored" not in done.stderr
