"""The datasets whose rows share a study, and their references from validation/."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "validation"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def dataset(name: str) -> tuple[list[int], list[int], list[str], list[int]]:
    """Give events, sizes, studies and years (where there are any) of a dataset."""
    rows = [row for row in _rows("clustered_datasets.csv") if row["dataset"] == name]
    events, n = ([int(row[column]) for row in rows] for column in ("events", "n"))
    years = [int(row["year"]) for row in rows if row["year"]]
    return events, n, [row["study"] for row in rows], years


def reference(name: str, block: str) -> dict[str, float]:
    """Give the reference values of a dataset and a block, by quantity."""
    return {
        row["quantity"]: float(row["value"])
        for row in _rows("clustered.csv")
        if (row["dataset"], row["block"]) == (name, block)
    }
