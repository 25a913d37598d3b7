"""The rows behind an outcome's numbers, and those that are in none."""

from __future__ import annotations

from collections.abc import Mapping

from onearm.analysis import Pool
from onearm.evidence.frames import Row, rows_of
from onearm.models import StudyResult
from onearm.reporting.html import Cell, Html, anchor, link, prose, table
from onearm.words import with_interval


def rows_table(pools: Mapping[str, Pool]) -> Html:
    """Return every row that meets in a pool: counts, source and place, as printed."""
    rows = {
        str(row["row_id"]): (row, study)
        for pool in pools.values()
        for row, study in zip(rows_of(pool.selection.rows), pool.pooled.studies, strict=True)
    }
    return table(
        "The rows behind the numbers, each with its source",
        ["Row", "Study", "Events / n", "Percent (exact interval)", "As printed", "Basis",
         "Definition", "Source and place"],
        [_row_cells(row, study) for row, study in rows.values()],
        name="rows",
        ids=[anchor(row_id) for row_id in rows],
    )  # fmt: skip


def _row_cells(row: Row, study: StudyResult) -> list[Cell]:
    row_id = str(row["row_id"])
    return [
        link(f"evidence.html#{anchor(row_id)}", row_id),
        link(f"evidence.html#{anchor(str(row['study_id']), 'study')}", str(row["label"])),
        f"{study.events}/{study.n} {row['denominator']}",
        with_interval(study.proportion, study.ci),
        str(row["printed"]) or "–",
        "stated" if row["basis"] == "stated" else f"derived: {row['derivation']}",
        str(row["definition"]) or "not given",
        f"{row['source']} ({row['evidence_set']}, {str(row['source_type']).replace('_', ' ')}): "
        f"{row['locator']}",
    ]


def excluded_table(pools: Mapping[str, Pool]) -> Html:
    """Return the rows of the outcome that are in no pool, and why."""
    frames = [pool.selection.excluded for pool in pools.values()]
    last = frames[-1].drop_duplicates("row_id")
    if last.empty:
        return prose("No row of this outcome was left out.")
    lines = [
        [str(row["row_id"]), str(row["label"]), _counts(row), str(row["denominator"]),
         str(row["reason"])]
        for row in rows_of(last)
    ]  # fmt: skip
    return table(
        f"Rows of this outcome that are in no pool of the protocol ({len(last)})",
        ["Row", "Study", "Events / n", "Denominator", "Reason"], lines,
        ids=[anchor(row_id, "left-out") for row_id in last["row_id"]],
    )  # fmt: skip


def _counts(row: Row) -> str:
    events, n = (
        "not reported" if row[name] is None else str(row[name]) for name in ("events", "n")
    )
    return events if events == n == "not reported" else f"{events}/{n}"
