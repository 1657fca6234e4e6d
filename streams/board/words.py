"""Words of a page in one language: sentences of the board, labels of the release's own definitions, numbers, months."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

from processors.board.nothing import SIGNS, Nothing
from schemas.parameters import document
from schemas.periods import MONTHS_PER_YEAR, Period, PeriodKind
from schemas.places import KINGDOM
from schemas.releases import is_synthetic
from streams.board.library import Bound, CellShown, level_of

Language = Literal["nl", "fr", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "fr", "en")
_GROUPS: dict[Language, tuple[str, str]] = {"nl": (".", ","), "fr": ("\u202f", ","), "en": (",", ".")}
"""Between thousands, and before decimals."""
_WALLONIA, _BRUSSELS = "03000", "04000"


@dataclass(frozen=True)
class Words:
    """What a page of one release says in one language."""

    bound: Bound
    language: Language

    def __call__(self, key: str, **given: object) -> str:
        """Return a sentence with what is given in its braces: of the release, or of today where it knew none."""
        sentence = self._frozen.get(key) or _today()[key]
        text: str = sentence[self.language]
        return text.format(**given)

    @property
    def invented(self) -> str:
        """The sentence that calls the figures of a synthetic history invented, "" for real ones."""
        sentence: str = document("publication")["synthetic"][self.language]
        return sentence if is_synthetic(self.bound.manifest.update_id) else ""

    @cached_property
    def _frozen(self) -> Mapping[str, Mapping[str, str]]:
        words: dict[str, Any] = self.bound.document("words")
        sentences: dict[str, dict[str, str]] = words.get("sentences", {})
        return sentences

    @cached_property
    def _documents(self) -> dict[str, Any]:
        documents: dict[str, Any] = self.bound.document("definitions")["documents"]
        return documents

    def support(self, code: str) -> str:
        """Return the name of a support."""
        label: str = self._documents["supports"]["nodes"][code]["label"][self.language]
        return label

    def law(self, code: str) -> str:
        """Return the act of a support."""
        law: str = self._documents["supports"]["nodes"][code]["law"]
        for names in self._documents["publication"]["laws"]:
            if names["nl"] == law:
                return str(names[self.language])
        return law

    def delay(self, code: str) -> int:
        """Return the months after which a support may be published (G4)."""
        nodes = self._documents["supports"]["nodes"]
        node = nodes[code]
        return int(node["delay"] if "delay" in node else nodes[node["parent"]]["delay"])

    def breakdown(self, code: str) -> str:
        """Return the name of a breakdown."""
        label: str = self._documents["categories"]["labels"][code][self.language]
        return label

    def category(self, breakdown: str, code: str) -> str:
        """Return the name of a category."""
        names = breakdown.split("_") if "|" in code else [breakdown]
        if len(names) > 1:
            left, _, right = breakdown.rpartition("_")
            first, second = code.split("|")
            return f"{self.category(left, first)}, {self.category(right, second)}"
        if breakdown == "total":
            return self.breakdown("total")
        labels = self._documents["categories"]["category_labels"]
        own: str | None = labels.get(breakdown, {}).get(code, {}).get(self.language)
        return own or (str(labels["unknown"][self.language]) if code == "unknown" else code)

    def state(self, state: str) -> str:
        """Return what a state of the gate is called."""
        return str(self._documents["publication"]["states"][state][self.language])

    def level(self, level: str) -> str:
        """Return the name of a level of places."""
        return str(self._documents["publication"]["levels"][level][self.language])

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        tables = self.bound.document("definitions")["tables"]
        names_of = {KINGDOM: {"nl": "België", "fr": "Belgique", "de": "Belgien", "en": "Belgium"}}
        for row in (*tables["nis_hierarchy"], *tables["nis"], *tables["municipality_names"]):
            known = names_of.setdefault(row["nis"], {})
            known.update({one: row[f"name_{one}"] for one in ("nl", "fr", "de")})
            region = row.get("region_nis") or known.get("region", "")
            known["region"] = region
        return names_of

    def place(self, geo: str) -> str:
        """Return the name of a place; in English its own language's, in Brussels both."""
        names = self._names.get(geo)
        if names is None:
            return geo
        if self.language != "en":
            return names[self.language]
        return names.get("en") or _own(names, geo)

    def level_of(self, geo: str) -> str:
        """Return the level of a place as people call it."""
        level = level_of(geo)
        return self.level(level) if level else ""

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number as people of the language write it."""
        thousands, point = _GROUPS[self.language]
        whole = f"{value:,.{decimals}f}"
        return whole.replace(",", "\0").replace(".", point).replace("\0", thousands)

    def percent(self, value: float) -> str:
        """Return a signed percentage with one decimal."""
        sign = "+" if round(value, 1) > 0 else "\u2212" if round(value, 1) < 0 else ""
        return f"{sign}{self.number(abs(value), 1)}\u00a0%"

    def month(self, ordinal: int) -> str:
        """Return ``maart 2024``."""
        year, index = divmod(ordinal, MONTHS_PER_YEAR)
        return f"{_months()[self.language][index]} {year + 1900}"

    def period(self, period: Period) -> str:
        """Return a period as people say it."""
        year = period.last // MONTHS_PER_YEAR + 1900
        if period.kind == "month":
            return self.month(period.last)
        if period.kind == "quarter":
            return self("a_quarter", number=period.last % MONTHS_PER_YEAR // 3 + 1, year=year)
        return str(year) if period.kind == "year" else self("a_rolling_year", month=self.month(period.last))

    def kind(self, kind: PeriodKind) -> str:
        """Return the name of a kind of period."""
        return self(f"kind_{kind}")

    def cell(self, one: CellShown) -> str:
        """Return what stands in a cell: a number, or the sign of a kind of nothing."""
        if one.nothing is not None:
            return SIGNS[one.nothing]
        return self.number(one.value or 0) + ("\u00a0r" if one.revising else "")

    def nothing(self, kind: str) -> str:
        """Return the word of a kind of nothing."""
        return self(f"nothing_{kind}")

    def marks(self, kind: Nothing) -> str:
        """Return what the sign of a kind of nothing means, sign first; under a threshold what is hidden (F3)."""
        threshold = self.bound.manifest.threshold
        if kind == "suppressed" and threshold is not None:
            return self("threshold_mark", most=threshold - 1)
        return f"{SIGNS[kind]} {self.nothing(kind)}"

    @property
    def hiding(self) -> str:
        """The sentence that says what is hidden under a threshold, "" without one (F3)."""
        threshold = self.bound.manifest.threshold
        return "" if threshold is None else self("threshold_notice", most=threshold - 1)


def _own(names: dict[str, str], geo: str) -> str:
    region = geo if geo in (_WALLONIA, _BRUSSELS) else names.get("region", "")
    if region == _BRUSSELS or geo.startswith("21"):
        return names["fr"] if names["fr"] == names["nl"] else f"{names['fr']} / {names['nl']}"
    walloon = region == _WALLONIA or (not region and geo[0] in "2568" and names["nl"] != names["fr"])
    return names["fr"] if walloon else names["nl"]


@cache
def _today() -> dict[str, dict[str, str]]:
    sentences: dict[str, dict[str, str]] = {
        key: sentence
        for name in ("board_threshold", "board_zones", "board")
        for key, sentence in document(name)["sentences"].items()
    }
    return sentences


def _months() -> dict[str, list[str]]:
    months: dict[str, list[str]] = document("board")["months"]
    return months
