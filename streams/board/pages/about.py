"""What words mean, how to get at figures otherwise, and the seal."""

import json

from processors.board.nothing import KINDS, SIGNS
from schemas.breakdowns import codes
from streams.board.page import Ask, Headline, Links, Page, Part, Sheet, Table, Td, Text, Th, plain


def definitions(ask: Ask) -> Page:
    """Return what the words mean, as frozen with the release."""
    words = ask.words
    supports = ask.bound.supports()
    rows = [(Td(code), Td(words.support(code)), Td(words.law(code)), Td(f"M-{words.delay(code)}")) for code in supports]
    head = tuple(Th(words(name), number=False) for name in ("code", "support", "act", "delay"))
    texts = [
        Text((words(f"define_{name}"),), words(f"define_{name}_title"))
        for name in ("beneficiary", "periods", "stable", "revision", "places", "sum", "mean", "rate", "privacy")
    ]
    signs = tuple((Td(SIGNS[kind]), Td(words.nothing(kind)), Td(words(f"define_{kind}"))) for kind in KINDS)
    nothing_head = (
        Th(words("sign"), number=False),
        Th(words("word"), number=False),
        Th(words("meaning"), number=False),
    )
    breaks = _breaks_of(ask)
    categories = [
        (Td(words.breakdown(name)), Td(", ".join(words.category(name, one) for one in codes(name))))
        for name in ("sex", "age5", "age13", "household", "nationality_group", "status")
    ]
    parts: list[Part] = [
        *texts[:4],
        Table(words("kinds_of_nothing"), nothing_head, signs, (words("zero_is_zero"),)),
        *texts[4:],
        Table(words("all_supports"), head, tuple(rows)),
        Table(
            words("characteristics"),
            (Th(words("characteristic"), number=False), Th(words("categories"), number=False)),
            tuple(categories),
        ),
        Table(
            words("breaks"), (Th(words("from_month"), number=False), Th(words("what_changed"), number=False)), breaks
        ),
    ]
    sheet = Sheet(
        ("code", "label", "act", "delay"),
        plain([(code, words.support(code), words.law(code), words.delay(code)) for code in supports]),
    )
    return Page(words("definitions_title"), tuple(parts), sheet, lead=words("definitions_lead"))


def _breaks_of(ask: Ask) -> tuple[tuple[Td, ...], ...]:
    breaks = ask.bound.document("definitions")["documents"]["breaks"]["breaks"]
    return tuple((Td(str(one["month"])), Td(one["text"][ask.words.language])) for one in breaks)


def access(ask: Ask) -> Page:
    """Return how to get at the figures otherwise: files, interfaces for programs, other zones."""
    words = ask.words
    api = f"/api/v1/{'latest' if ask.wanted == 'latest' else f'release/{ask.wanted}'}"
    links = (
        (f"{api}/figures?support=LL&level=region&last=12", words("api_figures"), "JSON, CSV, JSON-stat"),
        (f"{api}/sdmx/2.1/data/SUPPORT_MEASURES/LL.month.kingdom.01000.total.total", words("api_sdmx"), "SDMX 2.1"),
        (f"{api}/manifest", words("api_manifest"), "JSON"),
        (f"{api}/changes", words("api_changes"), "JSON"),
        ("/openapi.json", words("api_openapi"), "OpenAPI 3.1"),
        ("/api/v1/releases", words("api_releases"), "JSON"),
    )
    parts: tuple[Part, ...] = (
        Links(words("for_programs"), links),
        Text((words("files_beside"),), words("files_title")),
        Text((words("recount_text"),), words("recount_title"), "ocmw recount claims.avro --store store --sample 1"),
        Text((words("zones_text"),), words("zones_title")),
        Text((words("accessibility_text"),), words("accessibility_title")),
        Text((words("licence_text"),), words("licence_title")),
    )
    sheet = Sheet(("address", "what", "form"), plain(links))
    return Page(words("access_title"), parts, sheet)


def seal(ask: Ask) -> Page:
    """Return the seal of the release, and the command that verifies it."""
    words, manifest = ask.words, ask.bound.manifest
    data = ask.bound.source.seal_bytes(ask.bound.number)
    fields = json.loads(data) if data else None
    files = words.number(len(manifest.files))
    parts: list[Part] = [
        Headline(
            words("seal_of", number=manifest.release),
            words("sealed") if fields else words("unsealed"),
            (words("files_named", number=files),),
        )
    ]
    if manifest.approval:
        approval = manifest.approval
        parts.append(Text((words("approved", by=approval.by, reference=approval.reference, at=approval.approved_at),)))
    if fields:
        rows = tuple((Td(name), Td(str(value), "", "code")) for name, value in fields.items())
        parts.append(Table(words("seal"), (Th(words("field"), number=False), Th(words("value"), number=False)), rows))
    parts.append(Text((words("verify_text"),), words("verify_title"), "ocmw verify --store copy --key seal.pub"))
    sheet = Sheet(("file", "bytes"), plain(sorted(manifest.files.items())))
    return Page(words("seal_title"), tuple(parts), sheet)
