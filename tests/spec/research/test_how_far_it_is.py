"""Work on the log of a country takes most of a minute, and says how far it is where somebody watches."""

from pathlib import Path

import pytest
from program import ocmw, ocmw_apart
from study_room import Room, protocol_of

WATCHED = {"FORCE_COLOR": "1", "TERM": "xterm"}
"""Makes a terminal of standard error, for what asks whether it is one."""
BAR = "\x1b[?25l"
"""Hides the cursor, which a bar does while it stands."""
QUESTION = (
    'study = "mobility"\nsupport = "LL"\nlevel = "region"\nplace = "02000"\n'
    'shape = 2\nmeasure = "entering"\nperiod = "2023"\nby = ["sex"]\n'
)


def arguments(room: Room, folder: Path, *command: str) -> list[object]:
    """Return a command on the store, whose protocol or question is written into a folder."""
    to = str(room.identity.to_public())
    texts = {
        "mobility.toml": protocol_of(to),
        "coupling.toml": protocol_of(to, "coupling", 'position = "the model"', '["spell"]'),
        "question.toml": QUESTION,
    }
    for name, text in texts.items():  # of a study of its own, which nobody asks
        ours = text if name == "question.toml" else text.replace('study = "mobility"', 'study = "watched"')
        (folder / name).write_text(ours, encoding="utf-8")
    key = [] if command[0] == "ask" else ["--key", room.folder / "mobility.key"]
    named = [folder / word if word in texts else word for word in command]
    return [*named, "--store", room.store, "--out", folder / "out", *key]


@pytest.mark.parametrize(
    "command",
    [("extract", "mobility.toml"), ("extract", "couple", "coupling.toml", "--drawn"), ("ask", "question.toml")],
)
def test_a_bar_stands_on_a_terminal_and_nothing_is_written_elsewhere(
    room: Room, tmp_path: Path, command: tuple[str, ...]
) -> None:
    on_record = str(room.folder / "approvals.yaml")
    wanted = arguments(room, tmp_path, *command)
    unwatched = ocmw(*wanted, OCMW_APPROVALS=on_record)
    assert (unwatched.returncode, unwatched.stderr) == (0, "")
    watched = ocmw(*wanted, OCMW_APPROVALS=on_record, **WATCHED)
    assert (watched.returncode, watched.stderr[: len(BAR)]) == (0, BAR)
    assert len(watched.stdout.splitlines()) == len(unwatched.stdout.splitlines()) == 1


def test_an_extraction_says_which_table_it_writes_and_how_many_rows_of_it(room: Room, tmp_path: Path) -> None:
    wanted = arguments(room, tmp_path, "extract", "mobility.toml")
    room.run(*wanted)  # leaves rows for questions, so that the table is the last thing that is said
    done = ocmw_apart(*wanted, OCMW_APPROVALS=str(room.folder / "approvals.yaml"), **WATCHED)
    rows = int(done.stdout.split()[0].replace(",", ""))
    assert f"{rows}/{rows}" in done.stderr.partition("writing person_month")[2]
