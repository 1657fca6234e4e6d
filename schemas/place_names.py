"""Places by what people call them: a NIS code, or a name in one of the three languages of the country."""

import unicodedata
from difflib import get_close_matches
from functools import cache

from schemas.places import KINGDOM, MUNICIPALITY, PLACES, place_name

_LANGUAGES = ("nl", "fr", "de")
Place = tuple[str, str]


def places_called(text: str) -> tuple[Place, ...]:
    """Return the (geo_level, NIS code) that a text names, sorted; none where it names nothing.

    A code that exists comes before a name; capitals and accents do not matter. Several municipalities may share a name,
    as before and after a merger or recoding: then those that still exist are meant, where there are any.
    """
    coded = tuple(place for place in PLACES if place[1] == text.strip())
    if coded:
        return coded
    named = _by_name().get(_plain(text), ())
    living = tuple(place for place in named if not _ended(place))
    return living or named


def places_like(text: str) -> tuple[Place, ...]:
    """Return the (geo_level, NIS code) whose names hold a text as a word, or else those spelt nearly so, sorted."""
    plain, names = _plain(text), _by_name()
    alike = [name for name in names if plain and f" {plain} " in f" {name.replace('(', ' ').replace(')', ' ')} "]
    return tuple(sorted({place for name in alike or get_close_matches(plain, names) for place in names[name]}))


@cache
def _by_name() -> dict[str, tuple[Place, ...]]:
    names: dict[str, set[Place]] = {}
    for place in PLACES:
        for language in _LANGUAGES:
            if name := _plain(place_name(*place, language)):  # of some there is no name in a language
                names.setdefault(name, set()).add(place)
    names.setdefault("belgium", set()).add(("kingdom", KINGDOM))
    return {name: tuple(sorted(places)) for name, places in names.items()}


def _plain(text: str) -> str:
    """Return a name without accents, in small letters, words parted by one blank."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("-", " ").replace("\u2019", "'"))
    return " ".join("".join(character for character in apart if not unicodedata.combining(character)).split())


def _ended(place: Place) -> bool:
    level, nis = place
    return level == "municipality" and MUNICIPALITY[nis].last is not None
