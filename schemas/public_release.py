"""The public manifest: all that the public may know of a release, and the files in which its figures lie.

It names no value: figures lie in files, under their SHA-256. A figure that is not published has a state and the
earliest update that may show it, never a number (F1, G6).
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

FORMAT, HIDING_FORMAT, THRESHOLD_FORMAT = 1, 2, 3
"""Version of the manifest; a change that older readers would misread raises it. One in which a figure hides places is
of the second, one under a threshold of the third: a reader of less would take what is hidden for 0 (F3, F4)."""

LONGEST = 200
"""Characters that a name or a reference of an approval may have."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let a release be published, under which reference, and when (UTC, seconds); all of it is public.

    Raises ValueError, a sentence, where a text is empty, longer than ``LONGEST`` characters, or cannot be printed.
    """

    by: str
    reference: str
    approved_at: str

    def __post_init__(self) -> None:
        """Refuse what nobody could read."""
        for name, text in (("by", self.by), ("reference", self.reference)):
            if not 1 <= len(text) <= LONGEST or not text.isprintable() or text.strip() != text:
                message = f"--{name} is 1 to {LONGEST} printable characters, without blanks around"
                raise ValueError(message)


@dataclass(frozen=True, slots=True)
class PublicBlock:
    """Where published cells lie: a file by its SHA-256, a row group in it, how many cells, their digest.

    ``digest`` (hex) is over the cells, not over the bytes of the file.
    """

    file: str
    group: int
    cells: int
    digest: str


@dataclass(frozen=True, slots=True)
class PublicFigure:
    """What the public may know of one support and period.

    ``update_id`` is the update whose block is shown, None where nothing is published; then ``earliest`` is the
    reference month (``2024-06``) of the first update that may show it. ``block`` is None for no cells. ``hidden`` are
    the NIS codes of municipalities of which it shows nothing, ascending (F4). ``rungs`` is, under a threshold, the
    block of places that do not show everything, None without one (F3).
    """

    state: str
    update_id: str | None = None
    earliest: str | None = None
    block: PublicBlock | None = None
    hidden: tuple[str, ...] = ()
    rungs: PublicBlock | None = None


@dataclass(frozen=True, slots=True)
class IndicatorPart:
    """Rows of indicators that one update counted: a file, its family, and the first reference that it holds.

    ``number`` is that of the update, ``first`` the ordinal of a month.
    """

    family: str
    number: int
    file: str
    update_id: str
    first: int


@dataclass(frozen=True, slots=True)
class PublicReport:
    """An edition of the report of a quarter or year: the release that it came with, its number, from 1.

    ``supports`` is how many supports of the period were published then; ``previous`` is the release of the edition
    before, None for the first; ``files`` is language -> SHA-256 of a page.
    """

    release: int
    edition: int
    supports: int
    final: bool = False
    previous: int | None = None
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublicManifest:
    """A published release as the public may know it.

    ``published_at`` is UTC to the second, None for a release that was there before public trees were; ``previous`` is
    the number of the published release before, ``geography`` how municipalities are shown (D3). ``figures`` is support
    -> code of the period -> figure. ``tables`` is name -> SHA-256 (definitions, words, population, map, changes,
    history), ``completeness`` month -> SHA-256, ``files`` SHA-256 -> bytes of every file that is named here.
    ``accesses`` is the digest of the last entry of the store's log of accesses, "" where there was none. Against a copy
    of this manifest a log shows whether its end was cut off. ``reports`` is code of the period -> the newest edition of
    its report, of this release or one before. ``threshold`` is the least count above 0 that is shown, None where small
    counts are (F3).
    """

    release: int
    update_id: str
    reference_month: str
    published_at: str | None
    program: str
    geography: str
    previous: int | None
    approval: Approval | None
    figures: dict[str, dict[str, PublicFigure]]
    tables: dict[str, str]
    indicators: tuple[IndicatorPart, ...]
    completeness: dict[str, str]
    files: dict[str, int]
    accesses: str = ""
    reports: dict[str, PublicReport] = field(default_factory=dict)
    threshold: int | None = None

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON; the same manifest gives the same bytes."""
        document = {"format": self._format(), **asdict(self)}
        if not self.accesses:
            del document["accesses"]
        if not self.reports:
            del document["reports"]
        if self.threshold is None:
            del document["threshold"]
        document["figures"] = {
            support: {period: _figure(one) for period, one in figures.items()}
            for support, figures in self.figures.items()
        }
        return (json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n").encode()

    def _format(self) -> int:
        if self.threshold is not None:
            return THRESHOLD_FORMAT
        hides = any(one.hidden for figures in self.figures.values() for one in figures.values())
        return HIDING_FORMAT if hides else FORMAT

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the manifest of ``to_bytes``. Raises ValueError for anything else."""
        try:
            fields: dict[str, Any] = json.loads(data)
            if fields.pop("format") not in (FORMAT, HIDING_FORMAT, THRESHOLD_FORMAT):
                message = "a public manifest of another version"
                raise ValueError(message)
            figures = {
                support: {period: _figure_of(figure) for period, figure in periods.items()}
                for support, periods in fields.pop("figures").items()
            }
            approval = fields.pop("approval")
            parts = tuple(IndicatorPart(**part) for part in fields.pop("indicators"))
            reports = {code: PublicReport(**one) for code, one in fields.pop("reports", {}).items()}
            named = Approval(**approval) if approval else None
            return cls(figures=figures, approval=named, indicators=parts, reports=reports, **fields)
        except (KeyError, TypeError, AttributeError) as error:
            message = "no public manifest"
            raise ValueError(message) from error


def _figure(one: PublicFigure) -> dict[str, Any]:
    figure = {"state": one.state, "update_id": one.update_id, "earliest": one.earliest}
    block = {} if one.block is None else asdict(one.block)
    hidden = {"hidden": list(one.hidden)} if one.hidden else {}
    rungs = {"rungs": asdict(one.rungs)} if one.rungs else {}
    return {name: value for name, value in {**figure, **block, **hidden, **rungs}.items() if value is not None}


def _figure_of(fields: dict[str, Any]) -> PublicFigure:
    block = (
        PublicBlock(fields["file"], fields["group"], fields["cells"], fields["digest"]) if "file" in fields else None
    )
    rungs = PublicBlock(**fields["rungs"]) if "rungs" in fields else None
    hidden = tuple(fields.get("hidden", ()))
    return PublicFigure(fields["state"], fields.get("update_id"), fields.get("earliest"), block, hidden, rungs)
