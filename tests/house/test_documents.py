"""What the documents say is what the program has: nothing is missing, and nothing is told that does not exist."""

import re
from pathlib import Path

import contract
import documents
import pytest
import yaml
from typer.testing import CliRunner

from schemas.datasets import DATASETS
from schemas.indicators import SERIES
from schemas.periods import parse_month
from schemas.settings import FigureSettings
from streams.cli import app
from streams.embedded.driver import Embedded
from streams.shell.metrics import METRICS
from synthetic import generate

ROOT = documents.ROOT
README = documents.README.read_text(encoding="utf-8")
RULES = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
PAGES = sorted([documents.README, ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("schemas/**/*.md")])
RULE = re.compile(r"(?<![\w\"'-])[A-L][1-9]\b(?![\w\"'])")
KEPT_LETTERS = "IJK"
EXAMPLE_WIDTH = 78
"""So that nobody copies half of an example from a terminal."""


def sources() -> list[Path]:
    """Return the files whose comments and docstrings may cite a rule."""
    folders = ("schemas", "processors", "sinks", "streams", "tests", "bench", "deploy")
    return [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".yaml", ".yml"}
    ]


def section(title: str, text: str = README) -> str:
    """Return what stands below a heading, up to the next of its level or above."""
    level = len(title) - len(title.lstrip("#"))
    return re.split(rf"\n#{{1,{level}}} ", text.partition(f"\n{title}\n")[2])[0]


def first_column(text: str) -> list[str]:
    """Return what stands in backquotes at the beginning of each line of a table."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


@pytest.mark.parametrize("page", documents.WITH_TABLES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_as_the_code_has_them(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.splitlines() == documents.with_tables(text).splitlines(), "run make docs"


def test_the_page_of_the_commands_says_what_their_help_says() -> None:
    assert documents.COMMANDS.read_text(encoding="utf-8") == documents.commands_page(), "run make docs"


def test_the_contract_of_topics_is_what_their_rows_make() -> None:
    assert documents.CONTRACT.read_text(encoding="utf-8") == contract.text(), "run make docs"


def test_each_table_that_is_made_stands_on_a_page() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in documents.WITH_TABLES)
    assert sorted(re.findall(r"<!-- table: (\w+) -->", text)) == sorted(documents.TABLES)


def test_a_command_says_what_it_does_and_shows_an_example() -> None:
    for name, command in documents.commands():
        lines = documents.examples(command)
        assert documents.paragraphs(command.help)[0].endswith("."), name
        assert lines, f"{name}: register it with an epilog, Example: ocmw {name} ..."
        assert all(line.startswith(f"ocmw {name}") and len(line) <= EXAMPLE_WIDTH for line in lines), name


def test_each_option_says_what_it_means() -> None:
    silent = [
        (name, option.name)
        for name, command in documents.commands()
        for option in command.params
        if not (option.help or "").endswith(".")
    ]
    assert silent == []


def test_each_setting_says_what_it_means() -> None:
    settings = dict(documents.settings())
    assert all(name.startswith("OCMW_") for name in settings)
    assert [name for name, field in settings.items() if not (field.description or "").endswith(".")] == []


def test_settings_that_are_named_anywhere_exist() -> None:
    known = {name for name, _ in documents.settings()}
    reading = [path for path in sources() if path.relative_to(ROOT).parts[0] not in {"schemas", "processors"}]
    files = [*PAGES, *reading, ROOT / "Dockerfile", ROOT / "docker-compose.yml"]
    named = {
        (path.name, setting)
        for path in files
        for setting in re.findall(r"\bOCMW_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
    }
    assert {(file, setting) for file, setting in named if setting not in known} == set()


def test_commands_that_are_named_anywhere_exist() -> None:
    known = {name.split()[0] for name, _ in documents.commands()}
    texts = {path.name: path.read_text(encoding="utf-8") for path in [*PAGES, *sources()]}
    said = re.compile(r"(?:`|run |^    )(?:\.venv/bin/)?ocmw ([a-z]+(?:-[a-z]+)*)\b", re.MULTILINE)
    named = {(file, word) for file, text in texts.items() for word in said.findall(text)}
    assert {word for _, word in named} >= {"replay", "close-update"}
    assert {(file, word) for file, word in named if word not in known} == set()


def test_the_readme_names_each_target_of_make_and_no_other() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    assert set(re.findall(r"(?:`|^    )make ([a-z-]+)", README, re.MULTILINE)) == set(targets)


def test_every_rule_that_is_cited_is_written_down() -> None:
    written = set(re.findall(r"^- \*\*([A-L][1-9])\.", RULES, re.MULTILINE))
    cited = {(rule, path.name) for path in sources() for rule in RULE.findall(path.read_text(encoding="utf-8"))}
    assert {one for one in cited if one[0] not in written and one[0][0] not in KEPT_LETTERS} == set()


def test_every_rule_that_is_written_down_is_cited_where_it_is_kept() -> None:
    written = re.findall(r"^- \*\*([A-L][1-9])\.", RULES, re.MULTILINE)
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    cited = set(RULE.findall(text)) | {rule for first, last in _ranges(text) for rule in _between(first, last)}
    assert [rule for rule in written if rule not in cited] == []


def _ranges(text: str) -> list[tuple[str, str]]:
    return re.findall(r"\b([A-L][1-9])(?:-| to )([A-L][1-9])\b", text)


def _between(first: str, last: str) -> list[str]:
    return [f"{first[0]}{number}" for number in range(int(first[1]), int(last[1]) + 1)]


def test_links_lead_somewhere() -> None:
    broken = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
            path, _, anchor = target.partition("#")
            there = page.parent / path if path else page
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append((page.name, target))
    assert broken == []


def anchors(page: Path) -> set[str]:
    """Return the names by which headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_an_alert_names_a_chapter_of_the_runbooks() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    runbooks = [rule["annotations"]["runbook"] for group in rules["groups"] for rule in group["rules"]]
    chapters = {re.split(r"[#:]", line)[1] for line in runbooks}
    assert chapters
    assert chapters <= anchors(ROOT / "docs" / "runbooks.md")


def test_metrics_that_alerts_and_dashboard_look_at_exist() -> None:
    known = {one.name for one in METRICS}
    known |= {f"{one.name}_bucket" for one in METRICS if one.kind == "histogram"}
    known |= {f"{name.removesuffix('_bucket')}{end}" for name in known for end in ("_sum", "_count")}
    files = [*(ROOT / "deploy").rglob("*.yml"), *(ROOT / "deploy").rglob("*.json"), ROOT / "docs" / "runbooks.md"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    looked_at = set(re.findall(r"\bocmw_[a-z_]+\b", text))
    assert looked_at
    assert looked_at - known == set()


def test_a_store_holds_what_its_page_says(tmp_path: Path) -> None:
    history = tmp_path / "history.avro"
    generate(2000, parse_month("2023-01"), parse_month("2023-06"), 1, history)
    Embedded.run(tmp_path / "store", FigureSettings(), [history])
    page = (ROOT / "docs" / "store.md").read_text(encoding="utf-8")
    documented = {path.split("/")[0] for path in first_column(page)}
    made = {path.name for path in (tmp_path / "store").iterdir() if not path.name.startswith(".")}
    not_here = {"live.sqlite", "access.log", "indicators_hidden"}  # of a publisher on Kafka, outreach, a threshold
    assert made == documented - not_here


def test_the_page_of_the_tables_names_each_of_them() -> None:
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert [name for name in DATASETS if f"`{name}`" not in page and f"table: {name}" not in page] == []


def test_each_indicator_is_explained() -> None:
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    documented = first_column(
        section("## Time dimension", page).partition("| indicator | reference")[2].split("\n\n")[0]
    )
    assert sorted(documented) == sorted({series.indicator for series in SERIES})


def test_the_changelog_has_this_version() -> None:
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    assert f"\n## {version[1]}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_each_file_of_parameters_has_its_source_and_licence() -> None:
    folder = ROOT / "schemas" / "parameters"
    documented = first_column((folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(documented) == sorted(
        path.name for path in folder.iterdir() if path.suffix in {".csv", ".yaml", ".topojson"}
    )


@pytest.mark.parametrize("path", sorted((ROOT / "schemas" / "parameters").glob("*.yaml")), ids=lambda path: path.name)
def test_a_parameter_file_names_a_source_at_its_head(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("\n\n")[0].lower()
    assert "source" in head or "choice" in head or "vademecum" in head


@pytest.mark.parametrize("page", [ROOT / "docs" / "redis.md", ROOT / "docs" / "kafka.md"], ids=lambda page: page.name)
def test_examples_in_python_can_be_compiled(page: Path) -> None:
    for example in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        compile(example, page.name, "exec")


def test_help_fits_a_narrow_terminal() -> None:
    for name, _ in documents.commands():
        printed = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
        assert printed.exit_code == 0
        assert max(map(len, printed.stdout.splitlines())) <= 80, name
