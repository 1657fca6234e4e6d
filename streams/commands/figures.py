"""What the gate did, in sentences and tables."""

from typing import Annotated

import typer

from streams.commands.history import Store


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: ocmw why --store store --support LL --period 2024-03")(why)
    app.command(epilog="Example: ocmw changes --store store --release 12")(changes)
    app.command(epilog="Example: ocmw delays --store store --every-k")(delays)
    app.command(epilog="Example: ocmw settings")(settings)


def why(
    store: Store,
    support: Annotated[str, typer.Option(help="Code of the support, as LL.")],
    period: Annotated[str, typer.Option(help="Code of the period, as 2024-03, 2024-Q1, 2024 or R12-2024-03.")],
) -> None:
    """Say in sentences why a figure is shown, or what it waits for and until when at the earliest."""
    from processors.gate.narrative import why as sentences
    from schemas.figures import BlockKey
    from schemas.periods import Period
    from sinks.directory.store import DirectoryStore
    from sinks.files.selection import Selection
    from streams.release.vintage_history import story_of
    from streams.shell.console import say

    home, support, period = DirectoryStore.reading(store), support.upper(), period.upper()
    Selection("internal", frozenset({support}), frozenset({period}))  # refuses codes that do not exist
    key = BlockKey(support, Period.parse(period))
    story = story_of(home, key)
    if not home.latest():
        say(f"{support} {period} is not counted yet: no update of this store is closed.")
        return
    if not story:
        say(f"{support} {period} has no row in any update of this store: no claim covers it.")
        return
    for sentence in sentences(key, story):
        say(sentence)
    from streams.release.forecasting import sentence as expected

    if expectation := expected(home, support, key.period):
        say(expectation)


def changes(
    store: Store,
    release: Annotated[int | None, typer.Option(help="Number of the release; default the newest.")] = None,
    support: Annotated[list[str] | None, typer.Option(help="Code of a support; repeats. Default all.")] = None,
    place: Annotated[
        str | None, typer.Option(help="NIS code or name: how the figures of a place moved, from and to.")
    ] = None,
) -> None:
    """Say what a release changed: new, revised from and to, frozen, waiting, under revision.

    First how many figures of each support, then figure by figure those of the kingdom, or of a place. A figure that
    leaves revision as it was published is called stable. Where the release before is no longer kept
    (OCMW_KEEP_RELEASES), its total alone is compared.
    """
    from processors.gate.narrative import KINDS, tally, tally_by_support
    from processors.gate.narrative import changes as sentences
    from sinks.directory.store import DirectoryStore
    from streams.commands.places import place_named
    from streams.commands.supports import supports_named
    from streams.release.place_changes import changes_at
    from streams.release.vintage_history import kept, vintages_at
    from streams.shell.console import say, show_table

    home = DirectoryStore.reading(store)
    now = home.release(release)
    number = now.update.sequence
    before = kept(home, number - 1)
    chosen = supports_named(support)
    what_changed = [
        sentence
        for sentence in sentences(now, vintages_at(home, number - 1), before)
        if not chosen or sentence.split(maxsplit=2)[1] in chosen
    ]
    say(f"Release {number}, update {now.update.update_id}: {tally(what_changed)}")
    by_support = tally_by_support(what_changed)
    if len(by_support) > 1:
        show_table("", ("support", *KINDS), ((code, *(kinds[kind] for kind in KINDS)) for code, kinds in by_support))
    if place is not None:
        what_changed = list(changes_at(home, now, before, place_named(place), chosen))
    for sentence in what_changed:
        say(sentence)


def delays(
    store: Store,
    every: Annotated[bool, typer.Option("--every-k", help="A row for each k, not only the measured one.")] = False,
) -> None:
    """Measure after how many months figures hold still within 1 %, beside the legal delay (G8).

    For each support: the smallest k from which on 95 % of the updates moved month M-k by at most 1 %; pairs are the
    (update, month) compared, stable those within 1 %; justified says whether the legal delay is at least that long.
    Where no k is enough the last one stands, not justified.
    """
    from processors.gate.delays import Delay
    from processors.gate.delays import delays as measured
    from sinks.directory.store import DirectoryStore
    from streams.release.vintage_history import months_at_updates
    from streams.shell.console import show_table

    table = measured(months_at_updates(DirectoryStore.reading(store)), every_age=every)
    show_table("Measured delays", Delay._fields, [(*row[:-1], "yes" if row.justified else "no") for row in table])


def settings() -> None:
    """List all settings with their default, their value now, and what they mean; secrets as stars."""
    from streams.board.settings import BoardSettings
    from streams.kafka.settings import KafkaSettings
    from streams.redis_settings import RedisSettings
    from streams.settings import Settings, listed
    from streams.shell.console import say
    from streams.shell.health import HealthSettings

    for now in [Settings(), KafkaSettings(), RedisSettings(), HealthSettings(), BoardSettings()]:
        for one in listed(now):
            say(f"{one.name} = {one.value} (default {one.default})")
            say(one.description, indent=4)
