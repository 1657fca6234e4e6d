"""Places as people write them: a NIS code, or a name in Dutch, French or German."""

_MOST_LISTED = 5


def place_named(text: str, level: str | None = None) -> str:
    """Return the NIS code of a place, of one level where it is given.

    Raises UsageError for what names none, or several: these are listed.
    """
    from schemas.place_names import places_called, places_like
    from schemas.places import place_name
    from streams.settings import UsageError

    named = [one for one in places_called(text) if level in (None, one[0])]
    if len(named) == 1:
        return named[0][1]
    alike = named or [one for one in places_like(text) if level in (None, one[0])][:_MOST_LISTED]
    listed = ", ".join(f"{place_name(*one, 'nl')} ({one[1]})" for one in alike)
    if not named:
        hint = f"; did you mean {listed}?" if alike else ""
        message = f"{text!r} is no {level or 'place'}; write its NIS code, as 44021, or its name, as Gent"
        raise UsageError(f"{message}; 01000 is the kingdom{hint}")
    message = f"{text!r} names {len(named)} places: {listed}; write the code of one"
    raise UsageError(message)
