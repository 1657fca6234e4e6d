"""Statements as wholes: files that are none, the same again, closings, totals, tables of one's own."""

import gzip
import json
from pathlib import Path

import pytest
from program import ocmw
from statement_told import NAMES, Edge, columns, line, number, text

GOOD = [line(dossier=f"G{place}") for place in range(6)]


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"", "empty"),
        (b"\n\n", "no line"),
        (text(*GOOD).encode("utf-16"), "UTF-16"),
        (text(*GOOD).encode("utf-16-le"), "UTF-16"),
        (gzip.compress(text(*GOOD).encode()), "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"Obj\x01", "Avro"),
        (b"too short\n" * 5, "neither"),
        (b"x" * 1025 + b"\n", "neither"),
        ((text(*GOOD * 9) + ("x" * 111 + "\r\n") * 55).encode(), "do not fit"),
        (columns(*GOOD).replace("Bedrag;", "Sum;").encode(), "field 13"),
        (columns(*GOOD).replace("Naam;", "Dossier;").encode(), "field 4"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_whole_in_one_sentence(edge: Edge, content: bytes, trouble: str) -> None:
    done = edge.imports(edge.file(content)).done
    assert (done.returncode, done.stderr.count("\n"), trouble in done.stderr) == (1, 1, True)


def test_under_a_hundred_lines_a_file_is_not_refused_for_what_is_in_it(edge: Edge) -> None:
    assert len(edge.imports(text(*GOOD) + ("x" * 111 + "\r\n") * 93).claims) == 6


def test_files_are_in_the_order_of_their_first_month(edge: Edge) -> None:
    january = edge.file(text(line(month="20x401"), line(month="202401")), "january.txt")
    february = edge.file(text(line(month="202402")), "february.txt")
    assert len(edge.imports(january, february).claims) == 2
    refused = edge.imports(february, january).done
    assert (refused.returncode, "order" in refused.stderr) == (1, True)


def test_the_same_statement_again_gives_nothing_new(edge: Edge) -> None:
    one, other = edge.file(text(*GOOD), "1.txt"), edge.file(columns(*GOOD[::-1]), "2.csv")
    imported = edge.imports(one, other)
    assert imported.done.stdout.endswith("lines 12 = events 6 + again 6 + set aside 0\n")
    assert len(imported.claims) == 6
    later = edge.imports(other, "--known", edge.room / "1.avro")
    assert later.done.stdout.endswith("lines 6 = events 0 + again 6 + set aside 0\n")
    assert (later.claims, later.metadata["ocmw.statements"]) == ([], "[]")


def test_of_a_file_only_the_statements_that_came_before_come_again(edge: Edge) -> None:
    gent, brugge = GOOD, [line(ocmw="31005", dossier=f"B{place}") for place in range(3)]
    edge.imports(text(*gent))
    imported = edge.imports(text(*gent[:3], *brugge, *gent[3:]), "--known", edge.room / "1.avro")
    assert imported.done.stdout.endswith("lines 9 = events 3 + again 6 + set aside 0\n")
    assert {claim["ocmw"] for claim in imported.claims} == {31005}


def test_a_statement_with_other_lines_is_refused_unless_it_completes_the_one_before(edge: Edge) -> None:
    first, second = edge.file(text(*GOOD), "1.txt"), edge.file(text(*GOOD[:5], line(dossier="NEW")), "2.txt")
    assert "--also" in edge.imports(first, second).done.stderr
    imported = edge.imports(first, second, "--also")
    assert imported.done.stdout.endswith("lines 12 = events 12 + again 0 + set aside 0\n")
    assert len({claim["event_id"] for claim in imported.claims}) == 7
    assert imported.report["files"][1]["statements"][0]["came_before"] == "also"


def test_a_corrected_number_is_not_taken_for_nothing_new(edge: Edge) -> None:
    first, second = edge.file(text(line()), "1.txt"), edge.file(text(line(number=number(3))), "2.txt")
    assert edge.imports(first, second).done.returncode == 1
    one, other = edge.imports(first, second, "--also").claims
    assert one["event_id"] == other["event_id"]


def test_each_month_is_closed_behind_its_last_line_whatever_became_of_it(edge: Edge) -> None:
    first = edge.file(text(line(month="202401"), line(month="202402", dossier="B")), "1.txt")
    lines = (
        line(month="202402", dossier="C"),
        line(month="202401", article="000777"),
        line(month="202402", dossier="D"),
    )
    second = edge.file(text(*lines, line(month="202403", dossier="E")), "2.txt")
    events = [
        values.get("update_id") or values["statement_month"]
        for _, values in edge.imports(first, second, "--also", "--close", "each-month").events
    ]
    assert events == [202401, 202402, 202402, "2024-01", 202402, "2024-02", 202403, "2024-03"]


def test_an_earlier_month_is_closed_before_a_later_one(edge: Edge) -> None:
    lines = text(line(month="202402"), line(month="202401", dossier="B"))
    closings = [
        values for kind, values in edge.imports(lines, "--close", "each-month").events if kind == "UpdateClosed"
    ]
    assert closings == [
        {"update_id": "2024-01", "reference_month": 202401},
        {"update_id": "2024-02", "reference_month": 202402},
    ]


def test_without_a_closing_the_command_says_how_to_close_and_that_figures_need_two_updates(edge: Edge) -> None:
    printed = edge.imports(text(line())).done.stdout
    assert "--close each-month" in printed
    assert "two updates" in printed
    assert "two updates" not in edge.imports(text(line()), "--close", "each-month").done.stdout


def test_totals_are_compared_to_the_cent_and_plus_and_minus_stand_apart(edge: Edge) -> None:
    lines = text(line(), line(sign="-", cents="00000030"), line(article="000777", cents="00000005"))
    totals = edge.file("ocmw;month;lines;cents\n44021;202401;3;99975\n44021;202402;1;5\n", "totals.csv")
    imported = edge.imports(lines, "--totals", totals)
    assert [one["agrees"] for one in imported.report["totals"]] == [True, False]
    assert "totals: 1 of 2 agree to the cent" in imported.done.stdout
    grants = imported.report["files"][0]["by_amount_type"][0]
    assert grants == {"amount_type": 1, "plus_cents": 100_000, "minus_cents": -30}


HEADER = "legislation,budget_article,from,to,field14,support,state_percentage,mark,source\n"


def test_a_table_of_ones_own_derives_what_the_program_does_not_know(edge: Edge) -> None:
    rows = "1,101,2020-01-01,2023-12-31,any,LL,55,local,Budget 2020\n1,101,2024-01-01,,A B,LL,57,local,Budget 2024\n"
    table = edge.file(HEADER + rows, "articles.csv")
    lines = text(line(article="000101"), line(article="000101", category="E"), line(article="000101", first="20231201"))
    imported = edge.imports(lines, "--articles", table)
    assert [claim["state_percentage"] for claim in imported.claims] == [57, 55]
    assert imported.slugs == [(2, "unmapped-line", None)]


def test_a_row_of_ones_own_wins_over_an_inferred_one(edge: Edge) -> None:
    table = edge.file(HEADER + "2,501,,,C,MH_NDMH,100,local,own reading\n", "articles.csv")
    lines = text(*(line(law="2", article="000501", category=category) for category in "CD"))
    assert [claim["support"] for claim in edge.imports(lines, "--articles", table).claims] == ["MH_NDMH", "MH_DMH"]


@pytest.mark.parametrize(
    "row",
    [
        "1,102,,,any,LL,55,local,overlaps a known row",
        "1,105,2015-01-01,2016-01-01,A,LL,55,local,overlaps a known row on one day",
        "1,777,,,any,LL,55,local,x\n1,777,2024-01-01,,A,LL,60,local,overlaps the row before",
        "1,777,,,any,LL,55,local,",
        "1,777,,,any,LL,55,known,x",
        "1,900777,,,any,LL,55,local,x",
        "1,777,,,any,LEEFLOON,55,local,x",
        "1,777,,,any,LL,101,local,x",
        "1,777,2024-02-30,,any,LL,55,local,x",
        "1,777,,,any,LL,55,local",
    ],
)
def test_a_row_that_cannot_be_refuses_the_command(edge: Edge, row: str) -> None:
    done = edge.imports(text(line()), "--articles", edge.file(f"{HEADER}{row}\n", "articles.csv")).done
    assert (done.returncode, done.stderr.count("\n"), "line" in done.stderr) == (1, 1, True)


def test_a_row_of_ones_own_may_stand_beside_a_known_one_on_other_days(edge: Edge) -> None:
    table = edge.file(HEADER + "1,105,,2015-12-31,any,LL,100,local,before the known row\n", "articles.csv")
    lines = text(line(article="000105", first="20151201", last="20151231"))
    assert len(edge.imports(lines, "--articles", table).claims) == 1


def test_the_metadata_say_key_statements_and_what_became_of_the_lines_and_name_no_file(edge: Edge) -> None:
    imported = edge.imports(text(*GOOD, line(article="000777")), name="confidential.txt")
    (statement,) = json.loads(imported.metadata["ocmw.statements"])
    assert (statement["ocmw"], statement["month"], statement["lines"]) == ("44021", 202401, 6)
    assert json.loads(imported.metadata["ocmw.import"]) == [
        {"ocmw": "44021", "month": 202401, "lines": 7, "events": 6, "slugs": {"unmapped-line": 1}}
    ]
    assert "confidential" not in "".join(imported.metadata.values())


def test_a_dry_run_says_what_would_become_of_the_lines_and_writes_no_event(edge: Edge) -> None:
    out = edge.room / "out.avro"
    done = ocmw(
        "import", "maandstaat", edge.file(text(*GOOD)), "--key", edge.key, "--synthetic", "--check", "--out", out
    )
    assert (done.returncode, out.exists()) == (0, False)
    assert done.stdout.endswith("lines 6 = events 6 + again 0 + set aside 0\n")


@pytest.mark.parametrize("options", [(), ("--out", "x.avro", "--close", "sometimes")])
def test_what_is_asked_wrongly_ends_with_2(edge: Edge, options: tuple[str, ...]) -> None:
    done = ocmw("import", "maandstaat", edge.file(text(*GOOD)), "--key", edge.key, *options)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_columns_go_by_other_names_too(edge: Edge) -> None:
    french = ["Législation", "Code CPAS", "Année-mois", "Numéro de dossier", "Suffixe", "NISS", "Référence"]
    header = ";".join([*french, *NAMES[7:]][::-1])
    lines = columns(*GOOD).split("\r\n", 1)[1]
    assert len(edge.imports(f"{header}\r\n{lines}", name="s.csv").claims) == 6


def test_replay_keeps_what_the_import_said(edge: Edge, tmp_path: Path) -> None:
    edge.imports(text(*GOOD, line(article="000777")))
    ocmw("replay", edge.room / "1.avro", "--store", tmp_path / "store")
    kept = json.loads((tmp_path / "store" / "journal" / "origin.json").read_text())
    assert [entry["slugs"] for entry in kept["imports"]] == [{"unmapped-line": 1}]
