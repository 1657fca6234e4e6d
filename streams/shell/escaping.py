"""Names that people or other systems chose, as text that every terminal and every file can hold on one line."""

from pathlib import Path


def printable(name: str) -> str:
    """Return a name with what cannot be printed escaped: line ends, control characters, bytes that are no UTF-8."""
    return "".join(character if character.isprintable() else _escaped(character) for character in name)


def printable_name(path: Path) -> str:
    """Return the name of a file, without its folder, as it may be printed."""
    return printable(path.name)


def _escaped(character: str) -> str:
    return character.encode("utf-8", "surrogateescape").decode("latin-1").encode("unicode_escape").decode("ascii")
