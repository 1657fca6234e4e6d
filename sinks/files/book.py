"""Where every workbook begins and ends: whole under its name, or not there at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from sinks.durability import put_in_place, temporary

_TEXT_STAYS_TEXT = {"strings_to_urls": False, "strings_to_formulas": False}
"""People choose the names of updates, and one may begin as a formula or an address does."""


@contextmanager
def workbook_at(path: Path, title: str, created: datetime, *, streamed: bool = False) -> Iterator[Workbook]:
    """Yield a workbook that stands at ``path`` once the body has ended; the same cells give the same bytes.

    ``created`` is what the file says of itself: a day that follows from the figures, never that of the run. A
    ``streamed`` one keeps a row at a time in memory, so its rows are written in order. Raises StoreWriteError where
    the disk refuses.
    """
    with temporary(path) as written:
        try:
            with Workbook(written, {"constant_memory": streamed, **_TEXT_STAYS_TEXT}) as book:
                book.set_properties({"title": title, "created": created})
                yield book
        except FileCreateError as error:
            raise error.args[0] from error  # the OSError that xlsxwriter hides
        put_in_place(written, path)
