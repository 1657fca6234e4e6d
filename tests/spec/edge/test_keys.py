"""Keys are files of their owner alone; one log has one key."""

import os
from datetime import date
from pathlib import Path

import pytest
from history import log_file
from hypothesis import given
from hypothesis import strategies as st
from program import ocmw
from statement_told import Edge, line, number, text
from stdnum.be import ssn
from stdnum.exceptions import ValidationError

from edge.persons.identities import Change, Identities
from edge.persons.numbers import BAD, LAWFUL, NO_BIRTH, judged_one, traits_of_one


def test_a_key_is_64_bytes_that_nobody_else_may_read_and_is_never_overwritten(tmp_path: Path) -> None:
    key = tmp_path / "edge.key"
    assert ocmw("keys", "new", key).returncode == 0
    content = key.read_bytes()
    assert (len(content), key.stat().st_mode & 0o777) == (64, 0o600)
    again = ocmw("keys", "new", key)
    assert (again.returncode, key.read_bytes()) == (1, content)
    assert "is there already" in again.stderr


def test_a_key_that_others_may_read_or_that_is_a_link_or_of_another_length_is_refused(edge: Edge) -> None:
    link, short, missing = (edge.room / name for name in ("link", "short", "missing"))
    link.symlink_to(edge.key)
    short.write_bytes(b"x" * 63)
    short.chmod(0o600)
    for path in (link, short, missing, edge.room):
        assert ocmw("keys", "check", path).returncode == 1
    edge.key.chmod(0o640)
    refused = ocmw("keys", "check", edge.key)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    edge.key.chmod(0o600)
    assert ocmw("keys", "check", edge.key).returncode == 0


def test_files_of_two_keys_are_refused_by_check_and_replay_and_a_store_keeps_to_its_first_key(edge: Edge) -> None:
    other, store = Edge(edge.room / "other"), edge.room / "store"
    for one in (edge, other):
        one.imports(text(line()), "--close", "each-month")
    mine, theirs = edge.room / "1.avro", other.room / "1.avro"
    for command in (("check", mine, theirs), ("replay", mine, theirs, "--store", store)):
        refused = ocmw(*command)
        assert (refused.returncode, "different keys" in refused.stderr) == (1, True)
    assert ocmw("replay", mine, "--store", store).returncode == 0
    assert ocmw("replay", theirs, "--store", store).returncode == 1
    assert (
        ocmw(
            "replay", log_file(edge.room / "none.avro", "person | month\na | 2024-01\nclose 2024-06"), "--store", store
        ).returncode
        == 1
    )
    assert ocmw("replay", mine, "--store", store).returncode == 0


def test_a_file_without_a_key_goes_into_a_store_without_one_and_a_file_with_one_does_not(edge: Edge) -> None:
    store, plain = edge.room / "store", log_file(edge.room / "none.avro", "person | month\na | 2024-01\nclose 2024-06")
    edge.imports(text(line()))
    assert ocmw("replay", plain, "--store", store).returncode == 0
    assert ocmw("replay", plain, "--store", store).returncode == 0
    assert ocmw("replay", edge.room / "1.avro", "--store", store).returncode == 1


CHAIN = (Change(1, 2, 10, 2), Change(2, 3, 20, 3))


@pytest.mark.parametrize(
    ("changes", "oldest"),
    [
        (CHAIN, {1: 1, 2: 1, 3: 1}),
        (CHAIN[::-1], {1: 1, 2: 1, 3: 1}),
        ((Change(5, 9, 20, 2), Change(7, 9, 10, 3)), {5: 7, 7: 7, 9: 7}),
        ((Change(8, 9, 10, 2), Change(7, 9, 10, 3)), {7: 7, 8: 7, 9: 7}),
    ],
)
def test_the_oldest_number_is_nobodys_successor_the_earliest_change_then_the_smaller(
    changes: tuple[Change, ...], oldest: dict[int, int]
) -> None:
    identities = Identities.of(changes, "file")
    assert dict(zip(identities.numbers.tolist(), identities.oldest.tolist(), strict=True)) == oldest


@pytest.mark.parametrize("rows", [((1, 2), (1, 3)), ((1, 2), (2, 1)), ((1, 1),)])
def test_a_number_that_becomes_two_or_itself_is_refused_and_not_said(
    edge: Edge, rows: tuple[tuple[int, int], ...]
) -> None:
    lines = [f"{number(old)};{number(new)};2024-01-01" for old, new in rows]
    path = edge.file("\n".join(["old;new;day", *lines]) + "\n", "identities.csv")
    done = edge.imports(text(line()), "--identities", path).done
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert not any(number(old) in done.stderr for old, _ in rows)


digits = st.integers(0, 99).flatmap(
    lambda year: st.tuples(st.just(year), st.integers(0, 99), st.integers(0, 32), st.integers(0, 999))
)


@given(digits, st.sampled_from([0, 2_000_000_000]), st.integers(-1, 1))
def test_numbers_are_judged_as_python_stdnum_judges_them(
    parts: tuple[int, int, int, int], century: int, off: int
) -> None:
    year, month, day, counter = parts
    head = ((year * 100 + month) * 100 + day) * 1000 + counter
    national = head * 100 + (97 - (century + head) % 97 + off) % 100
    today = date.today().year  # noqa: DTZ011 - stdnum asks for today, and so does its oracle here
    written = f"{national:011d}"
    try:
        ssn.validate(written)
        lawful = True
    except ValidationError:
        lawful = False
    verdict = judged_one(national, today)
    assert (verdict == LAWFUL) == lawful
    if lawful:
        sex, birth = traits_of_one(national, today)
        assert {1: "M", 2: "F", 3: None}[sex] == ssn.get_gender(written)
        born = ssn.get_birth_date(written)
        assert birth == (NO_BIRTH if born is None else (born - date(1970, 1, 1)).days)
    elif month < 60:
        assert verdict == BAD


def test_a_key_of_another_user_is_refused(edge: Edge) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    os.chown(edge.key, 65534, 65534)
    assert "another user" in ocmw("keys", "check", edge.key).stderr
