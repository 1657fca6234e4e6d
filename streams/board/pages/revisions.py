"""How figures became what they are."""

from processors.board.nothing import SIGNS, Cell
from schemas.periods import Period
from schemas.places import KINGDOM
from streams.board.library import Bound
from streams.board.page import Ask, Choice, Headline, Page, Part, Sheet, Table, Td, Text, Th, plain
from streams.board.pages.shared import MOST_ROWS, state_words, support_choices
from streams.board.problems import bad
from streams.board.words import Words

HEAT_RELEASES = 36


def revisions(ask: Ask) -> Page:
    """Return how a figure became what it is: each release that told it otherwise; or all that changed between two."""
    return _between(ask, *ask.given["between"]) if ask.given["between"] else _story(ask)


def _story(ask: Ask) -> Page:
    bound, words, given = ask.bound, ask.words, ask.given
    code = given["support"]
    period = given["period"] or bound.newest_period(code) or Period("month", bound.reference)
    story = [one for one in bound.history().get((code, period.code), []) if one[0] <= bound.number]
    values = [(number, value) for number, _, _, value in story if value is not None]
    changes = [pair for place, pair in enumerate(values) if not place or values[place - 1][1] != pair[1]]
    hides = bool(story) and _is_hidden(bound, story[-1])
    title = words("revisions_of", support=words.support(code), period=words.period(period))
    parts: list[Part] = []
    if changes and not hides:
        (_, first), (_, newest) = changes[0], changes[-1]
        notes = (words("first_value", value=words.number(first)), words("times_revised", number=len(changes) - 1))
        parts.append(Headline(words("newest_value"), words.number(newest), notes))
    else:
        parts.append(Text((state_words(words, bound.show(Cell(code, period, "kingdom", KINGDOM))),)))
    rows = [
        (
            Td(str(one[0]), ask.address(f"/support/{code}", wanted=str(one[0]))),
            Td(words.state(one[1])),
            Td(one[2] or ""),
            _value(ask, one),
        )
        for one in reversed(story)
    ]
    head = tuple(Th(words(name), number=name == "value") for name in ("release", "state", "update", "value"))
    parts += [Table(words("each_release"), head, tuple(rows)), *_triangle(ask, code)]
    parts.append(Text((words("revisions_explained"),)))
    sheet = Sheet(
        ("support", "period", "release", "state", "update_id", "value"),
        plain([(code, period.code, *one) for one in story]),
    )
    choices = (
        Choice("support", words("support"), code, support_choices(ask)),
        Choice("period", words("period"), period.code),
    )
    return Page(title, tuple(parts), sheet, choices)


_Said = tuple[int, str, str | None, int | None]


def _is_hidden(bound: Bound, one: _Said) -> bool:
    """Tell whether a release published a figure and hid its value (F3)."""
    return bound.manifest.threshold is not None and one[2] is not None and one[3] is None


def _hidden(words: Words) -> Td:
    return Td(SIGNS["suppressed"], "", "nothing", words.nothing("suppressed"))


def _value(ask: Ask, one: _Said) -> Td:
    if one[3] is not None:
        return Td(ask.words.number(one[3]), "", "number")
    return _hidden(ask.words) if _is_hidden(ask.bound, one) else Td("…", "", "nothing")


def _triangle(ask: Ask, code: str) -> list[Part]:
    """Return months against releases, the newest first: the last three years of releases unless all are asked."""
    bound, words = ask.bound, ask.words
    months = bound.periods(code, "month")[-24:]
    numbers = [number for number in _releases(bound) if ask.given["all"] or number > bound.number - HEAT_RELEASES]
    known = bound.history()
    rows = []
    for period in reversed(months):
        story = known.get((code, period.code), [])
        cells: list[Td] = []
        before: int | None = None
        for number in numbers:
            last = next((one for one in reversed(story) if one[0] <= number), None)
            if last is not None and _is_hidden(bound, last):
                cells.append(_hidden(words))
                continue
            value = None if last is None else last[3]
            moved = value is not None and before is not None and value != before
            cells.append(Td("" if value is None else words.number(value), "", "number moved" if moved else "number"))
            before = value if value is not None else before
        rows.append((Td(words.period(period)), *reversed(cells)))
    if not rows or not numbers:
        return []
    head = (Th(words("period"), number=False), *(Th(str(number)) for number in reversed(numbers)))
    return [Table(words("triangle"), head, tuple(rows), (words("triangle_note"),))]


def _releases(bound: Bound) -> list[int]:
    numbers = {one[0] for story in bound.history().values() for one in story}
    return sorted(number for number in numbers if number <= bound.number)


def _between(ask: Ask, first: int, second: int) -> Page:
    words, bound = ask.words, ask.bound
    if second > bound.number:
        raise bad("between", f"release {second} is not there; {bound.number} is the newest of this page.")
    rows, plain_rows = [], []
    for (code, period), story in sorted(bound.history().items()):
        then = next((one[3] for one in reversed(story) if one[0] <= first), None)
        now = next((one[3] for one in reversed(story) if one[0] <= second), None)
        if now is None or now == then:
            continue
        rows.append(
            (
                Td(words.support(code)),
                Td(words.period(Period.parse(period))),
                Td("…" if then is None else words.number(then), "", "number"),
                Td(words.number(now), "", "number"),
            )
        )
        plain_rows.append((code, period, then, now))
    head = tuple(
        Th(text, number=place > 1)
        for place, text in enumerate((words("support"), words("period"), str(first), str(second)))
    )
    title = words("between_releases", first=first, second=second)
    first_rows = tuple(rows[:MOST_ROWS])
    notes = (words("so_many_more", number=len(rows) - len(first_rows)),) if len(rows) > len(first_rows) else ()
    parts: tuple[Part, ...] = (
        Headline(words("figures_changed"), words.number(len(rows))),
        Table(title, head, first_rows, notes),
    )
    return Page(title, parts, Sheet(("support", "period", f"release_{first}", f"release_{second}"), plain(plain_rows)))
