"""Likelihoods with several hills: the highest is found, alone and among other datasets."""

from functools import partial

import numpy as np
import pytest

from onearm.models import make_model
from onearm.models import pool as pool_by
from onearm.models.inverse_variance.heterogeneity import log_likelihood, maximise

pool = partial(pool_by, model="inverse-variance")
HAHN_2001 = ([4, 0, 34, 7, 6, 1, 0, 11, 2, 0, 0], [19, 18, 341, 71, 45, 94, 22, 88, 82, 33, 15])


@pytest.mark.parametrize("restricted", [True, False])
def test_no_trial_value_is_higher_than_the_maximum(restricted):
    """Two to twelve studies of 2 to 3,000 patients; a dense grid is the judge."""
    rng = np.random.default_rng(20_261_122)
    for k in (2, 3, 5, 7, 12):
        n = np.round(10 ** rng.uniform(0.3, 3.5, (k, 1500))) + 1
        logits = rng.normal(0, 2, 1500) + 10 ** rng.uniform(-2.5, 0.5, 1500) * rng.normal(
            size=n.shape
        )
        x = rng.binomial(n.astype(int), 1 / (1 + np.exp(-logits)))
        y, v = np.arcsin(np.sqrt(x / n)), 1 / (4 * n)
        found = log_likelihood(y, v, maximise(y, v, restricted), restricted)
        low, high = 0.01 * v.min(axis=0), 8 * (np.ptp(y, axis=0) ** 2 + v.max(axis=0))
        trials = low * (high / low) ** np.linspace(0, 1, 300)[:, None]
        for tau2 in (np.zeros(1500), *trials):
            assert (log_likelihood(y, v, tau2, restricted) <= found + 1e-9).all()


@pytest.mark.parametrize(
    ("events", "n", "options", "tau2"),
    [
        # R's leave1out of dat.hahn2001 without study 12
        (*HAHN_2001, {}, 0.310098),
        ([43, 65, 3, 5], [253, 345, 8, 11], {}, 0.18645),
        # R stops at 0 here; the likelihood is .0012 higher
        ([142, 6, 9, 6, 3, 10, 1360, 4], [149, 7, 9, 6, 5, 10, 1471, 5], {}, 0.15322),
        ([106, 16], [196, 42], {"tau2": "ML"}, 0.0145863),
        ([5, 571], [5, 943], {"tau2": "ML", "transform": "arcsine"}, 0.08419),
    ],
)
def test_the_higher_hill_is_found_alone_and_in_a_batch(events, n, options, tau2):
    alone = pool(events, n, **options).tau2
    model = make_model("inverse-variance", **options)
    batch = model(np.c_[events, events], np.c_[n, n]).tau2
    assert alone == pytest.approx(tau2, rel=1e-4)
    np.testing.assert_allclose(batch, alone, rtol=1e-10)


@pytest.mark.parametrize(
    ("events", "n", "tau", "loglik"),
    [
        # rma.glmm with 25 points gives the same in the first two, and stops on the lower hill
        # (tau .318) in the third; the values are those of dense quadrature
        ([25136, 9, 1901, 1631, 29, 3], [36196, 11, 2793, 2416, 43, 6], 0.0275835, -21.6845931),
        ([4305, 2, 4, 151, 491], [8759, 2, 4, 298, 930], 0.0439678, -17.9316009),
        ([4094, 42, 44, 1160, 64, 7, 134], [5941, 73, 48, 1741, 97, 10, 208],
         0.0447289, -30.7003120),
        ([3, 42], [7, 53], 0.4393116, -5.1199012),
    ],
)  # fmt: skip
def test_the_binomial_likelihood_has_hills_too(events, n, tau, loglik):
    alone = pool(events, n, model="glmm")
    assert np.sqrt(alone.tau2) == pytest.approx(tau, rel=1e-5)
    assert alone.loglik == pytest.approx(loglik, abs=1e-6)
    batch = make_model("glmm")(np.c_[events, events], np.c_[n, n])
    np.testing.assert_allclose(batch.tau2, alone.tau2, rtol=1e-8)
