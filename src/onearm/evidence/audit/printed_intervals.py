"""Printed confidence intervals against their counts, and the standard methods that give them.

The methods are those in common use; an interval that several of them print alike is told
with all of them. Trials print intervals by different methods, which is why reports compute
every study's interval anew, by one method, and keep the printed one beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint

from onearm.evidence.audit.percents import decimals_of, prints_as
from onearm.evidence.audit.telling import NOTHING_TO_DO, grouped
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Row
from onearm.words import listing

__all__ = ["METHODS", "Reproduction", "interval_against_count", "methods_of_a_study", "reproduce"]

_USUAL_LEVELS = ("95", "90", "99")
Interval = tuple[float, float]
Method = Callable[[int, int, float], Interval]


def interval_against_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield what each printed interval of a known count is, or that nothing explains it."""
    for row in evidence.counted:
        if row.count.printed_ci_low and row.count.printed_ci_high:
            yield _judge(evidence, row)


def _judge(evidence: Evidence, row: Row) -> Finding:
    level = row.count.printed_ci_level
    what = (
        f"interval {row.count.printed_ci_low}–{row.count.printed_ci_high} % for "
        f"{row.events} of {row.n} ({evidence.protocol.outcome_name(row.count.outcome)})"
    )
    whose = row.label
    if not level:
        return row.at("printed_ci_level").warning(
            "interval-level-missing",
            f"{whose}: the {what} has no level{_elsewhere(evidence, row)}.",
            "Enter the level as printed, such as 95.",
        )
    found = _reproduce(row, row.n, level)
    if not found:
        return row.at("printed_ci_low").warning(
            "interval-unexplained",
            f"{whose}: no standard method gives the {level} % {what}{_elsewhere(evidence, row)}.",
            "Check that the limits, the level and the count belong together.",
        )
    unusual = (
        ""
        if float(level) == 95
        else (f" The level is {level} %, not 95 %: read as a 95 % interval it would be too narrow.")
    )
    return row.at("printed_ci_low").note(
        "interval-reproduced",
        f"{whose}: the {level} % {what} is reproduced by "
        f"{listing([_tell(row, r) for r in found])}.{unusual}",
        f"{NOTHING_TO_DO}: pools use the counts, never a printed interval.",
    )


def _reproduce(row: Row, n: int, level: str) -> tuple[Reproduction, ...]:
    share = float(level) / 100
    if not 0 < share < 1 or row.events > n:
        return ()
    return reproduce(row.events, n, row.count.printed_ci_low, row.count.printed_ci_high, share)


def _tell(row: Row, found: Reproduction) -> str:
    if found.rounding == "once":
        return found.method
    cells = row.count
    steps = []
    for limit, printed in ((found.low, cells.printed_ci_low), (found.high, cells.printed_ci_high)):
        finer = decimals_of(printed) + 1
        steps.append(f"{limit:.{finer + 1}f} → {limit:.{finer}f} → {printed}")
    return f"{found.method} with rounding in two steps ({', '.join(steps)})"


def _elsewhere(evidence: Evidence, row: Row) -> str:
    """Other levels, and other sizes of the same study, that would explain the interval."""
    levels = [v for v in _USUAL_LEVELS if v != row.count.printed_ci_level]
    for level in levels:
        found = _reproduce(row, row.n, level)
        if found:
            return f"; at {level} % it would be {listing([r.method for r in found], 'or')}"
    for n in sorted(evidence.sizes[row.study_id] - {row.n}):
        found = _reproduce(row, n, row.count.printed_ci_level or "95")
        if found:
            return (
                f"; over n = {n}, which this study also uses, it would be "
                f"{listing([r.method for r in found], 'or')}"
            )
    return ""


def methods_of_a_study(evidence: Evidence) -> Iterator[Finding]:
    """Yield the method that explains all intervals of a study, where there are several."""
    printed = (
        row
        for row in evidence.counted
        if row.count.printed_ci_low and row.count.printed_ci_high and row.count.printed_ci_level
    )
    by_study = grouped(printed, lambda row: row.study_id)
    for rows in by_study.values():
        found = [
            {r.method for r in _reproduce(row, row.n, row.count.printed_ci_level)} for row in rows
        ]
        common = sorted(set.intersection(*found))
        if len(rows) > 1 and common and any(len(methods) > 1 for methods in found):
            number = "both" if len(rows) == 2 else f"all {len(rows)}"
            first = rows[0]
            yield first.at("printed_ci_low").note(
                "interval-method",
                f"{first.label}: {listing(common, 'or')} is what reproduces {number} printed "
                "intervals.",
                f"{NOTHING_TO_DO}.",
            )


@dataclass(frozen=True)
class Reproduction:
    """A method that gives the printed interval.

    Attributes
    ----------
    method : str
        Its name for people.
    rounding : {"once", "twice"}
        Whether the limits are rounded once, or first to one more decimal and then again.
    low, high : float
        The limits before rounding, in percent.
    """

    method: str
    rounding: Literal["once", "twice"]
    low: float
    high: float


def _from_statsmodels(name: str) -> Method:
    def method(events: int, n: int, level: float) -> Interval:
        low, high = proportion_confint(events, n, alpha=1 - level, method=name)
        return float(low), float(high)

    return method


def _wilson_corrected(events: int, n: int, level: float) -> Interval:
    """Wilson with continuity correction: Newcombe 1998, method 4, doi:10.1002/(SICI)1097-0258
    (19980430)17:8<857::AID-SIM777>3.0.CO;2-E.
    """  # noqa: D205
    z, p = float(stats.norm.ppf((1 + level) / 2)), events / n
    centre, width = 2 * n * p + z * z, 2 * (n + z * z)
    low, high = 0.0, 1.0
    if events > 0:
        below = z * math.sqrt(z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1))
        low = max(0.0, (centre - 1 - below) / width)
    if events < n:
        above = z * math.sqrt(z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1))
        high = min(1.0, (centre + 1 + above) / width)
    return low, high


def _mid_p(events: int, n: int, level: float) -> Interval:
    """Mid-P: the exact tails with half the probability of what was observed (Lancaster 1961,
    doi:10.1080/01621459.1961.10482105).
    """  # noqa: D205
    tail = (1 - level) / 2

    def below(p: float) -> float:
        return float(stats.binom.sf(events, n, p) + stats.binom.pmf(events, n, p) / 2 - tail)

    def above(p: float) -> float:
        return float(stats.binom.cdf(events - 1, n, p) + stats.binom.pmf(events, n, p) / 2 - tail)

    low = 0.0 if events == 0 else float(optimize.brentq(below, 0.0, events / n))
    high = 1.0 if events == n else float(optimize.brentq(above, events / n, 1.0))
    return low, high


def _likelihood_ratio(events: int, n: int, level: float) -> Interval:
    """Where twice the fall of the log-likelihood meets the chi-square quantile (Wilks 1938,
    doi:10.1214/aoms/1177732360).
    """  # noqa: D205
    limit, p, tiny = float(stats.chi2.ppf(level, 1)), events / n, 1e-12

    def log_likelihood(q: float) -> float:
        with_it = events * math.log(q) if events else 0.0
        return with_it + ((n - events) * math.log1p(-q) if events < n else 0.0)

    top = log_likelihood(min(max(p, tiny), 1 - tiny))

    def fall(q: float) -> float:
        return 2 * (top - log_likelihood(q)) - limit

    low = 0.0 if events == 0 else float(optimize.brentq(fall, tiny, p))
    high = 1.0 if events == n else float(optimize.brentq(fall, p, 1 - tiny))
    return low, high


def _t_of_mean(events: int, n: int, level: float) -> Interval:
    """The t-interval of the mean of n values that are 0 or 1, with n - 1 degrees of freedom."""
    p = events / n
    if n < 2:
        return 0.0, 1.0
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * math.sqrt(p * (1 - p) / (n - 1))
    return max(0.0, p - half), min(1.0, p + half)


#: Every method by its name, in the order in which they are told.
METHODS: dict[str, Method] = {
    "Clopper–Pearson": _from_statsmodels("beta"),
    "Wilson": _from_statsmodels("wilson"),
    "Wilson with continuity correction": _wilson_corrected,
    "Jeffreys": _from_statsmodels("jeffreys"),
    "mid-P": _mid_p,
    "Agresti–Coull": _from_statsmodels("agresti_coull"),
    "Wald": _from_statsmodels("normal"),
    "likelihood ratio": _likelihood_ratio,
    "t-interval of a 0/1 mean": _t_of_mean,
}


@cache  # two checks ask for the same intervals, and each takes milliseconds
def reproduce(events: int, n: int, low: str, high: str, level: float) -> tuple[Reproduction, ...]:
    """Return the methods whose interval is printed as ``low`` to ``high``.

    Parameters
    ----------
    events, n : int
        The count, with 0 <= events <= n and n >= 1.
    low, high : str
        The limits as printed, in percent.
    level : float
        The level as a share, such as 0.90.

    Returns
    -------
    tuple of Reproduction
        In the order of `METHODS`; empty when none gives it.
    """
    found = []
    for name, method in METHODS.items():
        below, above = (100 * limit for limit in method(events, n, level))
        # One way for both limits: nobody rounds one of them twice and the other once.
        if prints_as(below, low, "once") and prints_as(above, high, "once"):
            found.append(Reproduction(name, "once", below, above))
        elif prints_as(below, low, "twice") and prints_as(above, high, "twice"):
            found.append(Reproduction(name, "twice", below, above))
    return tuple(found)
