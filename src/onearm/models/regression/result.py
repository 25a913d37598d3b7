"""What a meta-regression gives: to the caller, and before that from either model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from onearm.cautions import Caution
from onearm.jsonable import plain
from onearm.models.arrays import Floats
from onearm.models.result import Interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Coefficient:
    """One coefficient on the model's scale; ``df`` is infinite for a normal reference."""

    name: str
    estimate: float
    se: float
    ci: Interval
    pvalue: float
    df: float


@dataclass(frozen=True)
class Regression:
    """The result of :func:`meta_regression`.

    Attributes
    ----------
    k : int
        Studies used: present, and with every moderator known.
    coefficients : tuple of Coefficient
        The intercept first.
    tau2, i2, r2 : float
        Residual between-study variance, its share of the variance, and the share of
        the between-study variance that the moderators account for (0 to 1; 0 where
        there is none without them, as in metafor).
    qm, qm_df, qm_pvalue : float, tuple of float, float
        Joint Wald test of all moderators: chi-squared, or F with two degrees of freedom;
        with clusters by the approximate Hotelling T-squared of clubSandwich.
    qe, qe_df, qe_pvalue : float
        Test of residual heterogeneity (likelihood ratio for the GLMM).
    covariance : tuple of tuple of float
        Of the coefficients.
    loglik : float
        nan for inverse variance.
    cautions : tuple of Caution
    """

    model: str
    level: float
    k: int
    coefficients: tuple[Coefficient, ...]
    tau2: float
    i2: float
    r2: float
    qm: float
    qm_df: tuple[float, float]
    qm_pvalue: float
    qe: float
    qe_df: float
    qe_pvalue: float
    covariance: tuple[tuple[float, ...], ...]
    loglik: float
    cautions: tuple[Caution, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain numbers, lists and strings, fit for JSON; undefined ones are None."""
        return {name: plain(value) for name, value in asdict(self).items()}

    def to_frame(self) -> pd.DataFrame:
        """Give one row a coefficient."""
        import pandas as pd

        return pd.DataFrame([asdict(c) for c in self.coefficients])


@dataclass(frozen=True)
class Estimates:
    """What either model hands over: coefficients, covariance, degrees of freedom, the rest.

    ``joint`` is the test of all moderators where the model has one of its own: the statistic,
    its two degrees of freedom and the p-value.
    """

    beta: Floats
    covariance: Floats
    df: Floats
    tau2: float
    i2: float
    r2: float
    qe: float
    loglik: float
    cautions: tuple[Caution, ...] = ()
    joint: tuple[float, float, float, float] | None = None


def explained(tau2: float, without: float) -> float:
    """Give R2: by how much moderators lower tau2, as a share of what it is without them.

    Parameters
    ----------
    tau2, without : float
        With the moderators, and without them.
    """
    return max(1 - tau2 / without, 0.0) if without > 0 else 0.0
