"""The audit: what a careful reader of the tables would point out.

A check is a function that takes the evidence and yields findings. To add one, write the
function and name it in `CHECKS`.
"""

from __future__ import annotations

from pathlib import Path

from onearm.evidence.audit import (
    cells,
    contradictions,
    definitions,
    denominators,
    percents,
    plan,
    printed_intervals,
    rows,
    sharing,
    sources,
    studies,
)
from onearm.evidence.audit.telling import Check
from onearm.evidence.findings import Finding, in_order
from onearm.evidence.read import Evidence, load

__all__ = ["CHECKS", "audit", "check"]

#: Every check, in no particular order: findings are sorted.
CHECKS: tuple[Check, ...] = (
    percents.percent_against_count,
    percents.percent_without_count,
    printed_intervals.interval_against_count,
    printed_intervals.methods_of_a_study,
    denominators.mixed_in_one_place,
    denominators.several_for_one_outcome,
    denominators.unfit_for_pooling,
    definitions.operators_differ,
    definitions.major_below_complete,
    definitions.parts_against_whole,
    contradictions.operated_and_enrolled,
    contradictions.graded_complications,
    contradictions.deaths_over_time,
    sharing.possible_overlap,
    sharing.certain_overlap,
    sharing.superseded,
    sources.second_hand,
    sources.malformed_dois,
    sources.addresses,
    sources.untraceable,
    rows.derived,
    rows.small,
    rows.missing,
    rows.zeros,
    studies.dates,
    studies.labels,
    studies.settings,
    studies.records,
    studies.appraisal,
    plan.outcomes_without_rows,
    plan.rows_without_outcome,
    plan.groups_for_drugs,
    cells.formulas,
    cells.spreadsheet_dates,
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
    """Return what is wrong with a data folder, or else what the audit says of it.

    Parameters
    ----------
    data_dir : str or Path
        The data folder.

    Returns
    -------
    tuple of Finding
        The errors when the tables or the plan cannot be used; the audit's findings when
        they can. Never raises for what a folder contains.
    """
    evidence, problems = load(Path(data_dir))
    return problems if evidence is None else audit(evidence)
