"""Lines and their later corrections as the columns of events (A1, A2)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from schemas.arrays import Mask
from schemas.events import CLAIM, REGULARISATION, shapes
from schemas.supports import LEAVES, NODE
from synthetic.calendar import Calendar
from synthetic.claims import Lines
from synthetic.columns import Floats, Ints, Small, Tiny, draws, rows
from synthetic.places import Towns
from synthetic.population import STATUSES, Population, household_symbol
from synthetic.settings import settings

_CORRECTIONS = settings("regularisations")
_KINDS: list[dict[str, Any]] = list(_CORRECTIONS["kinds"].values())
_ARTICLES = settings("articles")
_OLD_CODE = settings("places")["old_code"]
NO_EVENT = -1
_TYPES: tuple[str, ...] = dict(shapes()[REGULARISATION].fields)["amount_type"].symbols
_REG_GRANT, _RECOVERY = _TYPES.index("REG_GRANT"), _TYPES.index("RECOVERY")
_HAS_STATUS = np.array([NODE[leaf].status for leaf in LEAVES])
_AT_FULL_RATE = 100


@dataclass(frozen=True, slots=True)
class Events:
    """Events, one a row: ``kind`` and enums as numbers, months as ordinals, days since 1970-01-01.

    ``identity`` and ``corrects`` number event ids (-1: none), ``country`` numbers ``COUNTRIES``; ``arrives`` is the
    month of the update in which it stands, ``order`` (0 to 1) its place there.
    """

    kind: Tiny
    identity: Ints
    person: Small
    ocmw: Small
    dossier: Ints
    leaf: Tiny
    amount_type: Tiny
    first_day: Small
    last_day: Small
    statement: Small
    cents: Ints
    days: Small
    article: Small
    percentage: Small
    sex: Tiny
    birth: Small
    household: Tiny
    country: Tiny
    status: Tiny
    corrects: Ints
    arrives: Small
    order: Floats


@dataclass(frozen=True, slots=True)
class Corrections:
    """Later events about lines: ``line`` number, number of the kind in the settings, month of the statement."""

    line: Ints
    kind: Ints
    statement: Ints


def corrections(rng: np.random.Generator, lines: Lines, last: int) -> Corrections:
    """Return the corrections that arrive by ``last``, at most thirty months after the months they correct."""
    line = np.flatnonzero(rng.random(len(lines.person)) < _CORRECTIONS["share"])
    kind = draws(rng, [entry["share"] for entry in _KINDS], len(line))
    months = _CORRECTIONS["months"]
    statement = lines.statement[line] + rng.geometric(1 / months["mean"], len(line))
    kept = (statement <= last) & (statement - lines.start[line] <= months["longest"])
    return Corrections(line[kept], kind[kept], statement[kept])


def claimed(rng: np.random.Generator, lines: Lines, people: Population, towns: Towns, calendar: Calendar) -> Events:
    """Return the events of the lines, numbered from 0 in their order."""
    category = people.category(lines.person, lines.end)
    percentage = np.where(_by_percentage(lines.leaf), towns.percentage[lines.town], _AT_FULL_RATE).astype(np.int32)
    size = len(lines.person)
    return Events(
        kind=np.full(size, CLAIM, dtype=np.int8),
        identity=np.arange(size),
        person=lines.person,
        ocmw=_codes(rng, lines, towns, calendar),
        dossier=lines.dossier,
        leaf=lines.leaf,
        amount_type=lines.kind,
        first_day=lines.first_day.astype(np.int32),
        last_day=lines.last_day.astype(np.int32),
        statement=lines.statement.astype(np.int32),
        cents=lines.cents,
        days=lines.days.astype(np.int32),
        article=_articles()[lines.leaf, percentage],
        percentage=percentage,
        sex=people.sex[lines.person],
        birth=people.birth[lines.person].astype(np.int32),
        household=household_symbol(category, lines.end),
        country=people.nationality(lines.person, lines.end),
        status=np.where(_HAS_STATUS[lines.leaf], people.status[lines.person], STATUSES.index("NONE")).astype(np.int8),
        corrects=np.full(size, NO_EVENT),
        arrives=lines.statement.astype(np.int32),
        order=rng.random(size),
    )


def corrected(
    rng: np.random.Generator, regularised: Corrections, lines: Lines, claims: Events, people: Population
) -> Events:
    """Return the events of corrections; their numbers follow those of the claims."""
    claim, size = rows(claims, regularised.line), len(regularised.line)
    low, high = (np.array([entry["amount"][edge] for entry in _KINDS])[regularised.kind] for edge in (0, 1))
    given = np.array([_TYPES.index(entry["type"]) if "type" in entry else -1 for entry in _KINDS])[regularised.kind]
    amount_type = np.where(given < 0, claim.amount_type + _REG_GRANT, given).astype(np.int8)
    is_claim = amount_type == _RECOVERY
    other_household = np.array([entry.get("household", False) for entry in _KINDS])[regularised.kind]
    second = household_symbol(people.second_household[claim.person], lines.end[regularised.line])
    return replace(
        claim,
        kind=np.where(is_claim, CLAIM, REGULARISATION).astype(np.int8),
        identity=len(claims.kind) + np.arange(size),
        amount_type=amount_type,
        statement=regularised.statement.astype(np.int32),
        cents=np.rint(claim.cents * (low + rng.random(size) * (high - low))).astype(np.int64),
        days=claim.days * np.array([entry.get("days", 0) for entry in _KINDS], dtype=np.int32)[regularised.kind],
        household=np.where(other_household, second, claim.household).astype(np.int8),
        corrects=np.where(is_claim, NO_EVENT, claim.identity),
        arrives=regularised.statement.astype(np.int32),
        order=rng.random(size),
    )


def _codes(rng: np.random.Generator, lines: Lines, towns: Towns, calendar: Calendar) -> Small:
    """Return the code under which each line is claimed: after a merger sometimes still the old one (D2)."""
    month = lines.end - calendar.first
    stale: Mask = rng.random(len(month)) < _OLD_CODE["share"]
    return towns.codes[lines.town, np.where(stale, (month - _OLD_CODE["months"]).clip(min=0), month)]


def _by_percentage(leaf: Tiny) -> Mask:
    return np.array([isinstance(_ARTICLES[name], dict) for name in LEAVES])[leaf]


def _articles() -> Small:
    """Return the budget article by leaf and percentage."""
    articles = np.zeros((len(LEAVES), _AT_FULL_RATE + 1), dtype=np.int32)
    for number, name in enumerate(LEAVES):
        entry = _ARTICLES[name]
        by_percentage = entry if isinstance(entry, dict) else {_AT_FULL_RATE: entry}
        for percentage, article in by_percentage.items():
            articles[number, percentage] = article
    return articles
