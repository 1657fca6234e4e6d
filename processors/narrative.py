"""What the gate did, in sentences: for a person who asks why a figure is shown, or is not."""

from collections import Counter
from collections.abc import Sequence

from processors.stability import FROZEN_THROUGH, VARIATION_PERCENT
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
    shown = [(update, vintage) for update, vintage in story if vintage.published_update == update.update_id]
    if not shown:
        return []
    first, *later = shown
    sentences = [f"First published by update {first[0].update_id} with {first[1].published_value:,}."]
    before = first[1].published_value
    for update, vintage in later:
        if vintage.published_value != before:
            sentences.append(f"Revised by update {update.update_id} from {before:,} to {vintage.published_value:,}.")
            before = vintage.published_value
    return sentences


def changes(release: Release, before: Release | None) -> list[str]:
    """Return what a release changed, a sentence a figure, by support and period.

    Each begins with its kind: ``new``, ``revised``, ``stable`` (under revision no longer, and as it was), ``frozen``,
    ``waiting`` or ``revising``.
    """
    known = before.entries if before else {}
    ordered = sorted(release.entries, key=lambda key: (key.support, key.period.kind, key.period.last))
    found = (_change(key, release, known.get(key)) for key in ordered)
    return [sentence for sentence in found if sentence]


def tally(told: Sequence[str]) -> str:
    """Return how many of the sentences of ``changes`` there are of each kind, as ``18 new, 2 waiting``."""
    kinds = Counter(sentence.split(maxsplit=1)[0] for sentence in told)
    return ", ".join(f"{number:,} {kind}" for kind, number in kinds.items()) or "nothing changed"


def _change(key: BlockKey, release: Release, before: Entry | None) -> str | None:
    entry = release.entries[key]
    vintage, name = entry.vintage, f"{key.support} {key.period.code}"
    if vintage.published_update == release.update.update_id:
        return _shown(name, entry, before)
    if vintage.state is State.REVISING:  # at each release: it moved again, or it would be published (G6)
        return f"revising  {name}: {_movement(vintage)}; {vintage.published_value:,} stays published"
    if vintage.state is State.SETTLING:
        return f"waiting   {name}: {_movement(vintage)}"
    if vintage.state is State.PENDING and before is None:
        return f"waiting   {name}: until an update refers to {earliest(key)}"
    return None


def _shown(name: str, entry: Entry, before: Entry | None) -> str:
    """Return what is said of a figure whose published block became this update's."""
    frozen, value = entry.vintage.state is State.FROZEN, f"{entry.vintage.published_value:,}"
    if before is None or before.vintage.published_update is None:
        return f"frozen    {name}: {value}, new and for good" if frozen else f"new       {name}: {value}"
    kind, how = _shown_again(entry, before)
    return f"frozen    {name}: {how}, for good" if frozen else f"{kind:<9} {name}: {how}"


def _shown_again(entry: Entry, before: Entry) -> tuple[str, str]:
    """Return the kind and the words for a block that took the place of another.

    Only from published to published is the new block sure to differ (G6); else it is this update's, equal or not.
    """
    vintage, was = entry.vintage, before.vintage
    if vintage.published_value != was.published_value:
        return "revised", f"from {was.published_value:,} to {vintage.published_value:,}"
    as_before = f"{vintage.published_value:,} as before"
    if vintage.state is was.state is State.PUBLISHED or _digest(entry.published) != _digest(before.published):
        return "revised", f"{as_before}, other cells changed"
    return "stable", f"{as_before}, no cell changed"


def _digest(block: BlockRef | None) -> bytes | None:
    """Return the digest of a published block, None for one without cells."""
    return block.digest if block else None
