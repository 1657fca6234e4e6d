"""The shapes of synthetic histories, from ``schemas/parameters/generator.yaml``."""

from typing import Any

from schemas.parameters import document


def settings(section: str) -> dict[str, Any]:
    """Return a section of the generator's parameters. The caller must not change it."""
    parameters: dict[str, Any] = document("generator")[section]
    return parameters
