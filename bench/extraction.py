"""Research on ten years: an extraction of all variables in both tables, and the first questions after it.

    python -m bench.extraction [--persons 1200000]

1,200,000 persons are a country: 25 million rows. The history has the last three closings alone: each costs a count of
periods, and fewer leave no month published. History and store are made once, into ``bench/out``, which takes ten
minutes; each command runs as a process of its own.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path
from typing import NamedTuple, get_args

import pyrage

from bench.history import OUT, version
from schemas.events import UPDATE_CLOSED
from schemas.log import LogFile, LogWriter
from schemas.protocols import Variable

FIRST, LAST = "2014-01", "2023-12"
UPDATE = f"synthetic-{LAST}"
PUBLISHED = "2023-03"
CLOSINGS = 3
YEAR, MONTHS = "2022", ("2023-05", "2023-07")
_CONSENTS = (("committee", "extraction"), ("chairman", "extraction"), ("committee", "ad_hoc"))
_APPROVALS = "".join(
    f"- {{body: B{at}, number: {at}, date: 2024-03-05, valid_until: 2099-03-05, purpose: {purpose}, kind: {kind}}}\n"
    for at, (kind, purpose) in enumerate(_CONSENTS)
)
QUESTIONS = {
    "a characteristic, of the blocks": ("shape = 2", f'period = "{YEAR}"', 'by = ["sex"]'),
    "a cross, of the rows": ("shape = 3", f'period = "{YEAR}"', 'by = ["sex", "age5"]'),
    "three months of who enters, of the rows": (
        "shape = 1", 'measure = "entering"', f'from = "{MONTHS[0]}"', f'to = "{MONTHS[1]}"',
    ),
    "a year of who enters by sex, of the rows": (
        "shape = 2", 'measure = "entering"', f'period = "{YEAR}"', 'by = ["sex"]',
    ),
}  # fmt: skip


class Took(NamedTuple):
    """What a command took: seconds of the clock and of processors, bytes at most.

    The latter are not below those of this process, which therefore holds little.
    """

    clock: float
    processor: float
    most: int


def took(*arguments: object) -> Took:
    """Run a command as a process of its own. Raises RuntimeError where it fails."""
    command = [sys.executable, "-c", "from streams.cli import main; main()", *map(str, arguments)]
    began = time.perf_counter()
    process = os.posix_spawn(sys.executable, command, {**os.environ, "OCMW_APPROVALS": str(OUT / "approvals.yaml")})
    _, status, used = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"ocmw {' '.join(map(str, arguments))} failed")
    return Took(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def store_of(persons: int) -> Path:
    """Return a store of so many persons whose updates are those of the last months, made where there is none yet."""
    root = OUT / f"research-{persons}-{version()}"
    if not root.exists():
        whole, late, making = (root.with_suffix(suffix) for suffix in (".avro", ".late.avro", ".making"))
        shutil.rmtree(making, ignore_errors=True)
        took("generate", "--persons", persons, "--from", FIRST, "--to", LAST, "--out", whole)
        _closed_late(whole, late)
        took("replay", late, "--store", making)
        whole.unlink()
        late.unlink()
        making.rename(root)
    shutil.rmtree(root / "questions", ignore_errors=True)
    return root


def _closed_late(whole: Path, late: Path) -> None:
    """Copy a history without its closings but the last ones; a closing is a block of its own."""
    file = LogFile.open(whole)
    closings = [at for at, block in enumerate(file.blocks()) if _closes(block.data[0], block.count)]
    leave = set(closings[:-CLOSINGS])
    with late.with_suffix(".body").open("w+b") as body, late.open("wb") as made:
        writer = LogWriter(body)
        for at, block in enumerate(file.blocks()):
            if at not in leave:
                writer.append_block(block.data.tobytes(), block.count)
        writer.finish(made, {})
    late.with_suffix(".body").unlink()


def _closes(branch: int, count: int) -> bool:
    return count == 1 and branch == 2 * UPDATE_CLOSED  # zigzag of the branch of the union


def protocol(study: str) -> str:
    """Return a protocol of all variables, of ten years."""
    key = pyrage.x25519.Identity.generate().to_public()
    names = [name for name in get_args(Variable) if name not in {"sector", "position"}]
    variables = "\n".join(f'{name} = "bench"' for name in names)
    approvals = "".join(
        f'[[approvals]]\nkind = "{kind}"\nbody = "B{at}"\nnumber = "{at}"\n'
        "date = 2024-03-05\nvalid_until = 2099-03-05\n"
        for at, (kind, purpose) in enumerate(_CONSENTS)
        if purpose == "extraction"
    )
    return f"""
study = "{study}"
purpose = "measuring"
recipient = {{name = "Nobody", key = "{key}"}}
update = "{UPDATE}"
destroy_by = 2099-01-01
geography = "arrondissement"
kinds = ["person_month", "spell"]
accept_risk = "synthetic persons"
[variables]
{variables}
[population]
supports = ["LL", "FH", "TW_RMI", "TW_RMH"]
from = "{FIRST}"
to = "{PUBLISHED}"
{approvals}"""


def main() -> None:
    """Measure, and print a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=1_200_000)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "approvals.yaml").write_text(_APPROVALS, encoding="utf-8")
    store = store_of(parser.parse_args().persons)
    room = OUT / "extractions"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    study = f"bench-{int(time.time())}"  # another each time: the log of accesses knows the others
    (room / f"{study}.toml").write_text(protocol(study), encoding="utf-8")
    took("keys", "study", room / f"{study}.key")
    _print("extraction", took("extract", room / f"{study}.toml", "--store", store, "--out", room))
    for name, lines in QUESTIONS.items():
        text = "\n".join((f'study = "{study}"', 'support = "LL"', 'level = "region"', 'place = "02000"', *lines))
        (room / "question.toml").write_text(text + "\n", encoding="utf-8")
        _print(name, took("ask", room / "question.toml", "--store", store, "--out", room / "answer.csv"))


def _print(name: str, one: Took) -> None:
    figures = f"{one.clock:.1f} s, {one.processor:.1f} of processor, {one.most / 1e9:.2f} GB at most"
    print(f"{name:<52} {figures}", flush=True)  # noqa: T201 - what this program is for


if __name__ == "__main__":
    main()
