"""Questions of research centres: eight shapes, and nothing else can be asked."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.history import Store


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw ask question.toml --store store --out answer.csv")(ask)


def ask(
    request: Annotated[Path, typer.Argument(help="The question, a TOML file; docs/research.md.", show_default=False)],
    store: Store,
    out: Annotated[Path | None, typer.Option(help="File for the answer; default the screen.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="The answer leaves the house: the chairman's approval is needed too.")
    ] = False,
) -> None:
    """Answer a question of one of eight shapes about the update of a study's extraction, as CSV.

    Counts under 5, and cells that would tell them, are hidden by a pattern that stands for good; the others are rounded
    to 5. An approval for ad_hoc is needed. Each question, answer and refusal stands in the log of accesses.
    """
    from schemas.protocols import ProtocolError
    from schemas.questions import QuestionError
    from sinks.access_log import Access, note_access
    from sinks.directory.store import DirectoryStore
    from sinks.durability import put_in_place, temporary
    from streams.approvals import ApprovalMissingError, required
    from streams.settings import UsageError, load_settings
    from streams.shell import kernel_cache
    from streams.shell.clock import instant
    from streams.shell.console import progress_bar

    kernel_cache.prepare()
    from streams.embedded.asking import answered

    try:
        text = request.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{request}: no question can be read here") from error
    root = DirectoryStore.reading(store).root
    try:
        file = load_settings().approvals
        approvals = (required(file, "ad_hoc").name, required(file, "publication", "chairman").name if publish else "")
    except ApprovalMissingError as error:
        note_access(root, Access("ask", "", {"refused": str(error)}), instant())
        raise
    try:
        with progress_bar() as report:
            answer = answered(root, text, approvals, instant(), report)
    except (QuestionError, ProtocolError) as error:
        raise UsageError(f"{request.name}: {error}") from error
    if out is None:
        typer.echo(answer.text, nl=False)
    else:
        with temporary(out) as written:
            written.write_text(answer.text, encoding="utf-8")
            put_in_place(written, out)
    typer.echo(f"{answer.extraction}; log of accesses: {answer.head}", err=out is None)
