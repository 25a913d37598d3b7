"""The forest plot of a page: a line of words and marks for every study, readable on a phone.

Written as a list and not drawn, so that it can carry the boxes to tick, and so that a narrow
screen may set the marks below the words. Every mark lies on an axis of 0 to 100 %, a thousand
units wide and stretched to the space there is; strokes keep their width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.evidence import OutcomePlan
from onearm.report.kit.html import Html
from onearm.robustness import known
from onearm.words import interval, percent, with_interval

__all__ = [
    "AXIS",
    "Line",
    "across",
    "bar",
    "in_words",
    "known_lines",
    "plan_lines",
    "plot",
    "pool_line",
    "study_lines",
    "written",
]

#: Classes and places, in thousandths, of lines down the whole plot.
Places = Sequence[tuple[str, float]]

_HEIGHT = 24
_LEAST, _MOST = 5.0, 16.0  # pixels: the side of the square of the smallest and the largest study

AXIS = Markup(
    '<span class="line axis" aria-hidden="true"><span></span><span></span>'
    '<span class="ticks"><i>0</i><i>25</i><i>50</i><i>75</i><i>100&nbsp;%</i></span>'
    "<span></span></span>"
)
"""The last line: where on the axis what percentage is."""


@dataclass(frozen=True)
class Line:
    """One line of the plot.

    Attributes
    ----------
    label, counts, own : str
        Name, events over people, percent with its interval.
    marks : tuple of float
        Low, middle and high end as thousandths of the axis.
    side : float
        Pixels of the square; 0 for a diamond as wide as the interval.
    hint : str
        What has to be known of it, "" if nothing.
    kind : str
        A class: "study", "plan", "ahead" (prediction) or "known" (not pooled).
    year : int
        Of the study, for the order; 0 where it has none.
    at : str
        Where the row of the counts is, with its source; "" if it has none.
    """

    label: str
    counts: str
    own: str
    marks: tuple[float, float, float]
    side: float = 0.0
    hint: str = ""
    kind: str = "study"
    year: int = 0
    at: str = ""


def study_lines(pool: Pool) -> list[Line]:
    """Return a line a study of a pool, in its order."""
    selection = pool.selection
    many = selection.protocol.words.person.many
    named = {row.study_id: row.study.label for row in selection.rows}
    pairs = [(pair.study_a, pair.study_b) for pair in selection.overlaps]
    pairs += [(b, a) for a, b in pairs]
    largest = max((study.n for study in pool.pooled.studies), default=1)
    lines = []
    for row, study in zip(selection.rows, pool.pooled.studies, strict=True):
        others = [named[b] for a, b in pairs if a == row.study_id and b in named]
        lines.append(
            Line(
                study.study,
                f"{study.events}/{study.n}",
                f"{percent(study.proportion)} ({interval(*study.ci)})",
                _thousandths((study.ci[0], study.proportion, study.ci[1])),
                round(max(_LEAST, _MOST * math.sqrt(study.n / largest)), 1),
                f"May share {many} with {'; '.join(others)}." if others else "",
                year=row.year or 0,
                at=f"{selection.outcome.code}-appendix.html#row-{row.row_id}",
            )
        )
    return lines


def plan_lines(pool: Pool) -> list[Line]:
    """Return the lines below the studies: the pooled result, and the prediction interval."""
    pooled, words = pool.pooled, pool.selection.protocol.words
    who = f"{pooled.events}/{pooled.n}"
    if pool.standing.is_alike:
        low, high = pool.bound
        rate = pooled.events / pooled.n
        told = pool.extreme().split("; ")[1].split(" (")[0]
        ends = _thousandths((low, rate, high))
        lines = [Line("All studies, one common rate", who, told, ends, kind="bound")]
        if pooled.exactness:
            ends = _thousandths((pooled.ci[0], rate, pooled.ci[1]))
            told = f"{interval(*pooled.ci)} %"
            lines.append(Line("If studies differ, exact interval", who, told, ends, kind="bound"))
        return lines
    if not pool.is_pooled:
        return []
    told = with_interval(pooled.estimate, pooled.ci)
    ends = _thousandths((pooled.ci[0], pooled.estimate, pooled.ci[1]))
    lines = [Line("Pooled", who, told, ends, kind="plan")]
    if all(map(math.isfinite, pool.prediction)):
        low, high = pool.prediction
        ahead = _thousandths((low, pooled.estimate, high))
        name = f"Prediction, new {words.place.one}"
        lines.append(Line(name, "", interval(low, high), ahead, kind="ahead"))
    return lines


def known_lines(analysis: OutcomeAnalysis) -> tuple[list[Line], list[Line]]:
    """Return a line a count that is known and not pooled, with what it would change.

    First those of other people, then other counts of people who are pooled.
    """
    lines: tuple[list[Line], list[Line]] = ([], [])
    for each in known(analysis):
        row = each.row
        assert row.events is not None
        assert row.n is not None
        rate = row.events / row.n
        told = f"{percent(each.pooled.estimate)} if counted" if each.pooled else ""
        lines[bool(each.instead)].append(
            Line(
                row.label,
                f"{row.events}/{row.n}",
                told,
                _thousandths((rate, rate, rate)),
                hint=each.reason,
                kind="known",
                at=f"evidence.html#row-{row.row_id}",
            )
        )
    return lines


def pool_line(pool: Pool, label: str, beside: str = "") -> Line:
    """Return one line for a whole pool: a subgroup, or another choice.

    Parameters
    ----------
    pool : Pool
        What is shown.
    label : str
        Its name.
    beside : str
        What stands below the name.
    """
    counts = str(pool.selection.studies)
    if pool.own is not None:
        study = study_lines(pool)[0]
        return replace(study, label=label, counts=counts, hint=beside, kind="pool", side=8.0, at="")
    found = plan_lines(pool)
    if not found:
        return Line(label, counts, "not pooled", (0.0, 0.0, 0.0), hint=beside, kind="none")
    return replace(found[0], label=label, counts=counts, hint=beside)


def plot(caption: str, counted: str, lines: Sequence[Line], down: Places) -> Html:
    """Return lines as a small forest plot.

    Parameters
    ----------
    caption, counted : str
        What is shown, and what the second column counts.
    lines : sequence of Line
        In their order.
    down : sequence of (str, float)
        As for :func:`bar`.
    """
    inside = Markup("").join(Markup("<li>{}</li>").format(written(line, down)) for line in lines)
    html = Markup(
        '<div class="explorer-known"><p>{} <small>({})</small></p><ul class="plot">{}</ul>{}</div>'
    ).format(caption, counted, inside, AXIS)
    return Html(str(html), "\n".join([caption, *map(in_words, lines)]))


def in_words(line: Line) -> str:
    """Return a line as plain text."""
    return " ".join(filter(None, (line.label, line.counts, line.own, line.hint)))


def across(pool: Pool, plan: OutcomePlan) -> list[tuple[str, float]]:
    """Return the lines down the plot: the decision threshold and the pooled estimate.

    Parameters
    ----------
    pool : Pool
        With the estimate.
    plan : OutcomePlan
        With the threshold, if it has one.
    """
    lines = [] if plan.threshold is None else [("threshold", 1000 * plan.threshold)]
    return lines + ([("estimate", 1000 * pool.pooled.estimate)] if pool.is_pooled else [])


def bar(line: Line, across: Places = ()) -> Markup:
    """Draw the marks of a line.

    Parameters
    ----------
    line : Line
        What to draw.
    across : sequence of (str, float)
        Classes and places, in thousandths, of lines down the whole plot: the pooled estimate
        and the decision threshold.
    """
    low, middle, high = line.marks
    half = _HEIGHT / 2
    down = Markup("").join(
        Markup('<line class="{}" x1="{:g}" x2="{:g}" y1="0" y2="{}"/>').format(
            kind, place, place, _HEIGHT
        )
        for kind, place in across
    )
    if line.kind == "plan":
        mark = Markup('<polygon points="{:g},{} {:g},4 {:g},{} {:g},20"/>').format(
            low, half, middle, high, half, middle
        )
    else:
        mark = (
            Markup("")
            if line.kind == "none"
            else Markup('<line class="range" x1="{:g}" x2="{:g}" y1="{}" y2="{}"/>').format(
                low, high, half, half
            )
        )
        if line.kind == "known":
            mark = Markup('<line class="hollow" x1="{:g}" x2="{:g}" y1="{}" y2="{}"/>').format(
                middle, middle, half, half
            )
        elif line.side:
            mark += Markup(
                '<line class="mark" x1="{:g}" x2="{:g}" y1="{}" y2="{}" '
                'style="stroke-width:{:g}px"/>'
            ).format(middle, middle, half, half, line.side)
    return Markup(
        '<svg class="bar" viewBox="0 0 1000 {}" preserveAspectRatio="none" aria-hidden="true" '
        'focusable="false">{}{}</svg>'
    ).format(_HEIGHT, down, mark)


def written(line: Line, across: Places = ()) -> Markup:
    """Return a line as the page shows it.

    Parameters
    ----------
    line : Line
        What to show.
    across : sequence of (str, float)
        As for :func:`bar`.
    """
    hint = (
        Markup(' <span class="explorer-study-hint">{}</span>').format(line.hint)
        if line.hint
        else ""
    )
    counts = Markup('<a href="{}">{}</a>').format(line.at, line.counts) if line.at else line.counts
    return Markup(
        '<span class="line {}"><span class="explorer-study-label">{}</span> '
        '<span class="explorer-study-counts">{}</span> {} '
        '<span class="explorer-study-own">{}</span>{}</span>'
    ).format(line.kind, line.label, counts, bar(line, across), line.own, hint)


def _thousandths(values: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = (round(1000 * min(max(value, 0.0), 1.0), 1) for value in values)
    return low, middle, high
