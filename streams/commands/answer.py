"""Questions that researchers sent to the board, answered by a process apart."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.history import Store

if TYPE_CHECKING:
    from sinks.question_box import Asked

MOST_SECONDS = 30.0
_WAIT = 1.0


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(epilog="Example: ocmw answer --questions questions --store store")(answer)


def answer(
    questions: Annotated[
        Path, typer.Option(help="Directory of the questions, OCMW_BOARD_QUESTIONS of the board.", show_default=False)
    ],
    store: Store,
    once: Annotated[bool, typer.Option("--once", help="End when nothing waits.")] = False,
) -> None:
    """Answer the questions that the board took from researchers, one at a time, as ocmw ask does, until it is ended.

    A question runs in a process of its own, for 30 seconds at most. Its answer, or the sentence that refuses it, lies
    beside it, where the board shows it to whoever asked.
    """
    import time

    from sinks.directory.store import DirectoryStore
    from sinks.question_box import QuestionBox

    box, root = QuestionBox(questions), DirectoryStore.reading(store).root
    with box.turn():
        box.queue_again()
        while True:
            waiting = box.next()
            if waiting is not None:
                typer.echo(f"{waiting.name}: {_run(waiting, root)}")
            elif once:
                return
            else:
                time.sleep(_WAIT)


def _run(waiting: "Asked", store: Path) -> str:
    """Run a question in a process of its own, and return what became of it."""
    import subprocess
    import sys

    waiting.begin()
    program = (sys.executable, "-c", "from streams.cli import main; main()")
    command = (*program, "ask", str(waiting.request), "--store", str(store), "--out", str(waiting.answer))
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOST_SECONDS)  # noqa: S603 - this program
    except subprocess.TimeoutExpired:
        reason = _noted_as_too_long(store)
    else:
        reason = "" if done.returncode == 0 else _sentence(done.stderr, waiting.request.name)
    if reason:
        waiting.refuse(reason)
    return waiting.state


def _sentence(errors: str, name: str) -> str:
    """Return what the program said of a question; nothing of a fault of ours."""
    sentences = [line.removeprefix("ocmw: ") for line in errors.splitlines() if line.startswith("ocmw: ")]
    return sentences[-1].removeprefix(f"{name}: ") if sentences else "the program failed; its operator must look at it"


def _noted_as_too_long(store: Path) -> str:
    from sinks.access_log import Access, note_access
    from streams.shell.clock import instant

    reason = f"this takes more than {MOST_SECONDS:.0f} seconds; ask of fewer periods"
    note_access(store, Access("ask", "", {"refused": reason}), instant())
    return reason
