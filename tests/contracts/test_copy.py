"""The promises of ``sinks.protocol.Copy``: a home of memory, and each copy there is of it."""

from collections.abc import Callable

import numpy as np
import pytest
import redis

from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey, Cells
from schemas.indicators import Table
from schemas.periods import Period
from schemas.places import PLACE_NUMBER
from schemas.releases import Entry, Release, State, Update, Vintage
from sinks.errors import ReleaseExistsError, StoreMismatchError, UnknownReleaseError
from sinks.indicators import FAMILIES, Counted, Family, parts_of, read_release, write_counted
from sinks.memory import MemoryStore
from sinks.redis.store import RedisCopy
from sinks.zones import READ_ZONES, ReadZone

JANUARY, MAY = Period.parse("2024-01"), Period.parse("2024-05")
PLACES = (("kingdom", "01000"), ("municipality", "11002"), ("municipality", "44021"))
CATEGORIES = (("nationality", "FR"), ("total", "total"))


def block(persons: int) -> Cells:
    pairs = sorted((PLACE_NUMBER[place], CATEGORY_NUMBER[category]) for place in PLACES for category in CATEGORIES)
    place, category = np.array(pairs, np.uint16).T
    counts = np.full(len(pairs), persons, np.int64)
    return Cells(place, category, counts.astype(np.int32), counts * 100_000, counts * 50_000, counts * 31)


def grown(home: MemoryStore) -> Release:
    """Publish the next release at home: LL and IK_OW of January are stable, of May pending."""
    number = home.latest() + 1
    update = Update(number, f"u{number}", MAY.last + number)
    entries = {}
    for support in ("IK_OW", "LL"):
        kept = home.write_blocks(update, "internal", support, [(JANUARY, block(number)), (MAY, block(100 + number))])
        public = home.write_blocks(update, "public", support, [(JANUARY, block(number).public())])
        stable = Vintage(number, None, State.PUBLISHED, number, update.update_id)
        seen = public[JANUARY] if support == "LL" else None
        entries[BlockKey(support, JANUARY)] = Entry(stable, kept[JANUARY], kept[JANUARY], seen)
        entries[BlockKey(support, MAY)] = Entry(Vintage(1, None, State.PENDING), kept[MAY])
    for family in FAMILIES:
        write_counted(home, number, Counted(update.update_id, 0 if number == 1 else JANUARY.last, rows(number)), family)
    return home.publish(Release(update, entries))


def rows(number: int) -> Table:
    """Return three rows of the first series: of two references, and of two categories."""
    columns = {"series": [0, 0, 0], "reference": [JANUARY.last - 1, JANUARY.last, JANUARY.last], "category": [0, 0, 1]}
    here = {"place": [PLACE_NUMBER["municipality", "11002"]] * 3}
    counts = {"counted": [number] * 3, "base": [9] * 3}
    kinds = {"counted": np.int32, "base": np.int32, "place": np.int16}
    return Table(**{
        name: np.array(values, kinds.get(name, np.int16)) for name, values in (columns | here | counts).items()
    })  # fmt: skip


@pytest.fixture
def home() -> MemoryStore:
    made = MemoryStore()
    grown(made)
    return made


@pytest.fixture(params=[RedisCopy])
def copy(request: pytest.FixtureRequest, redis_client: redis.Redis) -> RedisCopy:
    build: Callable[[redis.Redis], RedisCopy] = request.param
    return build(redis_client)


def test_a_new_copy_shows_no_release(copy: RedisCopy) -> None:
    assert copy.latest() == 0


def test_a_copy_shows_what_was_published(copy: RedisCopy, home: MemoryStore) -> None:
    copy.publish(home.release(), home)
    assert copy.latest() == 1


def test_a_copy_is_made_up_from_its_home(copy: RedisCopy, home: MemoryStore) -> None:
    grown(home)
    assert (copy.make_up(home), copy.latest()) == (2, 2)


def test_a_copy_made_up_twice_is_made_up_once(copy: RedisCopy, home: MemoryStore) -> None:
    copy.make_up(home)
    assert (copy.make_up(home), copy.latest()) == (0, 1)


def test_a_release_is_shown_once(copy: RedisCopy, home: MemoryStore) -> None:
    copy.publish(home.release(), home)
    with pytest.raises(ReleaseExistsError, match="another publisher came first"):
        copy.publish(home.release(), home)


def test_what_is_prepared_is_seen_by_nobody_before_it_is_published(
    copy: RedisCopy, home: MemoryStore, redis_client: redis.Redis
) -> None:
    copy.publish(home.release(), home)
    before = {zone: copy.manifest(zone) for zone in READ_ZONES}
    release = grown(home)
    copy.prepare(release, home)
    assert redis_client.exists("ocmw:public:release:2") == 0
    assert (copy.latest(), {zone: copy.manifest(zone) for zone in READ_ZONES}) == (1, before)
    copy.publish(release, home)
    assert (copy.latest(), copy.missing(release)) == (2, 0)


def test_a_release_that_was_overtaken_is_not_prepared(
    copy: RedisCopy, home: MemoryStore, redis_client: redis.Redis
) -> None:
    grown(home)
    copy.publish(home.release(), home)
    names = sorted(redis_client.keys("*"))
    copy.prepare(home.release(1), home)
    assert sorted(redis_client.keys("*")) == names


def test_an_older_release_never_comes_back(copy: RedisCopy, home: MemoryStore) -> None:
    grown(home)
    copy.make_up(home)
    with pytest.raises(ReleaseExistsError):
        copy.publish(home.release(1), home)
    assert copy.latest() == 2


def test_a_copy_ahead_of_its_home_is_refused(copy: RedisCopy, home: MemoryStore) -> None:
    copy.make_up(home)
    with pytest.raises(StoreMismatchError, match="its home only has 0"):
        copy.make_up(MemoryStore())


def test_nothing_is_missing_from_what_was_published(copy: RedisCopy, home: MemoryStore) -> None:
    assert copy.missing(home.release()) > 0
    copy.publish(home.release(), home)
    assert copy.missing(home.release()) == 0


@pytest.mark.parametrize(
    ("zone", "figures"),
    [
        ("public", {"LL": ["2024-01"]}),
        ("restricted", {"IK_OW": ["2024-01"], "LL": ["2024-01"]}),
        ("provisional", {"IK_OW": ["2024-05"], "LL": ["2024-05"]}),
    ],
)
def test_a_zone_shows_its_own_figures_alone(
    copy: RedisCopy, home: MemoryStore, zone: ReadZone, figures: dict[str, list[str]]
) -> None:
    copy.publish(home.release(), home)
    shown_figures = copy.manifest(zone)["figures"]
    assert {support: sorted(periods) for support, periods in shown_figures.items()} == figures


def test_a_public_block_is_read_as_the_public_may_see_it(copy: RedisCopy, home: MemoryStore) -> None:
    copy.publish(home.release(), home)
    name = copy.manifest("public")["figures"]["LL"]["2024-01"][3]
    assert copy.read_block("public", name).digest() == block(1).public().digest()


def test_a_restricted_block_is_read_whole(copy: RedisCopy, home: MemoryStore) -> None:
    copy.publish(home.release(), home)
    name = copy.manifest("restricted")["figures"]["IK_OW"]["2024-01"][3]
    assert copy.read_block("restricted", name).digest() == block(1).digest()


def test_an_ocmw_reads_its_own_provisional_cells_alone(copy: RedisCopy, home: MemoryStore) -> None:
    copy.publish(home.release(), home)
    name = copy.manifest("provisional")["figures"]["LL"]["2024-05"][3]
    provisional = copy.read_block("provisional", name, "44021")
    assert set(provisional.place.tolist()) == {PLACE_NUMBER["municipality", "44021"]}
    assert provisional.beneficiaries.tolist() == [101, 101]


def test_a_figure_names_its_status_state_and_update(copy: RedisCopy, home: MemoryStore) -> None:
    copy.publish(home.release(), home)
    assert copy.manifest("public")["figures"]["LL"]["2024-01"][:3] == ["A", "published", "u1"]
    assert copy.manifest("provisional")["figures"]["LL"]["2024-05"][:3] == ["P", "pending", "u1"]


@pytest.mark.parametrize("zone", READ_ZONES)
def test_older_releases_stay_readable(copy: RedisCopy, home: MemoryStore, zone: ReadZone) -> None:
    grown(home)
    copy.make_up(home)
    assert copy.manifest(zone, 1)["update_id"] == "u1"


def test_a_release_that_is_not_there_is_said_to_be_so(copy: RedisCopy) -> None:
    with pytest.raises(UnknownReleaseError, match="does not hold release 3"):
        copy.manifest("public", 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_restricted_zone_has_the_indicators_of_its_releases(
    copy: RedisCopy, home: MemoryStore, family: Family
) -> None:
    grown(home)
    copy.make_up(home)
    for number in (1, 2):
        in_copy, at_home = (
            [(part.update_id, part.table.counted.tolist()) for part in read_release(tables, number, family)]
            for tables in (copy.tables("restricted"), home)
        )
        assert in_copy == at_home
    assert in_copy == [("u2", [2, 2, 2]), ("u1", [1])]


def test_the_tables_of_a_release_are_named_newest_first_in_the_restricted_zone_alone(
    copy: RedisCopy, home: MemoryStore
) -> None:
    grown(home)
    copy.make_up(home)
    tables = copy.tables("restricted")
    named = {family: [tables.key(family, part) for part in parts_of(home, 2, family)] for family in FAMILIES}
    assert (copy.manifest("restricted")["tables"], len(named["outcomes"])) == (named, 2)
    assert [zone for zone in READ_ZONES if "tables" in copy.manifest(zone)] == ["restricted"]


def test_a_table_that_was_lost_is_missing_until_it_is_made_up(
    copy: RedisCopy, home: MemoryStore, redis_client: redis.Redis
) -> None:
    copy.publish(home.release(), home)
    redis_client.delete(copy.tables("restricted").key("outcomes", 1))
    assert (copy.missing(home.release()), copy.lacks(home.release())) == (1, True)
    copy.make_up(home)
    assert copy.missing(home.release()) == 0
