"""A model is one file and a line of the registry: then it works wherever a model may be named.

The toy takes all studies as one group. Nothing outside this module knows it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.special import betaincinv

from onearm import Review, pool, pool_many, subgroups
from onearm.analysis.plain import next_patients
from onearm.analysis.pools import differences
from onearm.evidence import ModelPlan
from onearm.figures.forest_lines import printed
from onearm.models import MODELS, Description, Model, clopper_pearson, make_model
from onearm.models.fit import Fit, interval, undefined
from onearm.models.regression.fit import FITS
from onearm.report.pages.methods import models as page
from onearm.robustness import operating_characteristics
from onearm.robustness.checks.agreement import agreement
from onearm.robustness.checks.calibration import CALIBRATION
from onearm.robustness.checks.cumulative import cumulative
from onearm.robustness.checks.fragility import fragility
from onearm.robustness.checks.influence import influence, leave_one_out
from onearm.robustness.checks.subsets import subsets
from onearm.robustness.checks.unseen import unseen
from onearm.robustness.examine import examine
from onearm.robustness.specifications.curve import model_choices

EVENTS, N = np.array([5, 4, 11]), np.array([10, 28, 30])


@dataclass(frozen=True, kw_only=True)
class Crude(Model):
    """All patients as one group, with an exact interval."""

    name: ClassVar[str] = "crude"
    weighing: str = "patients"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"weighing": ("patients", "nothing")}

    def _fit(self, events, n, verdicts):
        x, m = events.sum(axis=0), n.sum(axis=0)
        p = np.divide(x, m, out=np.full(len(m), np.nan), where=m > 0)
        ci = clopper_pearson(x, m, self.level)
        tail = (1 - self.level) / 2
        ends = [betaincinv(x + 1.0, m - x + 1.0, at) for at in (tail, 1 - tail)]
        return Fit(
            **undefined(len(m))
            | {"estimate": p, "mean": p, "ci": ci, "mean_ci": ci, "prediction": interval(*ends)}
        )


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(MODELS, "crude", Crude)
    # what is kept on disk goes by the source of onearm.models, which the toy is not in
    monkeypatch.setenv("ONEARM_CACHE", "off")


@pytest.fixture
def review(first_evidence):
    """The shipped review with the toy as the primary model of its plan."""
    protocol = first_evidence.protocol.model_copy(update={"primary": ModelPlan(model="crude")})
    return Review(replace(first_evidence, protocol=protocol))


@pytest.fixture
def plan(review):
    return review.protocol


@pytest.fixture
def pooled(review):
    """Twelve studies, pooled by the toy."""
    return review.outcome("pcr").pools["core+extended"]


def test_a_plan_may_name_it_and_its_options_and_nothing_else():
    assert ModelPlan(model="crude", weighing="nothing").make(0.9) == Crude(
        level=0.9, weighing="nothing"
    )
    with pytest.raises(ValidationError, match="not one of 'patients', 'nothing'"):
        ModelPlan(model="crude", weighing="everything")
    with pytest.raises(ValidationError, match="ci is no option of the model crude, which has: wei"):
        ModelPlan(model="crude", ci="t")
    with pytest.raises(ValidationError, match="'crude'"):
        ModelPlan(model="cruder")


def test_it_pools_one_dataset_and_many():
    one = pool(EVENTS, N, model="crude")
    assert one.estimate == 20 / 68
    assert one.ci == tuple(clopper_pearson(np.array([20]), np.array([68]))[0])
    assert one.method == Crude()
    assert "20 events of 68" in one._repr_html_()
    frame = pd.DataFrame({"g": [1, 1, 1, 2], "events": [*EVENTS, 3], "n": [*N, 9]})
    assert pool_many(frame, "g", model="crude")["estimate"].tolist() == [20 / 68, 3 / 9]


def test_it_has_words_without_having_written_any():
    assert Crude().description == Description(name="crude")
    assert Crude(weighing="nothing").description.short == "crude, weighing nothing"
    assert Crude().description.words == "crude"


def test_the_methods_page_says_what_it_says_and_no_more(plan):
    told = page.primary(plan)
    assert told.text == "Crude."
    assert "<math" not in told.html
    assert "price" not in page.rationale(plan).text
    assert "the model's own" in page.prediction(plan).text
    assert "Of the next" not in page.prediction(plan).text
    assert "that model's own estimate" in page.heterogeneity(plan).text


def test_the_forest_plot_names_it_and_gives_it_no_tau(pooled):
    foot = printed(pooled, []).foot
    assert foot[0].endswith("95 % confidence interval, crude.")
    assert "neither tau nor I²" in foot[1]


def test_checks_of_plain_counts_take_it():
    left_out = influence(EVENTS, N, model="crude").table["estimate"].tolist()
    assert left_out == pytest.approx([15 / 58, 16 / 40, 9 / 38])
    every = subsets(EVENTS, N, model="crude")
    assert every["estimate"].tolist()[:3] == pytest.approx([5 / 10, 4 / 28, 9 / 38])
    grown = cumulative(EVENTS, N, by="given", model="crude").table["estimate"].tolist()
    assert grown == pytest.approx([5 / 10, 9 / 38, 20 / 68])


def test_checks_of_a_pool_take_it(pooled, review):
    x, m = pooled.selection.events, pooled.selection.n
    lines = agreement(pooled, review).table.set_index("method")
    assert lines.loc["Primary model", "estimate"] == pytest.approx(x.sum() / m.sum())
    assert leave_one_out(pooled, review)["crude"][0] == pytest.approx(x.sum() / m.sum())
    assert fragility(pooled, review, cap=100).data["tables"] > 0
    told = unseen(pooled, review).data
    limit = pooled.selection.outcome.threshold
    many = x.sum() / limit - m.sum()  # patients without an event that bring it to the limit
    assert (told["needed"] - 1) * told["n"] <= many < told["needed"] * told["n"]


def test_every_check_runs_with_it_as_the_primary_model(review):
    small = review.outcome("pcr").pools["core"]
    assert all(result.sentence for result in examine(small, review).values())
    assert CALIBRATION(small, review).verdict is False  # it ignores that studies differ


def test_its_calibration_is_exact():
    """The interval of one group is exact where the studies are alike."""
    frame = operating_characteristics(
        [6, 9], methods={"Crude": {"model": "crude"}}, p=0.3, tau=0.0
    ).set_index("interval")
    assert frame.loc["confidence", "coverage"] >= 0.95


def test_groups_are_tested_by_another_model_and_that_is_said(pooled, review):
    half = [row.row_id for row in pooled.selection.rows]
    parts = [
        review.fit(pooled.selection.only(rows, "other half"), "part")
        for rows in (half[::2], half[1::2])
    ]
    told = differences(parts)
    assert "the pools' own model has no such test" in told.sentence
    assert "inverse variance" in told.model
    assert np.isnan(subgroups(EVENTS, N, ["a", "b", "b"], model="crude").q_pvalue)


def test_it_predicts_no_counts(pooled):
    assert next_patients(pooled) is None


def test_the_specification_curve_takes_it(plan):
    (own,) = (choice for choice in model_choices(plan) if choice.in_plan)
    assert own.settings == ("crude", "", "", "")
    assert Crude().suits(EVENTS[:, None], N[:, None]).all()


@pytest.mark.parametrize("kind", [kind for kind in MODELS.values() if kind is not Crude])
def test_what_a_model_says_of_itself_is_so(kind):
    model = make_model(kind.name)
    fit = model(EVENTS, N)
    assert model.has_regression == (kind.name in FITS)
    assert model.has_effects == (model.effects(EVENTS[:, None], N[:, None]) is not None)
    ahead = model.next_events(EVENTS, N, 7)
    assert model.predicts_counts == (ahead is not None)
    if ahead is not None:
        assert ahead.shape == (8,)
        assert ahead.sum() == pytest.approx(1)
    turned = model(N - EVENTS, N)
    if model.mirrored:
        assert turned.ci == pytest.approx(1 - fit.ci[:, ::-1], abs=1e-7)
    says = model.description
    for text in (says.estimate, says.prediction, says.spread, says.gain, says.price):
        assert text.endswith(".")
    assert says.formulas
    assert says.sources


def test_no_other_room_asks_for_a_model_by_its_name():
    """A comparison with a name, or a membership in names, is an edit for every new model."""
    source = Path(__file__).resolve().parents[2] / "src" / "onearm"
    found = []
    for path in sorted(source.rglob("*.py")):
        if path.is_relative_to(source / "models"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare):
                said = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant)}
                found += [f"{path.name}:{node.lineno}"] if said & set(MODELS) else []
    assert found == []
