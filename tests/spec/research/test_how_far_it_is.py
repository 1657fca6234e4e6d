"""Work on the log of a country takes most of a minute, and says how far it is where somebody watches."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from program import ocmw
from study_room import Room, protocol_of

from sinks.directory.store import DirectoryStore
from streams.embedded.extracting import extract

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


def test_an_extraction_says_what_it_does_and_how_many_rows_of_a_table_are_written(room: Room, tmp_path: Path) -> None:
    said: list[tuple[str, int, int]] = []
    text = protocol_of(str(room.identity.to_public())).replace('study = "mobility"', 'study = "watched"')
    at = datetime(2026, 1, 1, tzinfo=UTC)
    store = DirectoryStore.reading(room.store)
    made = extract(store, text, tmp_path, b"k" * 32, "V", at, lambda *one: said.append(one))
    events = [(done, segments) for doing, done, segments in said if doing.startswith("reading event ")]
    assert events[0] == (0, 3)
    assert events[-1] == (2, 3)
    stages = list(dict.fromkeys(doing for doing, _, _ in said if not doing.startswith("reading event ")))
    whole = ["comparing with the store", "finding the persons", "seeing who stands alone", "writing person_month"]
    assert stages[:4] == whole
    assert ("writing person_month", made.rows, made.rows) in said
