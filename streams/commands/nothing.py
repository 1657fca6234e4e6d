"""Why an export is empty, in one sentence."""

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sinks.directory.store import DirectoryStore
    from sinks.files.live import ExportedFigures


def no_figures(made: "ExportedFigures", format_: str) -> str:  # noqa: PLR0911 - a reason a line
    """Say why no cell of the figures was written."""
    from schemas.supports import NODE
    from sinks.files.selection import select

    selection = made.selection
    if made.release is None:
        return "; no update of this store is closed yet, so there are no figures"
    if made.chosen and format_ == "xlsx":
        return "; workbooks hold months, quarters and years from 1999-01 on, and none of those asked for is published"
    if made.chosen:
        return f"; nobody is counted there{f' in {selection.ocmw}' if selection.ocmw else ''}"
    if selection.zone == "public" and select(made.release, replace(selection, zone="restricted")):
        return "; the restricted zone alone has some: --zone restricted"
    hidden = [code for code in sorted(selection.supports) if not NODE[code].public]
    if selection.zone == "public" and hidden:
        return f"; {hidden[0]} is for the restricted zone only: --zone restricted"
    if select(made.release, replace(selection, zone="internal")):
        return "; what was asked for waits: ocmw why says for what, and until when at the earliest"
    return "; no claim of this store covers what was asked for"


def no_rows(store: "DirectoryStore", table: str) -> str:
    """Say why no row of another table was written."""
    if not store.latest():
        return "; no update of this store is closed yet"
    return f"; no month that {table} needs is published yet, or nothing matches what was asked for"
