"""What a store may forget: old manifests, then the block files that no kept manifest names.

A block file dies as a whole. Where few of its row groups are still named, the release being made names copies of
them instead (in a new file, by the same digest), and the old file goes when the last manifest that names it goes.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter

from schemas.figures import BlockKey
from schemas.releases import BlockRef, Entry, Release
from sinks.protocol import BlockZone

NEARLY_DEAD_PERCENT = 25
"""A file with a smaller share of its row groups alive is copied out."""


Home = tuple[BlockZone, str]
"""Zone and support of a block: what lies together in one file."""


def homes(release: Release) -> dict[BlockRef, Home]:
    """Return all blocks that a release names, with the zone and support of each."""
    home_of: dict[BlockRef, Home] = {}
    for key, entry in release.entries.items():
        home_of.update((ref, ("internal", key.support)) for ref in (entry.latest, entry.published) if ref)
        home_of.update((ref, ("public", key.support)) for ref in (entry.public,) if ref)
        home_of.update((ref, ("hidden", key.support)) for ref in (entry.hidden,) if ref)
    return home_of


def to_copy(
    named: dict[BlockRef, Home],
    kept: Iterable[frozenset[tuple[str, int]]],
    groups: Callable[[str], int],
) -> dict[Home, list[BlockRef]]:
    """Return the blocks that a release names in nearly dead files, grouped by the new file that they make together.

    ``kept`` are the (file, row group) pairs that each other kept release names; ``groups`` tells how many row groups
    a file has. A patch that hangs on a nearly dead file is copied too, as the whole block that it makes.
    """
    living = {(part.file, part.group) for ref in named for part in ref.chain}
    alive = Counter(file for file, _ in living.union(*kept))
    files = {file for file, _ in living}
    dying = {file for file in files if 100 * alive[file] < NEARLY_DEAD_PERCENT * groups(file)}
    hanging = (ref for ref in named if any(part.file in dying for part in ref.chain))
    chosen: dict[Home, list[BlockRef]] = {}
    for ref in sorted(hanging, key=attrgetter("file", "group")):
        chosen.setdefault(named[ref], []).append(ref)
    return chosen


def moved(release: Release, copies: dict[BlockRef, BlockRef | None]) -> Release:
    """Return a release that names the copies of the blocks that were copied."""

    def target(ref: BlockRef | None) -> BlockRef | None:
        return None if ref is None else copies.get(ref, ref)

    def pointed(entry: Entry) -> Entry:
        return replace(
            entry,
            latest=target(entry.latest),
            published=target(entry.published),
            public=target(entry.public),
            hidden=target(entry.hidden),
        )

    entries: dict[BlockKey, Entry] = {key: pointed(entry) for key, entry in release.entries.items()}
    return replace(release, entries=entries)
