"""One addition is one file and one line, or a few lines of the plan: tried by adding."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from tests.question.in_process import every_page, text_of

import onearm
from onearm.evidence import check
from onearm.evidence.findings import errors_among
from onearm.models import registry
from onearm.models.base import Model
from onearm.models.exact import clopper_pearson
from onearm.models.fit import Fit, undefined


@dataclass(frozen=True, kw_only=True)
class Crude(Model):
    """All people of all studies together, as if they were one study."""

    name: ClassVar[str] = "crude"

    def _fit(self, events, n, verdicts):
        values = undefined(n.shape[1])
        x, m = events.sum(axis=0), n.sum(axis=0)
        there = m > 0
        values["estimate"][there] = values["mean"][there] = x[there] / m[there]
        limits = clopper_pearson(x[there], m[there], self.level)
        for name in ("ci", "mean_ci", "prediction"):
            values[name][there] = limits
        values["tau2"][there] = 0.0
        return Fit(**values)


def edited(folder: Path, name: str, change: Callable[[str], str]) -> None:
    path = folder / name
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, "the edit found nothing to change"
    path.write_text(after, encoding="utf-8")


@pytest.mark.slow
def test_a_model_is_the_primary_of_a_whole_report(
    small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dozen lines and a line in the registry: every page is made with it."""
    monkeypatch.setitem(registry.MODELS, Crude.name, Crude)
    monkeypatch.setenv("ONEARM_CACHE", "off")  # no source of a package tells of this model
    section = re.compile(r"(?ms)^\[primary\]\n.*?\n(?=\[\[companions\]\])")
    primary = '[primary]\nlabel = "Everybody together"\nmodel = "crude"\n\n'
    edited(small_data, "protocol.toml", lambda text: section.sub(primary, text))
    review = onearm.Review(small_data)
    pages = every_page(review)
    pool = review.outcomes[0].widest
    assert pool.pooled.model == "crude"
    assert pool.pooled.estimate == pytest.approx(pool.pooled.events / pool.pooled.n)
    code = review.outcomes[0].code
    for name in ("index", "methods", code):
        assert "Everybody together" in text_of(pages[name]) or name == "index"
    # Nothing of another model's formulas is printed for it.
    assert "inverse variance" not in review.methods.primary().text.casefold()


def test_a_stratum_by_country_needs_the_plan_alone(data_copy: Path) -> None:
    lines = '[strata.country]\nlabel = "Country"\ncolumn = "country"\n\n'
    edited(
        data_copy, "protocol.toml", lambda text: text.replace("[overlap]\n", f"{lines}[overlap]\n")
    )
    assert errors_among(check(data_copy)) == ()
    found = onearm.Review(data_copy).outcome("pcr").strata["core+extended"]["country"]
    assert {"Italy", "China"} <= {pool.label for pool in found}
    assert sum(pool.selection.k for pool in found) >= 10


def test_a_class_of_drugs_needs_the_plan_alone(data_copy: Path) -> None:
    edited(
        data_copy,
        "protocol.toml",
        lambda text: text.replace(
            'chemo = "Chemotherapy"\n', 'chemo = "Chemotherapy"\nros1_tki = "ROS1 inhibitor"\n'
        ).replace(
            "[strata.agent_group.groups.egfr]",
            '[strata.agent_group.groups.ros1]\nlabel = "ROS1 inhibitor"\n'
            'members = ["ros1_tki"]\n\n[strata.agent_group.groups.egfr]',
        ),
    )
    edited(
        data_copy,
        "outcomes.csv",
        lambda text: re.sub(r"(?m)^(L1,lococo2023,all),alk_tki,", r"\1,ros1_tki,", text),
    )
    assert errors_among(check(data_copy)) == ()
    found = onearm.Review(data_copy).outcome("pcr").strata["core"]["agent_group"]
    assert np.isin("ROS1 inhibitor", [pool.label for pool in found])
