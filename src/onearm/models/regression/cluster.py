r"""Cluster-robust covariance and degrees of freedom, as R's clubSandwich has them.

The estimator is CR2 under the working model that effects are independent with variance
:math:`v_i + \tau^2` (Pustejovsky and Tipton 2018, 10.1080/07350015.2016.1247004): with
:math:`\Theta` that variance, :math:`M = (X'\Theta^{-1}X)^{-1}` and :math:`a_j = A_j
\Theta_j^{-1} X_j M c` for contrast c and cluster j, the estimated variance of c'b is the sum of
squares of :math:`a_j'e_j`. These have covariances

.. math:: P_{ij} = \delta_{ij}\, a_i'\Theta_i a_i - (X_i'a_i)' M (X_j'a_j)

of which the degrees of freedom are made: Satterthwaite's for one coefficient, and
Hotelling's T-squared with the AHT correction (Tipton and Pustejovsky 2015,
10.3102/1076998615606099) for several. Contrasts matter: of a shifted or scaled design the
degrees of freedom are others, so they are taken for the coefficients as they are reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from onearm.models.arrays import Floats

_NO_VARIANCE = 1e-12
"""Eigenvalues of a cluster's residual variance below this count as 0, as in clubSandwich."""


@dataclass(frozen=True)
class Robust:
    """What the clusters give.

    Attributes
    ----------
    covariance : ndarray, shape (p, p)
    df : ndarray, shape (p,)
        nan where the clusters leave a coefficient no freedom at all.
    short : ndarray of bool, shape (p,)
        The coefficients whose variance is estimated too small even if the working model is
        right, because what varies in some cluster is fitted exactly.
    joint : tuple of float
        Test of all but the first coefficient: F, its two degrees of freedom, and the p-value.
    """

    covariance: Floats
    df: Floats
    short: NDArray[np.bool_]
    joint: tuple[float, float, float, float]


def cluster_robust(
    y: Floats, x: Floats, theta: Floats, groups: NDArray[np.object_], back: Floats
) -> Robust:
    """Give CR2 covariance, degrees of freedom and the joint test.

    Parameters
    ----------
    y : ndarray, shape (k,)
        Effects.
    x : ndarray, shape (k, p)
        A well-conditioned design.
    theta : ndarray, shape (k,)
        Working variances, of which the weights are the inverse.
    groups : ndarray, shape (k,)
        The cluster of every row.
    back : ndarray, shape (p, p)
        From coefficients of ``x`` to those that are reported.
    """
    weighted = x / theta[:, None]
    m = np.linalg.inv(x.T @ weighted).astype(float)
    beta = m @ (weighted.T @ y)
    residual = y - x @ beta
    _, index = np.unique(groups.astype(str), return_inverse=True)
    parts = [np.flatnonzero(index == j) for j in range(index.max() + 1)]
    scores = _Scores(
        *map(np.stack, zip(*(_cluster(residual, x, theta, m, rows) for rows in parts), strict=True))
    )
    reported = scores.contrast(back)
    expected = reported.own.sum(axis=0)
    alone = np.einsum("sp,pq,sq->s", back, m, back)
    freedom = np.diagonal(expected) > 1e-10 * alone
    short = np.diagonal(expected) < 0.999 * alone
    with np.errstate(divide="ignore", invalid="ignore"):
        df = 2 * np.diagonal(expected) ** 2 / np.diagonal(reported.variances())
    covariance = reported.errors.T @ reported.errors
    covariance[~freedom] = covariance[:, ~freedom] = np.nan
    joint = _joint(scores, back, back @ beta, covariance)
    return Robust(covariance, np.where(freedom, df, np.nan), short, joint)


def _cluster(
    residual: Floats, x: Floats, theta: Floats, m: Floats, rows: NDArray[np.int64]
) -> tuple[Floats, Floats, Floats]:
    """Give one cluster's score, its working variance, and half of its tie to the others."""
    xj, root = x[rows], np.sqrt(theta[rows])
    left = root[:, None] * (np.diag(theta[rows]) - xj @ m @ xj.T) * root
    values, vectors = np.linalg.eigh(left)
    kept = values > _NO_VARIANCE
    power = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    adjust = root[:, None] * ((vectors * power) @ vectors.T) * root
    a = adjust @ (xj / theta[rows][:, None]) @ m
    # M is split in two halves, so that the tie of two clusters is a product of theirs
    return a.T @ residual[rows], (a.T * theta[rows]) @ a, a.T @ xj @ np.linalg.cholesky(m)


@dataclass(frozen=True)
class _Scores:
    """Of J clusters and s contrasts: scores (J, s), variances (J, s, s), ties (J, s, p)."""

    errors: Floats
    spread: Floats
    tie: Floats

    def contrast(self, c: Floats) -> _Scores:
        return _Scores(
            self.errors @ c.T,
            np.einsum("sp,jpq,tq->jst", c, self.spread, c),
            np.einsum("sp,jpq->jsq", c, self.tie),
        )

    @property
    def own(self) -> Floats:
        """What each cluster is expected to add to the covariance, (J, s, s)."""
        ties: Floats = np.einsum("jsp,jtp->jst", self.tie, self.tie)
        return self.spread - ties

    def variances(self) -> Floats:
        """Give the variance of every entry of the covariance, (s, s), for normal effects."""
        d, u = self.spread, self.tie
        uu = np.einsum("jsp,jtp->jst", u, u)
        k = np.einsum("jsp,jtq->stpq", u, u)
        one, ties = np.einsum("jss->js", d), np.einsum("jss->js", uu)
        same = one.T @ one - one.T @ ties - ties.T @ one + np.einsum("stpq,stpq->st", k, k)
        crossed = np.einsum("jst,jts->st", d, d) - 2 * np.einsum("jst,jts->st", d, uu)
        return np.asarray(same + crossed + np.einsum("stpq,stqp->st", k, k), dtype=float)


def _joint(
    scores: _Scores, back: Floats, beta: Floats, covariance: Floats
) -> tuple[float, float, float, float]:
    """Test all coefficients but the first by approximate Hotelling's T-squared."""
    q, spread = len(back) - 1, covariance[1:, 1:]
    nothing = (np.nan, float(q), np.nan, np.nan)
    if q == 0 or not np.isfinite(spread).all() or np.linalg.matrix_rank(spread) < q:
        return nothing
    expected = scores.contrast(back[1:]).own.sum(axis=0)
    values, vectors = np.linalg.eigh(expected)
    standard = scores.contrast((vectors / np.sqrt(values)) @ vectors.T @ back[1:])
    eta = q * (q + 1) / float(standard.variances().sum())
    df = eta - q + 1
    if df <= 0:
        return nothing
    f = float(df / (eta * q) * beta[1:] @ np.linalg.solve(spread, beta[1:]))
    return f, float(q), df, float(fdtrc(q, df, f))
