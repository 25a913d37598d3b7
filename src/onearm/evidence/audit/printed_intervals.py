"""Printed confidence intervals against the standard methods."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.interval_methods import Reproduction, reproduce
from onearm.evidence.audit.rounding import decimals_of
from onearm.evidence.audit.telling import NOTHING_TO_DO, about_row, grouped
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Row
from onearm.words import listing

__all__ = ["interval_against_count", "methods_of_a_study"]

_USUAL_LEVELS = ("95", "90", "99")


def interval_against_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield what each printed interval of a known count is, or that nothing explains it."""
    for row in evidence.counted:
        if row.count.printed_ci_low and row.count.printed_ci_high:
            yield _judge(evidence, row)


def _judge(evidence: Evidence, row: Row) -> Finding:
    level = row.count.printed_ci_level
    what = (
        f"interval {row.count.printed_ci_low}–{row.count.printed_ci_high} % for "
        f"{row.events} of {row.n} ({evidence.protocol.outcome_name(row.count.outcome)})"
    )
    whose = row.label
    if not level:
        return about_row(
            row,
            "interval-level-missing",
            "warning",
            f"{whose}: the {what} has no level{_elsewhere(evidence, row)}.",
            "Enter the level as printed, such as 95.",
            "printed_ci_level",
        )
    found = _reproduce(row, row.n, level)
    if not found:
        return about_row(
            row,
            "interval-unexplained",
            "warning",
            f"{whose}: no standard method gives the {level} % {what}{_elsewhere(evidence, row)}.",
            "Check that the limits, the level and the count belong together.",
            "printed_ci_low",
        )
    unusual = (
        ""
        if float(level) == 95
        else (f" The level is {level} %, not 95 %: read as a 95 % interval it would be too narrow.")
    )
    return about_row(
        row,
        "interval-reproduced",
        "note",
        f"{whose}: the {level} % {what} is reproduced by "
        f"{listing([_tell(row, r) for r in found])}.{unusual}",
        f"{NOTHING_TO_DO}: pools use the counts, never a printed interval.",
        "printed_ci_low",
    )


def _reproduce(row: Row, n: int, level: str) -> tuple[Reproduction, ...]:
    share = float(level) / 100
    if not 0 < share < 1 or row.events > n:
        return ()
    return reproduce(row.events, n, row.count.printed_ci_low, row.count.printed_ci_high, share)


def _tell(row: Row, found: Reproduction) -> str:
    if found.rounding == "once":
        return found.method
    cells = row.count
    steps = []
    for limit, printed in ((found.low, cells.printed_ci_low), (found.high, cells.printed_ci_high)):
        finer = decimals_of(printed) + 1
        steps.append(f"{limit:.{finer + 1}f} → {limit:.{finer}f} → {printed}")
    return f"{found.method} with rounding in two steps ({', '.join(steps)})"


def _elsewhere(evidence: Evidence, row: Row) -> str:
    """Other levels, and other sizes of the same study, that would explain the interval."""
    levels = [v for v in _USUAL_LEVELS if v != row.count.printed_ci_level]
    for level in levels:
        found = _reproduce(row, row.n, level)
        if found:
            return f"; at {level} % it would be {listing([r.method for r in found], 'or')}"
    for n in sorted(evidence.sizes[row.study_id] - {row.n}):
        found = _reproduce(row, n, row.count.printed_ci_level or "95")
        if found:
            return (
                f"; over n = {n}, which this study also uses, it would be "
                f"{listing([r.method for r in found], 'or')}"
            )
    return ""


def methods_of_a_study(evidence: Evidence) -> Iterator[Finding]:
    """Yield the method that explains all intervals of a study, where there are several."""
    printed = (
        row
        for row in evidence.counted
        if row.count.printed_ci_low and row.count.printed_ci_high and row.count.printed_ci_level
    )
    by_study = grouped(printed, lambda row: row.study_id)
    for rows in by_study.values():
        found = [
            {r.method for r in _reproduce(row, row.n, row.count.printed_ci_level)} for row in rows
        ]
        common = sorted(set.intersection(*found))
        if len(rows) > 1 and common and any(len(methods) > 1 for methods in found):
            yield about_row(
                rows[0],
                "interval-method",
                "note",
                f"{rows[0].label}: {listing(common, 'or')} is what "
                f"reproduces {'both' if len(rows) == 2 else f'all {len(rows)}'} printed intervals.",
                f"{NOTHING_TO_DO}.",
                "printed_ci_low",
            )
