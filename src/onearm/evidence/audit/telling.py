"""Shared by the checks: the names that findings use, and findings about a row or a study."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from onearm.evidence.findings import Finding, Severity
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.plan.codes import code_in_words
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.reading import Evidence

__all__ = [
    "Check",
    "about_row",
    "about_study",
    "counted",
    "outcome_name",
    "part_name",
    "row_name",
    "study_name",
]

#: A check looks at all the evidence and yields what it finds.
Check = Callable[[Evidence], Iterable[Finding]]

_STUDIES, _OUTCOMES = TABLES["studies"].file, TABLES["outcomes"].file


def study_name(evidence: Evidence, study_id: str) -> str:
    """Return the study's label."""
    labels = evidence.studies.loc[evidence.studies["study_id"] == study_id, "label"]
    return str(labels.iloc[0])


def row_name(evidence: Evidence, row: Row) -> str:
    """Return the study's label, with the part of the study when the row is of a part."""
    part = "" if row["population"] == "all" else f" ({part_name(row)})"
    return f"{study_name(evidence, row['study_id'])}{part}"


def part_name(row: Row) -> str:
    """Return the part of a study that a row counts, in words."""
    return str(row["population"]).replace("_", " ")


def outcome_name(evidence: Evidence, code: str) -> str:
    """Return the plan's label of an outcome, or its code in words where it has none."""
    for plan in evidence.protocol.outcome:
        if plan.code == code:
            return plan.label
    return code_in_words(code)


def counted(evidence: Evidence) -> list[Row]:
    """Return the rows of patients that have both events and n."""
    outcomes: pd.DataFrame = evidence.outcomes
    known = outcomes["events"].notna() & outcomes["n"].notna()
    return rows_of(outcomes[known & (outcomes["unit"] == "patients")])


def about_row(
    row: Row, code: str, severity: Severity, sentence: str, mend: str, column: str
) -> Finding:
    """A finding about one cell of outcomes.csv."""
    value = row[column]
    shown = None if value is None else str(value)
    return Finding(
        code,
        severity,
        sentence,
        mend,
        _OUTCOMES,
        int(row["line"]),
        column,
        shown,
        row["row_id"],
        row["study_id"],
    )


def about_study(
    study: Row, code: str, severity: Severity, sentence: str, mend: str, column: str
) -> Finding:
    """A finding about one cell of studies.csv."""
    return Finding(
        code,
        severity,
        sentence,
        mend,
        _STUDIES,
        int(study["line"]),
        column,
        str(study[column]),
        None,
        study["study_id"],
    )
