"""The long table as SDMX knows it: its code lists and columns.

No code may stand twice in a list, so a category carries its breakdown; ``+`` is written PLUS and ``|`` two
underscores: ``age5_65PLUS``, ``sex_age5_2__18-24``.
"""

from pysdmx.model import Codelist

from schemas.breakdowns import BREAKDOWNS, CATEGORIES, RESTRICTED_BREAKDOWNS, breakdown_label, category_label
from schemas.datasets import FIGURES, LANGUAGES, Zone
from schemas.places import PLACES
from schemas.supports import NODES
from sinks.files.codes import category_id
from sinks.files.sdmx_message import Names, Table, code_list, component, place_names, words


def table(zone: Zone) -> Table:
    """Return the table that a zone shows."""
    lists = _code_lists(zone)
    # one state covers all cells of a support and period (G5)
    about = "SUPPORT,TIME_PERIOD,PERIOD_KIND"
    described = tuple(component(column, lists.get(column.name), about) for column in FIGURES.shown_in(zone))
    return Table("SUPPORT_MEASURES", words("dataflow"), described)


def _code_lists(zone: Zone) -> dict[str, Codelist]:
    breakdowns = [breakdown for breakdown in BREAKDOWNS if zone != "public" or breakdown not in RESTRICTED_BREAKDOWNS]
    nodes = [node for node in NODES if zone != "public" or node.public]
    codes: dict[str, dict[str, Names]] = {
        "support": {node.code: {lang: getattr(node, f"label_{lang}") for lang in LANGUAGES} for node in nodes},
        "period_kind": {kind: words("period_kinds", kind) for kind in words("period_kinds")},
        "geo_level": {level: words("levels", level) for level in words("levels")},
        "geo": {nis: place_names(level, nis) for level, nis in PLACES},
        "breakdown": {one: {lang: breakdown_label(one, lang) for lang in LANGUAGES} for one in breakdowns},
        "category": {
            category_id(*one): {lang: category_label(*one, lang) for lang in LANGUAGES}
            for one in CATEGORIES
            if one[0] in breakdowns
        },
        "obs_status": {status: words("statuses", status) for status in words("statuses")},
        "state": {state: words("states", state) for state in words("states")},
    }
    return {column: code_list(column, items) for column, items in codes.items()}
