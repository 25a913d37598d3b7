"""The result of one pool: numbers, intervals, studies, cautions and a verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from onearm.cautions import Caution
from onearm.jsonable import plain
from onearm.models.base import Model
from onearm.models.estimability import Verdict
from onearm.models.registry import make_model
from onearm.words import interval, percent, significant

if TYPE_CHECKING:
    import pandas as pd

Interval = tuple[float, float]
"""A lower and an upper limit."""


@dataclass(frozen=True)
class StudyResult:
    """One study in a pool.

    Attributes
    ----------
    study : str
    events, n : int
    proportion : float
        Events over patients; nan if there are none.
    ci : tuple of float
        Exact Clopper-Pearson interval at the level of the pool.
    weight : float
        Share of the total weight, 0 to 1; nan where the model has no weights.
    shrunken : float
        The study's rate as the model sees it, drawn towards the others; nan where
        the model has none.
    """

    study: str
    events: int
    n: int
    proportion: float
    ci: Interval
    weight: float
    shrunken: float


@dataclass(frozen=True)
class Pooled:
    """The result of :func:`onearm.pool`.

    Proportions and their intervals lie in 0 to 1; undefined numbers are nan.

    Attributes
    ----------
    model : str
        Name of the model.
    options : dict
        Its options, defaults included.
    level : float
        Level of all intervals.
    k, events, n : int
        Studies with at least one patient, and their events and patients in total.
    estimate, ci : float, tuple
        The **median proportion** over studies and its interval.
    prediction_interval : tuple
        Where the true proportion of a new study would lie.
    mean_proportion, mean_ci : float, tuple
        The **marginal mean** over studies and its interval.
    coef, se : float
        Centre and standard error on the model's own scale.
    tau2, tau2_ci : float, tuple
        Between-study variance on that scale.
    i2, i2_ci, h2, h2_ci : float, tuple
        Share of the variance that lies between studies (0 to 1, from tau2), and
        the ratio of total to within-study variance.
    q, q_df, q_pvalue : float
        Test that all studies share one proportion.
    weights : tuple of float, or None
        Shares of the studies, in their order.
    studies : tuple of StudyResult
    verdict : Verdict
        What the data can tell.
    cautions : tuple of Caution
    loglik : float
        Log-likelihood (of the effects, for inverse variance).
    details : dict
        Further numbers particular to the model.
    """

    model: str
    options: dict[str, Any]
    level: float
    k: int
    events: int
    n: int
    estimate: float
    ci: Interval
    prediction_interval: Interval
    mean_proportion: float
    mean_ci: Interval
    coef: float
    se: float
    tau2: float
    tau2_ci: Interval
    i2: float
    i2_ci: Interval
    h2: float
    h2_ci: Interval
    q: float
    q_df: float
    q_pvalue: float
    weights: tuple[float, ...] | None
    studies: tuple[StudyResult, ...]
    verdict: Verdict
    cautions: tuple[Caution, ...]
    loglik: float = math.nan
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> Model:
        """The model with its options: what it says of itself, and what it can be asked."""
        return make_model(self.model, level=self.level, **self.options)

    def p_value(self, proportion: float) -> float:
        """Give the exact p-value of a median proportion.

        Parameters
        ----------
        proportion : float
            Between 0 and 1: what the median proportion is asked to be.

        Raises
        ------
        ModelError
            If the model has no exact test; ``model="bayes", ci="exact"`` has.
        """
        return self.method.p_value(*self._counts, proportion)

    def exact_at(self, tau_max: float) -> Interval:
        """Give the exact interval of the median proportion for another largest spread.

        It is (nan, nan) where studies of these sizes have too many possible results.

        Parameters
        ----------
        tau_max : float
            The largest spread between studies for which it is to hold its level.

        Raises
        ------
        ModelError
            If the model has no exact test; ``model="bayes"`` has.
        """
        if self.exactness and self.options.get("tau_max") == tau_max:
            return self.ci
        return self.method.exact_ci(*self._counts, tau_max)

    @property
    def exactness(self) -> str:
        """How the interval is exact for the studies' sizes, "" where it is not.

        By all results that they can show ("enumerated"), by drawn ones ("drawn"), or, of one
        study, by the binomial distribution ("binomial").
        """
        if self.options.get("ci") != "exact" or self.k < 2:
            return "binomial" if self.k == 1 else ""
        return {0.0: "enumerated", 1.0: "drawn"}.get(float(self.details["drawn"]), "")

    @property
    def interval_kind(self) -> str:
        """What the interval is, in words: that of the quicker model where no exact one exists."""
        model = self.method
        return (model if self.exactness else model.quicker()).description.interval

    @property
    def _counts(self) -> tuple[list[int], list[int]]:
        return [s.events for s in self.studies], [s.n for s in self.studies]

    @property
    def is_clustered(self) -> bool:
        """Whether rows share a study, and a three-level model says so; k counts the rows."""
        return "studies" in self.details

    @property
    def study_count(self) -> int:
        """How many studies there are: k, or fewer where rows share one."""
        return int(self.details["studies"]) if self.is_clustered else self.k

    def to_dict(self) -> dict[str, Any]:
        """Give plain numbers, lists and strings, fit for JSON; undefined ones are None."""
        return {name: plain(value) for name, value in asdict(self).items()}

    def to_frame(self) -> pd.DataFrame:
        """Give one row a study, and a last one for the pool, as a data frame."""
        import pandas as pd

        rows = [
            {
                "study": s.study,
                "events": s.events,
                "n": s.n,
                "proportion": s.proportion,
                "ci_low": s.ci[0],
                "ci_high": s.ci[1],
                "weight": s.weight,
                "shrunken": s.shrunken,
            }
            for s in self.studies
        ]
        total = {
            "study": "Pooled",
            "events": self.events,
            "n": self.n,
            "proportion": self.estimate,
            "ci_low": self.ci[0],
            "ci_high": self.ci[1],
            "weight": 1.0 if self.weights and self.k else math.nan,
            "shrunken": math.nan,
        }
        return pd.DataFrame([*rows, total])

    def _repr_html_(self) -> str:
        return _as_html(self)


_NOTHING = "–"
"""In a cell of a table a dash says enough."""


def _as_html(pooled: Pooled) -> str:
    """Give the studies, the pool and what is to be said about it as HTML."""
    head = (
        "Study",
        "Events / n",
        "Proportion",
        f"{100 * pooled.level:g} % interval",
        "Weight",
    )
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    rows = "".join(
        _row(s.study, f"{s.events} / {s.n}", _percent(s.proportion), _percents(s.ci), s.weight)
        for s in pooled.studies
    )
    said = [pooled.verdict.sentence, *(c.sentence for c in pooled.cautions)]
    notes = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    return (
        f"<table><caption>{escape(_caption(pooled))}</caption>"
        f"<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody>"
        f"<tfoot>{_foot(pooled)}</tfoot></table><ul>{notes}</ul>"
    )


def _caption(pooled: Pooled) -> str:
    return f"{pooled.events} events of {pooled.n} in {pooled.k} studies, {pooled.model}"


def _row(name: str, counts: str, value: str, limits: str, weight: float) -> str:
    cells = (counts, value, limits, _percent(weight))
    return (
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def _foot(pooled: Pooled) -> str:
    nan = math.nan
    lines = [
        ("Median proportion", _percent(pooled.estimate), _percents(pooled.ci)),
        ("Marginal mean", _percent(pooled.mean_proportion), _percents(pooled.mean_ci)),
        ("Prediction for a new study", "", _percents(pooled.prediction_interval)),
        ("tau²", significant(pooled.tau2, _NOTHING), _pair(pooled.tau2_ci)),
        ("I² (from tau²)", _percent(pooled.i2), _percents(pooled.i2_ci)),
    ]
    return "".join(_row(name, "", value, limits, nan) for name, value, limits in lines)


def _pair(limits: tuple[float, float]) -> str:
    if not all(map(math.isfinite, limits)):
        return _NOTHING
    return f"{significant(limits[0])} to {significant(limits[1])}"


def _percent(value: float) -> str:
    return percent(value, _NOTHING)


def _percents(limits: tuple[float, float]) -> str:
    if not all(map(math.isfinite, limits)):
        return _NOTHING
    return f"{interval(*limits)} %"
