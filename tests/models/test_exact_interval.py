"""The exact interval: against enumeration by other code, and by what it promises."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from onearm.cautions import Caution
from onearm.executors import opened
from onearm.models import Bayes, ModelError, Pooled, clopper_pearson, pool, pool_many
from onearm.models.exact_interval import answers, drawing, promise, truths
from onearm.models.exact_interval.scenarios import Weights, relative_probabilities
from onearm.robustness import operating_characteristics

# Enumerated by separate code: posteriors on 0.02 logits and 0.04 of tau, p-values over 121
# spreads, scanned from 0.05 to 99.95 % in steps of 0.01 logits and about the ends of 0.0005.
# The third pair's lower end is an island of p-values above 0.05 that a step of 1e-6 shows.
REFERENCE = [
    ((5, 4, 11), (10, 28, 30), 1.0, (0.13001, 0.60769)),
    ((5, 4, 11), (10, 28, 30), 1.5, (0.10392, 0.65895)),
    ((10, 24, 26), (10, 28, 30), 1.0, (0.68175, 0.96671)),
    ((10, 24, 26), (10, 28, 30), 2.0, (0.58785, 0.98494)),
    ((0, 0, 0), (10, 28, 30), 1.5, (0.0, 0.16378)),
    ((9, 15), (10, 28), 1.0, (0.34121, 0.92323)),
    ((9, 15), (10, 28), 1.5, (0.26817, 0.95457)),
    ((9, 15), (10, 28), 2.0, (0.19934, 0.97190)),
    ((3, 6), (10, 30), 1.0, (0.08261, 0.54887)),
    ((3, 6), (10, 30), 1.5, (0.05897, 0.62283)),
    ((3, 6), (10, 30), 2.0, (0.04055, 0.67505)),
    ((1, 0, 5), (5, 8, 12), 1.0, (0.05128, 0.53621)),
    ((1, 0, 5), (5, 8, 12), 1.5, (0.02900, 0.59498)),
    ((1, 0, 5), (5, 8, 12), 2.0, (0.01760, 0.63809)),
]
DATA = ((5, 4, 11), (10, 28, 30))


def exact(events: object, n: object, **options: object) -> Pooled:
    return pool(events, n, model="bayes", ci="exact", **options)


@pytest.mark.parametrize(("events", "n", "tau_max", "limits"), REFERENCE)
def test_the_interval_is_that_of_separate_code(
    events: tuple[int, ...], n: tuple[int, ...], tau_max: float, limits: tuple[float, float]
) -> None:
    credible = pool(events, n, model="bayes")
    assert credible.exact_at(tau_max) == pytest.approx(limits, abs=1.5e-4)


# ---- what it promises, by code of the test's own ------------------------------------------

_Z = np.linspace(-8.0, 8.0, 641)
_W = np.exp(-0.5 * _Z**2) / np.exp(-0.5 * _Z**2).sum()


def chances(n: tuple[int, ...], p: float, tau: float) -> np.ndarray:
    """The probability of every table, studies' results nested in the order of the studies."""
    rate = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + tau * _Z)))
    total = np.ones(1)
    for size in n:
        of_study = binom.pmf(np.arange(size + 1)[:, None], size, rate) @ _W
        total = np.outer(total, of_study).ravel()
    return total


@cache
def every(n: tuple[int, ...], tau_max: float) -> tuple[np.ndarray, np.ndarray]:
    """Interval and prediction interval of every table, half of them by symmetry."""
    found: dict[tuple[int, ...], tuple[list[float], list[float]]] = {}
    for x in itertools.product(*(range(size + 1) for size in n)):
        other = tuple(size - events for size, events in zip(n, x, strict=True))
        if other in found:
            found[x] = tuple([1 - high, 1 - low] for low, high in found[other])
        else:
            result = exact(x, n, tau_max=tau_max)
            found[x] = list(result.ci), list(result.prediction_interval)
    return tuple(np.array([pair[i] for pair in found.values()]) for i in (0, 1))


@pytest.mark.parametrize("n", [(5, 7), (4, 6, 9), (10, 28)])
def test_the_interval_holds_its_level_between_the_points_of_its_grids(n: tuple[int, ...]) -> None:
    limits, ahead = every(n, 1.5)
    rng = np.random.default_rng(11)
    ends = limits[(limits > 0) & (limits < 1)]
    at = [
        *rng.uniform(0.002, 0.998, 60),
        *np.exp(rng.uniform(np.log(1e-4), np.log(0.05), 15)),
        *(rng.choice(ends, 20) + 1e-5),
        *(rng.choice(ends, 20) - 1e-5),
    ]
    least, least_ahead = 1.0, 1.0
    for p in at:
        inside = (limits[:, 0] <= p) & (p <= limits[:, 1])
        for tau in (0.0, *rng.uniform(0.0, 1.5, 3), 1.5):
            weight = chances(n, p, tau)
            least = min(least, weight[inside].sum())
            if 0.01 <= p <= 0.99:
                rate = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + tau * _Z)))
                held = (ahead[:, :1] <= rate) & (rate <= ahead[:, 1:])
                least_ahead = min(least_ahead, float(weight @ held @ _W))
    assert least >= 0.9495
    assert least_ahead >= 0.9485  # the test's own sum over rates is good to 1e-3
    assert least < 0.96  # and not by being wide without need


def test_the_credible_interval_does_not_hold_it() -> None:
    n = (10, 28)
    tables = np.array(list(itertools.product(*(range(size + 1) for size in n)))).T
    limits = Bayes()(tables, np.repeat(np.array(n)[:, None], tables.shape[1], axis=1)).ci
    inside = (limits[:, 0] <= 0.4) & (limits[:, 1] >= 0.4)
    assert chances(n, 0.4, 1.5)[inside].sum() < 0.93


# ---- symmetries and order ------------------------------------------------------------------


def test_order_and_what_is_called_an_event_do_not_matter() -> None:
    first = exact(*DATA)
    again = exact((11, 5, 4), (30, 10, 28))
    mirrored = exact((5, 24, 19), (10, 28, 30))
    assert again.ci == first.ci
    assert mirrored.ci == (1 - first.ci[1], 1 - first.ci[0])
    assert mirrored.p_value(0.9) == pytest.approx(first.p_value(0.1), abs=1e-12)


def test_equal_sizes_and_absent_studies_are_the_same_tables() -> None:
    first = exact((1, 4, 2), (8, 8, 12))
    assert exact((4, 1, 2), (8, 8, 12)).ci == first.ci
    assert exact((4, 0, 1, 2), (8, 0, 8, 12)).ci == first.ci


def test_more_spread_that_is_allowed_for_makes_it_wider() -> None:
    results = [exact((3, 6), (10, 30), tau_max=tau) for tau in (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)]
    lows, highs = zip(*(r.ci for r in results), strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)
    ahead = [r.prediction_interval for r in results]
    assert ahead[0][0] > ahead[-1][0]
    assert ahead[0][1] < ahead[-1][1]


def test_it_is_wider_than_the_credible_interval_which_is_told_too() -> None:
    result, credible = exact(*DATA), pool(*DATA, model="bayes")
    assert result.ci[0] < credible.ci[0]
    assert result.ci[1] > credible.ci[1]
    assert result.details["credible_ci"] == pytest.approx(credible.ci)
    assert result.estimate == credible.estimate
    assert result.tau2_ci == credible.tau2_ci
    assert result.prediction_interval[0] < credible.prediction_interval[0]
    assert 0.95 < result.details["prediction_level"] < 1


def test_a_lower_level_gives_a_narrower_interval() -> None:
    wide, narrow = exact((3, 6), (10, 30)), exact((3, 6), (10, 30), level=0.8)
    assert wide.ci[0] < narrow.ci[0] < narrow.estimate < narrow.ci[1] < wide.ci[1]


@pytest.mark.parametrize("prior", ["half-normal(0.5)", "half-cauchy(0.5)"])
def test_other_priors_put_tables_in_another_order(prior: str) -> None:
    result = exact(*DATA, tau_prior=prior)
    assert result.ci != exact(*DATA).ci
    assert result.ci == pytest.approx(exact(*DATA).ci, abs=0.1)


def test_a_pool_tells_its_interval_at_other_spreads() -> None:
    result = exact((3, 6), (10, 30))
    assert result.exact_at(1.5) == result.ci
    assert result.exact_at(2.0) == exact((3, 6), (10, 30), tau_max=2.0).ci
    assert result.exactness == "enumerated"
    assert pool((3, 6), (10, 30), model="bayes").exactness == ""
    with pytest.raises(ModelError, match="tau_max"):
        result.exact_at(7.0)
    with pytest.raises(ModelError, match="has no exact interval"):
        pool((3, 6), (10, 30), model="glmm").exact_at(1.0)


def test_one_study_or_none_needs_no_spread() -> None:
    single = exact([4], [20])
    assert single.exact_at(1.0) == single.ci
    assert single.exactness == "binomial"
    assert np.isnan(exact([], []).exact_at(1.0)).all()


# ---- p-values --------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [DATA, ((3, 6), (10, 30)), ((0, 0, 0), (10, 28, 30))])
def test_p_values_cross_the_level_at_the_ends(data: tuple[tuple[int, ...], ...]) -> None:
    result = exact(*data)
    for end, outward in zip(result.ci, (-1, 1), strict=True):
        if 0 < end < 1:
            assert result.p_value(end) <= 0.05 + 1e-9
            assert result.p_value(end - outward * 5e-3) > 0.05
            assert result.p_value(end + outward * 5e-3) <= 0.05
    assert result.p_value(result.estimate) > 0.99


def test_the_p_value_is_the_largest_probability_of_a_result_as_far_away() -> None:
    """Against separate code: its own posterior by plain sums, its own tables."""
    n, seen, p = (5, 7), (1, 3), 0.55
    mu, tau = np.linspace(-14, 14, 1401), np.linspace(0.0, 5.0, 161)
    joint = np.zeros((n[0] + 1, n[1] + 1, len(mu)))
    for spread in tau:
        rate = 1 / (1 + np.exp(-(mu[:, None] + spread * _Z[::8])))
        first, second = (
            np.stack([rate**k * (1 - rate) ** (size - k) @ _W[::8] for k in range(size + 1)])
            for size in n
        )
        weight = np.exp(-0.5 * spread**2) * (0.5 if spread == 0 else 1.0)
        joint += weight * first[:, None] * second
    posterior = (joint * np.exp(-mu) / (1 + np.exp(-mu)) ** 2).reshape(-1, len(mu))
    total = np.cumsum((posterior[:, 1:] + posterior[:, :-1]) / 2, axis=1)
    place_of_p = np.log(p / (1 - p))
    below = np.array([np.interp(place_of_p, mu[1:], row / row[-1]) for row in total])
    statistic = 2 * np.minimum(below, 1 - below)
    place = seen[0] * (n[1] + 1) + seen[1]
    extreme = statistic <= statistic[place] * (1 + 1e-6)
    largest = max(chances(n, p, spread)[extreme].sum() for spread in np.linspace(0, 1.5, 61))
    assert exact(seen, n).p_value(p) == pytest.approx(largest, abs=1e-5)


def test_a_single_study_has_the_p_value_of_its_own_interval() -> None:
    result = exact([4], [20])
    assert result.ci == pytest.approx(clopper_pearson(np.array([4]), np.array([20]))[0])
    for end in result.ci:
        assert result.p_value(end) == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize("model", ["inverse-variance", "glmm", "bayes"])
def test_without_an_exact_test_there_is_no_p_value(model: str) -> None:
    with pytest.raises(ModelError, match="ci='exact'"):
        pool(*DATA, model=model).p_value(0.1)


@pytest.mark.parametrize("proportion", [0, 1, -0.1, 2.0, "x"])
def test_a_p_value_is_asked_of_a_proportion(proportion: object) -> None:
    with pytest.raises(ModelError, match="proportion"):
        exact(*DATA).p_value(proportion)  # type: ignore[arg-type]


# ---- what it says ------------------------------------------------------------------------------


def codes(result: Pooled) -> set[str]:
    return {caution.code for caution in result.cautions if isinstance(caution, Caution)}


def test_pools_without_an_event_start_at_zero() -> None:
    result = exact((0, 0, 0), (10, 28, 30))
    assert result.ci[0] == 0
    assert result.verdict.code == "all-zero"
    assert "prior-bound" not in codes(result)
    assert exact((10, 28, 30), (10, 28, 30)).ci == (1 - result.ci[1], 1.0)


def test_a_tau_above_the_largest_is_a_caution() -> None:
    assert "tau-above-maximum" in codes(exact((0, 12), (12, 12), tau_max=0.5))
    assert "tau-above-maximum" not in codes(exact(*DATA))


@pytest.mark.parametrize("tau_max", [0, -1, 5.5, float("nan"), "1.5", None])
def test_a_largest_tau_is_a_number_above_zero(tau_max: object) -> None:
    with pytest.raises(ModelError, match="tau_max"):
        exact(*DATA, tau_max=tau_max)


@pytest.mark.parametrize("prior", [{"mu_prior": "normal(50)"}, {"tau_prior": "half-cauchy(40)"}])
def test_priors_too_wide_for_one_lattice_are_refused(prior: dict[str, str]) -> None:
    with pytest.raises(ModelError, match=next(iter(prior))):
        exact(*DATA, **prior)


def without(result: Pooled) -> None:
    """What is shown where no exact interval is given."""
    assert result.exactness == ""
    assert result.interval_kind == "credible interval"
    assert "no-exact-interval" in codes(result)
    assert not {"drawn-tables", "tau-above-maximum"} & codes(result)
    assert np.isnan(result.details["drawn"])
    assert np.isnan(result.details["prediction_level"])
    events, n = ([getattr(s, name) for s in result.studies] for name in ("events", "n"))
    assert result.ci == pool(events, n, model="bayes").ci
    assert np.isnan(result.exact_at(1.5)).all()


def test_studies_too_large_keep_the_credible_interval_and_nothing_is_drawn() -> None:
    result = exact((2_000, 3_000, 4_000), (40_000, 50_000, 60_000))
    without(result)
    with pytest.raises(ModelError, match="too many possible results"):
        result.p_value(0.1)


def test_the_model_tells_of_itself() -> None:
    told = Bayes(ci="exact", tau_max=2).description
    assert "exact for studies of these sizes" in told.words
    assert {"michael2019", "little2006"} <= set(told.sources)
    assert told.interval == "confidence interval"
    assert told.promise == (
        "95 % interval, exact for studies of these sizes: right in at least 95 % of samples "
        "whatever the true rate, as long as studies differ by no more than tau 2."
    )
    assert Bayes().description.promise == ""
    assert not any("\t" in line for line in told.formulas)
    assert Bayes(ci="exact", tau_max=2).variant() == "bayes, ci exact, to tau 2.0"
    assert Bayes(tau_max=2).variant() == "bayes"


def test_many_fits_are_asked_of_a_quicker_model() -> None:
    model = Bayes(ci="exact")
    assert model.quicker() == Bayes()
    assert model.quicker([10, 28, 30]) is model
    assert model.quicker([31, 147, 16, 21, 46, 13, 29]) == Bayes()
    without_one = np.where(np.eye(3, dtype=bool), 0, np.array([10, 28, 30])[:, None])
    assert model.quicker(without_one) is model
    many = np.arange(3, 103) + np.array([[0], [40]])  # each is quick, and all of them are not
    assert model.quicker(many[:, :1]) is model
    assert Bayes(ci="exact", tau_max=2).quicker(many) == Bayes()


def test_batches_share_a_design_and_keep_their_digits() -> None:
    events = np.array([[5, 2, 0], [4, 9, 0], [11, 7, 1]])
    n = np.array([[10, 10, 10], [28, 28, 0], [30, 30, 30]])
    model = Bayes(ci="exact")
    fit = model(events, n)
    for j in range(3):
        alone = model(events[:, j], n[:, j])
        assert fit.ci[j].tolist() == alone.ci[0].tolist()
        assert fit.prediction[j] == pytest.approx(alone.prediction[0], abs=1e-12)


def test_what_took_long_is_kept_for_other_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONEARM_CACHE", str(tmp_path))
    monkeypatch.setattr(answers, "_AT_ONCE", 0)
    laid_out: list[tuple[int, ...]] = []

    def ask() -> tuple[object, ...]:
        monkeypatch.setattr(answers, "_memory", {})
        result = exact((3, 6), (10, 30))
        return result.ci, result.prediction_interval, result.p_value(0.1)

    design = answers._small_design
    monkeypatch.setattr(
        answers, "_small_design", lambda *of: (laid_out.append(of[0]), design(*of))[1]
    )
    first = ask()
    assert laid_out
    laid_out.clear()
    assert ask() == first
    assert not laid_out  # another process finds all of it
    for path in tmp_path.glob("*/*.json"):
        path.write_bytes(path.read_bytes()[:-3])
    assert ask() == first
    assert laid_out  # what is damaged is computed again


# ---- drawn tables ----------------------------------------------------------------------------


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Draw tables though all could be gone through, and remember nothing."""
    monkeypatch.setenv("ONEARM_CACHE", "off")
    monkeypatch.setattr(answers, "_memory", {})

    def begin() -> None:
        monkeypatch.setattr(promise, "MOST_CELLS", 0)
        answers._memory.clear()

    return begin


@pytest.mark.parametrize("data", [((3, 6), (10, 30)), ((0, 2, 1, 1), (8, 14, 18, 14))])
def test_drawn_tables_give_nearly_the_same_and_err_outwards(
    drawn: Callable[[], None], data: tuple[tuple[int, ...], ...]
) -> None:
    every_table = exact(*data)
    p_value = every_table.p_value(0.6)
    drawn()
    result = exact(*data)
    assert "drawn-tables" in codes(result)
    assert result.exactness == "drawn"
    assert result.ci == pytest.approx(every_table.ci, abs=0.01)
    assert result.ci[0] <= every_table.ci[0] + 1e-3
    assert result.ci[1] >= every_table.ci[1] - 1e-3
    assert result.details["prediction_level"] >= every_table.details["prediction_level"] - 1e-3
    assert p_value - 1e-3 <= result.p_value(0.6) < p_value + 0.01
    answers._memory.clear()
    assert exact(*data).ci == result.ci  # the same tables again


def test_drawn_tables_without_an_event_start_at_zero(drawn: Callable[[], None]) -> None:
    drawn()
    assert exact((0, 0, 0), (5, 8, 12)).ci[0] == 0


def test_an_executor_gives_the_same(drawn: Callable[[], None]) -> None:
    drawn()
    here = exact((1, 3), (6, 9))
    answers._memory.clear()
    with opened(2) as executor:
        there = exact((1, 3), (6, 9), executor=executor)
    assert there.ci == here.ci


def test_ends_that_drawn_tables_do_not_tell_are_not_given(
    drawn: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn()
    data = ((3, 6), (10, 30))
    assert exact(*data).exactness == "drawn"
    monkeypatch.setattr(answers, "PRECISION", 0.0)
    without(exact(*data))
    monkeypatch.undo()
    drawn()
    monkeypatch.setattr(drawing, "_MOST_SECONDS", 0.0)
    without(exact(*data))


def test_large_studies_are_drawn_from_closely_enough(
    drawn: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, draws in (("_FIRST", 40), ("_SECOND", 80), ("_LEAST", 0), ("_AHEAD", 120)):
        monkeypatch.setattr(drawing, name, draws)
    drawn()
    data = ((34, 61, 40, 83, 44), (150, 200, 150, 300, 120))
    result = exact(*data)
    low, high = result.details["credible_ci"]
    # truths too far apart would tell little of those between, and the interval be far wider
    assert low - 0.035 < result.ci[0] < low
    assert high < result.ci[1] < high + 0.05
    assert 0.95 < result.details["prediction_level"] < 0.99


def test_truths_lie_close_enough_for_every_scenario() -> None:
    """No scenario in between is told of by less than a few draws."""
    sizes, asked = (40, 80, 120, 160, 200), promise.Promise("logistic", "half-normal(1)", 0.95, 1.5)
    scenarios = truths.about(sizes, asked, (-1.6, -1.2), 80)
    events = scenarios.draw(sizes, 1)
    scale = dict.fromkeys(sizes, np.ones(1))
    mixture = relative_probabilities(sizes, events, scenarios.mu, scenarios.tau, scale)
    total = mixture @ scenarios.draws
    tau = np.linspace(0.0, 1.5, 40)
    for mu in (-1.6, -1.43, -1.2):
        ratio = relative_probabilities(sizes, events, np.full(40, mu), tau, scale)
        weights = Weights(ratio / total[:, None], np.ones(len(total)))
        assert weights.worth.min() > 300
        assert weights.values.sum(axis=0) == pytest.approx(1.0, abs=0.15)


def test_where_no_table_was_drawn_anything_may_be() -> None:
    values = np.zeros((3, 2))
    values[0, 1] = 1e-3
    weights = Weights(values, np.ones(3))
    with np.errstate(all="raise"):
        limits = weights.measure(np.zeros(3, dtype=bool))
    assert limits[0] > 0.99  # no draw tells of the first
    assert limits[1] > 0.8  # a single one of the second
    assert Weights(values, np.ones(3), True).measure(np.ones(3, dtype=bool))[1] == 1e-3


# ---- other rooms -------------------------------------------------------------------------------


def test_its_operating_characteristics_hold() -> None:
    frame = operating_characteristics(
        [5, 7], methods=["exact"], p=[0.07, 0.23, 0.5], tau=[0.0, 0.8, 1.5]
    )
    assert frame["coverage"].min() >= 0.95 - 1e-9
    limits, _ = every((5, 7), 1.5)
    width = chances((5, 7), 0.23, 0.8) @ (limits[:, 1] - limits[:, 0])
    here = frame[(frame["p"] == 0.23) & (frame["tau"] == 0.8) & (frame["interval"] == "confidence")]
    assert here["mean_width"].item() == pytest.approx(width, abs=0.02)


def test_operating_characteristics_need_all_tables() -> None:
    with pytest.raises(ModelError, match="only where all can be gone through"):
        operating_characteristics([31, 147, 16, 21, 46], methods=["exact"], cap=1, draws=10)


def test_many_groups_have_it_too() -> None:
    import pandas as pd

    frame = pd.DataFrame({"group": [1, 1, 2, 2], "events": [3, 6, 1, 2], "n": [10, 30, 5, 7]})
    many = pool_many(frame, "group", model="bayes", ci="exact")
    assert many["ci_low"][0] == exact((3, 6), (10, 30)).ci[0]
