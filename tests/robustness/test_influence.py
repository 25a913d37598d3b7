"""Leaving one out: R's numbers where R has them, direct refits everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import betabinom, norm

import onearm
from onearm.models import ModelError
from onearm.robustness import influence

EVENTS, N = [5, 4, 11, 0], [10, 33, 30, 1]
MODELS = ["inverse-variance", "glmm", "beta-binomial", "bayes"]

# metafor 3.8-1, influence() of rma(measure, method, threshold 1e-12), normal intervals
R = {
    ("logit", "REML"): {
        "rstudent": [1.0395893052880911, -2.4981485708954603, 0.3803124097419211,
                     -0.12686497841698635],
        "dffits": [0.6220617644441238, -1.529658441292446, 0.2625303506736775,
                   -0.038682940464916285],
        "cook_d": [0.39077478083274636, 0.7951576059156873, 0.1129368216386565,
                   0.0015613063972668925],
        "cov_ratio": [1.3723724241960338, 0.4055506455079427, 2.2564584019616665,
                      1.2729361920322002],
        "tau2": [0.5620342618894398, 0, 0.9972383197074796, 0.6923501998266591],
        "q": [4.809200619311895, 0.7244997021022769, 5.7345627747054175, 6.9388910592215804],
        "hat": [0.262999682728875, 0.2992916378527804, 0.35988294147200955,
                0.07782573794633492],
        "dfbetas": [0.6217029467396382, -1.6312526926641153, 0.2735953155560284,
                    -0.03664690291921567],
        "q_part": [0.8038474969347811, 1.460998095890054, 0.15504799450246712,
                   0.015519638779338818],
        "pull": [0.2847439761562326, 1.9606863278932058, 0.05005047801478378,
                 0.0012265394031843175],
        "influential": [False, True, False, False],
    },
    ("logit", "common"): {
        "rstudent": [1.4683478351730619, -2.4981485708954603, 1.109361622584761,
                     -0.16234200056587583],
        "dffits": [0.7046081613158622, -1.4929867801839167, 1.1583240553482794,
                   -0.027591719497605034],
        "cook_d": [0.49647266099292015, 2.2290095258039386, 1.3417146171984835,
                   0.0007613029848345177],
        "cov_ratio": [1.230270043960646, 1.3571703487029487, 2.090219324244222,
                      1.0288865546218493],
        "q_part": [1.7524976533740448, 4.598351480513363, 0.588781854319942,
                   0.025614996161960068],
        "influential": [True, True, True, False],
    },
    ("arcsine", "DL"): {
        "rstudent": [1.1381947515218753, -2.0829410250496747, 0.4969195827709789,
                     -1.0497892926318608],
        "dffits": [0.6498439790299246, -1.7841625608352856, 0.37963172730061523,
                   -0.24934544251942115],
        "cook_d": [0.4099413719659077, 0.9768091017384581, 0.24500087750794586,
                   0.062249885895976055],
        "cov_ratio": [1.2824077480040872, 0.6112070390753815, 2.38605330166553,
                      1.0638676582421467],
        "tau2": [0.033675120766067775, 0.005625184951552522, 0.06608640451015044,
                 0.035795920514611335],
        "dfbetas": [0.6521545977570526, -1.6483324247786957, 0.3904597351768079,
                    -0.2486085416496812],
    },
    ("freeman-tukey", "REML"): {
        "rstudent": [1.1202422458949015, -2.648790758355754, 0.43280481099811785,
                     -0.4139341136847897],
        "cook_d": [0.3720834321684253, 0.9516580070179056, 0.12018382453917347,
                   0.01620312576013701],
        "hat": [0.23960567982723163, 0.35227053468372, 0.3449864289311889,
                0.06313735655786004],
    },
}  # fmt: skip


@pytest.mark.parametrize("ci", ["wald", "knapp-hartung-conservative"])
@pytest.mark.parametrize("kind", R)
def test_the_diagnostics_of_r_are_met_whatever_the_interval(kind, ci) -> None:
    transform, tau2 = kind
    result = influence(EVENTS, N, transform=transform, tau2=tau2, ci=ci)
    direct = onearm.pool(EVENTS, N, model="inverse-variance", transform=transform, tau2=tau2, ci=ci)
    table = result.table.assign(q=result.table["q_change"] + direct.q)
    for column, expected in R[kind].items():
        assert table[column].tolist() == pytest.approx(expected, rel=2e-7, abs=1e-9), column


@pytest.mark.parametrize("model", MODELS)
def test_the_pool_without_a_study_is_the_pool_of_the_others(model) -> None:
    table = influence(EVENTS, N, model=model).table
    whole = onearm.pool(EVENTS, N, model=model)
    for i, row in table.iterrows():
        kept = [j for j in range(4) if j != i]
        direct = onearm.pool([EVENTS[j] for j in kept], [N[j] for j in kept], model=model)
        found = (row["estimate"], row["ci_low"], row["ci_high"], row["mean"], row["tau2"])
        expected = (direct.estimate, *direct.ci, direct.mean_proportion, direct.tau2)
        assert found == pytest.approx(expected, abs=1e-10)
        assert row["change"] == pytest.approx(direct.estimate - whole.estimate, abs=1e-10)
        assert row["q_change"] == pytest.approx(direct.q - whole.q, abs=1e-9)
        assert row["cov_ratio"] > 0


def test_the_exact_glmm_of_r_is_met_without_each_study() -> None:
    """Reference: marginal likelihood by quadrature, maximised globally."""
    table = influence(EVENTS, N, model="glmm").table
    b = [-1.2804604745716577, -0.44628710262841936, -1.221738899020786, -0.9097209098466766]
    tau2 = [0.322641846799922, 0, 0.6383191797461429, 0.4015675597632792]
    assert logit(table["estimate"]).tolist() == pytest.approx(b, abs=1e-6)
    assert table["tau2"].tolist() == pytest.approx(tau2, abs=1e-6)


def test_the_residual_of_a_likelihood_model_is_a_predictive_mid_p_value() -> None:
    events, n = [9, 10, 11, 0], [30, 30, 30, 25]
    row = influence(events, n, model="glmm").table.iloc[3]
    others = onearm.pool(events[:3], n[:3], model="glmm")
    rng = np.random.default_rng(7)
    theta = others.coef + np.hypot(others.se, np.sqrt(others.tau2)) * rng.standard_normal(400_000)
    mass_at_zero = (1 - 1 / (1 + np.exp(-theta))) ** 25
    assert row["rstudent"] == pytest.approx(norm.ppf(mass_at_zero.mean() / 2), abs=0.01)
    assert row["rstudent"] < -2
    assert row["influential"]


def test_contributions_to_q_add_up() -> None:
    for model in ("glmm", "bayes", "beta-binomial"):
        table = influence(EVENTS, N, model=model).table
        assert table["q_part"].sum() == pytest.approx(onearm.pool(EVENTS, N, model=model).q)
        assert table["hat"].sum() == pytest.approx(1)
    iv = influence(EVENTS, N, tau2="common").table
    assert iv["q_part"].sum() == pytest.approx(onearm.pool(EVENTS, N, model="inverse-variance").q)


def test_two_studies_stand_for_each_other() -> None:
    result = influence([5, 4], [10, 28])
    assert result.verdict is None
    y = logit([0.5, 1 / 7])
    v = np.array([0.4, 1 / 4 + 1 / 24])
    gap = (y[0] - y[1]) / np.sqrt(v.sum())
    assert result.table["rstudent"].tolist() == pytest.approx([gap, -gap])


def test_the_sentence_names_the_study_that_matters() -> None:
    result = influence([1, 1, 18, 2], [20, 20, 20, 20], study=["A", "B", "C", "D"])
    assert result.verdict is False
    assert result.sentence.startswith("Of 4 studies, leaving out C moves the estimate most: ")
    assert "C is influential" in result.sentence
    assert result.data["influential"] == ["C"]
    calm = influence([5, 6, 5, 6, 5], [20, 20, 20, 20, 20])
    assert calm.verdict is True
    assert "no study is influential" in calm.sentence


def test_data_without_a_maximum_leave_gaps_and_no_error() -> None:
    table = influence([0, 0, 0, 3], [9, 8, 7, 6], model="glmm").table
    assert np.isnan(table["rstudent"].iloc[3])
    assert table["estimate"].iloc[3] == 0
    assert not table["influential"].iloc[3] or table["hat"].iloc[3] > 0.75
    assert influence([], []).table.empty
    assert influence([0], [4]).verdict is None


def test_an_absent_study_is_passed_over_and_names_must_fit() -> None:
    result = influence([5, 0, 4, 3], [10, 0, 28, 9], study=["a", "gone", "b", "c"])
    assert list(result.table["study"]) == ["a", "b", "c"]
    with pytest.raises(ModelError, match="one name per study"):
        influence([1, 2], [3, 4], study=["a"])


def test_the_beta_binomial_spread_is_taken_to_the_logit_scale() -> None:
    """A beta with a small variance is nearly normal on the logit scale."""
    events, n = [40, 55, 48, 60], [100, 100, 100, 100]
    fitted = onearm.pool(events, n, model="beta-binomial")
    row = influence(events, n, model="beta-binomial").table.iloc[3]
    direct = onearm.pool(events[:3], n[:3], model="beta-binomial")
    p = direct.mean_proportion
    phi = direct.details["phi"]
    assert np.isfinite(fitted.estimate)
    low = betabinom.cdf(59, 100, phi * p, phi * (1 - p))
    at = betabinom.pmf(60, 100, phi * p, phi * (1 - p))
    # the exact residual leaves the error of the mean out, so it is the larger one
    assert 0 < row["rstudent"] < norm.ppf(low + at / 2)


def test_a_study_of_two_rows_is_left_out_whole() -> None:
    events, n, owner = [1, 2, 4, 7], [10, 8, 30, 49], ["A", "B", "C", "C"]
    found = influence(
        events, n, study=["A", "B", "C1", "C2"], cluster=owner, model="inverse-variance"
    )
    table = found.table
    assert table["study"].tolist() == ["A", "B", "C1; C2"]
    assert table["n"].tolist() == [10, 8, 79]
    rest = onearm.pool([2, 4, 7], [8, 30, 49], study=["B", "C", "C"], model="inverse-variance")
    assert table["estimate"][0] == pytest.approx(rest.estimate, abs=1e-10)
