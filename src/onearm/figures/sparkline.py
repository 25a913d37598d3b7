"""A pool in one line of a table: the forest plot's marks on an axis of 0 to 100 %.

Written by hand and not drawn by matplotlib, because a first page has dozens. It has the
colour of the text around it, no ids and no styles of its own.
"""

from __future__ import annotations

import math

from markupsafe import Markup, escape

from onearm.analysis import Pool
from onearm.evidence import Standing
from onearm.words import interval, percent, with_interval

Limits = tuple[float, float]
_DASHED = ' stroke-dasharray="3 2"'
WIDTH, HEIGHT = 120, 22
EDGE, MIDDLE, BASE = 6.0, 9.0, 19.0  # margin at both ends, height of the marks, of the axis
HALF, BOX = 5.0, 3.0  # half the height of a diamond, and of a square


def sparkline(pool: Pool, threshold: float | None = None) -> Markup:
    """Draw a pool's estimate, interval and prediction interval in one line.

    As in the forest plot, a diamond is as wide as the interval: filled for a headline, hollow
    and dashed when it is provisional. A hollow square on a line is a single study with its
    exact interval, on a dashed line the bound where everybody is alike. The thin line
    with ends is the prediction interval.

    Parameters
    ----------
    pool : Pool
        What to draw.
    threshold : float, optional
        The decision threshold, as a tick across the line.

    Returns
    -------
    Markup
        An ``<svg class="spark">`` of 120 by 22 pixels, named by the same numbers.
    """
    tick = "" if threshold is None else f'<path class="threshold" d="M{_x(threshold)} 1V{BASE:g}"/>'
    # Everything here is a number of ours but the label, which is escaped.
    return Markup(
        f'<svg class="spark" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="{escape(_label(pool, threshold))}" '
        f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'fill="none" stroke="currentColor">{_AXIS}{tick}{_marks(pool)}</svg>'
    )


def _label(pool: Pool, threshold: float | None) -> str:
    pooled = pool.pooled
    if pool.standing is Standing.NONE:
        words = "nothing to pool"
    elif pool.standing.is_alike:
        words = pool.extreme()
    elif pool.is_pooled:
        words = with_interval(pooled.estimate, pooled.ci)
        if all(map(math.isfinite, pool.prediction)):
            words += f", prediction interval {interval(*pool.prediction)}"
        words += ", provisional" if pool.standing is Standing.PROVISIONAL else ""
    elif len(pooled.studies) == 1:
        own = pooled.studies[0]
        words = f"{with_interval(own.proportion, own.ci)}, one study, not pooled"
    else:
        words = f"{pool.cohorts}, not pooled"
    return words if threshold is None else f"{words}; decision threshold {percent(threshold)}"


def _marks(pool: Pool) -> str:
    pooled = pool.pooled
    if pool.standing.is_alike:
        return _square(pooled.events / pooled.n, pool.bound, _DASHED)
    if not pool.is_pooled:
        own = pooled.studies
        return _square(own[0].proportion, own[0].ci, "") if len(own) == 1 else ""
    if not all(map(math.isfinite, (*pooled.ci, pooled.estimate))):
        return ""
    diamond = _diamond(pooled.ci, pooled.estimate, firm=pool.standing is Standing.HEADLINE)
    return _tails(pool.prediction, pooled.ci) + diamond


def _square(middle: float, limits: Limits, look: str) -> str:
    """Draw a hollow square, and its interval up to either side of it."""
    x, (low, high) = _place(middle), map(_place, limits)
    before, after = round(x - BOX, 2), round(x + BOX, 2)
    path = f"M{min(low, before):g} {MIDDLE:g}H{before:g}M{after:g} {MIDDLE:g}H{max(high, after):g}"
    box = f'<rect x="{before:g}" y="{MIDDLE - BOX:g}" width="{2 * BOX:g}" height="{2 * BOX:g}"/>'
    return f'<path d="{path}" stroke-width="1.5"{look}/>{box}'


def _diamond(limits: Limits, middle: float, *, firm: bool) -> str:
    low, mid, high = map(_x, (limits[0], middle, limits[1]))
    look = ' fill="currentColor"' if firm else _DASHED
    top, bottom = f"{MIDDLE - HALF:g}", f"{MIDDLE + HALF:g}"
    return f'<path d="M{low} {MIDDLE:g}L{mid} {top}L{high} {MIDDLE:g}L{mid} {bottom}Z"{look}/>'


def _tails(prediction: Limits, limits: Limits) -> str:
    """Draw what the prediction interval adds to the diamond on either side, with its ends."""
    if not all(map(math.isfinite, prediction)):
        return ""
    low, left, right, high = map(_x, (prediction[0], *limits, prediction[1]))
    y, end = f"{MIDDLE:g}", f"{MIDDLE - 2:g}"
    return (
        f'<path d="M{low} {end}v4M{low} {y}H{left}M{right} {y}H{high}M{high} {end}v4" '
        f'stroke-width="0.75"/>'
    )


def _place(proportion: float) -> float:
    """Return where a proportion lies on the axis, to a hundredth of a pixel."""
    return round(EDGE + (WIDTH - 2 * EDGE) * min(max(proportion, 0.0), 1.0), 2)


def _x(proportion: float) -> str:
    return f"{_place(proportion):g}"


_AXIS = (
    f'<path d="M{_x(0)} {BASE:g}H{_x(1)}M{_x(0)} {BASE:g}v-3M{_x(0.5)} {BASE:g}v-3'
    f'M{_x(1)} {BASE:g}v-3" stroke-opacity="0.75"/>'
)
