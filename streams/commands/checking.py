"""What ``ocmw check`` prints: events that would be set aside, in groups, and an overview before sending."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas.events import CLAIM, RECORDS, REGULARISATION
from schemas.periods import month_code
from schemas.supports import LEAVES
from streams.shell.console import counted, euros, say, show_table

if TYPE_CHECKING:
    from processors.admission.overview import Overview
    from schemas.faults import Fault
    from streams.embedded.driver import Outcomes

_NAMED = 3
"""Records of a group that are named."""
_GROUPS = 20


def show_groups(outcomes: "Outcomes") -> None:
    """Print the faults of each file: how often, in which records first, and what to do."""
    groups: dict[tuple[str, Fault], list[int]] = {}
    for file, record, fault in outcomes.set_aside:
        groups.setdefault((file, fault), []).append(record)
    for (file, fault), records in list(groups.items())[:_GROUPS]:
        say(f"{file} {_where(records)}: {fault.slug}, {fault.reason}; {fault.owner}: {fault.remedy}")
    more = len(groups) - _GROUPS
    if more > 0:
        say(f"... and {counted(more, 'group')} more; ocmw replay lists all in set_aside.csv of the store")


def _where(records: list[int]) -> str:
    if len(records) == 1:
        return f"record {records[0]}"
    named = ", ".join(map(str, records[:_NAMED]))
    return f"{counted(len(records), 'record')} ({named}{', ...' if len(records) > _NAMED else ''})"


def show_overview(overview: "Overview", outcomes: "Outcomes") -> None:
    """Print what the applied lines would hold, and a sentence for each thing that looks strange."""
    if overview.months:
        first, last = map(month_code, overview.months)
        whose = f"{counted(overview.persons, 'person')}, {counted(len(overview.municipalities), 'OCMW')}"
        say(f"what would be applied: {whose}, months {first} to {last}, {counted(overview.closings, 'closing')}")
        rows = (
            (leaf, amounts.lines, *map(euros, (amounts.mean, amounts.least, amounts.most)))
            for leaf in LEAVES
            if (amounts := overview.amounts.get(leaf))
        )
        show_table("Amounts in euro, a line", ("support", "lines", "mean", "least", "most"), rows)
    for sentence in _strange(overview, outcomes):
        say(sentence)


def _strange(overview: "Overview", outcomes: "Outcomes") -> Iterator[str]:
    if not overview.closings:
        yield "no update is closed in these files: nothing will be released before one is"
    for update_id, month in overview.far:
        yield (
            f"update {update_id} refers to {month_code(month)}, later than next month: it would block every update "
            "before it, so replay and emit refuse it without --allow-future"
        )
    if overview.born_later:
        yield f"{counted(overview.born_later, 'line')} of somebody born in the future: the age counts as unknown"
    if overview.early:
        yield (
            f"{counted(overview.early, 'line')} before 1999-01, the first month that is published: each month from the "
            "earliest on is a period to count, and makes every update slower"
        )
    yield from _swapped(overview, outcomes)


def _swapped(overview: "Overview", outcomes: "Outcomes") -> Iterator[str]:
    """Yield a sentence for each file in which all lines of one record carry the types of the other."""
    wrong: dict[tuple[str, str], int] = {}
    for file, _, fault in outcomes.set_aside:
        if fault.slug == "bad-amount-type":
            wrong[file, fault.detail] = wrong.get((file, fault.detail), 0) + 1
    for (file, record), lines in wrong.items():
        if lines == overview.written[file, RECORDS.index(record)]:  # type: ignore[index]  # a Written is this tuple
            other = RECORDS[REGULARISATION if RECORDS.index(record) == CLAIM else CLAIM]
            yield (
                f"{file}: every {record} carries the types of a {other}: its writer took a wrong branch of the union, "
                "as writers do that take the first branch that fits; see docs/events.md, Writing events"
            )
