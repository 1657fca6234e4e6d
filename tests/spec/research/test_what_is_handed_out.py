"""What a recipient reads: rows that count up to the figures of the store, and papers that explain them."""

import csv
from io import StringIO

from study_room import MADE, Room

from schemas.breakdowns import CATEGORY_NUMBER
from schemas.figures import BlockKey
from schemas.indicators import EXIT_MONTHS, NUMBER, OUTCOMES
from schemas.periods import Period, parse_month, to_yyyymm
from schemas.places import KINGDOM, PLACE_NUMBER
from schemas.protocols import OF_SPELLS
from sinks.directory.store import DirectoryStore
from sinks.indicators import read_release

FIRST = "mobility-0001"


def test_every_variable_of_the_list_is_handed_out_in_its_table(room: Room) -> None:
    person_month, spell = (room.table(room.folder / "x" / FIRST, name) for name in ("person_month", "spell"))
    assert [*person_month.columns] == [name for name in MADE if name not in {*OF_SPELLS, "status"}]
    assert [*spell.columns] == ["person", *(name for name in MADE if name in OF_SPELLS)]
    assert not person_month.duplicated(["person", "month", "support", "ocmw"]).any()
    assert person_month.sort_values(["person", "month", "support", "ocmw"]).index.is_monotonic_increasing
    assert (person_month["amount_cents"] % 5000 == 0).all()
    assert set(spell["person"]) <= set(person_month["person"])


def test_who_counts_in_an_extraction_is_who_counts_in_the_store(room: Room) -> None:
    rows = room.table(room.folder / "x" / FIRST, "person_month")
    store = DirectoryStore.reading(room.store)
    release = store.release(max(store.numbers()))
    kingdom, total = PLACE_NUMBER["kingdom", KINGDOM], CATEGORY_NUMBER["total", "total"]
    for support in ("LL_OTHER", "LL_STUD"):
        ref = release.entries[BlockKey(support, Period.parse("2023-05"))].latest
        assert ref is not None
        cells = store.read_block(ref)
        held = cells.beneficiaries[(cells.place == kingdom) & (cells.category == total)].sum()
        mine = rows[(rows["month"] == 202305) & (rows["support"] == support) & rows["beneficiary"]]
        assert mine["person"].nunique() == held > 0


def test_what_became_of_exits_is_what_the_indicators_count(room: Room) -> None:
    spells = room.table(room.folder / "x" / FIRST, "spell")
    store = DirectoryStore.reading(room.store)
    months = range(parse_month("2022-04"), parse_month("2023-11") + 1)
    held: dict[tuple[int, int], dict[str, int]] = {}
    for part in read_release(store, max(store.numbers()), "outcomes"):
        for after in EXIT_MONTHS:
            mine = part.table.series == NUMBER["exit_to_work", f"own_x{after}_g0", "outcome"]
            mine &= (part.table.place == PLACE_NUMBER["kingdom", KINGDOM]) & (part.table.category < len(OUTCOMES))
            for month, at, count in zip(
                part.table.reference[mine], part.table.category[mine], part.table.counted[mine], strict=True
            ):
                held.setdefault((after, int(month)), {})[OUTCOMES[at]] = int(count)
    assert sum(sum(counts.values()) for counts in held.values()) > 100
    for after in EXIT_MONTHS:
        for month in months:
            mine = spells.loc[spells["spell_end"] == to_yyyymm(month), f"outcome_x{after}"].value_counts().to_dict()
            assert mine == held[after, month] if (after, month) in held else set(mine) <= {"unknown"}
    assert set(spells.loc[spells["spell_end"] == 0, "outcome_x1"]) == {"running"}
    unseen = spells[spells["spell_start"] == 0]
    assert set(unseen["duration_band"]) == {"unknown"}
    assert set(unseen["spell_rank"]) == {0}


def test_the_codebook_says_of_each_variable_what_it_means_and_why(room: Room) -> None:
    text = (room.folder / "x" / FIRST / "codebook.md").read_text(encoding="utf-8")
    for name in MADE:
        if name != "status":
            assert f"| {name} | " in text
    assert text.count("| the model |") == len(MADE) - 2
    assert "- `ll_same` living wage from an OCMW that paid it in the last month" in text


def test_the_k_report_counts_who_shares_what_with_how_many(room: Room) -> None:
    text = (room.folder / "x" / FIRST / "stays-here" / "k_report.csv").read_text(encoding="utf-8")
    by_k = {int(row["k"]): int(row["persons"]) for row in csv.DictReader(StringIO(text))}
    alike: dict[tuple[frozenset[object], ...], int] = {}
    for _, rows in room.table(room.folder / "x" / FIRST, "person_month").groupby("person"):
        once = ("sex", "birth_year", "nationality_group", "place")
        months = frozenset(zip(rows["support"], rows["month"], strict=True))
        group = (*(frozenset(rows[name]) for name in once), months)
        alike[group] = alike.get(group, 0) + 1
    counted: dict[int, int] = {}
    for size in alike.values():
        counted[size] = counted.get(size, 0) + size
    assert by_k == counted
