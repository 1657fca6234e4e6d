"""Receipts on an OCMW's own page: what became of its lines, why and what to do; away is said, and nobody waits."""

import socket
from pathlib import Path
from time import monotonic

import pytest
from structlog.testing import capture_logs

from schemas.faults import FAULTS
from schemas.parameters import document
from sinks.public.tree import PublicTree
from streams.board.library import Library
from streams.board.page import Table, Text
from streams.board.words import LANGUAGES, Language, Words
from streams.board.zones.pages import received
from streams.board.zones.receipts import Receipt, Receipts
from streams.kafka.settings import KafkaSettings

MARCH = Receipt(202403, 1_234, 1_200, 30, (("too-old", 1), ("bad-month", 3)), 5_000_050, 4_900_000)
NO_MONTH = Receipt(202413, 2, 0, 0, (("bad-month", 2),), 100, 0)


def words(folder: Path, language: Language) -> Words:
    return Words(Library(PublicTree(folder)).today("0"), language)


def cells(table: object) -> list[list[str]]:
    assert isinstance(table, Table)
    return [[cell.text for cell in row] for row in table.rows]


def test_a_page_says_what_became_of_lines_and_what_to_do_in_the_language_of_the_reader(tmp_path: Path) -> None:
    lines, aside = received(words(tmp_path, "nl"), (MARCH, NO_MONTH))
    assert cells(lines) == [
        ["maart 2024", "1.234", "1.200", "30", "4", "50.000,50", "49.000,00"],
        ["202413", "2", "0", "0", "2", "1,00", "0,00"],  # a month that cannot be is said as it came, last
    ]
    old, wrong, _ = cells(aside)
    assert (old[:2], old[3]) == (["maart 2024", "1"], "too-old")
    assert (old[2].startswith("de periode begint"), wrong[4]) == (True, "schrijf de maand als JJJJMM en stuur opnieuw")
    assert (
        cells(received(words(tmp_path, "en"), (MARCH,))[1])[1][4]
        == "write the month as YYYYMM and send the event again"
    )


def test_a_reason_that_has_no_words_of_ours_yet_is_named_all_the_same(tmp_path: Path) -> None:
    later = MARCH._replace(set_aside=(("of-a-later-version", 1),))
    assert cells(received(words(tmp_path, "fr"), (later,))[1]) == [["mars 2024", "1", "", "of-a-later-version", ""]]


def test_only_faults_that_there_are_have_words_on_the_page() -> None:
    assert set(document("board_zones")["faults"]) <= {fault.slug for fault in FAULTS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_none_yet_and_none_to_be_read_are_two_sentences(tmp_path: Path, language: Language) -> None:
    (none,), (away,) = received(words(tmp_path, language), ()), received(words(tmp_path, language), None)
    assert isinstance(none, Text)
    assert isinstance(away, Text)
    assert none.paragraphs != away.paragraphs


def test_a_broker_that_is_away_or_silent_makes_nobody_wait_and_is_noted_in_the_log() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        closed = Receipts(KafkaSettings(servers=f"127.0.0.1:{port}"))
        began = monotonic()
        with capture_logs() as log:
            assert closed.of("44021") is None
        assert monotonic() - began < 3
        assert [(line["log_level"], line["error"]) for line in log] == [("warning", "KafkaConnectionError")]
        silent.listen()
        began = monotonic()
        with capture_logs() as log:
            assert Receipts(KafkaSettings(servers=f"127.0.0.1:{port}")).of("44021") is None
        assert monotonic() - began < 5
        assert [line["reason"] for line in log] == ["Kafka does not answer in time; see its brokers"]
