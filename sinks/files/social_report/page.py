"""A request and its answers as text or as one page to print, in nl or fr, laid out as the screens of the field are."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from schemas.parameters import document
from schemas.places import place_name
from schemas.services.codes import label
from schemas.services.faults import SERVICE_FAULT

Language = Literal["nl", "fr"]
Rows = list[tuple[str, str]]


class DecisionShown(NamedTuple):
    """A decision: its heading, its facts, and the elements of its calculation."""

    title: str
    facts: Rows
    elements: Rows


class DossierShown(NamedTuple):
    """A dossier: its number as people see it, what is said of the person, and its decisions one by one."""

    number: str
    facts: Rows
    decisions: list[DecisionShown]


class ReportShown(NamedTuple):
    """An answer: who gives it, its state, and what it holds (nothing where there is no answer)."""

    head: Rows
    identification: Rows
    dossiers: list[DossierShown]
    contract: Rows
    given: bool


def social_report(answered: dict[str, Any], language: Language, form: Literal["text", "html"]) -> str:
    """Return the page of a request as ``report_questions`` gives it (``seen_by_asker`` and ``asked_for``).

    HTML stands alone and loads nothing.
    """
    words = document("esv_words")[language]
    page = _environment().get_template(f"report.{'html' if form == 'html' else 'txt'}.j2")
    reports = [_report(answer, words, language) for answer in answered["answers"]]
    return page.render(words=words, language=language, head=_head(answered, words, language), reports=reports)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("sinks.files.social_report", "."),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_on_one_line,
    )


def _on_one_line(value: object) -> object:
    """Return a text without what would move a terminal's cursor or end a line: others wrote reasons and elements."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value)


def _head(request: dict[str, Any], words: dict[str, Any], language: Language) -> Rows:
    error = request["error"] and f"{request['error']}: {SERVICE_FAULT[request['error']].reason}"
    rows = [
        (words["request"], request["request"]),
        (words["asking"], _place(request["asking"], language)),
        (words["person"], request["person"]),
        (words["period"], f"{_day(request['from'])} - {_day(request['to'])}"),
        (words["reason"], label("reason", request["reason"], language)),
        (words["state"], words["states"][request["state"]]),
        (words["error"], error or ""),
        (
            words["history"],
            "; ".join(f"{words['states'][one['state']]} {_minute(one['at'])}" for one in request["history"]),
        ),
    ]
    return [row for row in rows if row[1]]


def _report(answer: dict[str, Any], words: dict[str, Any], language: Language) -> ReportShown:
    report = answer["report"]
    head = [(words["state"], words["states"][answer["state"]])]
    if answer["answering"] != "0":
        head.insert(0, (words["answering"], _place(answer["answering"], language)))
    if report is None:
        return ReportShown(head, [], [], [], given=False)
    head.append((words["created"], _day(report["made_at"][:10])))
    names = (
        (words["kbo"], report["kbo"]),
        (words["name"], report["ocmw_name"]),
        (words["telephone"], report["telephone"]),
    )
    identification = [(name, value) for name, value in names if value]
    dossiers = [_dossier(one, words, language) for one in report["dossiers"]]
    return ReportShown(head, identification, dossiers, _contract(report["contract"], words), given=True)


def _dossier(dossier: dict[str, Any], words: dict[str, Any], language: Language) -> DossierShown:
    main = {True: words["yes"], False: words["no"], None: words["unknown"]}[dossier["main_beneficiary"]]
    decisions = [_decision(number, one, words, language) for number, one in enumerate(dossier["decisions"], start=1)]
    return DossierShown(dossier["dossier"], [(words["main_beneficiary"], main)], decisions)


def _decision(number: int, decision: dict[str, Any], words: dict[str, Any], language: Language) -> DecisionShown:
    months, law = decision["duration_months"], words["laws"][decision["law"]]
    facts = [
        (words["decision_type"], words["types"][decision["decision_type"]]),
        (words["law"], law),
        (words["decided_on"], _day(decision["decided_on"])),
        (words["effective_from"], _day(decision["effective_from"])),
        (words["effective_to"], _day(decision["effective_to"] or "")),
        (words["duration"], months and words["month" if months == 1 else "months"].format(n=months)),
        (words["judgment"], words["yes"] if decision["judgment"] else words["no"]),
        (words["motive"], label("motive", decision["motive"], language)),
        (words["aid"], label("aid", decision["aid"], language)),
        (words["amount"], _euro(decision["amount_cents"])),
        (words["recovered"], _euro(decision["recovered_cents"])),
    ]
    elements = [(label("element", one["code"], language), _element(one)) for one in decision["elements"]]
    title = f"{words['decision']} {number}: {law} [{_day(decision['effective_from'])}]"
    return DecisionShown(title, [(name, value) for name, value in facts if value], elements)


def _element(element: dict[str, Any]) -> str:
    parts = (
        _euro(element["amount_cents"]),
        "" if element["count"] is None else str(element["count"]),
        element["value"] or "",
    )
    return ", ".join(part for part in parts if part)


def _contract(contract: dict[str, Any] | None, words: dict[str, Any]) -> Rows:
    if contract is None:
        return []
    rows = [
        (words["number"], contract["contract"]),
        (words["version"], str(contract["version"])),
        (words["signed_on"], _day(contract["signed_on"] or "")),
    ]
    if contract["document"]:
        rows.append(
            (words["document"], f"{contract['document']['locator']} (SHA-256 {contract['document']['digest']})")
        )
    return rows


def _place(code: str, language: Language) -> str:
    """Return the code of an OCMW and the name of its municipality."""
    return f"{code} {place_name('municipality', code, language)}"


def _minute(iso: str) -> str:
    """Return an instant as people read it, ``19/09/2016 14:05 UTC``."""
    return f"{_day(iso[:10])} {iso[11:16]} UTC"


def _day(iso: str) -> str:
    """Return a day as the screens write it, ``19/09/2016``; what is no day as it stands."""
    try:
        return date.fromisoformat(iso).strftime("%d/%m/%Y")
    except ValueError:
        return iso


def _euro(cents: int | None) -> str:
    """Return an amount as it is written in Belgium: ``1.234,56 €``."""
    if cents is None:
        return ""
    return f"{Decimal(cents).scaleb(-2):,.2f} €".translate(str.maketrans(",.", ".,"))
