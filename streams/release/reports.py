"""The reports that come with a release, as pages of the board that need nothing else, in each language."""

from collections.abc import Iterable, Iterator, Mapping

from processors.board.editions import due
from schemas.periods import Period
from schemas.public_release import PublicManifest, PublicReport
from sinks.public.protocol import PublicSource
from sinks.public.writer import MadeReport

_MEGABYTES = 64


class BoardReports:
    """Reports as the board shows them (``sinks.public.writer.Reports``)."""

    def __init__(self, program: str) -> None:
        """Take the version of the program."""
        self._program = program

    @staticmethod
    def due(manifest: PublicManifest, known: Mapping[str, PublicReport]) -> dict[str, PublicReport]:
        """Return the editions, without files, that a release comes with."""
        return dict(due(manifest.figures, known, manifest.release))

    def made(self, source: PublicSource, codes: Iterable[str]) -> Iterator[MadeReport]:
        """Yield the report of each quarter or year of the newest release of a source. Raises StoreError."""
        # a replay that publishes no report imports no site
        from streams.board.app import Board  # noqa: PLC0415
        from streams.board.library import Library  # noqa: PLC0415
        from streams.board.report import is_final  # noqa: PLC0415
        from streams.board.words import LANGUAGES  # noqa: PLC0415

        library = Library(source, _MEGABYTES)
        board, number = Board(library, self._program), str(source.current())
        for code in codes:
            period, files = Period.parse(code), dict[str, bytes]()
            for language in LANGUAGES:
                files[language] = board.report(number, language, period).encode()
            yield MadeReport(code, is_final(library.bound(number), period), files)
