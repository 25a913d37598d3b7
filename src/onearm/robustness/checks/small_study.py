"""Small-study effects: exploratory, gated at ten studies, and never by Egger on logits.

The standard error of a proportion's logit depends on the proportion, so that a funnel or a
regression against it is asymmetric without any bias: both are against study size instead
(Hunter 2014, 10.1016/j.jclinepi.2014.03.003; Peters 2006, 10.1001/jama.295.6.676). The LFK
index (Furuya-Kanamori 2018, 10.1097/XEB.0000000000000141) comes with the warning that it
is no test and depends on the number of studies (Schwarzer 2024, 10.1002/jrsm.1714).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr
from scipy.stats import rankdata

from onearm.analysis import Pool, Review
from onearm.models.inverse_variance.transforms import effects
from onearm.robustness.base import Check, CheckResult, Sheet, sheet, told
from onearm.words import number, p_value

__all__ = [
    "LFK_WARNING",
    "SMALL_STUDY_EFFECTS",
    "SizeRegression",
    "funnel_limits",
    "lfk_index",
    "size_regression",
    "small_study_effects",
]

LFK_WARNING = (
    "The LFK index is no test: it has no error rate, grows with the number of studies, and its "
    "cut-offs of 1 and 2 were set by eye. It is shown because readers ask for it."
)
SELECTION = "A funnel cannot show bias by which people the studies selected."

EQUAL = 1e-12  # effects closer than this differ by rounding alone

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SizeRegression:
    """A weighted line through effects against 1/n.

    Attributes
    ----------
    intercept, slope : float
        On the scale of the effects; the intercept is the effect of a study without end.
    se : float
        Of the slope.
    statistic, df, pvalue : float
        t test of a slope of zero, two-sided.
    """

    intercept: float
    slope: float
    se: float
    statistic: float
    df: int
    pvalue: float


def size_regression(y: Floats, v: Floats, n: NDArray[np.int64]) -> SizeRegression:
    """Regress effects on 1/n with weights 1/v (Peters 2006, 10.1001/jama.295.6.676).

    On logits 1/v is ``x (n - x) / n``, the weight of Peters' test; the result is that of
    ``regtest(model="lm", predictor="ninv")`` of R's metafor.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Effects and sampling variances.
    n : ndarray of int, shape (k,)
        Study sizes; at least two different ones, and k of three or more.

    Returns
    -------
    SizeRegression
        Without a test when all effects are equal, so that nothing is left to explain.
    """
    if np.ptp(y) < EQUAL:
        return SizeRegression(float(y[0]), 0.0, 0.0, math.nan, len(y) - 2, math.nan)
    design = np.stack([np.ones(len(y)), 1 / n], axis=1)
    root = np.sqrt(1 / v)
    normal = np.linalg.inv((design * root[:, None]).T @ (design * root[:, None]))
    beta = normal @ design.T @ (y / v)
    df = len(y) - 2
    scale = float((((y - design @ beta) * root) ** 2).sum()) / df
    se = float(np.sqrt(scale * normal[1, 1]))
    statistic = float(beta[1]) / se
    pvalue = 2 * float(stdtr(df, -abs(statistic)))
    return SizeRegression(float(beta[0]), float(beta[1]), se, statistic, df, pvalue)


def lfk_index(y: Floats, v: Floats) -> float:
    """Return the LFK index of a Doi plot, as R's metasens computes it.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Effects and sampling variances.

    Returns
    -------
    float
        0 for symmetry; nan when all effects are equal.

    Examples
    --------
    >>> y = np.array([-4.27, -1.71, -0.58, -0.19, 0.0])
    >>> round(lfk_index(y, np.array([0.158, 0.076, 0.018, 0.022, 0.040])), 7)
    -3.3101115
    """
    order = np.argsort(y, kind="stable")
    y, size = y[order], 100 * v.max() / v[order]
    if np.ptp(y) < EQUAL:
        return float("nan")
    rank = np.cumsum(size) - size / 2
    z = ndtri((rank - 0.5) / size.sum())
    middle = y[np.argmin(np.abs(z))]
    stretch = (z.max() - z.min()) / np.ptp(y - middle)
    return float(5 / (2 * len(y)) * (z + stretch * (y - middle)).sum())


def funnel_limits(proportion: float, n: NDArray[np.int64], level: float) -> dict[str, list[float]]:
    """Return between which proportions studies of each size lie by chance alone.

    Parameters
    ----------
    proportion : float
        That all studies are taken to share.
    n : ndarray of int, shape (k,)
        The sizes found; limits are for 60 sizes from the smallest to the largest.
    level : float
        Share of studies between the limits, about: on the arcsine scale, whose variance
        1/(4 n) does not depend on the proportion.
    """
    sizes = np.geomspace(n.min(), n.max(), 60)
    centre, half = np.arcsin(np.sqrt(proportion)), ndtri(0.5 + level / 2) / (2 * np.sqrt(sizes))
    low, high = (np.sin(np.clip(centre + s * half, 0, np.pi / 2)) ** 2 for s in (-1, 1))
    return {"n": sizes.tolist(), "low": low.tolist(), "high": high.tolist()}


def small_study_effects(pool: Pool, review: Review) -> CheckResult:
    """Describe how results go with study size, for ten studies or more.

    Parameters
    ----------
    pool : Pool
        k studies.
    review : Review
        Its plan: the continuity correction.

    Returns
    -------
    CheckResult
        ``table``: the regression on 1/n on the logit scale and on the arcsine scale, whose
        variance does not depend on the proportion. ``data``: ``lfk`` with its warning,
        ``spearman``, and ``funnel``: the ``n``, ``low`` and ``high`` between which about 95 % of
        studies of that size would lie if all had the pooled proportion. The verdict is always None:
        nothing here is a test of the answer.
    """
    selection, protocol = pool.selection, review.protocol
    data: dict[str, Any] = {
        "pool": pool.label,
        "exploratory": True,
        "warning": LFK_WARNING,
        "who": pool.cohorts,
    }
    if len(set(selection.n.tolist())) < 2:
        said = told(pool, "all studies have one size, so nothing can go with size.")
        return CheckResult("small_study_effects", None, said, data=data)
    correction = str(protocol.primary.options.get("correction", "only0"))
    lines = []
    for scale in ("logit", "arcsine"):
        counts = selection.events[:, None], selection.n[:, None]
        effect, variance, touched = effects(*counts, scale, correction)
        y, v = effect[:, 0], variance[:, 0]
        line = size_regression(y, v, selection.n)
        lines.append({"scale": scale, **asdict(line), "corrected": int(touched.sum())})
        if scale == "logit":
            data["lfk"] = lfk_index(y, v)
    proportions = selection.events / selection.n
    with np.errstate(invalid="ignore", divide="ignore"):  # no rank differs where all are alike
        ranks = np.corrcoef(rankdata(proportions), rankdata(selection.n))[0, 1]
    data |= {
        "spearman": float(ranks),
        "corrected": lines[0]["corrected"],
        "funnel": funnel_limits(pool.pooled.estimate, selection.n, protocol.pooling.level),
    }
    table = pd.DataFrame(lines)
    said = told(pool, _sentence(data, table))
    return CheckResult("small_study_effects", None, said, table, data)


def _sentence(data: dict[str, Any], table: pd.DataFrame) -> str:
    logit, arcsine = (table.iloc[position] for position in (0, 1))
    which = "higher" if arcsine["slope"] > 0 else "lower"
    corrected = (
        f" On the logit scale {data['corrected']} of {data['who']} have half an event added, "
        "whose effect depends on their size; the arcsine line needs none."
        if data["corrected"]
        else ""
    )
    return (
        f"exploratory. Smaller studies tend to have {which} proportions (arcsine "
        f"slope on 1/n {number(arcsine['slope'])}, p {p_value(arcsine['pvalue'])}; Peters' "
        f"regression on logits, slope {number(logit['slope'])}, p {p_value(logit['pvalue'])})."
        f"{corrected} {SELECTION}"
    )


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    columns = {
        "Scale": lambda r: r["scale"],
        "Slope on 1/n": lambda r: number(r["slope"]),
        "Standard error": lambda r: number(r["se"]),
        "t": lambda r: number(r["statistic"]),
        "df": lambda r: str(r["df"]),
        "p": lambda r: p_value(r["pvalue"]),
    }
    note = f"LFK index {number(result.data['lfk'])}. {result.data['warning']}"
    yield sheet("Results against study size, exploratory", result.rows, columns, note=note)


SMALL_STUDY_EFFECTS = Check(
    name="small_study_effects",
    label="Small-study effects",
    needs=10,
    why="with fewer, a funnel cannot tell asymmetry from chance, and its tests mislead",
    heading="Do small studies differ from large ones?",
    intro=(
        "A funnel of proportions against their standard errors is asymmetric without any bias, "
        "because the error depends on the proportion. Results stand against study size instead."
    ),
    alike="no result goes with size",
    run=small_study_effects,
    sheets=_sheets,
)
