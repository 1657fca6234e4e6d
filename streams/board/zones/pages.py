"""Pages of the zones: what an OCMW sees of itself, what an officer sees of a place and of prepared releases."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.faults import FAULTS
from schemas.parameters import document
from schemas.periods import LENGTH, Period, from_yyyymm, month_code
from schemas.places import MUNICIPALITY, PLACES, Municipality
from schemas.releases import Release
from schemas.services.gpmi_figures import Row
from schemas.services.subsidy_figures import Correction
from schemas.supports import NODES
from streams.board.page import Choice, Headline, Links, Page, Part, Sheet, Table, Td, Text, Th, plain
from streams.board.parameters import GEO, KIND, Parameter, one_of
from streams.board.words import Words
from streams.board.zones.house import Figure, House, Sent, Shown, Wanted
from streams.board.zones.identity import Zone
from streams.board.zones.receipts import Receipt, Receipts

SUPPORT = Parameter("support", *one_of([node.code for node in NODES]), "Code of the support.", "LL")
OWN_PARAMETERS: dict[Zone, tuple[Parameter, ...]] = {"restricted": (SUPPORT, KIND), "provisional": (SUPPORT,)}
PLACE_PARAMETERS = (SUPPORT, GEO, KIND)
_LAST_RECEIPTS = 24
_ENGLISH = {fault.slug: (fault.reason, fault.remedy) for fault in FAULTS}


@dataclass(frozen=True, slots=True)
class Own:
    """What an OCMW's page is made of: the store, the words; which figures are wanted; receipts, where Kafka is."""

    house: House
    words: Words
    wanted: Wanted
    receipts: Receipts | None = None


def own(of: Own) -> Page:
    """Return the page of an OCMW in a zone: its figures, what it sent and what became of it, projects, what to mend."""
    words, nis = of.words, of.wanted.place[1]
    figures = of.house.figures(of.wanted)
    parts: list[Part] = [_headline(words, figures, of.wanted), _figures(of, figures)]
    if (sent := of.house.sent(nis)) is not None:
        parts.append(_sent(words, sent))
    if of.receipts is not None:
        parts.extend(received(words, of.receipts.of(nis)))
    if (projects := of.house.projects(nis)) is not None:
        parts.append(_projects(words, projects))
    if (corrections := of.house.corrections(nis, words.language)) is not None:
        parts.append(_corrections(words, corrections))
    title = words("own_title", place=words.place(nis))
    return Page(title, tuple(parts), _sheet(figures), _choices(words, of.wanted), words("own_lead"))


def place(of: Own) -> Page:
    """Return what the restricted zone shows of a place, for an officer."""
    figures = of.house.figures(of.wanted)
    title = f"{of.words.support(of.wanted.support)}, {of.words.place(of.wanted.place[1])}"
    parts = (_headline(of.words, figures, of.wanted), _figures(of, figures))
    return Page(title, parts, _sheet(figures), (*_choices(of.words, of.wanted), _places(of)))


def prepared(words: Words, releases: Sequence[Release], published: int) -> Page:
    """Return the list of releases that wait for approval, newest first, each with its pages."""
    rows = tuple(
        (
            Td(str(one.update.sequence), f"/{words.language}/release/{one.update.sequence}/"),
            Td(one.update.update_id),
            Td(words.month(one.update.reference_month)),
        )
        for one in releases
    )
    head = tuple(Th(words(name), number=False) for name in ("release", "update", "reference_month"))
    listed: Part = Table(words("prepared_table"), head, rows) if rows else Text((words("prepared_none"),))
    further = ((f"/{words.language}/figures", words("officer_figures"), words("officer_figures_says")),)
    command = f"ocmw approve {releases[0].update.sequence if releases else 'N'} --store DIR --by … --reference …"
    approving = Text((words("prepared_approve_text"),), words("prepared_approve"), command)
    parts = (listed, *((approving,) if rows else ()), Links(words("look_further"), further))
    sheet = [
        (one.update.sequence, one.update.update_id, month_code(one.update.reference_month), published)
        for one in releases
    ]
    columns = ("release", "update_id", "reference_month", "published")
    return Page(words("prepared_title"), parts, Sheet(columns, plain(sheet)), lead=words("prepared_lead"))


def received(words: Words, receipts: Sequence[Receipt] | None) -> tuple[Part, ...]:
    """Return what became of the lines that an OCMW sent, newest months first; None says that it cannot be read now."""
    if not receipts:
        said = words("own_receipts_away" if receipts is None else "own_receipts_none")
        return (Text((said,), words("own_receipts")),)
    newest = sorted(receipts, key=lambda one: (from_yyyymm(one.month) is not None, one.month), reverse=True)[
        :_LAST_RECEIPTS
    ]
    names = ("statement_month", "lines_received", "lines_applied", "lines_duplicate", "lines_aside")
    head = tuple(Th(words(name), number=at > 0) for at, name in enumerate((*names, "amount_in", "amount_applied")))
    cells = tuple((Td(_named(words, one)), *_numbers(words, one)) for one in newest)
    table = Table(words("own_receipts"), head, cells, (words("own_receipts_note"),))
    aside = tuple(_aside(words, one, slug, lines) for one in newest for slug, lines in one.set_aside)
    why = ("statement_month", "lines", "reason", "code", "remedy")
    titles = tuple(Th(words(name), number=name == "lines") for name in why)
    return (table, Table(words("own_receipts_aside"), titles, aside)) if aside else (table,)


def _numbers(words: Words, one: Receipt) -> tuple[Td, ...]:
    lines = (one.received, one.applied, one.duplicates, sum(lines for _, lines in one.set_aside))
    euros = (words.number(cents / 100, 2) for cents in (one.cents_in, one.cents_applied))
    return tuple(Td(text, "", "number") for text in (*map(words.number, lines), *euros))


def _aside(words: Words, one: Receipt, slug: str, lines: int) -> tuple[Td, ...]:
    translated: dict[str, tuple[str, str]] = document("board_zones")["faults"].get(slug, {})
    reason, remedy = translated.get(words.language) or _ENGLISH.get(slug, ("", ""))
    counted = Td(words.number(lines), "", "number")
    return Td(_named(words, one)), counted, Td(reason, "", "says"), Td(slug), Td(remedy, "", "says")


def _named(words: Words, one: Receipt) -> str:
    """Return the month of a receipt; as its lines have it where there is none such."""
    month = from_yyyymm(one.month)
    return str(one.month) if month is None else words.month(month)


def _headline(words: Words, figures_of_house: Shown, wanted: Wanted) -> Headline:
    totals = [one for one in figures_of_house.figures if one.breakdown == "total"]
    if not totals:
        return Headline(words.support(wanted.support), "…", (words("own_nothing"),))
    newest = totals[-1]
    said = words("own_live") if figures_of_house.live else words("own_released", update=figures_of_house.named)
    label = f"{words.support(wanted.support)}, {words.period(Period.parse(newest.period))}"
    return Headline(label, words.number(newest.beneficiaries), (words.state(newest.state), said))


def _figures(of: Own, figures_of_house: Shown) -> Table:
    words, geo = of.words, of.wanted.place[1]
    totals = [one for one in reversed(figures_of_house.figures) if one.breakdown == "total"]
    names = ("period", "persons", "amount", "state_share", "days", "state", "update")
    head = tuple(Th(words(name), number=at in range(1, 5)) for at, name in enumerate(names))
    caption = words("own_figures", support=words.support(of.wanted.support), place=words.place(geo))
    notes = (words("never_sum"), words("own_figures_note"), *_before(words, of.house.predecessors(geo)))
    return Table(caption, head, tuple(_row(words, one) for one in totals), notes)


def _before(words: Words, predecessors: Sequence[Municipality]) -> tuple[str, ...]:
    """Return the sentence that names the codes under which figures of before a merger stand."""
    ended = ((f"{words.place(one.nis)} ({one.nis})", one.last) for one in predecessors)
    until = [
        words("own_before_until", place=place, month=words.month(last)) for place, last in ended if last is not None
    ]
    return (words("own_before", places=", ".join(until)),) if until else ()


def _row(words: Words, one: Figure) -> tuple[Td, ...]:
    cents = (one.amount_cents, one.state_share_cents)
    return (
        Td(words.period(Period.parse(one.period))),
        Td(words.number(one.beneficiaries), "", "number"),
        *(Td(words.number(value / 100, 2), "", "number") for value in cents),
        Td(words.number(one.days), "", "number"),
        Td(words.state(one.state)),
        Td(one.update_id),
    )


def _sent(words: Words, rows: Sequence[Sent]) -> Table:
    head = tuple(
        Th(words(name), number=at > 0)
        for at, name in enumerate(("period", "lines_received", "lines_late", "lines_aside"))
    )
    cells = tuple(
        (
            Td(words.period(Period.parse(one.month))),
            Td(words.number(one.lines), "", "number"),
            Td("-" if one.late is None else str(one.late), "", "number"),
            Td(words.number(one.set_aside), "", "number"),
        )
        for one in rows
    )
    return Table(words("own_sent"), head, cells, (words("own_sent_note"),))


def _projects(words: Words, rows: Sequence[Row]) -> Table:
    head = tuple(Th(words(name), number=at > 0) for at, name in enumerate(("figure", "as_tool", "each_once")))
    cells = tuple(
        (
            Td(words(f"figure_{one.figure}")),
            *(Td(words.number(int(count)), "", "number") for count in (one.as_tool, one.unique)),
        )
        for one in rows
    )
    return Table(words("own_projects"), head, cells, (words("own_projects_note"),))


def _corrections(words: Words, rows: Sequence[Correction]) -> Part:
    if not rows:
        return Text((words("own_corrections_none"),), words("own_corrections"))
    head = tuple(Th(words(name), number=False) for name in ("sheet", "cell", "meaning", "remedy"))
    cells = tuple(
        (Td(one.sheet), Td(one.cell), *(Td(text, "", "says") for text in (one.message, one.remedy))) for one in rows
    )
    return Table(words("own_corrections"), head, cells)


def _sheet(figures_of_house: Shown) -> Sheet:
    return Sheet(Figure._fields, plain(figures_of_house.figures))


def _choices(words: Words, wanted: Wanted) -> tuple[Choice, ...]:
    supports = tuple((node.code, words.support(node.code)) for node in NODES)
    kinds = tuple((kind, words.kind(kind)) for kind in LENGTH)
    support = Choice("support", words("support"), wanted.support, supports)
    if wanted.zone == "provisional":
        return (support,)
    return support, Choice("kind", words("kind_of_period"), wanted.kind, kinds)


def _places(of: Own) -> Choice:
    words = of.words
    today = [(level, geo) for level, geo in PLACES if level != "municipality" or MUNICIPALITY[geo].last is None]
    named = sorted((level == "municipality", words.place(geo), geo) for level, geo in today)
    return Choice("geo", words("place"), of.wanted.place[1], tuple((geo, name) for _, name, geo in named))
