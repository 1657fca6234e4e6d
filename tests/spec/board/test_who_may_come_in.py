"""Who may come into a zone: the proxy's word and the list of users decide, a request's own words never."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sinks.access_log import FILE, verified
from streams.board.problems import ProblemError
from streams.board.zones.accesses import Accesses
from streams.board.zones.identity import Door, Reader, UsersError, Zone, readers_of, require_area
from streams.board.zones.site import area_of

SECRET = b"0123456789abcdef0123456789abcdef"
USERS = """
- {subject: gent@ocmw, role: ocmw, ocmw: '44021'}
- {subject: an.officer, role: officer}
- {subject: élise, role: researcher}
"""
DOOR = Door(SECRET, b"x-ocmw-subject", readers_of(USERS))
PROXY = (b"x-ocmw-proxy-secret", SECRET)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def subject(name: str) -> tuple[bytes, bytes]:
    return b"x-ocmw-subject", name.encode()


def test_a_reader_has_the_role_that_the_list_says_whatever_the_request_says() -> None:
    headers = [PROXY, subject("gent@ocmw"), (b"x-ocmw-role", b"officer"), (b"x-ocmw-ocmw", b"11002")]
    assert DOOR.reader(headers) == Reader("gent@ocmw", "ocmw", "44021")
    assert DOOR.reader([PROXY, subject("élise")]).role == "researcher"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [subject("an.officer")],
        [(b"x-ocmw-proxy-secret", b"wrong"), subject("an.officer")],
        [PROXY, PROXY, subject("an.officer")],
        [PROXY],
        [PROXY, subject("")],
        [PROXY, subject("an.officer"), subject("gent@ocmw")],
        [PROXY, subject("a" * 201)],
        [PROXY, (b"x-ocmw-subject", b"\xff")],
    ],
)
def test_whatever_is_wrong_at_the_door_is_answered_with_one_sentence(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(ProblemError) as refused:
        DOOR.reader(headers)
    assert (refused.value.kind.status, refused.value.sentence) == (
        401,
        "Nobody is named here whom this site may believe; come through the proxy that knows you.",
    )


def test_a_subject_of_200_bytes_is_heard_and_one_that_no_list_knows_is_forbidden() -> None:
    with pytest.raises(ProblemError) as refused:
        DOOR.reader([PROXY, subject("a" * 200)])
    assert refused.value.kind.status == 403


def test_where_a_certificate_proved_the_proxy_no_secret_is_asked_for() -> None:
    assert Door(None, DOOR.header, DOOR.readers).reader([subject("an.officer")]).role == "officer"


@pytest.mark.parametrize(
    ("zone", "name", "seen"),
    [
        ("restricted", "gent@ocmw", "own"),
        ("provisional", "gent@ocmw", "own"),
        ("restricted", "an.officer", "prepared"),
        ("provisional", "an.officer", None),
        ("restricted", "élise", "questions"),
        ("provisional", "élise", None),
    ],
)
def test_a_role_sees_one_part_of_a_zone_and_no_other(zone: Zone, name: str, seen: str | None) -> None:
    paths = {"own": "/nl/mine.csv", "prepared": "/api/v1/latest/figures", "questions": "/fr/questions/x"}
    for part, path in paths.items():
        area = area_of(path)
        assert area == part
        if part == seen:
            require_area(zone, DOOR.readers[name], area)
        else:
            with pytest.raises(ProblemError, match="role"):
                require_area(zone, DOOR.readers[name], area)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is no YAML"),
        ("subject: a", "it is no list"),
        ("- {subject: a}", "user 1: write subject, role"),
        ("- {subject: a, role: officer, admin: yes}", "user 1: write subject, role"),
        ("- {subject: a, role: king}", "user 1: a role is ocmw, officer, researcher"),
        ("- {subject: a, role: ocmw}", "user 1: the role ocmw, and no other"),
        ("- {subject: a, role: officer, ocmw: '44021'}", "user 1: the role ocmw, and no other"),
        ("- {subject: a, role: ocmw, ocmw: '99999'}", "user 1: an ocmw is the NIS code"),
        ("- {subject: '', role: officer}", "user 1: a subject has 1 to 200 bytes"),
        ("- {subject: a, role: officer}\n- {subject: a, role: researcher}", "user 2: this subject stands twice"),
    ],
)
def test_a_list_of_users_that_cannot_be_is_refused_with_the_number_of_the_user(text: str, said: str) -> None:
    with pytest.raises(UsersError, match=said):
        readers_of(text)


def test_accesses_that_come_together_stand_in_one_chain_without_a_name(tmp_path: Path) -> None:
    log = Accesses(tmp_path, b"k" * 32, lambda: NOON)
    reader = DOOR.readers["gent@ocmw"]

    async def all_at_once() -> None:
        await asyncio.gather(*(log.note(reader, "restricted", f"GET /nl/mine?{n}", 7) for n in range(20)))

    asyncio.run(all_at_once())
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    entries = [json.loads(line) for line in text.splitlines()]
    assert verified(tmp_path) == entries[-1]["digest"]
    assert len(entries) == 20
    assert entries[0]["of"] == {
        "who": log.name_of(reader), "role": "ocmw", "ocmw": "44021", "zone": "restricted",
        "route": "GET /nl/mine?0", "release": 7,
    }  # fmt: skip
    assert "gent@ocmw" not in text
    assert log.name_of(reader) != Accesses(tmp_path, b"l" * 32, lambda: NOON).name_of(reader)


def test_where_the_log_cannot_be_written_nothing_is_answered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory", encoding="utf-8")
    log = Accesses(tmp_path / "file", b"k" * 32, lambda: NOON)
    with pytest.raises(ProblemError) as refused:
        asyncio.run(log.note(DOOR.readers["an.officer"], "restricted", "GET /nl/prepared", 7))
    assert refused.value.kind.status == 503
