"""Dated, referenced legal numbers and code lists, read once from ``schemas/parameters/``.

Code holds no legal number: it names a parameter, and the file says the value, since when and from which source.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Of libyaml where PyYAML has it: the words of the board take 0.02 s to read instead of 0.13."""


@cache
def document(name: str) -> dict[str, Any]:
    """Return the YAML document ``name`` (without ending). The caller must not change it."""
    text = (files("schemas") / "parameters" / f"{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, _LOADER)  # noqa: S506 - safe, either of them
    return loaded


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of the CSV file ``name`` (without ending), every value a string, missing ones empty."""
    text = (files("schemas") / "parameters" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
