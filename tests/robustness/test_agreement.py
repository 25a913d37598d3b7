"""The do-not-pool signal follows the plan's margin and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from onearm.analysis import analyse
from onearm.evidence.protocol import Agreement
from onearm.models import pool
from onearm.robustness.agreement import agreement, compared_methods


@pytest.fixture(scope="module")
def core(evidence):
    return analyse(evidence, "pcr").pools["core"]


def test_the_limits_are_those_of_direct_fits(core, evidence):
    result = agreement(core, evidence.protocol)
    lines = result.table.set_index("method")
    for label, plan in compared_methods(evidence.protocol).items():
        fit = pool(core.selection.events, core.selection.n, model=plan.model, **plan.options)
        assert tuple(lines.loc[label, ["ci_low", "ci_high"]]) == pytest.approx(fit.ci, abs=1e-9)
    for side in ("lower_spread", "upper_spread"):
        column = {"lower_spread": "ci_low", "upper_spread": "ci_high"}[side]
        assert result.data[side] == pytest.approx(np.ptp(lines[column]))


def test_the_verdict_turns_at_the_margin(core, evidence):
    spread = max(agreement(core, evidence.protocol).data[s]
                 for s in ("lower_spread", "upper_spread"))  # fmt: skip
    for margin, agrees in ((spread + 1e-6, True), (spread - 1e-6, False)):
        plan = evidence.protocol.model_copy(update={"agreement": Agreement(margin=margin)})
        result = agreement(core, plan)
        assert result.verdict is agrees
        assert ("do not pool" in result.sentence) is not agrees


def test_every_kind_of_model_is_heard(evidence):
    assert {plan.model for plan in compared_methods(evidence.protocol).values()} >= {
        "inverse-variance", "glmm", "bayes"}  # fmt: skip


def test_a_method_without_an_interval_is_named(core, evidence):
    """Studies without any event beside studies with nothing else: no maximum exists."""
    n = core.selection.n
    events = np.where(np.arange(len(n)) % 2, n, 0)
    rows = core.selection.rows.assign(events=events)
    separated = replace(core, selection=replace(core.selection, rows=rows))
    result = agreement(separated, evidence.protocol)
    assert "GLMM, t(k−1)" in result.data["without"]
    assert len(result.table) + len(result.data["without"]) == len(
        compared_methods(evidence.protocol)
    )
    for label in result.data["without"]:
        assert label in result.sentence
    alone = evidence.protocol.model_copy(update={"companions": ()})
    single = agreement(separated, alone)
    assert single.verdict is None
    assert "one method alone has an interval" in single.sentence
    assert single.table.empty


def test_one_study_leaves_nothing_to_compare(evidence):
    studies = analyse(evidence, "complication_minor").pools["core"]
    assert agreement(studies, evidence.protocol).verdict is None
