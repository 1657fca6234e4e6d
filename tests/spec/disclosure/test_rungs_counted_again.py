"""The slow truth reads the rungs of a store: none is too high, none rose, none gives a hidden total away (F3)."""

from processors.reference.rungs import broken, longer, own_rung, rose

GENT, AALST, ANTWERP = ("municipality", "44021"), ("municipality", "44012"), ("municipality", "11002")
ARRONDISSEMENT = ("arrondissement", "44000")
ALL = ("total", "total")


def test_a_place_stands_no_higher_than_its_own_counts_allow() -> None:
    assert own_rung({ALL: 4}, 5) == 0
    assert own_rung({ALL: 12, ("sex", "1"): 3}, 5) == 1
    assert own_rung({ALL: 12, ("age13", "20-24"): 3}, 5) == 2
    assert own_rung({ALL: 12, ("sex_age5", "1|18-24"): 3}, 5) == 3
    assert "its own counts allow 0" in next(broken({GENT: {ALL: 4}}, {ARRONDISSEMENT: 0}, 5))


def test_a_hidden_total_alone_is_the_rest_of_a_sum() -> None:
    counts = {ARRONDISSEMENT: {ALL: 20}, GENT: {ALL: 17}, AALST: {ALL: 3}}
    assert any("can be told" in sentence for sentence in broken(counts, {AALST: 0}, 5))
    assert not list(broken(counts, {AALST: 0, GENT: 0}, 5))


def test_what_is_held_shows_no_more_than_what_holds_it() -> None:
    counts = {ARRONDISSEMENT: {ALL: 20}, GENT: {ALL: 20}}
    assert list(broken(counts, {ARRONDISSEMENT: 0, GENT: 1}, 5)) == [
        "municipality 44021 shows more than arrondissement 44000, which holds it"
    ]


def test_a_rung_never_rises_and_a_year_shows_no_more_than_its_months() -> None:
    assert list(rose({GENT: 2}, {GENT: 1})) == ["municipality 44021 rose from rung 1 to 2"]
    assert not list(rose({GENT: 1}, {GENT: 2}))
    assert list(longer({}, {ANTWERP: 1}, {ANTWERP: {ALL: 9}}))
    assert not list(longer({ANTWERP: 1}, {ANTWERP: 1}, {ANTWERP: {ALL: 9}}))
