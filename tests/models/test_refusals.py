"""Whatever cannot be right is refused in one clear way; whatever is a number is read as one."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from onearm.models import (
    BinomialNormal,
    InverseVariance,
    ModelError,
    meta_regression,
    pool,
    pool_many,
    subgroups,
)

X, N = [3, 5, 9, 2, 6, 7], [10, 12, 20, 9, 14, 22]
ARM = ["a", "b"] * 3
FRAME = pd.DataFrame({"g": ["a", "a", "b"], "events": [1, 2, 3], "n": [5, 6, 7]})


pytestmark = pytest.mark.filterwarnings("error")
# PyMARE leaves a file of its own open when it is imported; here, before warnings are errors.
importlib.import_module("pymare.estimators")


def fit(x: Any = X, n: Any = N, **options: Any) -> dict[str, Any]:
    return pool(x, n, **options).to_dict()


def regress(moderators: Any = None, x: Any = X, n: Any = N, **options: Any) -> object:
    return meta_regression(x, n, {"a": range(6)} if moderators is None else moderators, **options)


def split(by: Any = ARM, x: Any = X, n: Any = N, **options: Any) -> object:
    return subgroups(x, n, by, **options)


REFUSED: list[tuple[str, Callable[[], object]]] = [
    *[
        ("add", lambda a=a: fit([0, 3, 5], [8, 10, 12], add=a))
        for a in (-0.5, np.nan, np.inf, "x", None, [0.5], 1e300, True)
    ],
    *[("level", lambda v=v: fit(level=v)) for v in ("0.95", None, True, [0.95], np.nan, 1, 0)],
    *[("level", lambda v=v: regress(model="glmm", level=v)) for v in (95, "a")],
    *[("threshold", lambda v=v: fit(model="bayes", threshold=v)) for v in ("0.3", [0.3], 0, 1)],
    *[
        ("next_patients", lambda v=v: fit(model="bayes", next_patients=v))
        for v in ("5", 2.5, True, -1, 1001, None, np.nan)
    ],
    *[
        ("tau_prior", lambda s=s: fit(model="bayes", tau_prior=f"half-normal({s})"))
        for s in (".", "1.2.3", "", "1e", "-1")
    ],
    *[
        ("events", lambda x=x: fit(x, [9, 9]))
        for x in (
            np.ma.array([1, 2], mask=[False, True]),
            ["1", "2"],
            pd.Series(["1", "2"], dtype=object),
            np.array(["2020-01-01", "2020-01-02"], "M8[D]"),
            np.array([1, 2], "m8[D]"),
            [date(2020, 1, 1), 1],
            [1 + 0j, 1],
            [1, pd.NA],
            [10**400, 1],
        )
    ],
    ("study", lambda: fit(study=5)),
    ("study", lambda: split(study=["q"])),
    *[("moderators", lambda m=m: regress(m)) for m in ([1, 2, 3], "a", 3)],
    *[("'a'", lambda v=v: regress({"a": v})) for v in (3, None, "abcdef", {1, 2})],
    ("finite", lambda: regress({"a": [1, 2, 3, 4, 5, np.inf]})),
    ("finite", lambda: regress({"a": [1, 2, 3, 4, 5, 1e200]})),
    (
        "correction",
        lambda: regress({"a": list("uuvv")}, [0, 0, 3, 6], [9] * 4, correction="none"),
    ),
    ("cluster", lambda: regress(cluster=[1] * 6)),
    ("cluster", lambda: regress(cluster=5)),
    ("by", lambda: split(5)),
    ("shape", lambda: split(["a"], 1, 2)),
    ("level", lambda: split([], [], [], level=95)),
    ("model", lambda: split(tau="pooled", model="bayes")),
    ("DataFrame", lambda: pool_many([1, 2], "g")),  # type: ignore[arg-type]
    ("once", lambda: pool_many(FRAME, ["g", "g"])),
    ("missing", lambda: pool_many(FRAME, None)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("word", "call"), REFUSED)
def test_what_cannot_be_is_refused_by_name(word: str, call: Callable[[], object]) -> None:
    with pytest.raises(ModelError, match=word):
        call()


@pytest.mark.parametrize("level", [np.float64(0.9), np.array(0.9), np.float32(0.9)])
def test_numbers_of_numpy_are_numbers(level: Any) -> None:
    assert fit(level=level) == fit(level=float(level))
    options = {"next_patients": np.int64(5), "threshold": np.array(0.3)}
    assert fit(model="bayes", **options) == fit(model="bayes", next_patients=5, threshold=0.3)


def test_sizes_that_no_study_has_are_refused_and_the_largest_is_fitted_without_a_warning() -> None:
    with pytest.raises(ModelError, match="at most 100,000,000"):
        fit(n=[*N[:-1], 100_000_001])
    for model in ("glmm", "bayes", "beta-binomial", "inverse-variance"):
        assert np.isfinite(pool([9_000_000, 21_000_000], [10**8, 10**8], model=model).estimate)


def test_masked_arrays_without_a_mask_are_arrays() -> None:
    assert fit(np.ma.array(X), np.ma.array(N)) == fit()


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, pd.NaT, ""])
def test_every_sort_of_gap_leaves_the_study_out(gap: Any) -> None:
    fitted = meta_regression(X, N, {"a": [gap, 2, 3, 4, 5, 6]})
    assert fitted.k == 5
    assert list(subgroups(X, N, [gap, *ARM[1:]]).pools) == ["a", "b"]


@pytest.mark.parametrize(
    ("model", "name"),
    [(BinomialNormal(), "glmm"), (InverseVariance(tau2="DL"), "inverse-variance")],
)
def test_subgroups_take_a_model_with_its_options(model: Any, name: str) -> None:
    options: dict[str, Any] = {"tau2": "DL"} if name == "inverse-variance" else {}
    there = subgroups(X, N, ARM, tau="pooled", model=model)
    assert there.to_dict() == subgroups(X, N, ARM, tau="pooled", model=name, **options).to_dict()
