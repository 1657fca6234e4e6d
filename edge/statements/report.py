"""The report of an import: what became of every line, in JSON for programs and in Markdown for people.

It shows no content of a line: line numbers, slugs and fields; OCMWs of the list of municipalities, months; articles
under 1000 or from 900000 on, for a line that is shifted puts a number anywhere.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from edge.forms import TOTALS, rows
from edge.statements.importing import FileOutcome, Pair, PairCount
from edge.statements.slugs import REASONS, SLUGS
from schemas.parameters import table
from schemas.periods import to_yyyymm
from schemas.students_unknown import COLUMNS, rows_of

_MOST_SHOWN = 50
_ROWS_SHOWN = 3
_IN_PIECES = '"set_aside": null'
_AMOUNT_TYPES = ("grant", "arrears", "recovery", "regularised grant", "regularised arrears", "regularised recovery")
LOCAL_HEADER = "legislation,budget_article,from,to,field14,support,state_percentage,mark,source"


@dataclass(frozen=True, slots=True)
class Total:
    """A total that was told of a statement, beside what the files hold."""

    ocmw: str
    month: int
    lines: int
    cents: int
    lines_found: int
    cents_found: int

    @property
    def agrees(self) -> bool:
        """Whether both are equal, to the line and the cent."""
        return (self.lines, self.cents) == (self.lines_found, self.cents_found)


@dataclass(frozen=True, slots=True)
class Report:
    """All that is told of an import."""

    key_id: str
    outcomes: Sequence[FileOutcome]
    totals: Sequence[Total] = dataclasses.field(default=())
    closed: bool = False

    @property
    def lines(self) -> int:
        """The lines of all files."""
        return sum(one.lines for one in self.outcomes)

    @property
    def balance(self) -> str:
        """The lines of all files, and what became of them."""
        events, again = (sum(getattr(one, name) for one in self.outcomes) for name in ("events", "again"))
        return f"lines {self.lines} = events {events} + again {again} + set aside {self.slugs.total()}"

    @property
    def slugs(self) -> Counter[str]:
        """Lines set aside, by slug."""
        return sum((one.slugs for one in self.outcomes), Counter())

    @property
    def unknown(self) -> Counter[str]:
        """What was taken as unknown, by name."""
        return sum((one.unknown for one in self.outcomes), Counter())

    def slug_lines(self) -> list[str]:
        """Return ``slug N`` for each that occurred, in the order in which lines are judged."""
        counts = self.slugs
        return [f"{slug} {counts[slug]}" for slug in SLUGS if counts[slug]]

    def unmapped(self) -> list[dict[str, Any]]:
        """Return legislation, article, lines and cents of what no table derives; article None is not shown."""
        sums: dict[tuple[int, int | None], list[int]] = {}
        for one in self.outcomes:
            for key, (lines, cents) in one.unmapped.items():
                entry = sums.setdefault(key, [0, 0])
                entry[0] += lines
                entry[1] += cents
        ordered = sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] is None, item[0][1] or 0))
        return [
            {"legislation": law, "article": article, "lines": lines, "cents": cents}
            for (law, article), (lines, cents) in ordered
        ]

    def rows_to_fill_in(self) -> list[str]:
        """Return a row for --articles for each article that no table derives, support and source left to fill in."""
        return [
            f"{one['legislation']},{one['article']},,,any,,,local,"
            for one in self.unmapped()
            if one["article"] is not None
        ]

    def students_unknown(self) -> list[str]:
        """Return the rows to add to the file of OCMW_STUDENTS_UNKNOWN: the months of which no form told students."""
        return list(rows_of(pair for one in self.outcomes for pair in one.students_unknown))

    def sentences(self) -> Iterator[str]:
        """Yield what an administrator should know at once, a sentence each."""
        for one in self.outcomes:
            for (ocmw, month), kind in sorted(one.repeated.items()):
                came = "again, nothing new in it" if kind == "again" else "with other lines than before"
                yield f"{one.name}: the statement of OCMW {ocmw} for {month} came {came}"
            yield from _first_set_aside(one)
        for entry in self.unmapped():
            article = "an article that is not shown" if entry["article"] is None else f"article {entry['article']}"
            lines = (
                f"legislation {entry['legislation']}, {article}: {entry['lines']} lines, {_euro(entry['cents'])} euro"
            )
            yield f"no table derives {lines}; the report has a row to fill in"
        for name, count in sorted(self.unknown.items()):
            yield f"{name}: {count} lines"
        unknown = self.students_unknown()
        if unknown:
            more = f" and {len(unknown) - _ROWS_SHOWN} more, in the report" if len(unknown) > _ROWS_SHOWN else ""
            yield (
                "students are not known (no --forms), so LL_STUD says too few; rows for the file of "
                f"OCMW_STUDENTS_UNKNOWN ({','.join(COLUMNS)}): {' '.join(unknown[:_ROWS_SHOWN])}{more}"
            )
        for total in self.totals:
            if not total.agrees:
                here = f"{total.lines_found} lines and {_euro(total.cents_found)} euro"
                yield f"OCMW {total.ocmw}, {total.month}: {here} were found, the total that was given is another"
        if self.totals:
            yield f"totals: {sum(one.agrees for one in self.totals)} of {len(self.totals)} agree to the cent"

    def json(self) -> Iterator[str]:
        """Yield the report as JSON, piece by piece: a file may have as many lines set aside as it has lines."""
        document = {
            "key_id": self.key_id,
            "balance": self.balance,
            "files": [_file(one) for one in self.outcomes],
            "unmapped": self.unmapped(),
            "rows_to_fill_in": self.rows_to_fill_in(),
            "students_unknown": self.students_unknown(),
            "totals": [_total(one) for one in self.totals],
        }
        pieces = json.dumps(document, indent=1).split(_IN_PIECES)
        for piece, one in zip(pieces, self.outcomes, strict=False):
            yield f'{piece}"set_aside": ['
            for number, (line, slug, at) in enumerate(one.set_aside):
                yield ("," if number else "") + json.dumps({"line": line, "slug": slug, "field": at or None})
            yield "]"
        yield f"{pieces[-1]}\n"

    def markdown(self) -> str:
        """Return the report as Markdown."""
        return (
            "\n".join([*self._head(), *(line for one in self.outcomes for line in _of_file(one)), *self._tail()]) + "\n"
        )

    def _head(self) -> Iterator[str]:
        yield from ("# Import of monthly statements", "", f"Key {self.key_id}. {self.balance}", "")
        yield "The event file holds pseudonymised personal data, not anonymous data: it is kept as such."
        yield ""

    def _tail(self) -> Iterator[str]:
        if self.unmapped():
            yield from ("## Articles that no table derives", "")
            yield from _table(
                ("legislation", "article", "lines", "euro"),
                (
                    (one["legislation"], _article(one["article"]), one["lines"], _euro(one["cents"]))
                    for one in self.unmapped()
                ),
            )
            yield from (
                "",
                "Fill in support, percentage and source of these rows, keep them in a file, give it with --articles:",
            )
            yield from ("", "```", LOCAL_HEADER, *self.rows_to_fill_in(), "```", "")
        if self.students_unknown():
            yield from (
                "## Students are not known",
                "",
                "Without forms B every living wage counts as that of no student. Give them with --forms,",
                "or keep these rows in the file of OCMW_STUDENTS_UNKNOWN: LL_STUD and LL_OTHER are hidden there.",
            )
            yield from ("", "```", ",".join(COLUMNS))
            yield from (*self.students_unknown(), "```", "")
        if self.totals:
            yield from ("## Totals", "")
            yield from _table(
                ("OCMW", "month", "lines found", "euro found", "the total given"),
                (
                    (
                        one.ocmw,
                        one.month,
                        one.lines_found,
                        _euro(one.cents_found),
                        "agrees" if one.agrees else "differs",
                    )
                    for one in self.totals
                ),
            )


def totals_of(path: Path, outcomes: Iterable[FileOutcome]) -> list[Total]:
    """Return the totals of a file beside what the statements hold, whatever became of their lines. Raises EdgeError."""
    held: dict[Pair, PairCount] = {}
    for outcome in outcomes:
        for pair, count in outcome.pairs.items():
            total = held.setdefault(pair, PairCount())
            total.lines += count.lines
            total.cents += count.cents
    totals = []
    for row in rows(path, TOTALS):
        pair = f"{row['ocmw']:05d}", to_yyyymm(row["month"])
        have = held.get(pair, PairCount())
        totals.append(Total(*pair, row["lines"], row["cents"], have.lines, have.cents))
    return totals


def _dashed(month: int) -> str:
    return f"{month // 100:04d}-{month % 100:02d}"


def _file(one: FileOutcome) -> dict[str, Any]:
    return {
        "file": one.name,
        "lines": one.lines,
        "events": one.events,
        "again": one.again,
        "slugs": dict(one.slugs),
        "set_aside": None,
        "statements": [
            {"ocmw": ocmw, "month": month, "lines": count.lines, "events": count.events, "cents": count.cents,
             "slugs": dict(count.slugs), "came_before": one.repeated.get((ocmw, month))}
            for (ocmw, month), count in sorted(one.pairs.items())
        ],
        "unknown": dict(one.unknown),
        "by_amount_type": [
            {"amount_type": kind, "plus_cents": one.cents[kind, False], "minus_cents": one.cents[kind, True]}
            for kind in range(1, len(_AMOUNT_TYPES) + 1)
        ],
        "by_ocmw": [{"ocmw": ocmw, "cents": cents} for ocmw, cents in sorted(one.by_ocmw.items())],
    }  # fmt: skip


def _total(one: Total) -> dict[str, Any]:
    names = (
        "ocmw",
        "month",
        "lines_found",
        "cents_found",
        "agrees",
    )  # what was given may be a number in a wrong column
    return {name: getattr(one, name) for name in names}


def _of_file(one: FileOutcome) -> Iterator[str]:
    aside = one.slugs.total()
    yield from (f"## {one.name}", "")
    yield f"lines {one.lines} = events {one.events} + again {one.again} + set aside {aside}"
    yield ""
    kinds = (
        (kind, name)
        for kind, name in enumerate(_AMOUNT_TYPES, start=1)
        if one.cents[kind, False] or one.cents[kind, True]
    )
    yield from _table(
        ("type", "", "euro plus", "euro minus"),
        ((kind, name, _euro(one.cents[kind, False]), _euro(one.cents[kind, True])) for kind, name in kinds),
    )
    yield ""
    yield from _table(
        ("OCMW", "name", "euro"), ((ocmw, _name(ocmw), _euro(cents)) for ocmw, cents in sorted(one.by_ocmw.items()))
    )
    yield ""
    for (ocmw, month), came in sorted(one.repeated.items()):
        said = (
            "again, with nothing new"
            if came == "again"
            else "with other lines; its events stand beside those of before"
        )
        yield f"- OCMW {ocmw}, {_dashed(month)}: the statement came {said}."
    for name, count in sorted(one.unknown.items()):
        yield f"- {name}: {count} lines"
    if aside:
        yield from _aside(one)
    yield ""


def _first_set_aside(one: FileOutcome) -> Iterator[str]:
    """Yield a sentence for each reason for which lines of a file were set aside, with the first of them."""
    first = one.set_aside.first_of_each()
    for reason in REASONS:
        if reason.slug in first:
            aside, count = first[reason.slug], one.slugs[reason.slug]
            where = f"line {aside.line}" + (f", field {aside.field}," if aside.field else "")
            more = f" and {count - 1} more" if count > 1 else ""
            yield f"{one.name}: {where} {reason.reason} ({reason.slug}{more}); {reason.remedy}"


def _aside(one: FileOutcome) -> Iterator[str]:
    yield ""
    yield from _table(
        ("set aside", "lines", "whose", "why", "what to do"),
        (
            (reason.slug, one.slugs[reason.slug], reason.owner, reason.reason, reason.remedy)
            for reason in REASONS
            if one.slugs[reason.slug]
        ),
    )
    yield ""
    yield from _table(
        ("line", "set aside", "field"),
        ((aside.line, aside.slug, aside.field or "") for aside in islice(one.set_aside, _MOST_SHOWN)),
    )
    if len(one.set_aside) > _MOST_SHOWN:
        yield f"and {len(one.set_aside) - _MOST_SHOWN} more; import.json has all"


def _table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for line in lines:
        yield f"| {' | '.join(map(str, line))} |"


def _euro(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def _article(article: int | None) -> str:
    return "not shown" if article is None else str(article)


def _name(nis: str) -> str:
    return next((row["name_nl"] for row in table("nis") if row["nis"] == nis), "")
