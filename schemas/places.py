"""Places (D1-D3): five levels, NIS codes with the months in which they are valid, mergers and recodings.

``PLACES`` lists every (geo_level, geo) there can be, sorted as text; a *place number* is a place in that list.
``MUNICIPALITIES`` lists the municipality codes alone; a *municipality number* is a place in that one.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from schemas.parameters import table
from schemas.periods import month_of

KINGDOM = "01000"
LEVELS: tuple[str, ...] = ("kingdom", "region", "province", "arrondissement", "municipality")


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality code: the months in which it is valid, what follows it, and the areas that hold it.

    ``first`` and ``last`` are ordinals of months (``last`` None: still valid). ``province`` is empty in Brussels.
    """

    nis: str
    first: int
    last: int | None
    successor: str
    predecessor: str
    arrondissement: str
    province: str
    region: str


def _month(day: str) -> int | None:
    return month_of(date.fromisoformat(day)) if day else None


def _municipalities() -> dict[str, Municipality]:
    recoded: dict[str, list[str]] = {}
    for change in table("nis_changes"):
        if change["kind"] == "recode_only":
            recoded.setdefault(change["new_nis"], []).append(change["old_nis"])
    rows: dict[str, list[dict[str, str]]] = {}
    for row in table("nis"):
        rows.setdefault(row["nis"], []).append(row)
    municipalities = {}
    for nis, versions in sorted(rows.items()):
        first, last = versions[0], versions[-1]
        parents = {(row["arr_nis"], row["prov_nis"], row["region_nis"]) for row in versions}
        if len(parents) > 1:  # the lookup below gives a code one set of parents for all time
            message = f"nis.csv gives {nis} more than one set of parents"
            raise ValueError(message)
        before = recoded.get(nis, [])
        municipalities[nis] = Municipality(
            nis=nis,
            first=_month(first["valid_from"]) or 0,
            last=_month(last["valid_to"]),
            successor=last["successor_nis"],
            predecessor=before[0] if len(before) == 1 else "",
            arrondissement=first["arr_nis"],
            province=first["prov_nis"],
            region=first["region_nis"],
        )
    return municipalities


MUNICIPALITY: dict[str, Municipality] = _municipalities()
MUNICIPALITIES: tuple[str, ...] = tuple(MUNICIPALITY)


def valid_code(nis: str, month: int) -> str:
    """Return the code under which a municipality code counts in a month (D2).

    At or after its end that is its successor; before its start its predecessor when it was only recoded, else the
    code itself. Raises KeyError for a code in no list.
    """
    entry = MUNICIPALITY[nis]
    if entry.last is not None and month > entry.last:
        return valid_code(entry.successor, month)
    if month < entry.first and entry.predecessor:
        return valid_code(entry.predecessor, month)
    return nis


def boundaries() -> tuple[int, ...]:
    """Return the months (ordinals, ascending, from 0) at which the valid code of some municipality may change."""
    starts = {entry.first for entry in MUNICIPALITY.values()}
    ends = {entry.last + 1 for entry in MUNICIPALITY.values() if entry.last is not None}
    return tuple(sorted({0} | starts | ends))


def ancestors(nis: str) -> dict[str, str]:
    """Return geo_level -> NIS code of a municipality and of the areas that hold it; Brussels has no province (D1)."""
    entry = MUNICIPALITY[nis]
    areas = {
        "kingdom": KINGDOM,
        "region": entry.region,
        "province": entry.province,
        "arrondissement": entry.arrondissement,
        "municipality": nis,
    }
    return {level: code for level, code in areas.items() if code}


PLACES: tuple[tuple[str, str], ...] = tuple(
    sorted({place for nis in MUNICIPALITIES for place in ancestors(nis).items()}),
)
PLACE_NUMBER: dict[tuple[str, str], int] = {place: number for number, place in enumerate(PLACES)}


@cache
def _names() -> dict[tuple[str, str], dict[str, str]]:
    names = {("kingdom", KINGDOM): {"nl": "België", "fr": "Belgique", "de": "Belgien", "en": "Belgium"}}
    for row in table("nis_hierarchy"):
        names[row["level"], row["nis"]] = {language: row[f"name_{language}"] for language in ("nl", "fr", "de")}
    for row in (*table("nis"), *table("municipality_names")):
        names["municipality", row["nis"]] = {language: row[f"name_{language}"] for language in ("nl", "fr", "de")}
    return names


def place_name(level: str, nis: str, language: str) -> str:
    """Return the official name of a place in ``nl`` or ``fr`` (the last one of a code that changed its name)."""
    return _names()[level, nis][language]
