"""The project stands on its own: no path of one machine, nothing from outside its tree, and nobody real in it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE = {".git", ".venv", "__pycache__", "demo", "build", "out", "node_modules", ".hypothesis"}
DIGITS = re.compile(r"(?<!\d)\d{2}[.]?\d{2}[.]?\d{2}[- ]?\d{3}[. ]?\d{2}(?!\d)")


def known() -> list[Path]:
    """Return the files that git knows; none where there is no repository, or git will not tell."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return []
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout  # noqa: S603 - only tells
    return [ROOT / name for name in listed.split("\0") if name]


def walked() -> Iterator[Path]:
    """Yield the paths of the tree, without what is made in it."""
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT)
        if not any(part in MADE or part.endswith(("_cache", ".egg-info")) for part in inside.parts):
            yield path


def texts() -> dict[str, str]:
    """Return every text file of the project by its path."""
    paths = (path for path in known() or walked() if path.is_file())
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8", errors="replace") for path in paths}


TEXTS = texts()


def where(pattern: str) -> list[str]:
    """Return the files in which a pattern occurs, this one left out."""
    mine = str(Path(__file__).relative_to(ROOT))
    return [path for path, text in TEXTS.items() if path != mine and re.search(pattern, text)]


def test_the_tree_was_read() -> None:
    assert {"README.md", "pyproject.toml", "schemas/avro/dossier.avsc", "streams/cli.py"} <= TEXTS.keys()


@pytest.mark.parametrize("pattern", [r"\.\./shared", r"shared/(?:reference|seeds|\w+\.md)", r"\bseeds?/0\d\d\b"])
def test_no_file_refers_to_what_lies_outside(pattern: str) -> None:
    assert where(pattern) == []


@pytest.mark.parametrize("pattern", [r"/(?:home|Users)/\w+", r"/root/", r"/work/", r"/[t]mp/\w", r"[A-Z]:\\\\Users"])
def test_no_file_names_a_path_of_one_machine(pattern: str) -> None:
    assert where(pattern) == []


def is_national_number(digits: str) -> bool:
    """Tell whether eleven digits could be a national number: a month that there is, and the right checksum."""
    number, check = int(digits[:9]), int(digits[9:])
    month = int(digits[2:4]) % 20  # bis numbers have 20 or 40 added; 60 is only used for tests
    lawful = int(digits[2:4]) < 60 and 1 <= month <= 12 and 1 <= int(digits[4:6]) <= 31
    return lawful and check in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def test_the_check_knows_a_national_number() -> None:
    digits = "900231001"  # the 31st of February: nobody was born then
    check = 97 - int(digits) % 97
    assert is_national_number(f"{digits}{check:02d}")
    assert not is_national_number(f"{digits}{check - 1:02d}")


def test_nobody_real_is_in_a_file() -> None:
    mine = str(Path(__file__).relative_to(ROOT))
    real = [
        (path, number)
        for path, text in TEXTS.items()
        for number in DIGITS.findall(text)
        if path != mine and is_national_number(re.sub(r"\D", "", number))
    ]
    assert real == []
