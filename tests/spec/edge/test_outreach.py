"""Whom a list means is told to one OCMW, encrypted to its key, and to nobody else; no plain text is on a disk."""

import hashlib
import hmac
import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import fastavro
import pyrage
import pytest
from program import Done, ocmw
from redis_server import required
from statement_told import Edge, number

from streams.shell.clock import today

SECRET = bytes(range(32))
OCMW = pyrage.x25519.Identity.generate()
EXITS = f"number;exit;name\n{number(1)};2024-01-31;Zwaluwstaart\n{number(2)};2024-02-01;B\n{number(1)};2024-03-31;A\n"


class Outreach:
    """An edge with exits, an approval of ten days, and the key of the outreach domain."""

    def __init__(self, edge: Edge) -> None:
        """Put all of it into the room."""
        self.edge, self.room = edge, edge.room
        self.exits, self.out = edge.file(EXITS, "exits.csv"), edge.room / "out" / "gent.age"
        self.recipient = edge.file(f"# Gent\n{OCMW.to_public()}\n", "gent.pub")
        (edge.room / "outreach.key").write_bytes(SECRET)
        self.approved(today() + timedelta(days=10))
        self.settings = {
            "OCMW_APPROVALS": str(edge.room / "approvals.yaml"), "OCMW_OUTREACH_KEY": str(edge.room / "outreach.key"),
        }  # fmt: skip

    def approved(self, until: date) -> None:
        """Write an approval that holds until a day."""
        entry = f"- {{body: IVC, number: 24/1, date: 2020-01-01, valid_until: {until}, purpose: outreach}}\n"
        (self.room / "approvals.yaml").write_text(entry)

    def listed(self, *counters: int, ocmw_code: str = "44021", expires: date | None = None, key: str = "") -> Path:
        """Write a list of some persons, by the counters of their numbers, as the log names them."""
        log = self.room / "exits.avro"
        done = ocmw("import", "youth-care", self.exits, "--key", self.edge.key, "--synthetic", "--out", log)
        assert done.returncode == 0, done.stderr
        with log.open("rb") as file:
            persons = [one["person"] for one in fastavro.reader(file)]
        until = expires or today() + timedelta(days=10)
        lines = [
            f"{hmac.digest(SECRET, persons[counter - 1], hashlib.sha256)[:16].hex()};{ocmw_code};2024-H1;{until}{key}"
            for counter in counters
        ]
        head = "pseudonym;ocmw;cohort;expires" + (";key_id" if key else "")
        return self.edge.file("\n".join([head, *lines, ""]), "list.csv")

    def resolve(self, visits: Path, *more: str | Path, recipient: str | Path | None = None) -> Done:
        """Resolve a list."""
        options = ("--key", self.edge.key, "--recipient", recipient or self.recipient, "--out", self.out)
        return ocmw("outreach", "resolve", visits, "--source", self.exits, *options, *more, **self.settings)

    def refused(self, visits: Path, *more: str | Path, recipient: str | Path | None = None) -> str:
        """Resolve a list that cannot be resolved; return the sentence that says why."""
        done = self.resolve(visits, *more, recipient=recipient)
        assert (done.returncode, done.stderr.count("\n"), self.out.exists()) == (1, 1, False)
        return done.stderr


@pytest.fixture
def outreach(edge: Edge) -> Outreach:
    """Return an edge that can resolve lists."""
    return Outreach(edge)


def test_the_ocmw_reads_number_last_exit_and_the_day_by_which_to_delete_the_file(outreach: Outreach) -> None:
    done = outreach.resolve(outreach.listed(1))
    assert done.returncode == 0, done.stderr
    until = today() + timedelta(days=10)
    assert pyrage.decrypt(outreach.out.read_bytes(), [OCMW]).decode() == (
        "number;exit;ocmw;cohort;expires;approval\n"
        f"{number(1)};2024-03-31;44021;2024-H1;{until};IVC 24/1\n"
    )  # fmt: skip
    assert outreach.out.stat().st_mode & 0o777 == 0o600
    fingerprint = hashlib.sha256(str(OCMW.to_public()).encode()).hexdigest()[:16]
    assert fingerprint in done.stdout.replace(" ", "")


def test_the_age_of_debian_reads_what_is_written_and_refuses_it_cut(outreach: Outreach) -> None:
    age, key = required("age", "age"), outreach.room / "gent.key"
    key.write_text(str(OCMW))
    outreach.resolve(outreach.listed(1))
    read = subprocess.run([age, "-d", "-i", key, outreach.out], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    assert read.stdout.splitlines()[1].startswith(f"{number(1)};2024-03-31;44021;2024-H1;")
    outreach.out.write_bytes(outreach.out.read_bytes()[:-1])
    assert subprocess.run([age, "-d", "-i", key, outreach.out], check=False, capture_output=True).returncode == 1  # noqa: S603 - ours


def test_the_log_of_accesses_notes_who_gets_how_many_until_when_and_no_person(outreach: Outreach) -> None:
    outreach.resolve(outreach.listed(1, 2))
    noted = json.loads((outreach.out.parent / "access.log").read_text())
    assert (noted["what"], noted["approval"]) == ("outreach resolve", "IVC 24/1")
    assert {name: noted["of"][name] for name in ("ocmw", "persons", "of", "expires")} == {
        "ocmw": "44021", "persons": 2, "of": 2, "expires": str(today() + timedelta(days=10)),
    }  # fmt: skip


def test_no_plain_text_is_written_and_none_is_said(outreach: Outreach) -> None:
    done = outreach.resolve(outreach.listed(1, 2))
    assert sorted(path.name for path in outreach.out.parent.iterdir()) == [".access.log.lock", "access.log", "gent.age"]
    for path in outreach.room.rglob("*"):
        if path.is_file() and path != outreach.exits:
            assert number(1).encode() not in path.read_bytes()
            assert b"Zwaluwstaart" not in path.read_bytes()
    assert number(1) not in done.stdout + done.stderr


def test_a_tampered_or_cut_file_is_refused_by_whoever_reads_it(outreach: Outreach) -> None:
    outreach.resolve(outreach.listed(1))
    whole = outreach.out.read_bytes()
    for broken in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(broken, [OCMW])


def test_a_changed_number_is_found_by_its_identities(outreach: Outreach) -> None:
    visits = outreach.listed(1)
    outreach.exits = outreach.edge.file(f"number;exit\n{number(5)};2024-03-31\n", "exits.csv")
    assert "nobody of list.csv is in the sources" in outreach.refused(visits)
    changed = outreach.edge.file(f"old;new;day\n{number(1)};{number(5)};2024-01-01\n", "identities.csv")
    assert outreach.resolve(visits, "--identities", changed).returncode == 0
    assert number(5) in pyrage.decrypt(outreach.out.read_bytes(), [OCMW]).decode()


def test_who_is_in_no_source_is_counted_and_the_others_are_told(outreach: Outreach) -> None:
    visits = outreach.listed(1, 2)
    outreach.exits = outreach.edge.file(f"number;exit\n{number(2)};2024-02-01\n", "exits.csv")
    done = outreach.resolve(visits)
    assert (done.returncode, "1 of 2 persons of the list" in done.stdout) == (0, True)


def test_a_list_is_refused_when_it_expired_is_empty_of_two_ocmws_or_of_another_key(outreach: Outreach) -> None:
    assert "the list expired on" in outreach.refused(outreach.listed(1, expires=today() - timedelta(days=1)))
    assert "the list is empty" in outreach.refused(outreach.listed())
    both = outreach.listed(1).read_text() + outreach.listed(2, ocmw_code="11002").read_text().split("\n", 1)[1]
    assert "holds several lists" in outreach.refused(outreach.edge.file(both, "both.csv"))
    assert "is of a log under key 01234567" in outreach.refused(outreach.listed(1, key=";01234567"))
    assert "column pseudonym is not a pseudonym" in outreach.refused(
        outreach.edge.file("pseudonym;ocmw;cohort;expires\nxx;44021;2024-H1;2024-01-01\n", "bad.csv")
    )


def test_without_an_approval_that_holds_nothing_is_resolved(outreach: Outreach) -> None:
    visits = outreach.listed(1)
    outreach.approved(today() - timedelta(days=1))
    assert "holds no valid approval for outreach" in outreach.refused(visits)


def test_a_recipient_that_is_no_public_key_is_refused_and_a_private_one_is_not_repeated(outreach: Outreach) -> None:
    visits, private = outreach.listed(1), outreach.edge.file(f"{OCMW}\n", "gent.key")
    sentence = outreach.refused(visits, recipient=private)
    assert ("is a private key" in sentence, str(OCMW) in sentence) == (True, False)
    assert "is no public age key" in outreach.refused(visits, recipient="age1oops")
    assert "no key of a recipient can be read" in outreach.refused(visits, recipient=outreach.room / "nowhere")
    two = outreach.edge.file(f"{OCMW.to_public()}\n" * 2, "two.pub")
    assert "holds 2 keys" in outreach.refused(visits, recipient=two)
