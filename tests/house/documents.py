"""The tables of the documents, made from the code: one source of truth, and ``make docs`` writes them.

A table stands between ``<!-- table: name -->`` and ``<!-- end -->``; what lies between is replaced. The page of the
commands is made whole.
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from textwrap import fill
from typing import Any

import contract
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings
from typer.main import get_command

from edge.forms import FORM_B, FORM_D, IDENTITIES, REGISTER, TOTALS
from edge.outreach import LIST
from edge.sources import EVENT_FORMS
from edge.statements.slugs import REASONS
from schemas.datasets import DATASETS
from schemas.events import schema_document
from schemas.faults import FAULTS
from schemas.services.faults import SERVICE_FAULTS
from schemas.services.topics import TOPICS as SERVICE_TOPICS
from schemas.supports import NODES
from streams.acls import grants
from streams.cli import app
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DAY, KEPT, MIB, TOPICS, Topic, topics
from streams.shell.metrics import METRICS

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "commands.md"
CONTRACT = ROOT / "docs" / "asyncapi.yaml"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
WITH_TABLES = tuple(page for page in PAGES if "<!-- table:" in page.read_text("utf-8"))
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table of Markdown; a bar inside a cell is escaped."""
    head = list(header)
    lines = [head, ["---"] * len(head), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def commands() -> Iterator[tuple[str, Any]]:
    """Yield (name, command) of each command of the program, those of a group by both names."""
    for name, command in vars(get_command(app))["commands"].items():
        inner = getattr(command, "commands", None)
        yield from (
            ((f"{name} {part}", inner_command) for part, inner_command in inner.items()) if inner else [(name, command)]
        )


def paragraphs(text: str | None) -> list[str]:
    """Return the paragraphs of a help text, each on one line."""
    return [" ".join(part.split()) for part in (text or "").split("\n\n")]


def examples(command: Any) -> list[str]:  # noqa: ANN401 - typer's own, which differs between its versions
    """Return the command lines that the help of a command shows."""
    lines = [line.removeprefix("Example: ").removeprefix("Examples:") for line in paragraphs(command.epilog)]
    return [line for line in lines if line.startswith("ocmw ")]


def commands_table() -> str:
    """Return the first sentence of each command, in the groups of ``ocmw --help``."""
    panels = {name: group.rich_help_panel for name, group in vars(get_command(app))["commands"].items()}
    rows: list[tuple[str, str, str]] = []
    for panel, grouped in groupby(commands(), lambda one: panels[one[0].split()[0]]):
        first_sentences = [(f"`ocmw {name}`", paragraphs(command.help)[0]) for name, command in grouped]
        rows += [(panel if number == 0 else "", *one) for number, one in enumerate(first_sentences)]
    return table(("", "command", "what it does"), rows)


def chapters_table() -> str:
    """Return each floor and chapter with what its package says of itself."""
    rows = (
        (f"`{package.parent.relative_to(ROOT).as_posix()}`", ast.get_docstring(ast.parse(package.read_text("utf-8"))))
        for floor in ("schemas", "processors", "sinks", "edge", "synthetic", "streams")
        for package in sorted((ROOT / floor).rglob("__init__.py"))
    )
    return table(("folder", "decides"), ((name, " ".join((docstring or "").split())) for name, docstring in rows))


def settings() -> Iterator[tuple[str, FieldInfo]]:
    """Yield (name in the environment, field) of each setting of the program, those of the embedded driver first."""
    for path in sorted((ROOT / "streams").rglob("*.py")):
        if "SettingsConfigDict(" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    ours = sorted(
        _settings_classes(BaseSettings), key=lambda one: (one.__module__ != "streams.settings", one.__module__)
    )
    for one in ours:
        prefix = one.model_config["env_prefix"]
        yield from ((f"{prefix}{name}".upper(), field) for name, field in one.model_fields.items())


def _settings_classes(above: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    """Yield the classes below one that read variables with a prefix, however deep they lie."""
    for one in above.__subclasses__():
        if one.__module__.startswith("streams.") and one.model_config.get("env_prefix"):
            yield one
        yield from _settings_classes(one)


def settings_table() -> str:
    """Return each setting, its default and what it means."""
    rows = ((f"`{name}`", _default(field), field.description) for name, field in settings())
    return table(("setting", "default", "what it means"), rows)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the user's state folder"
    if field.default is None:
        return "-"
    return f"`{field.default}`" if field.default is not False else "`false`"


def faults_table() -> str:
    """Return each fault: whose it is, why, and what to do."""
    rows = ((f"`{one.slug}`", one.owner, one.reason, one.remedy) for one in FAULTS)
    return table(("slug", "whose fault", "why", "what to do"), rows)


def service_faults_table() -> str:
    """Return the same of each fault of keyed services, in their order."""
    rows = ((f"`{one.slug}`", one.owner, one.reason, one.remedy) for one in SERVICE_FAULTS)
    return table(("slug", "whose fault", "why", "what to do"), rows)


def service_records_table() -> str:
    """Return a table for each topic of keyed services: its records, nested ones too, and their fields in order."""
    return "\n".join(
        f"### {topic.address}\n\n" + table(("record", "field", "type", "what it holds"), _service_fields(topic.schema))
        for topic in SERVICE_TOPICS
    )


def _service_fields(schema: Any) -> Iterator[tuple[str, str, str, str]]:  # noqa: ANN401 - as Avro writes types
    for record in schema if isinstance(schema, list) else [schema]:
        inner: list[Any] = []
        for number, field in enumerate(record["fields"]):
            name = "" if number else f"**{record['name']}**"
            yield name, f"`{field['name']}`", _service_type(field["type"], inner), field["doc"]
        yield from _service_fields(inner)


def _service_type(kind: Any, inner: list[Any]) -> str:  # noqa: ANN401 - as Avro writes types
    """Return a type as people read it; records within are collected."""
    if isinstance(kind, list):
        return f"{_service_type(kind[1], inner)} or null"
    if isinstance(kind, str):
        return kind
    if kind["type"] == "array":
        return f"array of {_service_type(kind['items'], inner)}"
    if kind["type"] == "record":
        inner.append(kind)
        return str(kind["name"])
    symbols = " ".join(kind.get("symbols", []))
    named = f"{kind.get('name')}: `{symbols}`" if symbols else f"{kind.get('name')}, {kind.get('size')} bytes"
    return str(kind.get("logicalType") or named)


def metrics_table() -> str:
    """Return each metric."""
    rows = ((f"`{one.name}`", one.kind, ", ".join(one.labels) or "-", one.help) for one in METRICS)
    return table(("metric", "kind", "labels", "what it tells"), rows)


def all_topics() -> tuple[Topic, ...]:
    """Return every topic of the program, as it is made by default."""
    return topics(KafkaSettings())


def topics_table() -> str:
    """Return each topic with the first sentence of what its row says."""
    rows = (
        (
            f"`{one.name}`",
            row.sentence.split(". ")[0].rstrip("."),
            one.partitions,
            "for ever" if one.kept == KEPT else f"{int(one.kept) // DAY} days",
            f"{one.max_bytes // MIB} MiB",
        )
        for row, one in zip(TOPICS, all_topics(), strict=True)
    )
    return table(("topic", "what it holds", "partitions", "kept", "largest record"), rows)


def grants_table() -> str:
    """Return what each role may do in Kafka, one row a right."""
    rows = (
        (role, one.resource, f"`{one.name}`", ", ".join(one.operations))
        for role, granted in grants(KafkaSettings()).items()
        for one in granted
    )
    return table(("role", "on", "name", "operations"), rows)


def rights_table() -> str:
    """Return what each role may do in Kafka, one row a role."""
    rows = (
        (f"`{role}`", "; ".join(f"{' '.join(one.operations)} {one.resource} `{one.name}`" for one in granted))
        for role, granted in grants(KafkaSettings()).items()
    )
    return table(("role", "may"), rows)


def columns_table(name: str) -> str:
    """Return the columns of a declared table."""
    rows = ((f"`{one.name}`", one.type, one.says) for one in DATASETS[name].columns)
    return table(("column", "type", "what it holds"), rows)


def supports_table() -> str:
    """Return each support measure in three languages, with its act, delay and audience."""
    rows = (
        (
            f"`{one.code}`",
            one.label_nl,
            one.label_fr,
            one.label_en,
            one.law,
            f"M-{one.delay}",
            "public" if one.public else "restricted",
        )
        for one in NODES
    )
    return table(("code", "Nederlands", "français", "English", "act", "shown from", "audience"), rows)


def events_tables() -> str:
    """Return a table for each record of the dossier log: its fields, in order."""
    return "\n".join(_fields(record) for record in schema_document("dossier.avsc"))


def _fields(record: dict[str, Any]) -> str:
    rows = ((f"`{field['name']}`", _type(field["type"]), field["doc"]) for field in record["fields"])
    return f"## {record['name']}\n\n{record['doc']}\n\n" + table(("field", "type", "what it holds"), rows)


def _type(kind: Any) -> str:  # noqa: ANN401 - as Avro writes types
    """Return a type as people read it: name and symbols, where it has them, null last."""
    if isinstance(kind, list):
        return " or ".join(_type(one) for one in sorted(kind, key=lambda one: one == "null"))
    if isinstance(kind, str):
        return kind
    symbols = " ".join(kind.get("symbols", []))
    return kind.get("logicalType") or (f"{kind['name']}: `{symbols}`" if symbols else f"{kind['name']}, 16 bytes")


def import_reasons_table() -> str:
    """Return each reason for which a line of a statement is set aside, in the order in which lines are judged."""
    rows = ((f"`{one.slug}`", one.owner, one.reason, one.remedy) for one in REASONS)
    return table(("slug", "whose fault", "the line", "what to do"), rows)


def edge_forms_tables() -> str:
    """Return a table for each form that the edge reads: its columns, and what each holds."""
    forms = (IDENTITIES, FORM_B, FORM_D, REGISTER, TOTALS, *EVENT_FORMS, LIST)
    return "\n".join(
        f"**{form.name}** · {form.says}\n\n"
        + table(
            ("column", "", "what it holds"),
            ((f"`{one.name}`", "may be empty" if one.optional else "needed", one.holds) for one in form.columns),
        )
        for form in forms
    )


TABLES: dict[str, Callable[[], str]] = {
    "events": events_tables,
    "commands": commands_table,
    "settings": settings_table,
    "faults": faults_table,
    "service_faults": service_faults_table,
    "service_records": service_records_table,
    "metrics": metrics_table,
    "topics": topics_table,
    "rights": rights_table,
    "grants": grants_table,
    "supports": supports_table,
    "import_reasons": import_reasons_table,
    "edge_forms": edge_forms_tables,
    "chapters": chapters_table,
    "figures": partial(columns_table, "figures"),
    "vintages": partial(columns_table, "vintages"),
    "time": partial(columns_table, "duration"),
    "completeness": partial(columns_table, "completeness"),
}


def with_tables(text: str) -> str:
    """Return a document with its tables made anew. Raises KeyError for a table that nobody makes."""
    return _TABLE.sub(lambda match: f"{match[1]}\n{TABLES[match[2]]()}\n{match[3]}", text)


def commands_page() -> str:
    """Return docs/commands.md: what the help of each command says."""
    head = (
        "# The commands\n\n"
        "What `ocmw COMMAND --help` says, on one page; `make docs` writes it. Every command ends with\n"
        "0 (done), 1 (failed) or 2 (asked wrongly), and says why in one sentence on standard error.\n"
    )
    return head + "".join(_chapter(name, command) for name, command in commands())


def _chapter(name: str, command: Any) -> str:  # noqa: ANN401 - see examples
    parts = [f"\n## ocmw {name}\n", *(f"{fill(part, 120)}\n" for part in paragraphs(command.help))]
    if command.params:
        parts.append(table(("argument or option", "default", "what it means"), map(_parameter, command.params)))
    example_lines = "".join(f"    {line}\n" for line in examples(command))
    return "\n".join([*parts, example_lines])


def _parameter(parameter: Any) -> tuple[str, str, str]:  # noqa: ANN401 - see examples
    name = (
        parameter.name.upper()
        if parameter.param_type_name == "argument"
        else " / ".join([*parameter.opts, *parameter.secondary_opts])
    )
    default = "" if parameter.default is None or parameter.default is False else f"`{parameter.default}`"
    return f"`{name}`", "needed" if parameter.required else default, parameter.help or ""


if __name__ == "__main__":
    for page in WITH_TABLES:
        page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
    COMMANDS.write_text(commands_page(), encoding="utf-8")
    CONTRACT.write_text(contract.text(), encoding="utf-8")
