"""The first page: every outcome's answer, in words and numbers, at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.analysis.certainty import certainty, shown_bound, shown_interval
from onearm.analysis.plain import NEXT, next_patients
from onearm.evidence import Evidence
from onearm.figures import sparkline
from onearm.report.kit.certainty import certainty_folded
from onearm.report.kit.html import Cell, Html, joined, link, prose, table
from onearm.report.pages.outcome.tables import pool_numbers
from onearm.robustness.checks.agreement import disagree
from onearm.words import in_hundred, listing, with_interval

ESTIMATE = "Percent (95 % interval)"
HUNDRED, AHEAD = "Of 100 patients", f"Of the next\u00a0{NEXT}, new\u00a0centre"
NUMBERS = [HUNDRED, AHEAD, "0 to 100 %", ESTIMATE, "Prediction interval", "Studies", "Patients",
           "Certainty"]  # fmt: skip
NUMERIC = (HUNDRED, AHEAD, ESTIMATE, "Prediction interval", "Studies", "Patients")
SIGNAL = "Do not pool: methods disagree"
#: What too few studies for a headline are said to be.
_FEW = {"single": "not pooled", "provisional": "provisional"}
#: Short names of the evidence sets: a long one would make every line of the table two.
EVIDENCE = {"core": "core", "core+extended": "all"}
Line = tuple[Markup, str, OutcomeAnalysis, Pool]


def answers_table(evidence: Evidence, analyses: Sequence[OutcomeAnalysis], caption: str) -> Html:
    """Return every outcome's answer: a line an evidence set, the first with the full name.

    Parameters
    ----------
    evidence : Evidence
        For the judgements of certainty, and the plan's margin between methods.
    analyses : sequence of OutcomeAnalysis
        In the order of the protocol; those in which nothing may be pooled are named below.
    caption : str
        Of the table.
    """
    lines = [
        (_outcome(analysis, short=bool(above)), EVIDENCE.get(name, name), analysis, pool)
        for analysis in analyses
        for above, (name, pool) in enumerate(_whole(analysis))
    ]
    found = _lines(evidence, caption, "Evidence", lines, name="answers")
    silent = [analysis.outcome.label for analysis in analyses if not list(_whole(analysis))]
    if not silent:
        return found
    said = f"No count that may be pooled: {listing(silent)}. What is known is on its page."
    return joined(found, prose(said, kind="muted"))


def classes_table(evidence: Evidence, analyses: Sequence[OutcomeAnalysis], caption: str) -> Html:
    """Return every outcome's classes of drugs, with all the evidence.

    Parameters
    ----------
    evidence, analyses, caption
        As for `answers_table`. A class that is all there is of an outcome is left out: it would
        say the same again.
    """
    lines = [
        (_outcome(analysis), pool.label, analysis, pool)
        for analysis in analyses
        for pool in _classes(analysis)
    ]
    return _lines(evidence, caption, "Class of drug", lines, name="classes")


def strata_synopsis(
    evidence: Evidence,
    analyses: Sequence[OutcomeAnalysis],
    evidence_set: str,
    by: str,
    caption: str,
) -> Html:
    """Return one line an outcome and stratum, for those that have any study.

    Parameters
    ----------
    evidence, analyses, caption
        As for `answers_table`.
    evidence_set, by : str
        Whose strata, and by what they are split, as in `OutcomeAnalysis`.
    """
    lines = [
        (_outcome(analysis), pool.label, analysis, pool)
        for analysis in analyses
        for pool in analysis.strata[evidence_set][by]
    ]
    return _lines(evidence, caption, "Stratum", lines)


def _outcome(analysis: OutcomeAnalysis, *, short: bool = True) -> Markup:
    plan = analysis.outcome
    return link(f"{plan.code}.html", plan.short if short else plan.label)


def _whole(analysis: OutcomeAnalysis) -> Iterator[tuple[str, Pool]]:
    """Yield the pools of the evidence sets; where the same rows meet again, once."""
    said: set[frozenset[str]] = set()
    for name, pool in analysis.pools.items():
        if pool.standing != "none" and _rows(pool) not in said:
            yield name, pool
            said.add(_rows(pool))


def _classes(analysis: OutcomeAnalysis) -> Iterator[Pool]:
    said = {_rows(pool) for pool in analysis.pools.values()}
    *_, strata = analysis.strata.values()
    for by in ("agent_group", "combined"):
        for pool in strata.get(by, ()):
            if _rows(pool) not in said:
                yield pool
                said.add(_rows(pool))


def _rows(pool: Pool) -> frozenset[str]:
    return frozenset(pool.selection.rows["row_id"])


def _lines(
    evidence: Evidence, caption: str, what: str, lines: Iterable[Line], *, name: str = ""
) -> Html:
    """Return a table of pools: what was pooled, in words and numbers, and how certain that is."""
    lines = list(lines)
    return table(
        caption,
        ["Outcome", what, *NUMBERS],
        [
            [outcome, label, *_numbers(evidence, analysis, pool)]
            for outcome, label, analysis, pool in lines
        ],
        name=name,
        numeric=NUMERIC,
        classes=["" if pool.standing == "headline" else pool.standing for *_, pool in lines],
    )


def _numbers(evidence: Evidence, analysis: OutcomeAnalysis, pool: Pool) -> list[Cell]:
    studies, patients, _, _, prediction, _ = pool_numbers(pool, f"{analysis.outcome.code}.html")
    if pool.standing in _FEW:
        studies = Markup("{} <small>{}</small>").format(studies, _FEW[pool.standing])
    ahead = next_patients(pool) if pool.standing == "headline" else None
    return [
        _of_hundred(pool),
        f"{ahead[0]} to {ahead[1]}" if ahead else "–",
        sparkline(pool, analysis.outcome.threshold),
        _estimate(evidence, pool),
        prediction,
        studies,
        patients,
        certainty_folded(certainty(evidence, pool, analysis.outcome)),
    ]


def _of_hundred(pool: Pool) -> str:
    """Return whole patients of a hundred, with limits; where all are alike the bound alone."""
    least, most = map(in_hundred, shown_interval(pool))
    if pool.standing == "no-event":
        return f"at most {most}"
    if pool.standing == "only-events":
        return f"at least {least}"
    own = pool.pooled.studies[0].proportion if pool.standing == "single" else pool.pooled.estimate
    return f"{in_hundred(own)} ({least} to {most})"


def _estimate(evidence: Evidence, pool: Pool) -> Cell:
    """Return the one number and its limits, and below it whether to leave it unpooled.

    The pool's, the study's own, or the exact bound where all patients are alike.
    """
    if pool.standing == "single":
        own = pool.pooled.studies[0]
        return with_interval(own.proportion, own.ci)
    if not pool.is_pooled:
        counts = f"{pool.pooled.events} of {pool.patients}: {shown_bound(pool)}"
        return Markup("{} <br><small>exact one-sided bound</small>").format(counts)
    shown = with_interval(pool.pooled.estimate, pool.pooled.ci)
    if not disagree(pool, evidence.protocol):
        return shown
    return Markup("{} <br><small><strong>{}</strong></small>").format(shown, SIGNAL)
