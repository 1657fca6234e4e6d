"""What hides the cells of a question: 44 arrondissements by 19 categories, suppressed and audited as one table."""

import time

import numpy as np
import typer

from processors.disclosure.grids import Grid, columns_of
from processors.disclosure.linked import narrow_cells, pattern, primary
from processors.disclosure.shape import place_tree
from schemas.places import LEVELS, PLACE_NUMBER, PLACES

CATEGORIES = 19
THRESHOLD = 5


def main() -> None:
    """Print how many cells, how many of them small and hidden, and seconds."""
    rng = np.random.default_rng(1)
    grid = Grid(
        tuple(place for place in PLACES if place[0] != "municipality"), columns_of([list(map(str, range(CATEGORIES)))])
    )
    share = rng.dirichlet(np.full(CATEGORIES, 0.6))
    at = {place: number for number, place in enumerate(grid.places)}
    counts = np.zeros((len(at), len(grid.columns)), np.int64)
    for place in sorted(at, key=lambda one: -LEVELS.index(one[0])):
        below = [at[PLACES[child]] for child in place_tree().get(PLACE_NUMBER[place], ()) if PLACES[child] in at]
        if below:
            counts[at[place]] = counts[below].sum(axis=0)
        else:
            counts[at[place], 1:] = rng.poisson(rng.lognormal(5.2, 0.8) * share)
            counts[at[place], 0] = counts[at[place], 1:].sum()
    flat = counts.ravel()
    totals = np.arange(flat.size) % len(grid.columns) == 0
    table = grid.linked(flat, totals, np.zeros_like(totals), (np.zeros_like(flat), grid.free()))
    small, started = primary(table, THRESHOLD), time.perf_counter()
    hidden = pattern(table, THRESHOLD)
    suppressed = time.perf_counter() - started
    narrow = narrow_cells(table, hidden, small, THRESHOLD)
    audited = time.perf_counter() - started - suppressed
    typer.echo(f"{flat.size:,} cells, {small.sum():,} small, {hidden.sum():,} hidden, {len(narrow)} told")
    typer.echo(f"suppression {suppressed:.2f} s, one audit of it {audited:.2f} s; wanted: under 10 s")


if __name__ == "__main__":
    main()
