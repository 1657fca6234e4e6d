"""The one program, ``ocmw``: exit 0 done, 1 failed, 2 wrong usage; one sentence on standard error says why.

Where nobody reads its output any more it ends as other programs do: 141, and no word.

A command imports what it needs when it runs, so that help is instant: no kernel is compiled or imported for it.
"""

import errno
import os
import shutil
import signal
import sys
from io import TextIOWrapper
from types import ModuleType
from typing import Annotated, Any

import typer

from streams.commands import (
    accesses,
    answer,
    ask,
    benchmark,
    board,
    completeness,
    copies,
    dead_letters,
    demo,
    esv,
    export,
    extract,
    figures,
    forecast,
    gpmi,
    history,
    imports,
    indicators,
    kafka,
    keys,
    outreach,
    public,
    seal_keys,
    services,
    subsidies,
    verification,
)
from streams.kafka import reason

_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    name="ocmw",
    no_args_is_help=True,
    context_settings=_SETTINGS,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="The figures of Belgian social assistance: claims and regularisations in, official figures out.",
    epilog="Begin with `ocmw demo`. Settings: `ocmw settings`. Rules, commands, faults: docs.",
)
PANELS: tuple[tuple[str, tuple[ModuleType, ...]], ...] = (
    ("Begin here", (demo,)),
    ("Events in", (history,)),
    ("At the edge", (imports, keys)),
    ("Figures out", (export, figures, indicators, benchmark, outreach)),
    ("Research", (extract, ask, answer, forecast)),
    ("Keyed services", (services, esv, gpmi, subsidies)),
    ("For the public", (board, public, seal_keys)),
    ("Is it right", (verification, completeness, accesses)),
    ("On Kafka", (kafka, dead_letters)),
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
    for part in parts:
        _register(title, part)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - not needed for help

        typer.echo(f"ocmw {version('ocmw-figures')}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


@app.command("help", rich_help_panel="Begin here", epilog="Example: ocmw help dead-letters list")
def _help(command: Annotated[list[str] | None, typer.Argument(help="Words of a command; none: all.")] = None) -> None:
    """Show what a command does, as its --help does."""
    app([*(command or ()), "--help"], prog_name="ocmw")


_NARROW = 60
"""Columns of a terminal below which help is plain text: frames would cut its words."""


def main() -> None:
    """Run the program; what people can mend becomes one sentence, anything else is our fault and shows itself.

    How it does, ``sys.excepthook`` says: of a worker in a line of its log (``streams.shell.logs``).
    """
    reason.listen()
    signal.signal(signal.SIGINT, _interrupted)
    if shutil.get_terminal_size().columns < _NARROW:
        from streams.shell.narrow_help import narrow  # noqa: PLC0415 - no other terminal needs it

        narrow()
        app.rich_markup_mode = None
        app.info.context_settings = {**_SETTINGS, "terminal_width": shutil.get_terminal_size().columns}
    sys.unraisablehook = _unraisable
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that cannot be written here is escaped: telling never fails
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            typer.echo(nl=False)  # flushes: what Python itself cannot write at its end is a traceback
    except (Exception, SystemExit) as error:
        cause = error.__context__ if isinstance(error, SystemExit) else error  # typer and rich make an exit of it
        if isinstance(cause, BrokenPipeError):
            _drop_output()
            sys.exit(128 + signal.SIGPIPE)
        if isinstance(error, Interrupted):
            sys.stderr.write("ocmw: interrupted; what is finished stands, and the same command again goes on\n")
            _drop_output()
            sys.exit(128 + signal.SIGINT)
        code, sentence = _refusal(error)
        if code is None:
            raise
        sys.stderr.write(f"ocmw: {sentence}\n")
        if isinstance(error, OSError):
            _drop_output()
        sys.exit(code)


class Interrupted(SystemExit):
    """Somebody pressed Ctrl-C; no part of a command takes it for a wrong use."""


def _interrupted(_signal: int, _frame: object) -> None:
    raise Interrupted


def _unraisable(raised: "sys.UnraisableHookArgs") -> None:
    """Show what was raised where nobody can catch it, unless it is of a full disk.

    One sentence said already that the disk did not take a file at its end.
    """
    if not (isinstance(raised.exc_value, OSError) and raised.exc_value.errno in (errno.ENOSPC, errno.EDQUOT)):
        sys.__unraisablehook__(raised)


def _drop_output() -> None:
    """Let Python find a place for what it still holds of the output, when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refusal(error: BaseException) -> tuple[int | None, str]:
    """Return 2 for what was asked wrongly, 1 for what cannot be done as things stand, None for a fault of ours."""
    if isinstance(error, SystemExit):
        return None, ""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return 1, f"{error.strerror} for the output or a temporary file; make room, or send the output elsewhere"
    from edge.errors import EdgeError  # noqa: PLC0415 - not needed for help
    from schemas.log import CorruptFileError  # noqa: PLC0415
    from sinks.errors import StoreError  # noqa: PLC0415
    from sinks.files.selection import ExportRefusedError  # noqa: PLC0415
    from streams.approvals import ApprovalMissingError  # noqa: PLC0415
    from streams.settings import UsageError  # noqa: PLC0415

    if isinstance(error, (UsageError, ExportRefusedError)):
        return 2, str(error)
    if isinstance(error, (CorruptFileError, EdgeError, StoreError, ApprovalMissingError)):
        return 1, str(error)
    from streams.kafka.errors import sentence  # noqa: PLC0415 - last, for it loads the client

    message = sentence(error)
    return (1, message) if message else (None, "")
