"""Texts that a spreadsheet would take for a formula: names that people or other systems chose may begin as one."""

FORMULA = r"^([=+\-@\t\r])"
"""Matches the beginning of such a text."""


def no_formula(text: str) -> str:
    """Return a text as a spreadsheet shows it and never computes it: behind an apostrophe where it looks like one."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
