"""The slow truth of completeness: of each support, month and OCMW, how many lines came, and how late.

A line is a row: what an OCMW said of one person in a month for a leaf. It came with the first update that holds a part
of it, and is late by the months from its own month to the reference month of that update.
"""

import pandas as pd

from processors.reference.parts import History
from schemas.supports import NODES

COLUMNS = ["support", "month", "geo", "lines", "late_median", "late_p95"]


def lines(history: History, sequence: int) -> pd.DataFrame:
    """Return COLUMNS at an update, sorted: a line for each support, month (ordinal) and NIS code with a line."""
    closed = {update.sequence: update.reference_month for update in history.updates if update.sequence <= sequence}
    parts = history.parts[history.parts["update"].isin(list(closed))]
    rows = parts.groupby("row").agg(leaf=("leaf", "first"), month=("month", "first"), first=("update", "min"))
    rows["shown"] = history.profiles["shown"].loc[parts.groupby("row")["profile"].first()].to_numpy()
    rows["late"] = rows["first"].map(closed) - rows["month"]
    rows_of_table = [
        (node.code, month, f"{nis:05d}", len(late), _reached(late.tolist(), 50), _reached(late.tolist(), 95))
        for node in NODES
        for (month, nis), late in rows[rows["leaf"].isin(node.leaves)].groupby(["month", "shown"])["late"]
    ]
    return pd.DataFrame(sorted(rows_of_table), columns=COLUMNS)


def _reached(late: list[int], percent: int) -> int:
    """Return the smallest value that at least so many of a hundred do not exceed."""
    return min(value for value in late if 100 * sum(other <= value for other in late) >= percent * len(late))
