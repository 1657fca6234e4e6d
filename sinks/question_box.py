"""Questions that wait for their turn: a folder a question, written by a site and answered by a process apart.

    <name>/request.toml    the question as it was sent
    <name>/by              who sent it, as a keyed hash
    <name>/running         there while it runs
    <name>/answer.csv      its answer, or
    <name>/refused.txt     why there is none, one sentence

A name begins with the moment at which it was sent, so names in order are questions in order. A folder is made under a
hidden name and then given its own, so whoever sees a question sees all of it.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sinks.durability import explained, sync, write_for_owner
from sinks.lock import turn_at

State = Literal["queued", "running", "answered", "refused"]
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_OWNER_ONLY = 0o700


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in its folder."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name, of letters, digits and one hyphen."""
        return self.folder.name

    @property
    def request(self) -> Path:
        """The file of the question."""
        return self.folder / "request.toml"

    @property
    def answer(self) -> Path:
        """The file of the answer, there once it is answered."""
        return self.folder / "answer.csv"

    @property
    def state(self) -> State:
        """How far it is."""
        if self.answer.exists():
            return "answered"
        if (self.folder / "refused.txt").exists():
            return "refused"
        return "running" if (self.folder / "running").exists() else "queued"

    @property
    def reason(self) -> str:
        """Why it was refused, "" where it was not."""
        path = self.folder / "refused.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def begin(self) -> None:
        """Say that it runs."""
        write_for_owner(self.folder / "running", "")

    def refuse(self, reason: str) -> None:
        """Say why it has no answer."""
        write_for_owner(self.folder / "refused.txt", reason)


class QuestionBox:
    """The questions in a directory. Raises StoreError where it cannot be read or written."""

    def __init__(self, root: Path) -> None:
        """Name the directory; nothing is made."""
        self._root = root

    def put(self, by: str, text: str, at: datetime) -> Asked:
        """Take a question, durably."""
        name = f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        hidden = self._root / f".{name}"
        with explained(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            hidden.mkdir(mode=_OWNER_ONLY)
            write_for_owner(hidden / "request.toml", text)
            write_for_owner(hidden / "by", by)
            hidden.rename(self._root / name)
            sync(self._root)
        return Asked(self._root / name)

    def all(self) -> Iterator[Asked]:
        """Yield the questions, the oldest first."""
        if self._root.is_dir():
            with explained(self._root):
                yield from (Asked(path) for path in sorted(self._root.iterdir()) if _NAME.fullmatch(path.name))

    def of(self, by: str) -> tuple[Asked, ...]:
        """Return the questions that somebody sent, the newest first."""
        return tuple(one for one in reversed([*self.all()]) if _by(one) == by)

    def one(self, by: str, name: str) -> Asked | None:
        """Return a question that somebody sent; None for no such one, or another's."""
        question = Asked(self._root / name)
        return question if _NAME.fullmatch(name) and question.folder.is_dir() and _by(question) == by else None

    def turn(self) -> AbstractContextManager[None]:
        """Let one program answer at a time. Raises StoreLockedError where another one does."""
        with explained(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
        return turn_at(self._root / "answering", 0)

    def queue_again(self) -> None:
        """Let run again what ran when the program that answers was stopped."""
        for one in self.all():
            if one.state == "running":
                (one.folder / "running").unlink()

    def next(self) -> Asked | None:
        """Return the oldest question that waits."""
        return next((one for one in self.all() if one.state == "queued"), None)


def _by(question: Asked) -> str:
    with explained(question.folder):
        return (question.folder / "by").read_text(encoding="utf-8")
