"""A filled form into yearly reports, and what of it cannot be read, cell by cell (K).

People write amounts as they are used to: ``1.234,50``, ``€ 1 234,5``, ``1234.50``; all of these are read. What is no
number, no day, no code of the list is a correction of its cell, refuses the report of that OCMW, and no other.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from processors.services.subsidies.rules import MODULES, Path, Where
from schemas.services.days import day_of, known_code
from schemas.services.records import Activity, Module, Part, Share, Staff, YearReport
from schemas.services.subsidy_form import FORM, SHARE_KINDS, SHARES, STAFF_KINDS, Sheet

_SPACES = re.compile(r"[\s\u00a0\u202f']")
_THOUSANDS = re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?|-?\d{1,3}(,\d{3})+\.\d+")
_YES = frozenset({"ja", "oui", "yes", "true", "1", "x", "waar", "vrai", "y", "j", "o"})
_NO = frozenset({"nee", "neen", "non", "no", "false", "0", "", "onwaar", "faux", "n"})
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_NO_ID = bytes(16)
MERGED = "\0merged"
"""Stands in a cell that is part of a merged range."""
_LONGEST = 18


class Cell(NamedTuple):
    """A cell: what stands in it, where, and whether it is shown as a percentage or is a formula never calculated."""

    value: Any
    at: str
    percent: bool = False
    uncalculated: bool = False


class Line(NamedTuple):
    """A row of a sheet: its number, and its cells by field."""

    sheet: Sheet
    number: int
    cells: dict[str, Cell]


class Unread(NamedTuple):
    """A cell that cannot be read: of which OCMW (as it was written), on which sheet, and the rule."""

    ocmw: str
    sheet: Sheet
    cell: str
    rule: str


@dataclass
class Filled:
    """The report of an OCMW, and where on the form each of its rows stands; ``unread`` refuses it."""

    ocmw: int
    report: YearReport
    rows: dict[tuple[Sheet, Path], Line]
    unread: list[Unread] = field(default_factory=list)

    def cell(self, where: Where) -> str:
        """Return the cell of a finding, empty where the form has none."""
        line = self.rows.get((where.sheet, where.path))
        if line is None:
            return ""
        names = (where.field, f"{where.field}_value", "ocmw")
        return next((line.cells[name].at for name in names if name in line.cells), "")


class _UnreadableError(Exception):
    """A cell that does not hold what it must; its text is the rule."""


def read_form(lines: Iterable[Line], year: int) -> tuple[list[Filled], list[Unread]]:
    """Return what each OCMW reports, by code, and the cells of lines that are of no OCMW."""
    by_ocmw: dict[int, list[Line]] = defaultdict(list)
    nobody: list[Unread] = []
    for line in lines:
        try:
            by_ocmw[_ocmw(line.cells["ocmw"])].append(line)
        except _UnreadableError as rule:
            cell = line.cells["ocmw"]
            nobody.append(Unread(_as_written(cell.value), line.sheet, cell.at, str(rule)))
    return [_Reader(code, year).read(own) for code, own in sorted(by_ocmw.items())], nobody


def _as_written(value: Any) -> str:  # noqa: ANN401 - whatever stands in a cell
    """Return a code as it was written, nothing where it might be somebody's number."""
    text = str(value or "").strip()
    return text if len(text) <= len("44021") else ""


def _ocmw(cell: Cell) -> int:
    try:
        code = _count(cell)
    except _UnreadableError:
        raise _UnreadableError("unknown-ocmw") from None
    if code is None or not known_code(code):
        raise _UnreadableError("unknown-ocmw")
    return code


@dataclass
class _Reader:
    """Reads the lines of one OCMW."""

    ocmw: int
    year: int
    rows: dict[tuple[Sheet, Path], Line] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def read(self, lines: list[Line]) -> Filled:
        """Return the report that the lines make."""
        of: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            of[line.sheet].append(line)
        head = self._head(of["report"])
        letters = [self._get(line, "part") for line in of["parts"]]
        activities = self._grouped(of["activities"], letters, self._part_of_activity)
        modules = self._grouped(of["modules"], letters, lambda line: self._get(line, "part") or MODULES)
        titles = {
            (place, number): str(self._get(line, "title")).strip().lower()
            for place, lines_of_part in modules.items()
            for number, line in enumerate(lines_of_part)
        }
        staff = self._of_modules(of["staff"], titles)
        parts = []
        for place, line in enumerate(of["parts"]):
            self.rows["parts", (place,)] = line
            inner = tuple(self._module(place, number, one, staff) for number, one in enumerate(modules[place]))
            outer = tuple(self._activity(place, number, one) for number, one in enumerate(activities[place]))
            parts.append(self._part(line, outer, inner))
        report = YearReport(_NO_ID, self.ocmw, self.year, tuple(parts), *head)
        return Filled(self.ocmw, report, self.rows, self.unread)

    def _head(self, lines: list[Line]) -> tuple[int | None, int | None, int | None]:
        for line in lines[1:]:
            self._wrong(line, "ocmw", "report-twice")
        if not lines:
            return None, None, None
        line = lines[0]
        self.rows["report", ()] = line
        year = self._get(line, "year")
        if year is not None and year != self.year:
            self._wrong(line, "year", "wrong-year")
        return (
            self._get(line, "agreements"),
            self._get(line, "own_staff_cents"),
            self._get(line, "external_staff_cents"),
        )

    def _part_of_activity(self, line: Line) -> str:
        return self._get(line, "part") or str(self._get(line, "code")).strip()[:1].upper()

    def _grouped(
        self, lines: list[Line], letters: list[Any], part_of: Callable[[Line], str]
    ) -> defaultdict[int, list[Line]]:
        """Return lines by the place of their part; one whose part is not reported is a correction."""
        by_place: defaultdict[int, list[Line]] = defaultdict(list)
        for line in lines:
            letter = part_of(line)
            if letter in letters:
                by_place[letters.index(letter)].append(line)
            else:
                self._wrong(line, "part" if "part" in line.cells else "ocmw", "part-missing")
        return by_place

    def _of_modules(self, lines: list[Line], titles: dict[tuple[int, int], str]) -> dict[tuple[int, int], list[Line]]:
        places = {title: place for place, title in reversed(titles.items())}
        by_module: dict[tuple[int, int], list[Line]] = defaultdict(list)
        for line in lines:
            place = places.get(str(self._get(line, "title")).strip().lower())
            if place is None:
                self._wrong(line, "title", "module-unknown")
            else:
                by_module[place].append(line)
        return by_module

    def _part(self, line: Line, activities: tuple[Activity, ...], modules: tuple[Module, ...]) -> Part:
        return Part(
            self._get(line, "part") or "A",
            self._get(line, "justified_cents") or 0,
            self._get(line, "staff_cents"),
            self._get(line, "persons"),
            self._share(line, SHARES[0]),
            self._share(line, SHARES[1]),
            activities,
            modules,
        )

    def _share(self, line: Line, name: str) -> Share | None:
        value = self._get(line, f"{name}_value")
        kind = self._get(line, f"{name}_kind")
        cell = line.cells.get(name)
        if cell is not None and value is None:
            return self._share_of(line, name, cell)
        if value is None:
            return None
        percent = line.cells[f"{name}_value"].percent or str(line.cells[f"{name}_value"].value).strip().endswith("%")
        return Share(kind or ("PERCENTAGE" if percent else "NUMBER"), value)

    def _share_of(self, line: Line, name: str, cell: Cell) -> Share | None:
        """Return a share that stands in one cell: ``40 %`` or ``40``."""
        text = str(cell.value or "").strip()
        if not text:
            return None
        try:
            value = _count(cell)
        except _UnreadableError:
            self._wrong(line, name, f"share-{name}")
            return None
        return None if value is None else Share("PERCENTAGE" if cell.percent or text.endswith("%") else "NUMBER", value)

    def _activity(self, place: int, number: int, line: Line) -> Activity:
        self.rows["activities", (place, number)] = line
        code = str(self._get(line, "code")).strip().upper()
        return Activity(code, self._get(line, "persons"), self._get(line, "justified_cents") or 0)

    def _module(self, place: int, number: int, line: Line, staff: dict[tuple[int, int], list[Line]]) -> Module:
        self.rows["modules", (place, number)] = line
        costs = []
        for at, one in enumerate(staff.get((place, number), ())):
            self.rows["staff", (place, number, at)] = one
            costs.append(Staff(self._get(one, "kind") or "PREPARING", self._get(one, "cents") or 0))
        text = {
            name: str(self._get(line, name) or "").strip() for name in ("title", "goal", "target_group", "instrument")
        }
        return Module(
            text["title"],
            text["goal"],
            self._get(line, "period_from"),
            self._get(line, "period_to"),
            text["target_group"],
            bool(self._get(line, "one_off")),
            self._get(line, "participants") or 0,
            self._get(line, "dropouts"),
            self._get(line, "progressed"),
            text["instrument"],
            tuple(costs),
            self._get(line, "gpmi_subsidised_participants") or 0,
        )

    def _get(self, line: Line, name: str) -> Any:  # noqa: ANN401 - by the kind of its column
        """Return what a cell holds, None where it is empty or cannot be read; then it is a correction, once."""
        column = next((one for one in FORM[line.sheet] if one.field == name), None)
        cell = line.cells.get(name)
        if column is None or cell is None:
            return None
        try:
            if str(cell.value) == MERGED:
                raise _UnreadableError("merged-cells")  # noqa: TRY301 - told as the others
            if cell.uncalculated:
                raise _UnreadableError("formula-without-value")  # noqa: TRY301 - told as the others
            value = _READERS[column.kind](cell)
        except _UnreadableError as rule:
            self._wrong(line, name, _rule(name, str(rule)))
            return None
        if value is None and column.needed:
            self._wrong(line, name, _rule(name, "cell-empty"))
        return value

    def _wrong(self, line: Line, name: str, rule: str) -> None:
        cell = line.cells.get(name) or line.cells["ocmw"]
        one = Unread(f"{self.ocmw:05d}", line.sheet, cell.at, rule)
        if one not in self.unread:
            self.unread.append(one)


def _rule(name: str, rule: str) -> str:
    """Return the rule that a cell breaks, under the name that the rules have for it."""
    if rule in {"count", "amount", "cell-empty"}:
        if name == "justified_cents":
            return "justified-not-whole"
        if rule == "cell-empty":
            return rule
        return "persons-not-whole" if rule == "count" else "amount-not-whole"
    return rule


def _decimal(cell: Cell) -> Decimal | None:
    """Return a number however people write it; None for an empty cell."""
    value = cell.value
    if value is None or isinstance(value, bool):
        return None if value is None else _no_number()
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
        return number * 100 if cell.percent else number
    text = _SPACES.sub("", str(value))
    for sign in ("€", "EUR", "eur", "euros", "euro", "Euro"):
        text = text.removeprefix(sign).removesuffix(sign)
    text = text.removesuffix("%")
    if not text:
        return None
    if _THOUSANDS.fullmatch(text):
        decimal = max(text.rfind(","), text.rfind(".") if "," in text and text.rfind(".") > text.rfind(",") else -1)
        whole, part = (text[:decimal], text[decimal + 1 :]) if decimal >= 0 else (text, "")
        text = re.sub(r"[.,]", "", whole) + (f".{part}" if part else "")
    try:
        return Decimal(text.replace(",", ".")) if len(text) <= _LONGEST else _no_number()
    except InvalidOperation:
        return _no_number()


def _no_number() -> Decimal:
    raise _UnreadableError("number")


def _count(cell: Cell) -> int | None:
    try:
        number = _decimal(cell)
    except _UnreadableError:
        raise _UnreadableError("count") from None
    if number is None:
        return None
    if not number.is_finite() or number != number.to_integral_value() or number < 0 or number >= 2**31:
        raise _UnreadableError("count")
    return int(number)


def _cents(cell: Cell) -> int | None:
    try:
        number = _decimal(cell)
    except _UnreadableError:
        raise _UnreadableError("amount") from None
    if number is None:
        return None
    if not number.is_finite() or number < 0 or abs(number) >= Decimal(10) ** 12:
        raise _UnreadableError("amount")
    cents = number * 100
    if isinstance(cell.value, float):
        cents = cents.quantize(Decimal("0.0001")).normalize()  # a formula may leave the dust of binary fractions
    if cents != cents.to_integral_value():
        raise _UnreadableError("amount")
    return int(cents)


def _text(cell: Cell) -> str | None:
    return None if cell.value is None or not str(cell.value).strip() else str(cell.value).strip()


def _day(cell: Cell) -> int | None:
    value = cell.value
    if isinstance(value, datetime):
        return day_of(value.date())
    if isinstance(value, date):
        return day_of(value)
    text = str(value or "").strip()
    if not text:
        return None
    match = _DAY.fullmatch(text)
    try:
        return day_of(date(*map(int, reversed(match.groups()))) if match else date.fromisoformat(text))
    except ValueError:
        raise _UnreadableError("day-not-readable") from None


def _yes_no(cell: Cell) -> bool | None:
    text = str("" if cell.value is None else cell.value).strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    raise _UnreadableError("yes-or-no")


def _one_of(names: Iterable[str], rule: str) -> Callable[[Cell], str | None]:
    known = frozenset(names)

    def read(cell: Cell) -> str | None:
        text = str(cell.value or "").strip().upper().replace(" ", "_")
        if text and text not in known:
            raise _UnreadableError(rule)
        return text or None

    return read


_READERS: dict[str, Callable[[Cell], Any]] = {
    "ocmw": _count,
    "year": _count,
    "amount": _cents,
    "count": _count,
    "text": _text,
    "day": _day,
    "yes_no": _yes_no,
    "part": _one_of(("A", "B", "C"), "unknown-part"),
    "share_kind": _one_of(SHARE_KINDS, "unknown-choice"),
    "staff_kind": _one_of(STAFF_KINDS, "unknown-choice"),
}
