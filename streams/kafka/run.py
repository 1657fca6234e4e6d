"""The roles of a worker, each a process of its own."""

from pathlib import Path

from schemas.settings import FigureSettings
from streams.kafka.intake import Intake
from streams.kafka.publish import MakeFollowers, Publish, no_more
from streams.kafka.services import run_service
from streams.kafka.settings import KafkaSettings


async def run_intake(settings: KafkaSettings, figures: FigureSettings) -> None:
    """Run an intake worker until it is told to end; raises what ended it otherwise."""
    await run_service(Intake(settings, figures))


async def run_publish(
    settings: KafkaSettings,
    figures: FigureSettings,
    root: Path,
    keep_releases: int | None = None,
    followers: MakeFollowers = no_more,
) -> None:
    """Run a publisher, active or standby, on the store at ``root``; raises what ended it otherwise."""
    await run_service(Publish(settings, figures, root, keep_releases, followers))
