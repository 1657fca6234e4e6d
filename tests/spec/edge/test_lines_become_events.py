"""A line of a monthly statement becomes one event; each value below was worked out by hand."""

import hashlib
import hmac
from datetime import date

import pytest
from statement_told import Edge, columns, line, number, text


def test_a_grant_is_a_claim_with_every_field_of_the_line(edge: Edge) -> None:
    (claim,) = edge.imports(text(line())).claims
    fields = {name: value for name, value in claim.items() if name not in {"event_id", "person", "dossier"}}
    assert fields == {
        "ocmw": 44021, "support": "LL_OTHER", "amount_type": "GRANT", "first_day": date(2024, 1, 1),
        "last_day": date(2024, 1, 31), "statement_month": 202401, "amount_cents": 100_000, "days": 31,
        "budget_article": 102, "state_percentage": 60, "sex": 1, "birth_date": date(1990, 3, 5), "household": "A",
        "nationality": "ZZ", "status": "NONE",
    }  # fmt: skip


def test_person_dossier_and_id_are_keyed_hashes_of_what_the_page_says(edge: Edge) -> None:
    (claim,) = edge.imports(text(line(dossier="000000000a1", reference="ref1"))).claims
    key = edge.key.read_bytes()

    def made(half: bytes, purpose: bytes, message: str) -> bytes:
        sub = hmac.digest(half, purpose + b"\0", "sha256")
        return hmac.digest(sub, message.encode(), "sha256")

    fields = ("1", "44021", "202401", "A1", "00", "REF1", "1", "20240101", "20240131", "000102", "100000", "A", "0")
    assert claim["person"] == made(key[:32], b"log", f"n{number()}")[:16]
    assert claim["dossier"] == int.from_bytes(made(key[32:], b"dossier", "44021A1")[:8], "big", signed=True)
    assert claim["event_id"] == made(key[32:], b"line", "\x1f".join(fields))[:16]
    assert hashlib.sha256(b"id" + key).hexdigest()[:8] in edge.imports(text(line())).done.stdout


@pytest.mark.parametrize(
    ("kind", "record", "amount_type", "days"),
    [
        ("1", "ReimbursementClaim", "GRANT", 31),
        ("2", "ReimbursementClaim", "ARREARS", 31),
        ("3", "ReimbursementClaim", "RECOVERY", 0),
        ("4", "Regularisation", "REG_GRANT", 0),
        ("5", "Regularisation", "REG_ARREARS", 0),
        ("6", "Regularisation", "REG_RECOVERY", 0),
    ],
)
def test_types_1_to_3_are_claims_and_4_to_6_regularisations_and_only_grants_and_arrears_have_days(
    edge: Edge, kind: str, record: str, amount_type: str, days: int
) -> None:
    ((name, values),) = edge.imports(text(line(type=kind))).events
    assert (name, values["amount_type"], values["days"]) == (record, amount_type, days)


@pytest.mark.parametrize(("sign", "cents", "amount", "days"), [("-", "00000250", -250, -31), ("-", "00000000", 0, 0)])
def test_days_have_the_sign_of_the_amount(edge: Edge, sign: str, cents: str, amount: int, days: int) -> None:
    (claim,) = edge.imports(text(line(sign=sign, cents=cents))).claims
    assert (claim["amount_cents"], claim["days"]) == (amount, days)


def test_csv_in_another_order_and_without_zeros_gives_the_same_events_as_txt(edge: Edge) -> None:
    lines = [line(dossier=f"000000000{place}7", cents=f"{place:08d}", ocmw="11002") for place in range(4)]
    assert edge.imports(columns(*lines), name="statement.csv").events == edge.imports(text(*lines)).events


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_may_have_any_of_three_delimiters_and_a_number_written_with_dots(edge: Edge, delimiter: str) -> None:
    plain = number()
    dotted = f"{plain[:2]}.{plain[2:4]}.{plain[4:6]}-{plain[6:9]}.{plain[9:]}"
    imported = edge.imports(columns(line(number=dotted), delimiter=delimiter), name="statement.csv")
    assert imported.events == edge.imports(text(line())).events


def test_equal_lines_are_told_apart_by_their_occurrence_wherever_they_stand(edge: Edge) -> None:
    one, other = line(), line(dossier="B2", number=number(3))
    first = edge.imports(text(one, one, other)).claims
    assert len({claim["event_id"] for claim in first}) == 3
    again = edge.imports(text(one, other, one)).claims
    assert {claim["event_id"] for claim in again} == {claim["event_id"] for claim in first}


def test_the_name_and_what_stands_behind_it_change_nothing(edge: Edge) -> None:
    named = text(line(name="Zoë Müller")).encode("cp1252") + text(line(name="Zoë Müller", dossier="B")).encode()
    plain = text(line(), line(dossier="B"))
    assert edge.imports(named).events == edge.imports(plain).events


@pytest.mark.parametrize(
    ("law", "article", "category", "support", "percentage", "household", "status"),
    [
        ("1", "000102", "3", "LL_OTHER", 60, "E", "NONE"),
        ("1", "000105", "B", "LL_OTHER", 100, "B", "NONE"),
        ("1", "000108", "C", "TW_RMI_OTHER", 100, "UNKNOWN", "NONE"),
        ("1", "000109", "2", "IP_RMI", 100, "B", "NONE"),
        ("1", "000116", " ", "TW_RMI_ART60", 100, "UNKNOWN", "NONE"),
        ("2", "000501", "C", "MH_DMH", 100, "UNKNOWN", "C"),
        ("2", "900201", "Z", "FH", 100, "UNKNOWN", "UNKNOWN"),
        ("2", "900204", "A", "MH_NDMH", 100, "UNKNOWN", "A"),
        ("6", "900601", "A", "IK_OW", 100, "UNKNOWN", "NONE"),
    ],
)
def test_the_article_gives_support_and_percentage_and_field_14_household_or_status(  # noqa: PLR0913, PLR0917 - a table
    edge: Edge, law: str, article: str, category: str, support: str, percentage: int, household: str, status: str
) -> None:
    (claim,) = edge.imports(text(line(law=law, article=article, category=category))).claims
    derived = (claim["support"], claim["state_percentage"], claim["household"], claim["status"])
    assert derived == (support, percentage, household, status)


@pytest.mark.parametrize(
    ("first", "last", "category", "household"),
    [
        ("20020901", "20020930", "1", "UNKNOWN"),
        ("20020901", "20020930", "D", "D"),
        ("20021001", "20021031", "4", "D"),
        ("20041201", "20041231", "E", "UNKNOWN"),
        ("20050101", "20050131", "3", "E"),
        ("20050101", "20050131", "C", "UNKNOWN"),
    ],
)
def test_categories_mean_what_they_meant_on_the_first_day_of_the_period(
    edge: Edge, first: str, last: str, category: str, household: str
) -> None:
    (claim,) = edge.imports(text(line(first=first, last=last, category=category))).claims
    assert claim["household"] == household


@pytest.mark.parametrize(
    ("born", "counter", "sex", "birth"),
    [
        ("900305", 1, 1, date(1990, 3, 5)),
        ("900305", 2, 2, date(1990, 3, 5)),
        ("900005", 2, 2, None),
        ("900300", 1, 1, None),
        ("900231", 1, 1, None),
        ("900145", 998, 2, None),
    ],
)
def test_sex_and_birth_date_are_those_of_the_number(
    edge: Edge, born: str, counter: int, sex: int, birth: date | None
) -> None:
    (claim,) = edge.imports(text(line(number=number(counter, born=born)))).claims
    assert (claim["sex"], claim["birth_date"]) == (sex, birth)


def test_who_has_status_d_and_no_number_is_known_by_ocmw_suffix_and_dossier(edge: Edge) -> None:
    lines = [
        line(law="2", article="900204", category="D", number="", dossier="X1"),
        line(law="2", article="900204", category="D", number="00000000000", dossier="0X1", cents="00000005"),
        line(law="2", article="900204", category="D", number="", dossier="X1", suffix="01"),
        line(law="2", article="900204", category="D", number=number(2), dossier="X1"),
    ]
    one, same, other, numbered = edge.imports(text(*lines)).claims
    sub = hmac.digest(edge.key.read_bytes()[:32], b"log\0", "sha256")
    assert one["person"] == same["person"] == hmac.digest(sub, b"d4402100X1", "sha256")[:16]
    assert other["person"] == hmac.digest(sub, b"d4402101X1", "sha256")[:16]
    assert numbered["person"] == hmac.digest(sub, f"n{number(2)}".encode(), "sha256")[:16]
    assert (one["sex"], one["birth_date"], numbered["sex"]) == (3, None, 2)


def test_the_nationality_is_that_of_the_15th_of_the_first_month(edge: Edge) -> None:
    rows = ("number;country;from", f"{number()};MA;1990-03-05", f"{number()};BE;2024-01-16")
    register = edge.file("\n".join(rows) + "\n", "register.csv")
    lines = (line(), line(first="20240201", last="20240229"), line(number=number(7)))
    claims = edge.imports(text(*lines), "--register", register).claims
    assert [claim["nationality"] for claim in claims] == ["MA", "BE", "ZZ"]


def test_a_person_whose_number_changed_keeps_the_pseudonym_of_the_oldest_one_and_events_their_ids(edge: Edge) -> None:
    old, new = number(1, born="910101"), number(2)
    rows = edge.file(f"old;new;day\n{old};{new};2023-05-01\n", "identities.csv")
    lines = text(line(number=old), line(number=new, dossier="B"))
    first, second = edge.imports(lines, "--identities", rows).claims
    apart = edge.imports(lines).claims
    assert first["person"] == second["person"] == apart[0]["person"] != apart[1]["person"]
    assert [claim["event_id"] for claim in (first, second)] == [claim["event_id"] for claim in apart]
    assert (first["birth_date"], second["birth_date"]) == (date(1991, 1, 1), date(1990, 3, 5))


@pytest.mark.parametrize(
    ("code", "support"), [("9", "LL_STUD"), ("10", "LL_STUD"), ("16", "LL_STUD"), ("11", "LL_OTHER")]
)
def test_form_b_tells_who_is_a_student(edge: Edge, code: str, support: str) -> None:
    forms = edge.file(f"ocmw;reference;gpmi_code\n44021;ref1;{code}\n", "forms.csv")
    imported = edge.imports(text(line(), line(reference="REF2", dossier="B")), "--forms", forms)
    assert [claim["support"] for claim in imported.claims] == [support, "LL_OTHER"]
    assert imported.report["files"][0]["unknown"] == {"form-not-found": 1}


def test_without_forms_b_no_living_wage_is_of_a_student_and_the_import_prints_what_hides_them(edge: Edge) -> None:
    imported = edge.imports(text(line()))
    assert imported.report["files"][0]["unknown"] == {"no-forms": 1}
    assert "44021,2024-01,2024-01" in imported.done.stdout


@pytest.mark.parametrize(
    ("code", "category", "first", "last", "support"),
    [
        ("101", "B", "20240101", "20240131", "FH"),
        ("114", "B", "20240101", "20240131", "TW_RMH_ART60"),
        ("115", "B", "20240101", "20240131", "TW_RMH_OTHER"),
        ("106", "A", "20240101", "20240131", "MH_NDMH"),
        ("106", "D", "20240101", "20240131", "MH_DMH"),
        ("106", "Z", "20240101", "20240131", "unmapped-line"),
        ("111", "A", "20240101", "20240131", "IK_RMH"),
        ("102", "A", "20240101", "20240131", "not-a-support"),
        ("48", "A", "20240101", "20240131", "not-a-support"),
        ("48", "A", "20151201", "20151231", "FH"),
        ("59", "A", "20151201", "20151231", "TW_RMH_OTHER"),
        ("101", "A", "20151201", "20151231", "not-a-support"),
    ],
)
def test_form_d_tells_the_kind_of_aid_by_the_list_of_its_day(  # noqa: PLR0913, PLR0917 - a table
    edge: Edge, code: str, category: str, first: str, last: str, support: str
) -> None:
    forms = edge.file(f"ocmw,reference,aid_code\n44021,REF1,{code}\n", "forms_d.csv")
    one = line(law="2", article="000502", category=category, first=first, last=last)
    imported = edge.imports(text(one), "--forms-d", forms)
    assert [claim["support"] for claim in imported.claims] + [slug for _, slug, _ in imported.slugs] == [support]
    assert [claim["state_percentage"] for claim in imported.claims] in ([100], [])


def test_an_article_in_no_table_is_unmapped_with_a_form_too(edge: Edge) -> None:
    forms = edge.file("ocmw,reference,aid_code\n44021,REF1,101\n", "forms_d.csv")
    assert edge.imports(text(line(law="2", article="000777")), "--forms-d", forms).slugs == [(1, "unmapped-line", None)]
