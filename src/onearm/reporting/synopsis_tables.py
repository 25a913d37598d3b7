"""The first page: every outcome's answer, in words and numbers, at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool, per_hundred
from onearm.analysis.certainty import certainty
from onearm.evidence import Evidence
from onearm.figures import sparkline
from onearm.reporting.certainty_words import certainty_folded
from onearm.reporting.html import Cell, Html, joined, link, prose, table
from onearm.reporting.outcome_tables import pool_numbers
from onearm.robustness import agreement
from onearm.words import listing, with_interval

ESTIMATE = "Percent (95 % interval)"
NUMBERS = ["In plain words", "0 to 100 %", ESTIMATE, "Prediction interval", "Studies", "Patients"]
NUMERIC = (ESTIMATE, "Prediction interval", "Studies", "Patients")


def answers_table(evidence: Evidence, analyses: Sequence[OutcomeAnalysis], caption: str) -> Html:
    """Return every outcome's answer: each evidence set, and the classes of drugs under it.

    Parameters
    ----------
    evidence : Evidence
        For the judgements of certainty, and the plan's margin between methods.
    analyses : sequence of OutcomeAnalysis
        In the order of the protocol; those in which nothing may be pooled are named below.
    caption : str
        Of the table.
    """
    lines, kinds, silent = [], [], []
    for analysis in analyses:
        shown = list(_pools(analysis))
        if not shown:
            silent.append(analysis.outcome.label)
        for name, pool, kind in shown:
            lines.append([name, *_answer(evidence, analysis, pool, whole="class" not in kind)])
            kinds.append(kind if pool.standing == "headline" else f"{kind} {pool.standing}".strip())
    found = table(
        caption, ["Outcome", *NUMBERS, "Certainty"], lines, name="answers",
        numeric=NUMERIC, classes=kinds,
    )  # fmt: skip
    if not silent:
        return found
    said = f"No count that may be pooled: {listing(silent)}. What is known is on its page."
    return joined(found, prose(said, kind="muted"))


def _pools(analysis: OutcomeAnalysis) -> Iterator[tuple[Cell, Pool, str]]:
    """Yield the pools of the evidence sets, then the classes of drugs where there are several.

    What would say the same again, because the same rows meet, is left out.
    """
    outcome = link(f"{analysis.outcome.code}.html", analysis.outcome.label)
    said: set[frozenset[str]] = set()
    for pool in analysis.pools.values():
        if pool.standing != "none" and _rows(pool) not in said:
            first = Markup("{}<br><small>{}</small>").format(outcome, pool.label)
            yield (pool.label, pool, "part") if said else (first, pool, "")
            said.add(_rows(pool))
    *_, strata = analysis.strata.values()
    for by in ("agent_group", "combined"):
        for pool in strata.get(by, ()):
            if _rows(pool) not in said:
                yield pool.label, pool, "part class"
                said.add(_rows(pool))


def _rows(pool: Pool) -> frozenset[str]:
    return frozenset(pool.selection.rows["row_id"])


def _answer(
    evidence: Evidence, analysis: OutcomeAnalysis, pool: Pool, *, whole: bool
) -> list[Cell]:
    """Return a line: what was pooled, in words and numbers, and how certain that is."""
    words, *numbers = _numbers(analysis, pool)
    if whole and agreement(pool, evidence.protocol).verdict is False:
        words = Markup("{} <strong>Do not pool: the methods disagree.</strong>").format(words)
    graded = certainty(evidence, pool, analysis.outcome)
    return [words, *numbers, certainty_folded(graded)]


def _numbers(analysis: OutcomeAnalysis, pool: Pool) -> list[Cell]:
    studies, patients, _, _, ahead, _ = pool_numbers(pool, f"{analysis.outcome.code}.html")
    shown = sparkline(pool, analysis.outcome.threshold)
    return [f"{per_hundred(pool)}.", shown, _estimate(pool), ahead, studies, patients]


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
        for pool in analysis.strata[evidence_set][by]:
            lines.append([analysis.outcome.short, pool.label, *_numbers(analysis, pool)])
            kinds.append("" if pool.standing == "headline" else pool.standing)
    columns = ["Outcome", "Stratum", *NUMBERS]
    return table(caption, columns, lines, numeric=NUMERIC, classes=kinds)
