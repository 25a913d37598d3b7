"""The result of one pool: numbers, intervals, studies, cautions and a verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from onearm.models.display import as_html
from onearm.models.estimability import Verdict

if TYPE_CHECKING:
    import pandas as pd

Interval = tuple[float, float]


@dataclass(frozen=True)
class Caution:
    """Something to know before quoting a number: a short code and a plain sentence."""

    code: str
    sentence: str


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
        return as_html(self)


def plain(value: Any) -> Any:
    """Make a value fit for JSON, all the way down."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
