"""Help for narrow terminals: what an option is called stands on lines of its own, none longer than the terminal."""

import textwrap
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

_CONTEXT: Any = TyperCommand.context_class
_Formatter: Any = _CONTEXT.formatter_class
_INDENT = 4


class NarrowFormatter(_Formatter):  # type: ignore[misc]  # typer's own formatter has no public name
    """Writes definitions below their terms where both do not fit beside each other; choices are broken at bars."""

    def write_dl(self, rows: Sequence[tuple[str, str]], *_: object, **__: object) -> None:
        """Write terms and what they mean, in lines of the terminal's width at most."""
        beside = max((len(term) for term, _ in rows), default=0) * 3 < self.width
        if beside:
            super().write_dl(rows)
            return
        room = self.width - self.current_indent
        for term, meaning in rows:
            self.write_lines(term.replace("|", "| "), room, " " * _INDENT, joined="|")
            self.write_lines(meaning, room - _INDENT, "", indent=_INDENT)

    def write_lines(self, text: str, room: int, following: str, indent: int = 0, joined: str = "") -> None:
        """Write a text, wrapped to ``room`` columns; what was parted behind ``joined`` is put together again."""
        for line in textwrap.wrap(text, room, subsequent_indent=following, break_on_hyphens=False):
            joined_line = line.replace(f"{joined} ", joined) if joined else line
            self.write(f"{'':>{self.current_indent + indent}}{joined_line}\n")


def narrow() -> None:
    """Let all help of this process be written so."""
    _CONTEXT.formatter_class = NarrowFormatter
