"""The table of statistics of projects: its columns, its rows, its figures in their order (I)."""

from typing import NamedTuple

COLUMNS = ("ocmw", "from", "to", "figure", "breakdown", "category", "as_tool", "unique")
PERSON_FIGURES = ("beneficiaries", "not_resident", "residence_unknown", "extra_support_beneficiaries")
"""Figures of persons; ``unique`` counts each once, however many projects they have."""
WORKER_FIGURES = (
    "projects_per_worker",
    "beneficiaries_per_worker",
    "workers",
    "mean_projects",
    "mean_beneficiaries",
)
PROJECT_FIGURES = (
    "projects_started",
    "projects_closed",
    "projects_running",
    "duration_6_months",
    "duration_1_year",
    "duration_over_1_year",
    "with_training",
    "with_studies",
    "with_community_service",
    "extra_support_projects",
    "evaluations",
    "final_evaluations",
    "needs_analysis",
    "without_evaluation",
)


class Row(NamedTuple):
    """A figure of one OCMW: counts are int, means text with two decimals, empty where nobody works."""

    ocmw: str
    first_day: str
    last_day: str
    figure: str
    breakdown: str
    category: str
    as_tool: int | str
    unique: int | str


class Month(NamedTuple):
    """Projects of a month, as 2018-02: those that run at its end (or on the last day), began in it, ended in it."""

    month: str
    running: int
    started: int
    closed: int


class Due(NamedTuple):
    """A project that needs an evaluation: who works on it, since when it runs, when it was last evaluated, if ever."""

    ocmw: str
    contract: str
    version: int
    begins_on: str
    evaluated_on: str
    workers: tuple[str, ...]
