"""What the gate did, in sentences: for a person who asks why a figure is shown, or is not."""

from collections import Counter
from collections.abc import Mapping, Sequence

from processors.gate.stability import FROZEN_THROUGH, VARIATION_PERCENT
from schemas.figures import BlockKey
from schemas.periods import month_code
from schemas.releases import BlockRef, Entry, Release, State, Update, Vintage
from schemas.supports import NODE

Story = Sequence[tuple[Update, Vintage]]
"""A figure's vintages, update by update."""


def why(key: BlockKey, story: Story) -> list[str]:
    """Return sentences that say why a figure is or is not published after its last update; ``story`` is not empty."""
    update, vintage = story[-1]
    return [*_standing(key, update, vintage), *_revisions(story)]


def earliest(key: BlockKey) -> str:
    """Return the reference month from which the delay of a figure has passed (G4)."""
    return month_code(key.period.last + NODE[key.support].delay)


def _standing(key: BlockKey, update: Update, vintage: Vintage) -> list[str]:
    name, delay = f"{key.support} {key.period.code}", NODE[key.support].delay
    audience = "published" if NODE[key.support].public else "stable, for the restricted zone only (F1),"
    match vintage.state:
        case State.PENDING:
            return [
                (
                    f"{name} waits for its legal delay of {delay} months (G4): "
                    f"at the earliest an update that refers to {earliest(key)} shows it; "
                    f"the last one, {update.update_id}, refers to {month_code(update.reference_month)}."
                )
            ]
        case State.SETTLING:
            return [
                (
                    f"{name} passed its legal delay of {delay} months but is not stable (G3): {_movement(vintage)}; "
                    "at the earliest the next update shows it."
                )
            ]
        case State.PUBLISHED:
            return [f"{name} is {audience} with {vintage.published_value:,}, by update {vintage.published_update}."]
        case State.REVISING:
            return [
                (
                    f"{name} is {audience} with {vintage.published_value:,}, by update {vintage.published_update}, "
                    f"and under revision: {_movement(vintage)}; "
                    "the published figure stays until an update moves it by at most 1 % (G6)."
                )
            ]
        case State.FROZEN:
            return [_frozen(name, vintage)]


def _frozen(name: str, vintage: Vintage) -> str:
    if vintage.published_update is None:
        return f"{name} was first seen after {month_code(FROZEN_THROUGH)} was frozen: nothing is published (F2)."
    return (
        f"{name} is frozen with {vintage.published_value:,}, by update {vintage.published_update}: "
        f"the series to {month_code(FROZEN_THROUGH)} never changes again (F2)."
    )


def _movement(vintage: Vintage) -> str:
    if vintage.previous is None:
        return "nothing is stable at the first update of a log"
    return f"it went from {vintage.previous:,} to {vintage.value:,}, more than {VARIATION_PERCENT} %"


def _revisions(story: Story) -> list[str]:
    """Return one sentence for each time that the published value changed."""
    publications = [(update, vintage) for update, vintage in story if vintage.published_update == update.update_id]
    if not publications:
        return []
    first, *later = publications
    sentences = [f"First published by update {first[0].update_id} with {first[1].published_value:,}."]
    before = first[1].published_value
    for update, vintage in later:
        if vintage.published_value != before:
            sentences.append(f"Revised by update {update.update_id} from {before:,} to {vintage.published_value:,}.")
            before = vintage.published_value
    return sentences


def changes(release: Release, before: Mapping[BlockKey, Vintage], kept: Release | None = None) -> list[str]:
    """Return what a release changed, a sentence a figure, by support and period.

    Each begins with its kind: ``new``, ``revised``, ``stable`` (under revision no longer, and as it was), ``frozen``,
    ``waiting`` or ``revising``. ``before`` holds the vintages of the update before, none at the first one. ``kept`` is
    that update's release. Where it is no longer kept, a block that was published anew is compared by its total alone. A
    period that is not over cannot be known yet, so nothing is said of it.
    """
    ordered = sorted(release.entries, key=lambda key: (key.support, key.period.kind, key.period.last))
    entries = kept.entries if kept else {}
    sentences = (_change(key, release, before.get(key), entries.get(key)) for key in ordered)
    return [sentence for sentence in sentences if sentence]


def tally(sentences: Sequence[str]) -> str:
    """Return how many of the sentences of ``changes`` there are of each kind, as ``18 new, 2 waiting``."""
    kinds = Counter(sentence.split(maxsplit=1)[0] for sentence in sentences)
    return ", ".join(f"{number:,} {kind}" for kind, number in kinds.items()) or "nothing changed"


def tally_by_support(sentences: Sequence[str]) -> list[tuple[str, Counter[str]]]:
    """Return how many of the sentences of ``changes`` there are of each kind, by support in their order."""
    kinds_of_support: dict[str, Counter[str]] = {}
    for sentence in sentences:
        kind, support, _ = sentence.split(maxsplit=2)
        kinds_of_support.setdefault(support, Counter())[kind] += 1
    return list(kinds_of_support.items())


KINDS = ("new", "revised", "stable", "frozen", "revising", "waiting")
"""Kinds of changes, as sentences of ``changes`` begin."""


def _change(key: BlockKey, release: Release, before: Vintage | None, kept: Entry | None) -> str | None:
    entry = release.entries[key]
    vintage, name = entry.vintage, f"{key.support} {key.period.code}"
    if vintage.published_update == release.update.update_id:
        return _published_now(key, entry, before, kept)
    if vintage.state is State.REVISING:  # at each release: it moved again, or it would be published (G6)
        return f"revising  {name}: {_movement(vintage)}; {vintage.published_value:,} stays {_published_where(key)}"
    if vintage.state is State.SETTLING:
        return f"waiting   {name}: {_movement(vintage)}"
    if vintage.state is State.PENDING and before is None and key.period.last <= release.update.reference_month:
        return f"waiting   {name}: until an update refers to {earliest(key)}"
    return None


def _published_now(key: BlockKey, entry: Entry, before: Vintage | None, kept: Entry | None) -> str:
    """Return what is said of a figure whose published block became this update's."""
    frozen, name = entry.vintage.state is State.FROZEN, f"{key.support} {key.period.code}"
    if before is None or before.published_update is None:
        value = f"{entry.vintage.published_value:,}"
        return f"frozen    {name}: {value}, new and for good" if frozen else f"new       {name}: {value}"
    kind, how = _published_again(key, entry, before, kept)
    return f"frozen    {name}: {how}, for good" if frozen else f"{kind:<9} {name}: {how}"


def _published_again(key: BlockKey, entry: Entry, before: Vintage, kept: Entry | None) -> tuple[str, str]:
    """Return the kind and the words for a block that took the place of another.

    Only from published to published is the new block sure to differ (G6); else it is this update's, equal or not.
    """
    vintage, value = entry.vintage, f"{entry.vintage.published_value:,}"
    if vintage.published_value != before.published_value:
        return "revised", f"from {before.published_value:,} to {value}"
    if vintage.state is before.state is State.PUBLISHED:
        return "revised", f"{value} as before, other cells changed"
    if kept is None:
        return "stable", f"{_published_where(key)} again with {value}"
    if _digest(entry.published) != _digest(kept.published):
        return "revised", f"{value} as before, other cells changed"
    return "stable", f"{value} as before, no cell changed"


def _published_where(key: BlockKey) -> str:
    """Return what a figure is that the gate let through: some are for the restricted zone only (F1)."""
    return "published" if NODE[key.support].public else "in the restricted zone"


def _digest(block: BlockRef | None) -> bytes | None:
    """Return the digest of a published block, None for one without cells."""
    return block.digest if block else None
