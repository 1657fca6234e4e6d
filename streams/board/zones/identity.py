"""Who a request is from, in the zones that are not public: a proxy says the subject, a list of users the role.

The proxy knows who is there; this program does not ask for passwords. That it is the proxy who speaks is proved by a
secret in a header, or by a client certificate before any header is read. Whatever is wrong with that is answered with
one sentence, so that nobody learns which part was right. The role and the OCMW are never taken from a request.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import yaml

from schemas.places import MUNICIPALITY
from streams.board.problems import ProblemError

Zone = Literal["restricted", "provisional"]
Role = Literal["ocmw", "officer", "researcher"]
Area = Literal["own", "prepared", "questions"]
"""Parts of the board: an OCMW's own page, releases as the public sees them or would, questions."""

ZONES: tuple[Zone, ...] = get_args(Zone)
ROLES: tuple[Role, ...] = get_args(Role)
SECRET_HEADER = b"x-ocmw-proxy-secret"
SHORTEST_SECRET = 32
LONGEST_SUBJECT = 200
"""Bytes."""
NOBODY = "Nobody is named here whom this site may believe; come through the proxy that knows you."

_AREAS: dict[Zone, dict[Role, Area]] = {
    "restricted": {"ocmw": "own", "officer": "prepared", "researcher": "questions"},
    "provisional": {"ocmw": "own"},
}


class UsersError(ValueError):
    """A list of users that cannot be read; the text is a sentence for the operator, and names no subject."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a role. ``ocmw`` is the NIS code of the role ``ocmw``, None for the others; see ``readers_of``."""

    subject: str
    role: Role
    ocmw: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no list of users may say. Raises ValueError."""
        if not 1 <= len(self.subject.encode()) <= LONGEST_SUBJECT or self.subject.strip() != self.subject:
            message = f"a subject has 1 to {LONGEST_SUBJECT} bytes, without blanks around"
            raise ValueError(message)
        if self.role not in ROLES:
            message = f"a role is {', '.join(ROLES)}"
            raise ValueError(message)
        if (self.role == "ocmw") != (self.ocmw is not None):
            message = "the role ocmw, and no other, has an ocmw beside it"
            raise ValueError(message)
        if self.ocmw is not None and self.ocmw not in MUNICIPALITY:
            message = "an ocmw is the NIS code of a municipality, as '44021'"
            raise ValueError(message)


def readers_of(text: str) -> dict[str, Reader]:
    """Return subject -> reader of a list of users: YAML, each with subject, role and, of an OCMW, ocmw.

    Raises UsersError for anything else, and for a subject that stands twice.
    """
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError:
        message = "it is no YAML"
        raise UsersError(message) from None
    if not isinstance(entries, list):
        message = "it is no list; write one user a line: - {subject: anna, role: ocmw, ocmw: '44021'}"
        raise UsersError(message)
    readers: dict[str, Reader] = {}
    for number, entry in enumerate(entries, start=1):
        reader = _reader(number, entry)
        if reader.subject in readers:
            raise UsersError(f"user {number}: this subject stands twice")
        readers[reader.subject] = reader
    return readers


def _reader(number: int, entry: Any) -> Reader:  # noqa: ANN401 - what YAML holds
    if not isinstance(entry, dict) or not {"subject", "role"} <= set(entry) <= {"subject", "role", "ocmw"}:
        raise UsersError(f"user {number}: write subject, role and, for an OCMW, ocmw")
    ocmw = entry.get("ocmw")
    try:
        return Reader(str(entry["subject"]), entry["role"], None if ocmw is None else str(ocmw))
    except ValueError as error:
        raise UsersError(f"user {number}: {error}") from None


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in: the secret that the proxy knows, the header in which it names the subject, the users.

    ``secret`` is None where a client certificate proved the proxy already.
    """

    secret: bytes | None
    header: bytes
    readers: Mapping[str, Reader]

    def reader(self, headers: Iterable[tuple[bytes, bytes]]) -> Reader:
        """Return who a request is from, by its headers (names in small letters).

        Raises ProblemError: ``no-identity`` where the secret is missing or wrong, or the subject absent, doubled, too
        long or no text; ``forbidden`` where the list of users does not know the subject.
        """
        pairs = list(headers)
        secrets = [value for name, value in pairs if name == SECRET_HEADER]
        subjects = [value for name, value in pairs if name == self.header]
        if not self._is_proxy(secrets) or len(subjects) != 1:
            raise ProblemError("no-identity", NOBODY)
        reader = self.readers.get(_text(subjects[0]))
        if reader is None:
            raise ProblemError("forbidden", "You have no role on this site; ask its operator for one.")
        return reader

    def _is_proxy(self, secrets: list[bytes]) -> bool:
        if self.secret is None:
            return True
        return len(secrets) == 1 and hmac.compare_digest(self.secret, secrets[0])


def _text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise ProblemError("no-identity", NOBODY) from None
    if not 1 <= len(value) <= LONGEST_SUBJECT:
        raise ProblemError("no-identity", NOBODY)
    return text


def require_area(zone: Zone, reader: Reader, area: Area) -> None:
    """Refuse a part of the board that a role has no business with. Raises ProblemError ``forbidden``."""
    if area != home(zone, reader):
        raise ProblemError("forbidden", "This part of the site is for another role.")


def home(zone: Zone, reader: Reader) -> Area:
    """Return the part of the board that a role sees in a zone. Raises ProblemError ``forbidden`` for none."""
    area = _AREAS[zone].get(reader.role)
    if area is None:
        raise ProblemError("forbidden", f"The {zone} zone shows nothing to your role.")
    return area
