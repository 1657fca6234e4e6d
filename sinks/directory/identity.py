"""What a store is made of, in ``store.json``: a store made otherwise is refused, for its figures would not compare."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import xxhash

from schemas.breakdowns import CATEGORIES
from schemas.periods import month_code, parse_month
from schemas.places import PLACES
from schemas.settings import FigureSettings
from sinks.durability import put_in_place, temporary
from sinks.errors import StoreCorruptError, StoreMismatchError

FORMAT = 1
"""Version of the layout of the directory; a change that older software would misread raises it."""

_FILE = "store.json"


@cache
def codebook() -> str:
    """Return the digest of the numbers of places and categories, by which stored cells are read."""
    return xxhash.xxh3_128(json.dumps([PLACES, CATEGORIES]).encode()).hexdigest()


def create(root: Path, settings: FigureSettings) -> None:
    """Make ``root`` a store of this version. Raises StoreMismatchError for a directory that holds something else."""
    if root.is_dir() and any(not entry.name.startswith(".") and entry.name != "journal" for entry in root.iterdir()):
        message = f"{root}: not a store, and not empty; name a new directory"
        raise StoreMismatchError(message)
    known = {"format": FORMAT, "settings": settings.remembered, "codebook": codebook()}
    with temporary(root / _FILE) as written:
        written.write_text(_document(known), encoding="utf-8")
        put_in_place(written, root / _FILE)


def _document(known: dict[str, Any]) -> str:
    return json.dumps(known, indent=2) + "\n"


def first_month(root: Path) -> int | None:
    """Return L, the first month of the time dimension, None until an update of the store has rows (H)."""
    month = _read(root).get("first_month")
    return None if month is None else parse_month(month)


def remember_first_month(root: Path, month: int) -> None:
    """Remember L for good. Raises StoreWriteError where the disk refuses."""
    with temporary(root / _FILE) as written:
        written.write_text(_document(_read(root) | {"first_month": month_code(month)}), encoding="utf-8")
        put_in_place(written, root / _FILE)


def exists(root: Path) -> bool:
    """Tell whether there is a store at ``root``."""
    return (root / _FILE).is_file()


def settings_of(root: Path) -> FigureSettings:
    """Return the settings a store was made with.

    Raises StoreMismatchError for none, or one of another version, StoreCorruptError where its file cannot be read.
    """
    if not exists(root):
        message = f"{root}: no store here; make one with ocmw replay"
        raise StoreMismatchError(message)
    identity = _read(root)
    if identity["format"] != FORMAT:
        later = "use the version of it that made the store, or a later one"
        remedy = later if identity["format"] > FORMAT else "replay the log anew"
        message = f"{root}: a store of format {identity['format']}, this program reads {FORMAT}; {remedy}"
        raise StoreMismatchError(message)
    if identity.get("codebook") != codebook():
        message = f"{root}: a store with other lists of places or categories; replay the log into a new store"
        raise StoreMismatchError(message)
    known = identity["settings"]
    return FigureSettings(**known | {"students_unknown": tuple(known.get("students_unknown", ()))})


def remember_students(root: Path, settings: FigureSettings) -> None:
    """Remember further months in which students are not known (F4), where nothing else differs.

    Fewer are refused by ``require``: what was hidden is never shown by an oversight. Raises StoreWriteError.
    """
    settings = _without_same_first(root, settings)
    if settings.hides_more_than(settings_of(root)):
        with temporary(root / _FILE) as written:
            written.write_text(_document(_read(root) | {"settings": settings.remembered}), encoding="utf-8")
            put_in_place(written, root / _FILE)


def require(root: Path, settings: FigureSettings) -> None:
    """Raise StoreMismatchError where a store was made with other settings than these.

    L may be set afterwards to the month that the first update gave: it is the same month.
    """
    known, settings = settings_of(root), _without_same_first(root, settings)
    if known != settings:
        message = f"{root}: made with {_words(known)}, not {_words(settings)}; use those settings or a new store"
        raise StoreMismatchError(message)


def _without_same_first(root: Path, settings: FigureSettings) -> FigureSettings:
    """Return settings without their L where it is that of the store's first update."""
    first = first_month(root)
    same = settings_of(root).first_month is None and first is not None and settings.first == first
    return replace(settings, first_month=None) if same else settings


def _words(settings: FigureSettings) -> str:
    named = settings.remembered
    rows = named.pop("students_unknown", ())
    hidden = [f"students_unknown={len(rows)} rows"] if rows else []
    return ", ".join([*(f"{name}={value}" for name, value in named.items()), *hidden])


def _read(root: Path) -> dict[str, Any]:
    path = root / _FILE
    try:
        identity: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return identity | {"format": int(identity["format"])}
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); see who may read it, or restore it from a copy"
        raise StoreCorruptError(message) from error
    except (ValueError, TypeError, KeyError) as error:
        message = f"{path}: cannot be read; restore it from a copy, or replay the log into a new store"
        raise StoreCorruptError(message) from error
