"""Old machine code is never served: the cache is named by all that kernels are made of."""

import os
import re
import subprocess
import sys
from pathlib import Path

from streams.shell import kernel_cache

ROOT = Path(__file__).parents[2]
NOWHERE = Path("/dev/null/kernels")
KERNEL = re.compile(r"^@(?:kernel|loop|inlined|njit|numba\.)", re.MULTILINE)


def kernels() -> list[Path]:
    """Return the files that define kernels."""
    files = (
        path
        for floor in ("processors", "schemas", "sinks", "edge", "synthetic", "streams")
        for path in (ROOT / floor).rglob("*.py")
    )
    return [path for path in files if KERNEL.search(path.read_text(encoding="utf-8"))]


def loaded_with(paths: list[Path]) -> set[Path]:
    """Return the files of ours that a process has loaded once it has imported these."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    code = (
        "import importlib, sys\nfrom streams.shell import kernel_cache\nkernel_cache.prepare()\n"
        "before = set(sys.modules)\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        "print(*(sys.modules[name].__file__ for name in set(sys.modules) - before "
        "if name.startswith(('processors.', 'schemas.', 'edge.'))), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    return {Path(line) for line in done.stdout.split()}


def test_kernels_are_in_processors_and_at_the_edge_and_in_the_encoder_that_edge_and_generator_share() -> None:
    elsewhere = {path.relative_to(ROOT).as_posix() for path in kernels()} - {"schemas/line_encoding.py"}
    assert {path.split("/")[0] for path in elsewhere} == {"processors", "edge"}


def test_the_name_of_the_cache_depends_on_every_file_that_kernels_use() -> None:
    loaded = loaded_with(kernels())
    assert len(loaded) > len(kernels())
    assert loaded - kernel_cache.sources() == set()


def test_the_name_of_the_cache_depends_on_every_parameter() -> None:
    parameters = {path for path in (ROOT / "schemas" / "parameters").iterdir() if path.suffix in {".csv", ".yaml"}}
    assert parameters - kernel_cache.sources() == set()


def named(outer: Path, cache: Path) -> str:
    """Return which cache a process names that has kernels, under this outer setting and cache folder of the user."""
    code = (
        "import os\nfrom streams.shell import kernel_cache\nkernel_cache.prepare()\n"
        "import processors.admission.decoding\n"
        "print(os.environ.get('NUMBA_CACHE_DIR'))"
    )
    given = {**os.environ, "NUMBA_CACHE_DIR": str(outer), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_cache_that_was_named_is_used(tmp_path: Path) -> None:
    assert named(tmp_path / "kernels", tmp_path / "user") == str(tmp_path / "kernels")


def test_a_cache_that_was_named_and_cannot_be_written_is_the_one_of_the_user_instead(tmp_path: Path) -> None:
    assert named(NOWHERE, tmp_path / "user").startswith(str(tmp_path / "user" / "ocmw" / "kernels-"))


def test_where_no_cache_can_be_written_none_is_named_and_kernels_are_compiled_anew() -> None:
    assert named(NOWHERE, NOWHERE) == "None"
