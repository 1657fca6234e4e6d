"""How this program publishes, from its settings: the clock, its version, the key that seals, whether it waits."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from sinks.directory.store import DirectoryStore
from sinks.public.keys import SealKey
from sinks.public.tree import PublicTree
from sinks.public.writer import Publishing
from sinks.redis.store import every
from streams.release.reports import BoardReports
from streams.settings import Settings, UsageError
from streams.shell import clock

PACKAGE = "ocmw-figures"


def publishing(settings: Settings) -> Publishing:
    """Return how releases become public.

    Raises UsageError where approval is required and no key is named, SealKeyError for a key that cannot be read.
    """
    required = settings.release_approval == "required"
    if required and settings.seal_key_file is None:
        message = "OCMW_RELEASE_APPROVAL=required needs OCMW_SEAL_KEY_FILE; make a key with ocmw keys sign --out FILE"
        raise UsageError(message)
    key = SealKey.read(settings.seal_key_file) if settings.seal_key_file else None
    return Publishing(now, version(PACKAGE), key, required, BoardReports(version(PACKAGE)))


def unsealed() -> Publishing:
    """Return how releases become public where no setting says otherwise: at once, without a seal."""
    return Publishing(now, version(PACKAGE))


def withheld() -> Publishing:
    """Return how nothing becomes public: for releases that are made to compare or repair."""
    return Publishing(now, version(PACKAGE), approval=True)


def shown_to_public(root: Path, *, approval: bool) -> Callable[[int], bool]:
    """Return a test whether a release of a store, by its number, was let out to the public."""
    tree = PublicTree.of(root)
    return (lambda number: number in tree.numbers()) if approval else every


def newest_public(store: DirectoryStore, *, approval: bool) -> int:
    """Return the number of the newest release that the public may see, 0 when there is none.

    A store without a public tree, of before or made to compare, shows its newest, unless approval is required.
    """
    let_out = PublicTree.of(store.root).current()
    return let_out if let_out or approval else store.latest()


def now() -> str:
    """Return the time as manifests write it: UTC, to the second."""
    return clock.instant().strftime("%Y-%m-%dT%H:%M:%SZ")
