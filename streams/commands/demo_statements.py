"""The first act of the demo: monthly statements in their public layout become the figures of the events they say."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from streams.shell.progress import Report

PERSONS, FIRST, LAST, SEED = 1_000, "2024-09", "2025-02", 7
FOLDER = "statements"
KEY, EVENTS, TOLD = "edge.key", "imported.avro", "told.avro"


class FirstAct(NamedTuple):
    """The statements of the demo in numbers: statements, their lines, blocks compared, and blocks that differ."""

    statements: int
    lines: int
    blocks: int
    differences: int

    @property
    def sentence(self) -> str:
        """Say it."""
        return (
            f"{self.statements} monthly statements, {self.lines:,} lines under a key of the demo; of "
            f"{self.blocks:,} blocks of figures {self.differences} differ from those of the generator's own events"
        )


def compile_edge() -> None:
    """Compile the kernels of the edge, on a line that is none."""
    from streams.shell import kernel_cache

    kernel_cache.prepare()
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "line.txt"
        path.write_text("1" * 111 + "\n", encoding="ascii")
        _imported([path], Path(folder) / "none.avro", Path(folder), lambda _what, _done, _all: None)


def from_statements(directory: Path, report: "Report") -> FirstAct:
    """Write synthetic statements into ``directory``, import them, and compare their figures with the generator's."""
    from schemas.periods import parse_month
    from schemas.settings import FigureSettings
    from sinks.directory.store import DirectoryStore
    from streams.embedded.driver import Embedded
    from streams.proof.compare import differences
    from synthetic import HistorySize, generate_statements

    size = HistorySize(PERSONS, parse_month(FIRST), parse_month(LAST), SEED)
    made = generate_statements(size, directory / TOLD, directory, _said(report, "writing statements"))
    lines = _imported(sorted(directory.glob("20*.txt")), directory / EVENTS, directory, report)
    stores = []
    for log in (TOLD, EVENTS):
        root = directory / f"store-{Path(log).stem}"
        Embedded.run(root, FigureSettings(), [directory / log], progress=report)
        stores.append(DirectoryStore.reading(root))
    generated, imported = stores
    blocks = sum(len(generated.release(number).entries) for number in generated.numbers())
    return FirstAct(made.updates, lines, blocks, len(list(differences(generated, imported))))


def _said(report: "Report", doing: str) -> Callable[[int, int], None]:
    return lambda done, total: report(doing, done, total)


def _imported(files: list[Path], out: Path, folder: Path, report: "Report") -> int:
    """Import synthetic statements under a new key, with the register and forms beside them; return their lines."""
    from edge.keys import Key
    from edge.persons.identities import Identities
    from edge.statements.importing import Importer
    from edge.statements.judging import Judge
    from edge.statements.rules import Rules, known_rows
    from edge.statements.sources import Beside
    from schemas.log import KEY_ID
    from streams.commands.edge_files import writing
    from synthetic.statements import FORMS, REGISTER

    key, nobody = Key.fresh(), Identities.none()
    key.write(folder / KEY)
    forms, register = (folder / name if (folder / name).exists() else None for name in (FORMS, REGISTER))
    judge = Judge(
        key, nobody, Rules.of(known_rows(synthetic=True)), Beside.read(forms, None, register, nobody), synthetic=True
    )
    with writing(out, None) as target:
        outcomes = Importer(judge, target.lines, {}, closing=True, progress=report).run(files)
        target.finish({KEY_ID: key.key_id})
    return sum(one.lines for one in outcomes)
