"""The first page: every outcome's answer, in words and numbers, at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onearm.analysis import OutcomeAnalysis, Pool, per_hundred
from onearm.analysis.certainty import certainty
from onearm.evidence import Evidence
from onearm.figures import sparkline
from onearm.reporting.certainty_words import certainty_folded
from onearm.reporting.html import Cell, Html, joined, link, prose, table
from onearm.reporting.outcome_tables import pool_numbers
from onearm.words import listing, with_interval

ESTIMATE = "Percent (95 % interval)"
COLUMNS = ["Outcome", "In plain words", "0 to 100 %", ESTIMATE, "Prediction interval", "Studies",
           "Patients", "Certainty"]  # fmt: skip
NUMERIC = (ESTIMATE, "Prediction interval", "Studies", "Patients")


def answers_table(
    evidence: Evidence, analyses: Sequence[OutcomeAnalysis], evidence_set: str, caption: str
) -> Html:
    """Return one line an outcome, its classes of drugs under it; unreported ones are named below.

    Parameters
    ----------
    evidence : Evidence
        For the judgements of certainty.
    analyses : sequence of OutcomeAnalysis
        In the order of the protocol.
    evidence_set : str
        Which pools are shown.
    caption : str
        Of the table.
    """
    reported = [item for item in analyses if item.pools[evidence_set].standing != "none"]
    silent = [item.outcome.label for item in analyses if item not in reported]
    lines, kinds = [], []
    for analysis in reported:
        for name, pool, kind in _pools(analysis, evidence_set):
            lines.append([name, *_numbers(evidence, analysis, pool)])
            kinds.append(kind if pool.standing == "headline" else f"{kind} {pool.standing}".strip())
    shown = table(
        caption, COLUMNS, lines, name=evidence_set.replace("+", "-"), numeric=NUMERIC,
        classes=kinds,
    )  # fmt: skip
    if not silent:
        return shown
    words = listing(silent)
    return joined(shown, prose(f"No study of this set reports: {words}.", kind="muted"))


def _pools(analysis: OutcomeAnalysis, evidence_set: str) -> Iterator[tuple[Cell, Pool, str]]:
    """Yield an outcome's whole pool, and its classes of drugs where there are several."""
    whole, strata = analysis.pools[evidence_set], analysis.strata[evidence_set]
    yield link(f"{analysis.outcome.code}.html", analysis.outcome.label), whole, ""
    classes = strata.get("agent_group", ())
    if len(classes) < 2:
        return
    for pool in classes:
        yield pool.label, pool, "part"
    # Classes taken together, unless that says the same again.
    said = {frozenset(pool.selection.rows["row_id"]) for pool in (whole, *classes)}
    for pool in strata.get("combined", ()):
        if frozenset(pool.selection.rows["row_id"]) not in said:
            yield pool.label, pool, "part"


def _numbers(evidence: Evidence, analysis: OutcomeAnalysis, pool: Pool) -> list[Cell]:
    studies, patients, _, _, ahead, _ = pool_numbers(pool, f"{analysis.outcome.code}.html")
    return [
        per_hundred(pool),
        sparkline(pool, analysis.outcome.threshold),
        _estimate(pool),
        ahead,
        studies,
        patients,
        certainty_folded(certainty(evidence, pool, analysis.outcome)),
    ]


def _estimate(pool: Pool) -> str:
    """Return the one number and its limits: the pool's, the study's own, or the counts."""
    if pool.standing == "single":
        own = pool.pooled.studies[0]
        return with_interval(own.proportion, own.ci)
    if not pool.is_pooled:
        return f"{pool.pooled.events} of {pool.patients}"
    return with_interval(pool.pooled.estimate, pool.pooled.ci)


def strata_synopsis(
    analyses: Sequence[OutcomeAnalysis], evidence_set: str, by: str, caption: str
) -> Html:
    """Return one line an outcome and stratum, for those that have any study."""
    lines: list[list[Cell]] = []
    kinds = []
    for analysis in analyses:
        page = f"{analysis.outcome.code}.html"
        for pool in analysis.strata[evidence_set][by]:
            studies, patients, _, _, ahead, _ = pool_numbers(pool, page)
            shown = sparkline(pool, analysis.outcome.threshold)
            lines.append([analysis.outcome.short, pool.label, per_hundred(pool), shown,
                          _estimate(pool), ahead, studies, patients])  # fmt: skip
            kinds.append("" if pool.standing == "headline" else pool.standing)
    columns = ["Outcome", "Stratum", *COLUMNS[1:-1]]
    return table(caption, columns, lines, numeric=NUMERIC, classes=kinds)
