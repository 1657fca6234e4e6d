"""What cannot be an event is set aside, by line, reason and field; the rest goes on (the first reason counts)."""

import pytest
from statement_told import Edge, columns, line, number, text

GOOD = [line(dossier=f"G{place}") for place in range(6)]


@pytest.mark.parametrize(
    ("special", "slug", "field"),
    [
        ({"law": "3"}, "bad-field", 1),
        ({"ocmw": "4402x"}, "bad-field", 2),
        ({"month": "2024-1"}, "bad-field", 3),
        ({"month": "202413"}, "bad-month", 3),
        ({"month": "202400"}, "bad-month", 3),
        ({"ocmw": "99999"}, "unknown-ocmw", 2),
        ({"reference": "\x7f"}, "bad-field", 7),
        ({"type": "7"}, "bad-field", 8),
        ({"first": "2024010x"}, "bad-field", 9),
        ({"first": "20240231", "last": "20240331"}, "bad-period", 9),
        ({"last": "20240230"}, "bad-period", 10),
        ({"last": "20231231"}, "bad-period", 10),
        ({"last": "20290131"}, "bad-period", 10),
        ({"first": "18991231"}, "bad-period", 9),
        ({"article": "00010x"}, "bad-field", 11),
        ({"sign": "*"}, "bad-field", 12),
        ({"cents": "000100.0"}, "bad-field", 13),
        ({"category": "\x00"}, "bad-field", 14),
        ({"article": "000112"}, "not-a-support", None),
        ({"article": "000777"}, "unmapped-line", None),
        ({"law": "2", "article": "000501", "category": "A"}, "unmapped-line", None),
        ({"article": "900999"}, "unmapped-line", None),
        ({"article": "000105", "first": "20151201", "last": "20151231"}, "unmapped-line", None),
        ({"dossier": "000"}, "bad-field", 4),
        ({"dossier": "A-1"}, "bad-field", 4),
        ({"suffix": "0x"}, "bad-field", 5),
        ({"number": ""}, "no-number", 6),
        ({"number": "0" * 11}, "no-number", 6),
        ({"law": "2", "article": "900201", "category": "B", "number": ""}, "no-number", 6),
        ({"number": number(wrong=True)}, "bad-number", 6),
        ({"number": "9063050012"}, "bad-number", 6),
        ({"number": "x" * 11}, "bad-number", 6),
        ({"law": "2", "article": "900204", "category": "D", "number": number(wrong=True)}, "bad-number", 6),
    ],
)
def test_a_line_is_set_aside_for_the_first_reason_and_names_the_field(
    edge: Edge, special: dict[str, str], slug: str, field: int | None
) -> None:
    imported = edge.imports(text(*GOOD, line(**special)))
    assert imported.slugs == [(7, slug, field)]
    assert len(imported.claims) == 6
    assert imported.done.stdout.endswith(f"lines 7 = events 6 + again 0 + set aside 1\n{slug} 1\n")
    assert f": line 7{f', field {field},' if field else ''} " in imported.done.stdout


def test_sixty_months_pass_and_sixty_one_do_not(edge: Edge) -> None:
    imported = edge.imports(text(line(last="20281231"), line(last="20290101")))
    assert imported.slugs == [(2, "bad-period", 10)]


def test_without_synthetic_nothing_of_a_trial_passes(edge: Edge) -> None:
    imported = edge.imports(text(line(article="900101"), line()), synthetic=False)
    assert imported.slugs == [(1, "synthetic-article", None), (2, "synthetic-number", 6)]


def test_in_a_trial_a_real_number_is_set_aside(edge: Edge) -> None:
    head = "900231001"  # the 31st of February: nobody was born then
    real = head + f"{97 - int(head) % 97:02d}"
    assert edge.imports(text(line(number=real), *GOOD)).slugs == [(1, "real-number", 6)]
    assert len(edge.imports(text(line(number=real)), synthetic=False).claims) == 1


def test_who_would_be_born_after_the_year_of_the_statement_has_no_number_yet(edge: Edge) -> None:
    head = "306301001"
    young = head + f"{97 - int('2' + head) % 97:02d}"
    assert edge.imports(text(line(number=young), *GOOD)).slugs == [(1, "bad-number", 6)]
    assert len(edge.imports(text(line(number=young, month="203012"))).claims) == 1


def test_a_line_is_right_up_to_the_width_of_most_and_not_beyond(edge: Edge) -> None:
    whole = text(*GOOD, end="\n").splitlines()
    odd = [whole[0][:81], whole[1][:80], whole[2] + " ", whole[3].rstrip(), "x" * 1_000_000]
    imported = edge.imports("\n".join([*whole, *odd]))
    assert imported.slugs == [(8, "bad-line", None), (9, "bad-line", None), (11, "bad-line", None)]
    assert imported.report["files"][0]["again"] == 0
    assert len(imported.claims) == 8


def test_marks_ends_of_files_and_empty_lines_are_no_lines_but_are_counted(edge: Edge) -> None:
    lines = text(*GOOD, end="\n").splitlines()
    mark = "\ufeff"
    imported = edge.imports(f"{mark}{lines[0]}\r\n\n{mark}{lines[1]}\n\r\nshort\n\x1a")
    assert imported.slugs == [(5, "bad-line", None)]
    assert len(imported.claims) == 2


def test_a_row_of_csv_with_another_number_of_cells_or_an_open_quote_is_a_bad_line(edge: Edge) -> None:
    header, one, two, three = columns(*GOOD[:3]).splitlines()
    broken = "\n".join([header, one, two + ";more", three.replace("Peeters Jose", '"Peeters'), ""])
    assert edge.imports(broken, name="s.csv").slugs == [(3, "bad-line", None), (4, "bad-line", None)]


def test_a_value_too_long_for_its_field_in_csv_is_set_aside_by_its_field(edge: Edge) -> None:
    long = columns(line(cents="123456789"), line(number=number() + "1"), line(reference="R" * 13), *GOOD)
    assert edge.imports(long, name="s.csv").slugs == [
        (2, "bad-field", 13), (3, "bad-number", 6), (4, "bad-field", 7),
    ]  # fmt: skip


def test_the_lines_set_aside_can_be_written_whole_to_a_file_for_their_owner_alone(edge: Edge) -> None:
    wrong = line(number=number(wrong=True))
    rejects = edge.room / "rejects.txt"
    edge.imports(text(*GOOD, wrong), "--rejects", rejects)
    assert rejects.read_text() == text(wrong, end="\n")
    assert rejects.stat().st_mode & 0o777 == 0o600


def test_the_report_has_a_row_to_fill_in_for_each_article_and_shows_no_other_article(edge: Edge) -> None:
    imported = edge.imports(text(line(article="000777"), line(article="000777"), line(article="012345"), *GOOD))
    assert imported.report["unmapped"] == [
        {"legislation": 1, "article": 777, "lines": 2, "cents": 200_000},
        {"legislation": 1, "article": None, "lines": 1, "cents": 100_000},
    ]
    assert imported.report["rows_to_fill_in"] == ["1,777,,,any,,,local,"]
    assert "12345" not in imported.done.stdout
