"""The slow truth, first half: which events of the log count, and why the others do not.

Written to be checked by reading, with pandas, apart from the fast core: it shares nothing with it but the vocabulary.
All events of all files become one frame, one line an event in log order. Every rule of admission is a column of
yes or no over that frame; the first rule that says yes names the fault. Of the lawful events, the first with an
(event_id, person) counts, a later one with the same content is a duplicate, one with other content a conflict (A4).
Closings are few and are walked one by one (G1); so are facts (``processors.reference.facts``).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from processors.reference.facts import Fact, fact_fault, in_clear, unknown_periods
from schemas.breakdowns import NATIONALITIES
from schemas.events import CLAIM, REGULARISATION, UPDATE_CLOSED
from schemas.faults import FAULT, Fault
from schemas.log import LogFile, read_plain
from schemas.parameters import document
from schemas.periods import FIRST_MONTH, LAST_MONTH, from_yyyymm
from schemas.places import MUNICIPALITIES
from schemas.releases import Update

UNKNOWN_BIRTH = 2**31
"""Stands for a missing birth date; no 32-bit day can be it. Of the slow truth alone: the fast core has another."""

_LIMITS = document("limits")["events"]
_FIRST_REGULARISATION = 3  # of the amount types: three of claims, then three of regularisations
_UNIX_EPOCH = 70 * 12  # the ordinal of 1970-01
_NATIONALITY = {code.encode(): number for number, code in enumerate(NATIONALITIES)}
_CHUNK = 100_000
_LONGEST_ID = 100

_INTEGERS = [
    *("ocmw", "dossier", "support", "amount_type", "first_day", "last_day", "statement_month", "amount_cents"),
    *("days", "budget_article", "state_percentage", "sex", "household", "status"),
]
IDENTITY = ["event_high", "event_low", "person_high", "person_low"]
"""The 16 bytes of an event_id and of a person, exactly, as two integers each."""
_CONTENT = [
    "record", *_INTEGERS, "birth_date", "nationality", "has_corrects", "corrects_high", "corrects_low",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that is not counted: the file and the record in it (from 1), and the slug of its fault."""

    file: Path
    record: int
    slug: str


@dataclass(frozen=True, slots=True)
class AdmittedLog:
    """What admission made of a log.

    ``events`` has one line for each event that counts, in log order, every column int64: the fields of the record
    (dates as days since 1970-01-01, ``birth_date`` is UNKNOWN_BIRTH where there is none, ``nationality`` a number in
    ``schemas.breakdowns.NATIONALITIES``), ``person`` (a number that means nothing) and ``update``: the sequence of
    the update that holds it, one more than the last one's for events that no closing follows. ``facts`` are those that
    are kept, in log order, also declarations that wait and so stand in ``set_aside``; persons have the same numbers.
    L2: ``events_in == applied + duplicates + len(set_aside)``.
    """

    events: pd.DataFrame
    facts: tuple[Fact, ...]
    updates: tuple[Update, ...]
    applied: int
    duplicates: int
    set_aside: tuple[SetAside, ...]

    @property
    def events_in(self) -> int:
        """All records of the files, closings included."""
        return self.applied + self.duplicates + len(self.set_aside)

    @property
    def faults(self) -> dict[str, int]:
        """How many events each fault set aside: those that occurred, in order of precedence."""
        slugs = [aside.slug for aside in self.set_aside]
        return {slug: slugs.count(slug) for slug in FAULT if slug in slugs}


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of the log; ``file`` is the place of its file, ``kind`` and ``fields`` are empty where it has a slug."""

    order: int
    file: int
    number: int
    slug: str
    kind: int
    fields: dict[str, Any]


_Refused = tuple[int, int, int, str]
"""Order, place of the file, number in it, slug."""


def admitted(paths: Sequence[Path], earliest: int | None = None) -> AdmittedLog:
    """Read a log from its files and admit its events; ``earliest`` is the first month (ordinal) that they may cover.

    Raises CorruptFileError for a file that is not whole, and ValueError for a block with bytes left over.
    """
    others: list[_Record] = []
    frame = pd.concat([_frame([]), *_chunks(_records(paths), others)], ignore_index=True)
    frame["fault"] = _faults(frame, FIRST_MONTH if earliest is None else earliest)
    facts = {record.order: record for record in others if record.kind > UPDATE_CLOSED}
    slugs = {order: slug for order, record in facts.items() if (slug := fact_fault(record.kind, record.fields))}
    lawful, lawful_facts = (
        frame[frame["fault"] == ""],
        [record for order, record in facts.items() if order not in slugs],
    )
    repeats, conflicts = _repeats(lawful, lawful_facts)
    frame.loc[frame["order"].isin(conflicts), "fault"] = "conflicting-duplicate"
    slugs |= dict.fromkeys(conflicts & facts.keys(), "conflicting-duplicate")
    closed, repeated, refused = _closings([record for record in others if record.kind == UPDATE_CLOSED])
    counted = lawful[~lawful["order"].isin(repeats | conflicts)]
    events, kept = _with_updates(
        counted,
        [record for record in lawful_facts if record.order not in repeats | conflicts],
        [at for at, _ in closed],
    )
    slugs |= dict.fromkeys(unknown_periods(kept), "dimona-unknown-period")
    refused += [(record.order, record.file, record.number, record.slug) for record in others if record.slug]
    refused += [(order, facts[order].file, facts[order].number, slug) for order, slug in slugs.items()]
    refused += _refused(frame[frame["fault"] != ""])
    return AdmittedLog(
        events=events,
        facts=tuple(kept),
        updates=tuple(update for _, update in closed),
        applied=len(counted) + len(facts) - len(slugs) - len(repeats & facts.keys()) + len(closed),
        duplicates=len(repeats) + repeated,
        set_aside=tuple(SetAside(paths[file], number, slug) for _, file, number, slug in sorted(refused)),
    )


def _records(paths: Sequence[Path]) -> Iterator[_Record]:
    order = 0
    for place, path in enumerate(paths):
        file = LogFile.open(path)
        for block in file.blocks():
            for number, event in enumerate(read_plain(block, file.layout), start=block.first):
                slug, (kind, values) = (event.slug, (-1, {})) if isinstance(event, Fault) else ("", event)
                yield _Record(order, place, number, slug, kind, values)
                order += 1


def _chunks(records: Iterator[_Record], others: list[_Record]) -> Iterator[pd.DataFrame]:
    """Yield the claims and regularisations as frames; put the rest, few, into ``others``."""
    while chunk := list(islice(records, _CHUNK)):
        others += [record for record in chunk if record.kind not in (CLAIM, REGULARISATION)]
        yield _frame([record for record in chunk if record.kind in (CLAIM, REGULARISATION)])


def _frame(records: list[_Record]) -> pd.DataFrame:
    """Return claims and regularisations as columns of int64."""
    values = [record.fields for record in records]
    columns: dict[str, Any] = {
        "order": [record.order for record in records],
        "file": [record.file for record in records],
        "number": [record.number for record in records],
        "record": [record.kind for record in records],
        **{name: [value[name] for value in values] for name in _INTEGERS},
        "birth_date": [UNKNOWN_BIRTH if value["birth_date"] is None else value["birth_date"] for value in values],
        "nationality": [_NATIONALITY.get(value["nationality"], -1) for value in values],
        "in_clear": [in_clear(value["person"]) for value in values],
        "has_corrects": [value.get("corrects") is not None for value in values],
        **_halves("event", (value["event_id"] for value in values)),
        **_halves("person", (value["person"] for value in values)),
        **_halves("corrects", (value.get("corrects") or bytes(16) for value in values)),
    }
    return pd.DataFrame({name: np.asarray(column, dtype=np.int64) for name, column in columns.items()})


def _halves(name: str, keys: Iterable[bytes]) -> dict[str, Any]:
    both = np.frombuffer(b"".join(keys), dtype=np.int64).reshape(-1, 2)
    return {f"{name}_high": both[:, 0], f"{name}_low": both[:, 1]}


def month_of_day(days: pd.Series) -> pd.Series:
    """Return the ordinals of the months that hold days since 1970-01-01."""
    dates = days.to_numpy().astype("datetime64[D]")
    return pd.Series(dates.astype("datetime64[M]").astype(np.int64) + _UNIX_EPOCH, index=days.index)


def months_touched(events: pd.DataFrame) -> pd.Series:
    """Return how many calendar months each covered period touches (A5)."""
    return month_of_day(events["last_day"]) - month_of_day(events["first_day"]) + 1


def _bad_period(events: pd.DataFrame) -> pd.Series:
    first, last = month_of_day(events["first_day"]), month_of_day(events["last_day"])
    outside = (first < FIRST_MONTH) | (first > LAST_MONTH) | (last < FIRST_MONTH) | (last > LAST_MONTH)
    reversed_ = events["last_day"] < events["first_day"]
    bad: pd.Series = outside | reversed_ | (months_touched(events) > _LIMITS["max_months_touched"])
    return bad


def _bad_amount_type(events: pd.DataFrame) -> pd.Series:
    regularises = events["amount_type"] >= _FIRST_REGULARISATION
    bad: pd.Series = regularises.ne(events["record"].eq(REGULARISATION))
    return bad


def _bad_month(events: pd.DataFrame) -> pd.Series:
    bad: pd.Series = events["statement_month"].map(from_yyyymm).isna()
    return bad


def _days_out_of_range(events: pd.DataFrame) -> pd.Series:
    bad: pd.Series = events["days"].abs() > _LIMITS["max_days_per_month"] * months_touched(events)
    return bad


def _bad_attributes(events: pd.DataFrame) -> pd.Series:
    lawful_sex, lawful_percentage = events["sex"].between(1, 3), events["state_percentage"].between(0, 100)
    bad: pd.Series = ~(lawful_sex & lawful_percentage & events["nationality"].ge(0))
    return bad


_RULES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "person-not-keyed": lambda events: events["in_clear"].eq(1),
    "unknown-ocmw": lambda events: ~events["ocmw"].isin([int(nis) for nis in MUNICIPALITIES]),
    "bad-period": _bad_period,
    "too-old": lambda events: month_of_day(events["first_day"]) < events["earliest"],
    "bad-amount-type": _bad_amount_type,
    "bad-month": _bad_month,
    "days-out-of-range": _days_out_of_range,
    "amount-out-of-range": lambda events: (
        ~events["amount_cents"].between(-_LIMITS["max_amount_cents"], _LIMITS["max_amount_cents"])
    ),
    "bad-attributes": _bad_attributes,
}
"""In the order of precedence: the first that holds names the fault."""


def _faults(events: pd.DataFrame, earliest: int) -> pd.Series:
    frame = events.assign(earliest=earliest)
    broken = [rule(frame).to_numpy(dtype=bool) for rule in _RULES.values()]
    return pd.Series(np.select(broken, list(_RULES), default=""), index=frame.index, dtype=object)


def _repeats(lawful: pd.DataFrame, facts: list[_Record]) -> tuple[set[int], set[int]]:
    """Return the lawful events (by order) that repeat the first of their identity, and those that contradict it.

    An id belongs to its person, whatever the record (A4).
    """
    identities = pd.concat([lawful[["order", *IDENTITY]], _identities(facts)]).sort_values("order")
    first = identities.groupby(IDENTITY)["order"].transform("first")
    later = identities["order"].ne(first)
    pairs = list(zip(identities.loc[later, "order"].tolist(), first[later].tolist(), strict=True))
    claims = lawful.set_index("order")[_CONTENT]
    claims = claims[claims.index.isin([order for pair in pairs for order in pair])]
    content: dict[int, object] = {order: tuple(row) for order, row in zip(claims.index, claims.to_numpy(), strict=True)}
    content |= {record.order: (record.kind, record.fields) for record in facts}
    repeats = {order for order, before in pairs if content[order] == content[before]}
    return repeats, {order for order, _ in pairs} - repeats


def _identities(facts: list[_Record]) -> pd.DataFrame:
    columns = {
        "order": np.array([record.order for record in facts], np.int64),
        **_halves("event", (record.fields["event_id"] for record in facts)),
        **_halves("person", (record.fields["person"] for record in facts)),
    }
    return pd.DataFrame(columns)


def _refused(faulty: pd.DataFrame) -> list[_Refused]:
    columns = (faulty[name].tolist() for name in ("order", "file", "number", "fault"))
    return list(zip(*columns, strict=True))


def _closings(
    closings: list[_Record],
) -> tuple[list[tuple[int, Update]], int, list[_Refused]]:
    """Return the updates with their place in the log, how many closings said nothing new, and those refused."""
    closed: list[tuple[int, Update]] = []
    refused = []
    for record in closings:
        verdict = _closing(record.fields, [update for _, update in closed])
        if isinstance(verdict, Update):
            closed.append((record.order, verdict))
        elif verdict:
            refused.append((record.order, record.file, record.number, verdict))
    return closed, len(closings) - len(closed) - len(refused), refused


def _closing(values: dict[str, Any], before: list[Update]) -> Update | str:
    """Return the update that a closing closes, the slug of its fault, or nothing for an id that is closed already."""
    month = from_yyyymm(values["reference_month"])
    try:
        update_id = values["update_id"].decode()
    except UnicodeDecodeError:
        return "undecodable"
    if month is None:
        return "bad-month"
    if (
        not update_id
        or update_id != update_id.strip(" ")
        or len(update_id) > _LONGEST_ID
        or not update_id.isprintable()
    ):
        return "bad-update-id"
    said = {update.update_id: update.reference_month for update in before}
    if update_id in said:
        return "" if said[update_id] == month else "conflicting-duplicate"
    if before and month < before[-1].reference_month:
        return "reference-month-decreases"
    return Update(len(before) + 1, update_id, month)


def _with_updates(counted: pd.DataFrame, facts: list[_Record], closed_at: list[int]) -> tuple[pd.DataFrame, list[Fact]]:
    """Return the events that count and the facts, with their update, and one number for each person of both."""
    events = counted.reset_index(drop=True)
    holders = pd.concat([events, _identities(facts)])[["person_high", "person_low"]]
    person = holders.groupby(["person_high", "person_low"], sort=False).ngroup().to_numpy()
    events["person"] = person[: len(events)]
    events["update"] = np.searchsorted(closed_at, events["order"]) + 1
    updates = np.searchsorted(closed_at, [record.order for record in facts]) + 1
    kept = [
        Fact(record.order, int(update), record.kind, int(number), record.fields)
        for record, update, number in zip(facts, updates, person[len(events) :], strict=True)
    ]
    return events.drop(columns=["file", "number", "fault", *IDENTITY]), kept
