"""The tables and sentences of an outcome's page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from markupsafe import Markup

from onearm.analysis import Pool, per_hundred
from onearm.analysis.certainty import certainty, shown_bound
from onearm.evidence import Evidence, Finding, OutcomePlan, Protocol, audit
from onearm.figures import Drawing
from onearm.report.kit.certainty import certainty_folded
from onearm.report.kit.html import Cell, Html, bullets, folded, joined, link, prose, table
from onearm.report.pages.outcome.rows import pool_anchor, pool_rows_table
from onearm.robustness import Alternative, CheckResult
from onearm.robustness.checks.agreement import disagree
from onearm.words import (
    NOT_ESTIMABLE,
    count,
    interval,
    listing,
    number,
    p_value,
    percent,
)

POOL_NUMBERS = ("Studies", "Patients", "Median proportion", "95 % interval",
                "Prediction interval", "Marginal mean")  # fmt: skip


def answer(
    evidence: Evidence,
    plan: OutcomePlan,
    pools: Mapping[str, Pool],
    agreements: Mapping[str, CheckResult],
) -> Html:
    """Return the headline of every evidence set, in plain words too, and what weakens it."""
    pieces = []
    for name, pool in pools.items():
        pieces.append(prose(pool.headline(), kind=_kind(pool)))
        if pool.standing == "none":
            continue
        pieces.append(prose(Markup("<strong>In plain words:</strong> {}.").format(
            per_hundred(pool))))  # fmt: skip
        pieces.append(_certainty(certainty_folded(certainty(evidence, pool, plan))))
        if agreements[name].verdict is False:
            pieces.append(prose(agreements[name].sentence, kind="caution"))
        if _rests_on(pool):
            pieces.append(prose(_rests_on(pool), kind="muted"))
    return joined(*pieces)


def _certainty(graded: Markup) -> Html:
    said = Markup("<strong>Certainty:</strong> {}").format(graded)
    return Html(str(Markup('<div class="certainty">{}</div>').format(said)), said.striptags())


def agreement_list(agreements: Mapping[str, CheckResult]) -> Html:
    """Say for every evidence set how far the methods lie apart."""
    return bullets([result.sentence for result in agreements.values()], none="Nothing to compare.")


def _kind(pool: Pool) -> str:
    return "answer" if pool.standing == "headline" else "answer muted"


def _rests_on(pool: Pool) -> str:
    """Say what weakens a number; a headline on ordinary data needs no such sentence."""
    gate, verdict = pool.selection.gate, pool.pooled.verdict
    said = [gate.sentence] if pool.standing in ("single", "provisional") else []
    if pool.is_pooled and verdict.code in ("separated", "constant"):
        said.append(verdict.sentence)
    return " ".join(said)


def pools_table(protocol: Protocol, pools: Iterable[Pool], caption: str, *, name: str = "") -> Html:
    """Return one line a pool with its numbers; they point at the rows behind them.

    Where the methods disagree its standing says not to pool it.
    """
    pools = list(pools)
    if not pools:
        return prose(f"{caption}: no count that may be pooled.", kind="muted")
    return table(
        caption,
        ["Pool", *POOL_NUMBERS, "Standing"],
        [[pool.label, *pool_numbers(pool), _standing(protocol, pool)] for pool in pools],
        name=name,
        numeric=POOL_NUMBERS,
        classes=[_class(pool) for pool in pools],
    )


def _standing(protocol: Protocol, pool: Pool) -> Cell:
    if not disagree(pool, protocol):
        return pool.standing
    return Markup("{}; <strong>do not pool</strong>: the methods disagree").format(pool.standing)


def pool_numbers(pool: Pool, page: str = "") -> list[Cell]:
    """Return k, patients, estimate, both intervals and the marginal mean as cells."""
    distinct = pool.selection.rows["study_id"].nunique()
    arms = "" if distinct == pool.pooled.k else f" ({pool.pooled.k} cohorts)"
    studies = link(f"{page}#{pool_anchor(pool)}", f"{distinct}{arms}") if distinct else "0"
    if pool.standing == "none":
        return [studies, "0", "–", "–", "–", "–"]
    if pool.standing == "single":
        own = pool.pooled.studies[0]
        return [studies, str(pool.patients), f"{percent(own.proportion)}, not pooled",
                f"{interval(*own.ci)} (exact)", "–", "–"]  # fmt: skip
    pooled = pool.pooled
    if pool.standing in ("no-event", "only-events"):
        return [studies, str(pool.patients), f"{pooled.events} of {pool.patients}",
                f"{shown_bound(pool)} (exact, one-sided)", "–", "–"]  # fmt: skip
    return [
        studies,
        str(pool.patients),
        percent(pooled.estimate),
        interval(*pooled.ci),
        _prediction(pool),
        percent(pooled.mean_proportion),
    ]


def _prediction(pool: Pool) -> str:
    return interval(*pool.prediction) if pool.pooled.k >= pool.prediction_k else "–"


def _class(pool: Pool) -> str:
    return "" if pool.standing == "headline" else pool.standing


def models_table(protocol: Protocol, reference: Pool, others: Sequence[Pool]) -> Html:
    """Return the protocol's model in front and its companions below, on the same rows."""
    if not others:
        return prose(f"{reference.label}: fewer than two studies, so no model is fitted.",
                     kind="muted")  # fmt: skip
    columns = ["Model", "Median proportion", "95 % interval", "Prediction interval",
               "Marginal mean", "tau"]  # fmt: skip
    primary = protocol.primary.label or protocol.primary.model
    lines = [[f"Primary: {primary}", *_model_cells(reference)]]
    lines += [[pool.label, *_model_cells(pool)] for pool in others]
    return table(
        f"{reference.label}: the models side by side ({reference.cohorts}, "
        f"{reference.patients} patients)",
        columns, lines, numeric=columns[1:],
    )  # fmt: skip


def _model_cells(pool: Pool) -> list[Cell]:
    pooled = pool.pooled
    logits = pooled.method.tau_scale == "logit" or not math.isfinite(pooled.tau2)
    return [
        percent(pooled.estimate),
        interval(*pooled.ci),
        _prediction(pool),
        percent(pooled.mean_proportion),
        number(pooled.tau2**0.5, 2) if logits else "another scale",
    ]


def heterogeneity_table(pools: Mapping[str, Pool], classical: Mapping[str, Pool]) -> Html:
    """Return how much studies differ: tau of the protocol's model, tau2, I2 and Q of REML.

    Parameters
    ----------
    pools : mapping of str to Pool
        The protocol's pools by evidence set.
    classical : mapping of str to Pool
        The same selections under the inverse-variance model.
    """
    pairs = [(pool, classical[name]) for name, pool in pools.items() if pool.is_pooled]
    if not pairs:
        return prose(_no_heterogeneity(pools.values()), kind="muted")
    columns = ["Pool", "tau, protocol's model", "its interval", "tau² by REML",
               "tau² interval, Q-profile", "I² (from tau²)", "I² interval", "Q", "df",
               "p of Q"]  # fmt: skip
    return table(
        "Heterogeneity between studies, on logits",
        columns,
        [_heterogeneity(*pair) for pair in pairs],
        numeric=columns[1:],
    )


def _no_heterogeneity(pools: Iterable[Pool]) -> str:
    """Say why nothing is told of how studies differ: too few of them, or all patients alike."""
    who = {"no-event": "nobody had the event in any of",
           "only-events": "everybody had the event in each of"}  # fmt: skip
    alike = [
        f"{pool.label}: {who[pool.standing]} {pool.cohorts}, so nothing shows how much they differ."
        for pool in pools
        if pool.standing in who
    ]
    return " ".join(alike) or (
        "Heterogeneity needs two studies that are pooled; no pool here has them."
    )


def _heterogeneity(pool: Pool, classical: Pool) -> list[Cell]:
    own, reml = pool.pooled, classical.pooled
    return [
        pool.label,
        number(own.tau2**0.5, 2),
        _limits(limit**0.5 for limit in own.tau2_ci),
        number(reml.tau2, 3),
        _q_profile(classical),
        percent(reml.i2),
        interval(*reml.i2_ci) if _q_profile(classical) == _limits(reml.tau2_ci) else "empty",
        number(reml.q, 2),
        number(reml.q_df, 0),
        p_value(reml.q_pvalue),
    ]


def _q_profile(pool: Pool) -> str:
    """Return the Q-profile interval; an empty one is said to be empty, not 0 to 0."""
    if any(caution.code == "tau2-interval-empty" for caution in pool.pooled.cautions):
        return "empty: alike beyond chance"
    return _limits(pool.pooled.tau2_ci)


def _limits(values: Iterable[float]) -> str:
    low, high = (number(value, 2) for value in values)
    return low if low == high == NOT_ESTIMABLE else f"{low} to {high}"


def sensitivity_table(reference: Pool, alternatives: Sequence[Alternative]) -> Html:
    """Return what each other choice gives beside the protocol's, largest change first.

    Where other studies meet nothing has changed, so no difference is told.
    """
    if not alternatives:
        return prose(f"{reference.label}: no other choice of denominator, definition, overlap or "
                     "model applies to these rows.", kind="muted")  # fmt: skip
    ordered = sorted(
        alternatives, key=lambda item: (not item.is_comparable, -_size(item.difference))
    )
    columns = ["Choice", "What differs", *POOL_NUMBERS, "Change"]
    lines: list[list[Cell]] = [
        ["protocol", "", *pool_numbers(reference), "–"],
        *([item.axis, item.pool.label, *pool_numbers(item.pool), _points(item)]
          for item in ordered),
    ]  # fmt: skip
    kinds = [_class(reference), *(_class(item.pool) for item in ordered)]
    choices = table(
        f"{reference.label}: the estimate under other choices", columns, lines,
        numeric=[*POOL_NUMBERS, "Change"], classes=kinds,
    )  # fmt: skip
    met = [item.pool for item in ordered]
    caption = f"{reference.label}: which rows meet under other choices"
    return joined(choices, folded(caption, pool_rows_table(met, caption, "evidence.html")))


def _size(difference: float) -> float:
    return abs(difference) if difference == difference else -1.0


def _points(item: Alternative) -> str:
    if not item.is_comparable:
        return "other studies"
    if item.difference != item.difference:
        return "–"
    return f"{100 * item.difference:+.1f} points"


def cautions_list(pools: Iterable[Pool]) -> Html:
    """Return what a reader must keep in mind; what holds of every pool is said once."""
    pools = list(pools)
    said: dict[str, list[str]] = {}
    for pool in pools:
        sentences = [caution.sentence for caution in pool.selection.cautions]
        if pool.is_pooled:  # of what a model says only where a model is in front
            sentences += [caution.sentence for caution in pool.pooled.cautions]
        for sentence in sentences:
            said.setdefault(sentence, []).append(pool.label)
    items = [
        sentence if len(labels) == len(pools) else f"{listing(labels)}: {sentence}"
        for sentence, labels in said.items()
    ]
    return bullets(items, none="No caution.")


def findings_table(findings: Sequence[Finding], caption: str) -> Html:
    """Return the audit's findings with their place."""
    if not findings:
        return prose("The audit has nothing to say of these rows.")
    lines = [
        [finding.code, finding.severity, finding.sentence, finding.mend, finding.place]
        for finding in findings
    ]
    return table(
        f"{caption}: {count(len(findings), 'finding')}",
        ["Finding", "Severity", "What", "What to do", "Where"], lines,
    )  # fmt: skip


def findings_of(evidence: Evidence, pools: Mapping[str, Pool]) -> list[Finding]:
    """Return the audit's findings on the rows of an outcome, pooled or left out."""
    selections = [pool.selection for pool in pools.values()]
    frames = [frame for item in selections for frame in (item.rows, item.excluded)]
    rows = {row_id for frame in frames for row_id in frame["row_id"]}
    pooled = {study for item in selections for study in item.rows["study_id"]}
    return [
        finding
        for finding in audit(evidence)
        if finding.row_id in rows or (finding.row_id is None and finding.study_id in pooled)
    ]


def when_any(
    pools: Sequence[Pool],
    draw: Callable[[Sequence[Pool]], Drawing],
    *,
    none: str = "No stratum has a count that may be pooled.",
) -> Drawing | Html:
    """Draw the pools that are there, or say that there is none."""
    return draw(pools) if pools else prose(none, kind="muted")
