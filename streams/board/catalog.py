"""What harvesters read: the description of the interface, the catalogue of data sets, the list of pages."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from schemas.periods import month_code
from streams.board.library import Bound
from streams.board.parameters import Parameter
from streams.board.problems import KINDS
from streams.board.words import LANGUAGES, Words

if TYPE_CHECKING:
    from streams.board.routes import ApiRoute

DAILY = "http://publications.europa.eu/resource/authority/frequency/MONTHLY"
LICENCE = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
_TONGUES = {"nl": "NLD", "fr": "FRA", "en": "ENG"}


def openapi(routes: Sequence["ApiRoute"], address: str, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of the interface, from the table that makes its routes."""
    paths: dict[str, Any] = {}
    for one in routes:
        for start, named in (("/latest", []), ("/release/{number}", [_NUMBER])):
            paths[f"/api/v1{start}{one.path}"] = {"get": _operation(one, start, named)}
    paths["/api/v1/releases"] = {
        "get": {
            "operationId": "releases",
            "summary": "All published releases.",
            "responses": _responses(("application/json",)),
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OCMW figures",
            "version": version,
            "description": "Published figures of Belgian social assistance, release by release.",
        },
        "servers": [{"url": address or "/"}],
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


_NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999},
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def _operation(route: "ApiRoute", start: str, named: list[dict[str, Any]]) -> dict[str, Any]:
    name = route.path.strip("/") + ("_latest" if start == "/latest" else "_of_release")
    return {
        "operationId": name,
        "summary": route.says,
        "parameters": [*named, *(_parameter(one) for one in route.parameters)],
        "responses": _responses(route.media),
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = dict(one.schema)
    if one.many:
        schema = {"type": "array", "items": schema, "maxItems": 50}
    return {
        "name": one.name,
        "in": "query",
        "description": one.says,
        "schema": schema,
        **({"style": "form", "explode": True} if one.many else {}),
    }


def _responses(media: Sequence[str]) -> dict[str, Any]:
    problem = {
        "description": "A problem.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    responses: dict[str, Any] = {"200": {"description": "The answer.", "content": {one: {} for one in media}}}
    for status in sorted({kind.status for kind in KINDS.values()}):
        responses[str(status)] = problem
    return responses


def dcat(bound: Bound, address: str) -> dict[str, Any]:
    """Return the catalogue (DCAT-AP) of a release: a data set a support, with its distributions."""
    words = {language: Words(bound, language) for language in LANGUAGES}
    datasets = [_dataset(bound, address, code, words) for code in bound.supports()]
    publisher = {"@type": "foaf:Agent", "foaf:name": "POD Maatschappelijke Integratie - SPP Intégration sociale"}
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{address}/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": [{"@language": lang, "@value": one("overview_title")} for lang, one in words.items()],
        "dct:description": [{"@language": lang, "@value": one("overview_lead")} for lang, one in words.items()],
        "dct:publisher": publisher,
        "dct:language": [
            {"@id": f"http://publications.europa.eu/resource/authority/language/{_TONGUES[lang]}"} for lang in LANGUAGES
        ],
        "dct:license": {"@id": LICENCE},
        "foaf:homepage": {"@id": address},
        "dcat:dataset": [{**one, "dct:publisher": publisher} for one in datasets],
    }


def _dataset(bound: Bound, address: str, code: str, words: dict[Any, Words]) -> dict[str, Any]:
    where = f"{address}/api/v1/latest/figures?support={code}"
    forms = (("csv", "text/csv", "CSV"), ("json", "application/json", "JSON"))
    months = bound.periods(code, "month")
    temporal = (
        {}
        if not months
        else {
            "dct:temporal": {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": month_code(months[0].first),
                "dcat:endDate": month_code(months[-1].last),
            }
        }
    )
    return {
        "@id": f"{address}/nl/latest/support/{code}",
        "@type": "dcat:Dataset",
        "dct:identifier": code,
        "dct:title": [{"@language": lang, "@value": one.support(code)} for lang, one in words.items()],
        "dct:description": [
            {"@language": lang, "@value": f"{one.support(code)}. {one('never_sum')}"} for lang, one in words.items()
        ],
        "dct:accrualPeriodicity": {"@id": DAILY},
        "dct:modified": bound.manifest.published_at,
        **temporal,
        "dcat:landingPage": {"@id": f"{address}/nl/latest/support/{code}"},
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:accessURL": {"@id": f"{where}&format={form}"},
                "dcat:downloadURL": {"@id": f"{where}&format={form}"},
                "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media}"},
                "dct:format": name,
                "dct:license": {"@id": LICENCE},
            }
            for form, media, name in forms
        ],
    }


def sitemap(address: str, paths: Sequence[str]) -> bytes:
    """Return the pages of the newest release in each language."""
    addresses = [f"<url><loc>{address}/{language}/latest{path}</loc></url>" for language in LANGUAGES for path in paths]
    head = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return f"{head}{''.join(addresses)}</urlset>".encode()
