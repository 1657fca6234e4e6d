"""Breakdowns and their categories (C1-C7).

``CATEGORIES`` lists every (breakdown, category) there can be, sorted as text; a *category number* is a place in that
list, so that sorting numbers sorts the published table. It never depends on data: a country of nationality has its
number whether it occurs or not.
"""

from itertools import pairwise, product
from string import ascii_uppercase

from schemas.parameters import document
from schemas.periods import parse_month

_DOCUMENT = document("categories")
UNKNOWN = "unknown"


def _classes(bounds: list[int]) -> tuple[str, ...]:
    closed = [f"{low}-{high - 1}" for low, high in pairwise(bounds)]
    return (*closed, f"{bounds[-1]}+", UNKNOWN)


DAYS_PER_YEAR: int = _DOCUMENT["age"]["days_per_year"]
REFERENCE_DAY: int = _DOCUMENT["age"]["day_of_month"]
AGE5_BOUNDS: tuple[int, ...] = tuple(_DOCUMENT["age"]["age5"])
AGE13_BOUNDS: tuple[int, ...] = tuple(_DOCUMENT["age"]["age13"])

HOUSEHOLD_NEW_FROM: int = parse_month(_DOCUMENT["household"]["new_from"])
HOUSEHOLD_NEW: dict[str, str] = _DOCUMENT["household"]["new"]
HOUSEHOLD_OLD: dict[str, str] = _DOCUMENT["household"]["old"]

NATIONALITIES: tuple[str, ...] = tuple(first + second for first, second in product(ascii_uppercase, repeat=2))
NATIONALITY_UNKNOWN = "ZZ"

SIMPLE: dict[str, tuple[str, ...]] = {
    "total": ("total",),
    "sex": ("1", "2", "3"),
    "age5": _classes(_DOCUMENT["age"]["age5"]),
    "age13": _classes(_DOCUMENT["age"]["age13"]),
    "household": (*HOUSEHOLD_NEW.values(), *HOUSEHOLD_OLD.values(), UNKNOWN),
    "nationality_group": ("BE", "EU", "nonEU", UNKNOWN),
    "nationality": NATIONALITIES,
    "status": (*_DOCUMENT["status"], UNKNOWN),
}
"""Categories of each characteristic alone; the order of a tuple numbers its codes in a row's attributes."""

CROSSES: dict[str, tuple[str, str]] = {f"{left}_{right}": (left, right) for left, right in _DOCUMENT["crosses"]}
BREAKDOWNS: tuple[str, ...] = (*SIMPLE, *CROSSES)
RESTRICTED_BREAKDOWNS = frozenset({"nationality"})
ROLLING_YEAR_BREAKDOWNS = frozenset(_DOCUMENT["rolling_year_breakdowns"])


def codes(breakdown: str) -> tuple[str, ...]:
    """Return the category codes of a breakdown, in the order that a reader expects (classes by age, then unknown)."""
    if breakdown in SIMPLE:
        return SIMPLE[breakdown]
    left, right = CROSSES[breakdown]
    return tuple(f"{first}|{second}" for first in SIMPLE[left] for second in SIMPLE[right])


CATEGORIES: tuple[tuple[str, str], ...] = tuple(
    sorted((breakdown, code) for breakdown in BREAKDOWNS for code in codes(breakdown)),
)
CATEGORY_NUMBER: dict[tuple[str, str], int] = {key: number for number, key in enumerate(CATEGORIES)}


def breakdown_label(breakdown: str, language: str) -> str:
    """Return the name of a breakdown in ``nl``, ``fr`` or ``en``."""
    label: str = _DOCUMENT["labels"][breakdown][language]
    return label


def category_label(breakdown: str, code: str, language: str) -> str:
    """Return the name of a category in ``nl``, ``fr`` or ``en``; classes and countries are their own name."""
    if breakdown in CROSSES:
        left, right = CROSSES[breakdown]
        first, second = code.split("|")
        return f"{category_label(left, first, language)} | {category_label(right, second, language)}"
    if breakdown == "total":
        return breakdown_label(breakdown, language)
    labels = _DOCUMENT["category_labels"]
    label: str = labels.get(breakdown, {}).get(code, {}).get(language) or (
        labels[UNKNOWN][language] if code == UNKNOWN else code
    )
    return label
