"""The parts of an outcome's page that the answer rests on: subgroups and other choices, drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis
from onearm.report.explorer.plot import Line, across, plot, pool_line
from onearm.report.kit.html import Html, joined, link, prose
from onearm.report.kit.sentences import within
from onearm.robustness import LEAVES_OUT, Alternative, Known, disagree, known, sensitivity
from onearm.words import p_value, shorten, with_interval

__all__ = ["more", "sensitivity_plot", "subgroups_plot"]

_LONG = 70  # letters of a choice
_MOST = 8  # other choices, those that move the estimate most


def subgroups_plot(analysis: OutcomeAnalysis) -> Html | None:
    """Return a small forest plot of the subgroups of every stratum; None without any."""
    protocol = analysis.review.protocol
    found = []
    for by, split in analysis.strata[protocol.widest.name].items():
        pools = [pool for pool in split if pool.selection.k]
        if not pools:
            continue
        lines = [
            pool_line(pool, pool.label, "do not pool" if disagree(pool, analysis.review) else "")
            for pool in pools
        ]
        said = f"By {within(protocol.strata[by].label)}{_tested(analysis, by)}"
        found.append(plot(said, "studies", lines, across(analysis.widest, analysis.plan)))
    return joined(*found) if found else None


def _tested(analysis: OutcomeAnalysis, by: str) -> str:
    """Return the test of a difference between subgroups, where they are compared."""
    if by not in analysis.compared:
        return ""
    tested = analysis.differences(analysis.review.protocol.widest.name, by)
    return "" if tested.p is None else f"; test for a difference, p {_equals(p_value(tested.p))}"


def _equals(words: str) -> str:
    return words if words[:1] in "<>" else f"= {words}"


def sensitivity_plot(analysis: OutcomeAnalysis) -> Html | None:
    """Return the plan's result and what other choices give, the largest change first."""
    lines = [*_alternatives(analysis), *_replaced(analysis)]
    if not lines:
        return None
    lines.sort(key=lambda pair: -pair[0])
    first = pool_line(analysis.widest, "The plan")
    down = across(analysis.widest, analysis.plan)
    return plot(
        "The estimate under other choices, one at a time",
        "studies",
        [first, *(line for _, line in lines[:_MOST])],
        down,
    )


def _alternatives(analysis: OutcomeAnalysis) -> Iterator[tuple[float, Line]]:
    found = sensitivity(analysis, analysis.review.protocol.widest.name)
    # of choices that only leave studies out, those that move the number farthest each way
    out = [each for each in found if each.axis in LEAVES_OUT and math.isfinite(each.difference)]
    out.sort(key=lambda each: each.difference)
    others = [each for each in found if each.axis not in LEAVES_OUT]
    for item in [*others, *out[:1], *out[1:][-1:]]:
        size = 0.0 if math.isnan(item.difference) else abs(item.difference)
        yield size, pool_line(item.pool, _named(item), _moved(item))


def _named(item: Alternative) -> str:
    label = item.pool.label
    return shorten(label[:1].upper() + label[1:], _LONG)


def _moved(item: Alternative) -> str:
    if not item.is_comparable:
        return f"{item.axis}; other studies"
    if math.isnan(item.difference):
        return item.axis
    return f"{item.axis}; {100 * item.difference:+.1f} points"


def _replaced(analysis: OutcomeAnalysis) -> Iterator[tuple[float, Line]]:
    """Yield each study counted over other people, with all others unchanged.

    Those of the plan's first evidence set go before all else.
    """
    whole = len(analysis.pools) < 2
    rows = () if whole else next(iter(analysis.pools.values())).selection.rows
    named = {row.study_id for row in rows}
    for each in known(analysis):
        if each.pooled is not None and len(each.instead) == 1:
            change = each.pooled.estimate - analysis.widest.pooled.estimate
            first = each.row.study_id in named
            yield math.inf if first else abs(change), _exchanged(each, analysis, change)


def _exchanged(each: Known, analysis: OutcomeAnalysis, change: float) -> Line:
    row, pooled = each.row, each.pooled
    (other,) = each.instead
    assert pooled is not None
    base = pool_line(analysis.widest, "")
    low, high = pooled.ci
    return Line(
        f"{row.label}: {row.events}/{row.n} instead of {other.events}/{other.n}",
        base.counts,
        with_interval(pooled.estimate, pooled.ci),
        (1000 * low, 1000 * pooled.estimate, 1000 * high),
        hint=f"one study; {100 * change:+.1f} points",
        kind="plan",
    )


def more(analysis: OutcomeAnalysis) -> Html:
    """Return where everything else of the outcome stands."""
    code = analysis.code
    places = (
        ("Rows, sources and exclusions", f"{code}-appendix.html#Rows-and-sources"),
        ("Certainty", f"{code}-appendix.html#Certainty"),
        ("Other models", f"{code}-appendix.html#Models-side-by-side"),
        ("Figures as files", f"{code}-appendix.html#Forest-plot"),
        ("Robustness", f"{code}-robustness.html"),
    )
    files = (
        ("Notebook with the code", f"{code}.ipynb"),
        ("All results (CSV)", "results.csv"),
    )
    said = [link(place, words) for words, place in (*places, *files)]
    return prose(Markup(" · ").join(said))
