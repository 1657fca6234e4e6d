"""Two stores held against each other, release by release: the same updates, vintages and blocks, or which differ."""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.figures import BlockKey
from schemas.releases import BlockRef, Entry, Release
from sinks import zones
from sinks.protocol import Store
from sinks.redis.store import RedisCopy
from sinks.zones import ReadZone

_STABLE: tuple[ReadZone, ...] = ("public", "restricted")


class Difference(NamedTuple):
    """A figure that two stores tell differently; ``part`` says in what: the update, known, vintage, or a zone."""

    release: int
    support: str
    period: str
    part: str


def differences(left: Store, right: Store) -> Iterator[Difference]:
    """Yield the differences of releases that both stores keep, and each release that only one has."""
    mine, others = set(left.numbers()), set(right.numbers())
    for number in sorted(mine | others):
        if number in mine & others:
            yield from _between(left.release(number), right.release(number))
        else:
            yield Difference(number, "", "", "release is only in the " + ("first" if number in mine else "second"))


def copy_differences(home: Store, copy: RedisCopy) -> Iterator[Difference]:
    """Yield what readers of a copy see otherwise than the newest release of a store is; every block is read."""
    release = home.release()
    for zone in _STABLE:
        meant = {
            (one.key.support, one.key.period.code): b"" if one.ref == one.hidden else one.ref.digest
            for one in zones.chosen(release, zone)
        }
        copied = {
            (support, period): copy.read_block(zone, figure[3]).digest() if figure[3] else b""
            for support, periods in copy.manifest(zone)["figures"].items()
            for period, figure in periods.items()
        }
        for support, period in sorted(meant.keys() | copied.keys()):
            if meant.get((support, period)) != copied.get((support, period)):
                yield Difference(release.update.sequence, support, period, f"{zone} block in the copy")


def _between(left: Release, right: Release) -> Iterator[Difference]:
    number = left.update.sequence
    if left.update != right.update:
        yield Difference(number, "", "", "update")
    for key in sorted(left.entries.keys() | right.entries.keys()):
        for part in _parts(left.entries.get(key), right.entries.get(key)):
            yield _difference(number, key, part)


def _difference(number: int, key: BlockKey, part: str) -> Difference:
    return Difference(number, key.support, key.period.code, part)


def _parts(left: Entry | None, right: Entry | None) -> Iterator[str]:
    if left is None or right is None:
        yield "known"
        return
    if left.vintage != right.vintage:
        yield "vintage"
    for zone in ("latest", "published", "public", "hidden"):
        if _digest(getattr(left, zone)) != _digest(getattr(right, zone)):
            yield f"{zone} block"


def _digest(ref: BlockRef | None) -> bytes:
    return b"" if ref is None else ref.digest
