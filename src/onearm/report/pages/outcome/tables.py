"""The tables of pools on an outcome's page: their numbers, models, heterogeneity, other choices."""

from __future__ import annotations

import math
from collections.abc import Iterable

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.analysis.certainty import shown_bound
from onearm.evidence import Protocol, Standing
from onearm.report.kit.html import Cell, Html, folded, joined, link, prose, table
from onearm.report.kit.model_words import level_words
from onearm.report.kit.sentences import headed
from onearm.report.pages.outcome.rows import pool_anchor, pool_rows_table
from onearm.robustness import Alternative, disagree, sensitivity, sensitivity_note
from onearm.words import NOT_ESTIMABLE, interval, number, p_value, percent

__all__ = [
    "heterogeneity_table",
    "models_table",
    "pool_columns",
    "pool_numbers",
    "pools_table",
    "sensitivity_table",
]

#: What a pool of so many studies is shown as.
STATUS = {
    Standing.NONE: "no data",
    Standing.SINGLE: "not pooled",
    Standing.PROVISIONAL: "provisional",
    Standing.HEADLINE: "pooled",
    Standing.NO_EVENT: "no event",
    Standing.ONLY_EVENTS: "only events",
}


def pool_columns(protocol: Protocol) -> tuple[str, ...]:
    """Return the heads of the numbers of a pool."""
    return (
        "Studies",
        headed(protocol.words.person.many),
        "Median proportion",
        f"{level_words(protocol)} interval",
        "Prediction interval",
        "Marginal mean",
    )


def pools_table(
    analysis: OutcomeAnalysis, pools: Iterable[Pool], caption: str, *, name: str = ""
) -> Html | None:
    """Return one line a pool with its numbers; they point at the rows behind them.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of the outcome.
    pools : iterable of Pool
        Its pools; none gives no table.
    caption, name : str
        Of the table.
    """
    pools = list(pools)
    if not pools:
        return None
    columns = pool_columns(analysis.review.protocol)
    return table(
        caption,
        ["Pool", *columns, "Status"],
        [[pool.label, *pool_numbers(pool), _status(analysis, pool)] for pool in pools],
        name=name,
        numeric=columns,
        classes=[_class(pool) for pool in pools],
    )


def _status(analysis: OutcomeAnalysis, pool: Pool) -> Cell:
    words = STATUS[pool.standing]
    if not disagree(pool, analysis.review):
        return words
    return Markup("<strong>do not pool</strong>: the methods disagree ({})").format(words)


def pool_numbers(pool: Pool, page: str = "") -> list[Cell]:
    """Return studies, people, estimate, both intervals and the marginal mean as cells.

    Parameters
    ----------
    pool : Pool
        What is told.
    page : str
        Where its rows stand, if not on the same page.
    """
    selection, pooled = pool.selection, pool.pooled
    if not selection.k:
        return ["0", "0", "–", "–", "–", "–"]
    arms = "" if selection.studies == selection.k else f" ({selection.k} cohorts)"
    who: list[Cell] = [
        link(f"{page}#{pool_anchor(pool)}", f"{selection.studies}{arms}"),
        str(pool.people),
    ]
    if pool.standing is Standing.SINGLE:
        own = pool.own
        if own is None:
            return [*who, "not pooled", "–", "–", "–"]
        shown = f"{percent(own.proportion)}, not pooled", f"{interval(*own.ci)} (exact)"
        return [*who, *shown, "–", "–"]
    if pool.standing.is_alike:
        counts = f"{pooled.events} of {pool.people}"
        return [*who, counts, f"{shown_bound(pool)} (exact, one-sided)", "–", "–"]
    return [*who, *_estimates(pool)]


def _estimates(pool: Pool) -> list[Cell]:
    pooled = pool.pooled
    ahead = interval(*pool.prediction) if pooled.k >= pool.prediction_k else "–"
    return [percent(pooled.estimate), interval(*pooled.ci), ahead, percent(pooled.mean_proportion)]


def _class(pool: Pool) -> str:
    return "" if pool.standing is Standing.HEADLINE else pool.standing.value


def models_table(analysis: OutcomeAnalysis, pool: Pool) -> Html | None:
    """Return the plan's model in front and its companions below, on the same rows.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of the outcome.
    pool : Pool
        Of fewer than two rows no model is fitted, and there is no table.
    """
    others, protocol = analysis.companions_of(pool), analysis.review.protocol
    if not others:
        return None
    columns = ["Model", *pool_columns(protocol)[2:], "tau"]
    primary = protocol.primary.label or protocol.primary.model
    lines = [[f"Primary: {primary}", *_model_cells(pool)]]
    lines += [[each.label, *_model_cells(each)] for each in others]
    who = f"{pool.cohorts}, {protocol.people(pool.people)}"
    return table(f"{pool.label}: models compared ({who})", columns, lines, numeric=columns[1:])


def _model_cells(pool: Pool) -> list[Cell]:
    pooled = pool.pooled
    logits = pooled.method.tau_scale == "logit" or not math.isfinite(pooled.tau2)
    return [*_estimates(pool), number(pooled.tau2**0.5, 2) if logits else "another scale"]


def heterogeneity_table(analysis: OutcomeAnalysis) -> Html | None:
    """Return how much studies differ: tau of the plan's model, tau², I² and Q of REML.

    None where no pool has two studies that are pooled.
    """
    pools = analysis.pools
    pairs = [(pools[name], reml) for name, reml in analysis.conventional.items()]
    pooled = [pair for pair in pairs if pair[0].is_pooled]
    if not pooled:
        alike = [_alike(pool) for pool in pools.values() if pool.standing.is_alike]
        return prose(" ".join(alike), kind="muted") if alike else None
    columns = [
        "Pool",
        "tau, plan's model",
        "its interval",
        "tau² by REML",
        "tau² interval, Q-profile",
        "I² (from tau²)",
        "I² interval",
        "Q",
        "df",
        "p of Q",
    ]
    lines = [_heterogeneity(*pair) for pair in pooled]
    return table("Heterogeneity between studies, on logits", columns, lines, numeric=columns[1:])


def _alike(pool: Pool) -> str:
    """Say why nothing is told of how studies differ where all people are alike."""
    nobody = pool.standing is Standing.NO_EVENT
    who = "nobody had the event in any of" if nobody else "everybody had the event in each of"
    return f"{pool.label}: {who} {pool.cohorts}, so heterogeneity cannot be estimated."


def _heterogeneity(pool: Pool, classical: Pool) -> list[Cell]:
    own, reml = pool.pooled, classical.pooled
    empty = any(caution.code == "tau2-interval-empty" for caution in reml.cautions)
    return [
        pool.label,
        number(own.tau2**0.5, 2),
        _limits(limit**0.5 for limit in own.tau2_ci),
        number(reml.tau2, 3),
        "empty: alike beyond chance" if empty else _limits(reml.tau2_ci),
        percent(reml.i2),
        "empty" if empty else interval(*reml.i2_ci),
        number(reml.q, 2),
        number(reml.q_df, 0),
        p_value(reml.q_pvalue),
    ]


def _limits(values: Iterable[float]) -> str:
    low, high = (number(value, 2) for value in values)
    return low if low == high == NOT_ESTIMABLE else f"{low} to {high}"


def sensitivity_table(analysis: OutcomeAnalysis, evidence_set: str) -> Html | None:
    """Return what each other choice gives beside the plan's, largest change first.

    Where other studies meet nothing has changed, so no difference is told.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of the outcome.
    evidence_set : str
        Which of its pools; None where no other choice applies to it.
    """
    pool, found = analysis.pools[evidence_set], sensitivity(analysis, evidence_set)
    if not found:
        return None
    ordered = sorted(found, key=lambda item: (not item.is_comparable, -_size(item.difference)))
    met = [item.pool for item in ordered]
    columns = pool_columns(analysis.review.protocol)
    lines: list[list[Cell]] = [["plan", "", *pool_numbers(pool), "–"]]
    lines += [
        [item.axis, item.pool.label, *pool_numbers(item.pool), _points(item)] for item in ordered
    ]
    parts: list[Html | None] = [
        table(
            f"{pool.label}: the estimate under other choices",
            ["Choice", "What differs", *columns, "Change"],
            lines,
            numeric=[*columns, "Change"],
            classes=[_class(each) for each in (pool, *met)],
        )
    ]
    note = sensitivity_note(analysis, evidence_set)
    parts.append(prose(note, kind="muted") if note else None)
    caption = f"{pool.label}: which rows meet under other choices"
    rows = pool_rows_table(met, caption, "evidence.html")
    parts.append(folded(caption, rows) if rows else None)
    return joined(*filter(None, parts))


def _size(difference: float) -> float:
    return -1.0 if math.isnan(difference) else abs(difference)


def _points(item: Alternative) -> str:
    if not item.is_comparable:
        return "other studies"
    if math.isnan(item.difference):
        return "–"
    return f"{100 * item.difference:+.1f} points"
