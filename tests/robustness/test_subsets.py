"""Every subset is the pool of its studies, and R's GOSH where R has one."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from scipy.special import logit

import onearm
from onearm.models import ModelError
from onearm.robustness import pulls, subsets, subsets_json
from onearm.robustness.choices import subset_masks, unpack

EVENTS, N = [5, 4, 11, 0], [10, 33, 30, 1]

# metafor 3.8-1: gosh(rma(measure = "PLO", method = "DL")), bit i - 1 = study i
GOSH_DL = {
    3: (-1.0196570079633167, 1.6199420305154353, 82.5581351062013),
    5: (-0.40220998109481204, 0.0, 0.0),
    6: (-1.2146452823564384, 0.8148228219575461, 79.19862653232525),
    7: (-0.8557117685597005, 0.6323874736544262, 71.17695056846209),
    11: (-1.0415311246270085, 1.0804677415414232, 65.1237578421532),
    13: (-0.42874520873308325, 0.0, 0.0),
    14: (-1.1862562667438483, 0.5365841144203528, 58.41304702555407),
    15: (-0.8742048353119625, 0.47661563250201344, 56.929015762942306),
}


def test_the_subsets_of_r_are_met() -> None:
    frame = subsets(EVENTS, N, tau2="DL", ci="wald").set_index("subset")
    assert list(frame.index) == list(range(1, 16))
    for mask, (estimate, tau2, i2) in GOSH_DL.items():
        row = frame.loc[mask]
        assert logit(row["estimate"]) == pytest.approx(estimate, rel=1e-9)
        assert row["tau2"] == pytest.approx(tau2, rel=1e-9, abs=1e-12)
        assert 100 * row["i2"] == pytest.approx(i2, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("inverse-variance", {}),
        ("inverse-variance", {"transform": "freeman-tukey", "tau2": "PM"}),
        ("glmm", {}),
        ("beta-binomial", {}),
        ("bayes", {}),
    ],
)
def test_a_subset_is_the_pool_of_its_studies(model, options) -> None:
    frame = subsets(EVENTS, N, model=model, **options).set_index("subset")
    for mask in (4, 5, 7, 14, 15):
        kept = [i for i in range(4) if mask >> i & 1]
        direct = onearm.pool([EVENTS[i] for i in kept], [N[i] for i in kept], model=model,
                             **options)  # fmt: skip
        row = frame.loc[mask]
        expected = (
            direct.k, direct.estimate, *direct.ci, *direct.prediction_interval,
            direct.mean_proportion, direct.tau2, direct.i2,
        )  # fmt: skip
        assert tuple(row) == pytest.approx(expected, abs=1e-10, nan_ok=True)


def test_above_the_limit_two_at_most_are_left_out() -> None:
    frame = subsets([1, 2, 3, 4, 2], [9, 9, 9, 9, 9], max_k=4)
    assert len(frame) == 1 + 5 + 10
    assert frame["k"].min() == 3
    whole = 31
    assert set(frame["subset"]) == {
        whole - sum(1 << i for i in out) for r in range(3) for out in combinations(range(5), r)
    }
    assert frame["subset"].is_monotonic_increasing


def test_absent_studies_keep_their_bit_and_are_in_no_subset() -> None:
    frame = subsets([1, 0, 3], [9, 0, 9])
    assert list(frame["subset"]) == [1, 4, 5]
    assert list(frame["k"]) == [1, 1, 2]
    assert subsets([], []).empty


def test_more_studies_than_a_machine_word_has_bits() -> None:
    masks = subset_masks(np.ones(70, dtype=bool), 12)
    assert len(masks) == 1 + 70 + 70 * 69 // 2
    kept = unpack(masks, 70)
    assert kept.sum(axis=0).min() == 68
    assert kept[:, -1].all()


def test_the_json_has_every_model_and_survives_a_round_trip() -> None:
    record = subsets_json(
        [0, 0, 3], [8, 5, 9], {"GLMM": {"model": "glmm"}, "Logit": {"ci": "wald"}},
        study=["a", "b", "c"],
    )  # fmt: skip
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["complete"] is True
    assert record["subset"] == list(range(1, 8))
    assert record["k"] == [1, 1, 2, 1, 2, 2, 3]
    assert record["studies"][2] == {"study": "c", "events": 3, "n": 9}
    frame = subsets([0, 0, 3], [8, 5, 9], ci="wald")
    assert record["models"]["Logit"]["estimate"] == [round(v, 6) for v in frame["estimate"]]
    assert None in record["models"]["GLMM"]["tau2"]


def test_the_strongest_pull_comes_first() -> None:
    frame = subsets([1, 1, 18, 2], [20, 20, 20, 20])
    first = pulls(frame, 4)[0]
    assert first.study == 2
    pooled = frame[frame["k"] > 1]
    with_it = (pooled["subset"].to_numpy() & 4) > 0
    assert first.with_it == pytest.approx(pooled["estimate"][with_it].mean())
    assert first.difference == pytest.approx(
        pooled["estimate"][with_it].mean() - pooled["estimate"][~with_it].mean()
    )


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ModelError):
        subsets([3], [2])
