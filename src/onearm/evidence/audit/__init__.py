"""The audit: what a careful reader of the tables would point out.

A check is a function that takes the evidence and yields findings. To add one, write the
function and name it in `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from onearm.evidence.audit import (
    contradictions,
    denominators,
    percents,
    plan,
    printed_intervals,
    rows,
    studies,
)
from onearm.evidence.audit.telling import Check
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding, in_order
from onearm.evidence.tables.reading import survey

__all__ = ["CHECKS", "OF_ABSENCE", "audit", "check"]

#: Every check, in no particular order: findings are sorted.
CHECKS: tuple[Check, ...] = (
    percents.percent_against_count,
    percents.percent_without_count,
    printed_intervals.interval_against_count,
    printed_intervals.methods_of_a_study,
    denominators.mixed_in_one_place,
    denominators.several_for_one_outcome,
    denominators.unfit_for_pooling,
    denominators.operators_differ,
    denominators.parts_against_whole,
    contradictions.nested_outcomes,
    contradictions.parts_of_denominators,
    studies.possible_overlap,
    studies.certain_overlap,
    studies.superseded,
    studies.versions_mixed,
    studies.second_hand,
    studies.malformed_dois,
    studies.addresses,
    studies.untraceable,
    rows.derived,
    rows.small,
    rows.missing,
    rows.zeros,
    studies.dates,
    studies.labels,
    studies.subgroups,
    plan.records,
    plan.appraisal,
    plan.outcomes_without_rows,
    plan.rows_without_outcome,
    plan.outside_the_question,
    plan.outcomes_not_judged,
    plan.idle_judgements,
    rows.formulas,
    rows.spreadsheet_dates,
)


#: What says that something is not there, or not complete.
OF_ABSENCE = frozenset(
    {
        "appraisal-incomplete",
        "appraisal-missing",
        "certainty-not-judged",
        "label-duplicated",
        "outcome-without-rows",
        "parts-do-not-sum",
        "records-unbalanced",
        "subgroup-missing",
        "uncited-study",
    }
)


def audit(evidence: Evidence) -> tuple[Finding, ...]:
    """Return everything that the checks find.

    Parameters
    ----------
    evidence : Evidence
        Valid tables and the plan.

    Returns
    -------
    tuple of Finding
        By severity, file, row and code: the same order on every run.
    """
    return in_order(finding for each in CHECKS for finding in each(evidence))


def check(data_dir: str | Path) -> tuple[Finding, ...]:
    """Return what is wrong with a data folder, and what the audit says of it.

    Parameters
    ----------
    data_dir : str or Path
        The data folder.

    Returns
    -------
    tuple of Finding
        The errors, and the audit's findings about the rows that are not in error; the
        errors alone when a table or the plan cannot be used at all. Never raises for what a
        folder contains.
    """
    reading = survey(Path(data_dir))
    if reading.evidence is None:
        return reading.errors
    found = [f for f in audit(reading.evidence) if not _rests_on_errors(f, reading.doubtful)]
    return in_order([*reading.errors, *found])


def _rests_on_errors(finding: Finding, doubtful: Collection[str]) -> bool:
    """Whether what is missed may stand in a row in error."""
    return finding.code in OF_ABSENCE and bool({finding.study_id, finding.value} & set(doubtful))
