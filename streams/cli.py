"""The one program, ``ocmw``: exit 0 done, 1 failed, 2 wrong usage; one sentence on standard error says why.

A command imports what it needs when it runs, so that help is instant: no kernel is compiled or imported for it.
"""

import sys
from types import ModuleType

import typer

from streams.commands import (
    benchmark,
    copies,
    demo,
    export,
    figures,
    history,
    indicators,
    kafka,
    outreach,
    verification,
)
from streams.kafka import reason

app = typer.Typer(
    name="ocmw",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="The figures of Belgian social assistance: claims and regularisations in, official figures out.",
    epilog="Begin with `ocmw demo`. Settings: `ocmw settings`. Rules, commands and faults: README.md.",
)
PANELS: tuple[tuple[str, tuple[ModuleType, ...]], ...] = (
    ("Begin here", (demo,)),
    ("Events in", (history,)),
    ("Figures out", (export, figures, indicators, benchmark, outreach)),
    ("Is it right", (verification,)),
    ("On Kafka", (kafka,)),
    ("The copy in Redis", (copies,)),
)
"""Under which title the help shows the commands of a file."""


def _register(panel: str, part: ModuleType) -> None:
    commands, groups = len(app.registered_commands), len(app.registered_groups)
    part.register(app)
    for command in app.registered_commands[commands:]:
        command.rich_help_panel = panel
    for group in app.registered_groups[groups:]:
        group.rich_help_panel = panel


for title, parts in PANELS:
    for found in parts:
        _register(title, found)


def main() -> None:
    """Run the program; what people can mend becomes one sentence, anything else is our fault and shows itself."""
    reason.listen()
    try:
        app()
    except Exception as error:
        code, sentence = _told(error)
        if code is None:
            raise
        sys.stderr.write(f"ocmw: {sentence}\n")
        sys.exit(code)


def _told(error: Exception) -> tuple[int | None, str]:
    """Return 2 for what was asked wrongly, 1 for what cannot be done as things stand, None for a fault of ours."""
    from schemas.log import CorruptFileError  # noqa: PLC0415 - not needed for help
    from sinks.errors import StoreError  # noqa: PLC0415
    from sinks.files.selection import ExportRefusedError  # noqa: PLC0415
    from streams.approvals import ApprovalMissingError  # noqa: PLC0415
    from streams.settings import UsageError  # noqa: PLC0415

    if isinstance(error, (UsageError, ExportRefusedError)):
        return 2, str(error)
    if isinstance(error, (CorruptFileError, StoreError, ApprovalMissingError)):
        return 1, str(error)
    from streams.kafka.errors import sentence  # noqa: PLC0415 - last, for it loads the client

    told = sentence(error)
    return (1, told) if told else (None, "")
