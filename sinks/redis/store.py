"""The published store's copy in Redis, for readers that want figures in a millisecond and need nothing of ours.

    ocmw:public:current             number of the release that readers see
    ocmw:public:release:12          release 12: support -> period -> status, state, update, name of the block
    ocmw:public:block:<book>:<dig>  a block as compressed columns; immutable, shared between releases
    ocmw:public:codebook:<book>     what places and categories the numbers in blocks mean
    ocmw:public:releases            a stream, one notice a release, its id the number of the release

    ocmw:restricted:table:<edition>:...   tables of indicators of the updates that its releases show (tables.py)

and the same under ``ocmw:restricted:`` and ``ocmw:provisional:`` (there a block is a hash, a field a municipality). The
three prefixes are the three zones, and access lists are made of them (sinks/redis/acl.py). So a value is only ever put
under the prefix of a zone that shows it.

*Publishing.* Blocks that are missing are put, then manifests. Then one script looks once more whether each of them is
there and whether the number is above the current one, moves the three pointers and sends the three notices: all of it
happens or none, and no other command runs between. A second publisher, late or woken after years, changes nothing: it
is refused. Then releases beyond the last ``keep`` are swept, by a script that runs only while the release just moved to
is still the current one; should it take a block that a publisher counted on a moment ago, that one's move finds it
missing and puts it again.

*Loss.* Nothing here is the only copy of anything: a Redis that comes back empty, older or with holes is made up from
its home (``make_up``), the newest release first. The client is the blocking one, for the work between two commands is
reading Parquet and compressing: it belongs in a thread, not on an event loop. One Redis, not a cluster: a script needs
all its keys.
"""

import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, TypeVar

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from schemas.figures import Cells
from schemas.periods import to_yyyymm
from schemas.releases import Release
from sinks import zones
from sinks.columns import codebook_bytes, decoded, encoded
from sinks.errors import (
    ReleaseExistsError,
    StoreCorruptError,
    StoreMismatchError,
    StoreWriteError,
    UnknownReleaseError,
)
from sinks.indicators import FAMILIES, exists, parts_of
from sinks.protocol import Store
from sinks.redis import scripts as redis_scripts
from sinks.redis.names import explained, prefix
from sinks.redis.tables import RedisTables
from sinks.zones import READ_ZONES, ReadZone, Value

KEEP = 12
"""Releases kept readable: a year of them."""

_CHUNK = 1000
"""Names asked about in one round trip."""
_BLOCKS = 32
"""Blocks in memory, encoded, before they are sent."""
_TRIES = 3
"""Moves tried when another publisher's sweep took what this one had found."""

_Item = TypeVar("_Item")


def connect(  # noqa: PLR0913 - each is one setting
    url: str,
    *,
    username: str | None = None,
    password: str | None = None,
    ca_file: str | None = None,
    cert_file: str | None = None,
    key_file: str | None = None,
) -> Any:  # noqa: ANN401 - redis-py's client is generic in what it decodes to
    """Return a client of the Redis at ``url`` (``rediss://`` for TLS); it retries for some seconds, then raises.

    The files are PEM: who is trusted, and the certificate and key of this client where Redis asks for them.
    """
    files = {"ssl_ca_certs": ca_file, "ssl_certfile": cert_file, "ssl_keyfile": key_file}
    tls = {name: file for name, file in files.items() if file}
    return redis.Redis.from_url(
        url,
        username=username,
        password=password,
        socket_timeout=30,
        socket_connect_timeout=5,
        retry=Retry(ExponentialBackoff(cap=2, base=0.05), 6),
        **tls,
    )


def _chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


Published = Callable[[int], bool]
"""Tells whether a release, by its number, was let out to the public."""


def every(_number: int) -> bool:
    """Let every release out."""
    return True


class RedisCopy:
    """A ``sinks.protocol.Copy`` in Redis; ``keep`` releases stay readable.

    A release that waits for approval is shown in the other zones alone, and in the public one when it is made up again.
    """

    def __init__(self, client: Any, keep: int = KEEP, published: Published = every) -> None:  # noqa: ANN401 - see connect
        """Take a client of ``connect``. Raises ValueError for fewer than two releases: readers may hold the last."""
        self._published = published
        if keep < 2:  # noqa: PLR2004 - the current one and the one a reader is in the middle of
            message = f"keep is {keep}; keep at least 2, for a reader may be in the middle of the one before"
            raise ValueError(message)
        self._client = client
        self.keep = keep
        self._move = client.register_script(redis_scripts.MOVE)
        self._sweep = client.register_script(redis_scripts.SWEEP)

    @property
    def client(self) -> Any:  # noqa: ANN401 - see connect
        """The client, for what is kept beside the copy."""
        return self._client

    def answers(self) -> bool:
        """Tell whether Redis answers; it is asked for some seconds."""
        try:
            return bool(self._client.ping())
        except (redis.RedisError, OSError):
            return False

    def latest(self) -> int:
        """Return the number of the release that readers of all zones see, 0 when there is none."""
        pointers = self._pointers()
        latest = min(pointers[zone] for zone in READ_ZONES if zone != "public")
        return min(latest, pointers["public"]) if self._published(latest) else latest

    def _pointers(self) -> dict[ReadZone, int]:
        with explained():
            pointers = self._client.mget([prefix(zone) + "current" for zone in READ_ZONES])
        return {zone: int(number or 0) for zone, number in zip(READ_ZONES, pointers, strict=True)}

    def _zones(self, number: int) -> tuple[ReadZone, ...]:
        """Return the zones that may show a release."""
        return READ_ZONES if self._published(number) else tuple(zone for zone in READ_ZONES if zone != "public")

    def publish(self, release: Release, home: Store, zones_behind: tuple[ReadZone, ...] = ()) -> None:
        """Show a release, in the zones that are behind (default all that may); see ``sinks.protocol.Copy``."""
        for _ in self.publishing(release, home, zones_behind):
            pass

    def publishing(self, release: Release, home: Store, zones_behind: tuple[ReadZone, ...] = ()) -> Iterator[str]:
        """Publish step by step: yield what was just done. A stop after any step leaves readers what they saw, or all.

        Raises as ``publish``.
        """
        number = release.update.sequence
        shown_in = zones_behind or self._zones(number)
        for _ in range(_TRIES):
            for zone in shown_in:
                self._put_missing(release, home, zone)
                yield f"blocks {zone}"
            self._put_manifests(release, shown_in, self._put_tables(release, home))
            yield "manifests"
            answer = self._moved(release, shown_in)
            if answer == b"shown":
                message = f"release {number} or a later one is shown already; another publisher came first, start again"
                raise ReleaseExistsError(message)
            if answer == b"moved":
                yield "moved"
                self._swept(number, shown_in)
                yield "swept"
                return
        message = f"release {number} lost blocks {_TRIES} times while it was put; see whether Redis evicts (noeviction)"
        raise StoreWriteError(message)

    def prepare(self, release: Release, home: Store) -> None:
        """Put blocks of a release that is not shown yet; see ``sinks.protocol.Copy``."""
        number = release.update.sequence
        if max(self._pointers().values()) < number:
            for zone in self._zones(number):
                self._put_missing(release, home, zone)

    def fill(self, release: Release, home: Store) -> int:
        """Put what a release needs and Redis has not; return how many blocks. No pointer moves."""
        shown_in = self._zones(release.update.sequence)
        put = sum(self._put_missing(release, home, zone) for zone in shown_in)
        self._put_manifests(release, shown_in, self._put_tables(release, home))
        return put

    def make_up(self, home: Store) -> int:
        """Show the newest release of the home, then put what is missing of older ones; see ``sinks.protocol.Copy``.

        So a copy that came back empty shows today's figures first, and no reader walks through the past.
        """
        pointers = self._pointers()
        newest_shown = max(pointers.values())
        if newest_shown > home.latest():
            message = (
                f"Redis shows release {newest_shown}, its home only has {home.latest()}: this is another home, or one "
                "that was restored; empty Redis (FLUSHDB) if the home is right, then run ocmw redis-fill"
            )
            raise StoreMismatchError(message)
        kept = home.numbers()[-self.keep :][::-1]
        newest = {zone: next((number for number in kept if zone in self._zones(number)), 0) for zone in READ_ZONES}
        made = {number for number in kept if self._is_new(number)}
        for number in kept:
            behind = tuple(zone for zone in READ_ZONES if pointers[zone] < newest[zone] == number)
            if behind:
                self.publish(home.release(number), home, behind)
                made.add(number)
        for number in kept:
            self.fill(home.release(number), home)
        return len(made)

    def _is_new(self, number: int) -> bool:
        """Tell whether some zone that may show a release has no manifest of it."""
        with explained():
            return bool(self._absent([prefix(zone) + zones.manifest_name(number) for zone in self._zones(number)]))

    def lacks(self, release: Release) -> bool:
        """Tell whether readers do not see the newest release, or not all of it, or that cannot be known."""
        try:
            return self.latest() < release.update.sequence or self.missing(release) > 0
        except StoreWriteError:
            return True

    def missing(self, release: Release) -> int:
        """Return how many blocks and manifests of a release are not there: 0 says that it is whole."""
        with explained():
            shown_in = self._zones(release.update.sequence)
            return sum(len(self._absent(self._needed(release, zone))) for zone in shown_in)

    def manifest(self, zone: ReadZone, number: int | None = None) -> dict[str, Any]:
        """Return a release (default the newest) as a zone shows it. Raises UnknownReleaseError."""
        wanted = self.latest() if number is None else number
        data = self._client.get(prefix(zone) + zones.manifest_name(wanted))
        if data is None:
            raise UnknownReleaseError(f"Redis does not hold release {wanted}; it keeps the last {self.keep}")
        document: dict[str, Any] = json.loads(zlib.decompress(data))
        return document if "figures" in document else document | {"figures": document["shown"]}

    def read_block(self, zone: ReadZone, name: str, ocmw: str = "") -> Cells:
        """Return the block of a full name; of the provisional zone that of one municipality.

        Raises StoreCorruptError when it is not there.
        """
        data = self._client.hget(name, ocmw) if zone == "provisional" else self._client.get(name)
        if data is None:
            raise StoreCorruptError(f"Redis has lost {name}; run ocmw redis-fill")
        return decoded(data, zones.block_zone(zone))

    def _names(self, release: Release, zone: ReadZone) -> Iterator[str]:
        start = prefix(zone)
        yield start + zones.manifest_name(release.update.sequence)
        yield start + zones.codebook_name()
        yield from {start + one.name: None for one in zones.values(release, zone)}

    def _needed(self, release: Release, zone: ReadZone) -> list[str]:
        """Return the names of all that a release needs in a zone, tables as its manifest there names them."""
        manifest = prefix(zone) + zones.manifest_name(release.update.sequence)
        return [*self._names(release, zone), *_tables_of(self._document(manifest))]

    def _absent(self, names: list[str]) -> set[str]:
        flags: list[int] = []
        for chunk in _chunks(names, _CHUNK):
            asking = self._client.pipeline(transaction=False)
            for name in chunk:
                asking.exists(name)
            flags += asking.execute()
        return {name for name, there in zip(names, flags, strict=True) if not there}

    def _put_missing(self, release: Release, home: Store, zone: ReadZone) -> int:
        start = prefix(zone)
        values = {start + one.name: one for one in zones.values(release, zone)}

        def put(names: list[str]) -> None:
            self._put(names, [values[name] for name in names], home, zone)

        with explained(), ThreadPoolExecutor(os.cpu_count()) as threads:
            absent = self._absent(list(values))
            chunks = _chunks(sorted(absent, key=lambda name: values[name].ref.file), _BLOCKS)
            for _ in threads.map(put, chunks):  # compressing takes longer than sending; the first refusal ends all
                pass
        return len(absent)

    def _put(self, names: list[str], values: list[Value], home: Store, zone: ReadZone) -> None:
        sending = self._client.pipeline(transaction=False)
        blocks = home.read_blocks(one.ref for one in values)
        for name, one, cells in zip(names, values, blocks, strict=True):
            if zone == "provisional":
                sending.hset(name, mapping=dict(zones.by_municipality(cells)) or {"": b""})
            else:
                sending.set(name, encoded(cells, one.zone))
        sending.execute()

    def _put_tables(self, release: Release, home: Store) -> dict[str, list[str]]:
        """Put the tables of indicators that a release shows and Redis has not; return the names of all, newest first.

        They stand in the restricted zone, whole.
        """
        tables, number = self.tables("restricted"), release.update.sequence
        named: dict[str, list[str]] = {}
        for family in FAMILIES:
            parts = list(parts_of(home, number, family)) if exists(home, number, family) else []
            names = {tables.key(family, part): part for part in parts}
            with explained():
                absent = self._absent(list(names))
            for name in absent:
                table = home.read_table(family, names[name])
                if table is not None:
                    tables.write_table(family, names[name], table)
            if names:
                named[family] = list(names)
        return named

    def tables(self, zone: ReadZone) -> RedisTables:
        """Return the tables that stand beside the releases of a zone."""
        return RedisTables(self._client, zone)

    def _put_manifests(self, release: Release, shown_in: tuple[ReadZone, ...], tables: dict[str, list[str]]) -> None:
        with explained():
            sending = self._client.pipeline(transaction=False)
            for zone in shown_in:
                start = prefix(zone)
                sending.set(start + zones.codebook_name(), codebook_bytes())
                name = start + zones.manifest_name(release.update.sequence)
                sending.set(name, zones.manifest(release, zone, start, tables if zone == "restricted" else {}))
            sending.execute()

    def _moved(self, release: Release, shown_in: tuple[ReadZone, ...]) -> bytes:
        update = release.update
        pointers = [prefix(zone) + "current" for zone in shown_in]
        streams = [prefix(zone) + "releases" for zone in shown_in]
        arguments = [update.sequence, len(shown_in), update.update_id, to_yyyymm(update.reference_month)]
        with explained():
            needed = chain.from_iterable(self._needed(release, zone) for zone in shown_in)
            answer: bytes = self._move(keys=[*pointers, *streams, *needed], args=arguments)
        return answer

    def _swept(self, number: int, shown_in: tuple[ReadZone, ...]) -> None:
        with explained():
            for zone in shown_in:
                kept, dropped = self._manifests(zone, number)
                named = set().union(*(self._named(name) for name in kept))
                gone = set().union(*(self._named(name) for name in dropped)) - named
                for chunk in _chunks([*sorted(gone), *dropped], _CHUNK):
                    self._sweep(keys=[prefix(zone) + "current", *chunk], args=[number])

    def _manifests(self, zone: ReadZone, number: int) -> tuple[list[str], list[str]]:
        """Return the names of a zone's manifests: first those that stay at this release, then those that go."""
        start = prefix(zone) + "release:"
        there = [name.decode() for name in self._client.scan_iter(match=start + "*", count=_CHUNK)]
        aged = [name for name in there if int(name.removeprefix(start)) <= number - self.keep]
        return [name for name in there if name not in aged], aged

    def _named(self, manifest: str) -> set[str]:
        document = self._document(manifest)
        figures = document.get("figures") or document.get("shown", {})
        blocks = {figure[3] for periods in figures.values() for figure in periods.values()}
        hidden = (name for periods in document.get("hidden", {}).values() for name in periods.values())
        return blocks.union(hidden, _tables_of(document))

    def _document(self, manifest: str) -> dict[str, Any]:
        """Return a manifest by its full name, empty where it is not there."""
        data = self._client.get(manifest)
        document: dict[str, Any] = {} if data is None else json.loads(zlib.decompress(data))
        return document


def _tables_of(document: dict[str, Any]) -> list[str]:
    """Return the full names of the tables that a manifest names."""
    return list(chain.from_iterable(document.get("tables", {}).values()))
