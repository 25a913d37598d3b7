"""Rows of one study that cannot all be true."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from onearm.evidence.audit.telling import about_row, counted, outcome_name, row_name
from onearm.evidence.findings import Finding
from onearm.evidence.frames import Row
from onearm.evidence.tables.reading import Evidence

__all__ = ["deaths_over_time", "graded_complications", "operated_and_enrolled"]

_PART_OF_ANY = ("complication_major", "complication_minor")
#: Deaths by the horizon's days.
_HORIZONS = {"mortality_30d": 30, "mortality_60d": 60, "mortality_90d": 90}


def operated_and_enrolled(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where more were operated, or had an outcome then, than were enrolled."""
    for operated, enrolled in _pairs(evidence, "outcome"):
        if (operated["denominator"], enrolled["denominator"]) != ("resected", "enrolled"):
            continue
        for column, words in (("events", "events"), ("n", "patients")):
            if operated[column] > enrolled[column]:
                yield about_row(
                    operated,
                    "resected-exceed-enrolled",
                    "warning",
                    f"{_what(evidence, operated)} has {operated[column]} {words} among the "
                    f"operated (n = {operated['n']}) and {enrolled[column]} among the enrolled "
                    f"(n = {enrolled['n']}), of whom the operated are a part.",
                    f"Check {column} of {operated['row_id']} and {enrolled['row_id']}.",
                    column,
                )


def graded_complications(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where complications of one grade are more than those of any."""
    for graded, of_any in _pairs(evidence, "denominator"):
        if (
            graded["outcome"] in _PART_OF_ANY
            and of_any["outcome"] == "complication_any"
            and graded["events"] > of_any["events"]
        ):
            yield about_row(
                graded,
                "grade-exceeds-any",
                "warning",
                f"{_what(evidence, graded)} has {graded['events']} of {graded['n']}, and "
                f"{outcome_name(evidence, 'complication_any')} only {of_any['events']} of "
                f"{of_any['n']}.",
                "See whether one of them counts complications instead of patients.",
                "events",
            )


def deaths_over_time(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where more had died by an earlier day than by a later one."""
    for early, late in _pairs(evidence, "denominator"):
        if (
            _HORIZONS.get(early["outcome"], 0) < _HORIZONS.get(late["outcome"], 0)
            and early["outcome"] in _HORIZONS
            and early["n"] == late["n"]
            and early["events"] > late["events"]
        ):
            yield about_row(
                early,
                "deaths-decrease",
                "warning",
                f"{_what(evidence, early)} has {early['events']} of {early['n']}, and "
                f"{outcome_name(evidence, late['outcome'])} only {late['events']}: nobody who "
                "has died is alive later.",
                "Exchange or correct the two counts.",
                "events",
            )


def _pairs(evidence: Evidence, alike: str) -> Iterator[tuple[Row, Row]]:
    """Rows of one study and population, and alike in one more column, in either order.

    Excluded rows and alternative choices are left out: they are known not to fit.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in counted(evidence):
        if row["use"] in ("pool", "context"):
            key = (row["study_id"], row["population"], row[alike])
            groups.setdefault(key, []).append(row)
    for rows in groups.values():
        yield from permutations(rows, 2)


def _what(evidence: Evidence, row: Row) -> str:
    return f"{row_name(evidence, row)} ({outcome_name(evidence, row['outcome'])})"
