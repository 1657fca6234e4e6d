"""The tree shows the architecture: who may import whom, and nothing happens while something is imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("schemas", "processors", "sinks", "edge", "synthetic", "streams")
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
HEAVY = ("numba", "pandas", "pyarrow", "duckdb", "faust", "aiokafka", "redis", "matplotlib", "scipy", "numpy")
ALLOWED = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


def program(code: str) -> list[str]:
    """Run code in a process of its own and return the lines it prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_contracts_of_the_floors_hold() -> None:
    checker = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([checker], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - of the environment
    assert done.returncode == 0, done.stdout


def test_only_what_is_on_a_floor_is_installed() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'include = ["streams*", "synthetic*", "schemas*", "processors*", "sinks*", "edge*"]' in text
    assert {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} == {*FLOORS, "bench"}


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager", "misc", "base"])
def test_no_file_is_called_by_what_says_nothing(name: str) -> None:
    assert [path for path in MODULES if path.stem.strip("_") == name] == []


@pytest.mark.parametrize("word", ["found", "told"])
def test_a_variable_is_called_by_what_it_holds_not_by_how_it_came(word: str) -> None:
    named = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == word) or (isinstance(node, ast.arg) and node.arg == word)
    ]
    assert named == []


def test_a_module_does_nothing_at_its_top_but_name_things() -> None:
    doing = [
        f"{path.relative_to(ROOT)}:{statement.lineno}"
        for path in MODULES
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        if not isinstance(statement, ALLOWED) and not _describes(statement)
    ]
    # the commands are named to the program here, which is what a table would do
    assert [place for place in doing if not place.startswith("streams/cli.py:")] == []


def _describes(statement: ast.stmt) -> bool:
    """Tell whether a statement is a docstring or an import for type checkers alone."""
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test) == "TYPE_CHECKING"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from streams.cli import app; run = CliRunner().invoke\n"
        "assert 'why' in run(app, ['--help']).stdout\n"
        "assert '--period' in run(app, ['why', '--help']).stdout\n"
        f"print(*sorted(set(sys.modules) & set({HEAVY})))"
    )
    assert program(code) == [""]


def test_importing_everything_starts_no_thread_and_prints_nothing() -> None:
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    code = (
        "import importlib, threading\nfrom streams.shell import kernel_cache\nkernel_cache.prepare()\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        "print([thread.name for thread in threading.enumerate()])"
    )
    assert program(code) == ["['MainThread']"]
