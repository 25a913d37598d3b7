"""What `check` passes, every page can show: made-up reviews of every shape."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.question.folder import write_folder
from tests.question.in_process import every_page, text_of
from tests.question.made_up import MadeUp, many_studies, reviews

import onearm
from onearm.evidence import check
from onearm.evidence.findings import errors_among


def made(review: MadeUp, folder: Path) -> onearm.Review:
    write_folder(folder, review.plan, review.tables)
    assert errors_among(check(folder)) == (), "the review that was made up is not valid"
    return onearm.Review(folder)


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("ONEARM_EXAMPLES", "8")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(reviews())
def test_what_check_passes_every_page_shows(review: MadeUp) -> None:
    with tempfile.TemporaryDirectory() as name:
        pages = every_page(made(review, Path(name) / "data"))
    outcomes = [plan["code"] for plan in review.plan["outcome"]]
    assert {"index", "evidence", "methods", "changes", *outcomes} <= set(pages)
    for plan in review.plan["outcome"]:
        assert text_of(pages[plan["code"]])
    told = text_of(pages["index"])
    for one in review.plan.get("evidence_set", ())[1:]:
        assert one["name"] not in told.split(), "the name of a set is for the plan, not a reader"


@pytest.mark.slow
def test_two_hundred_studies_and_five_strata(tmp_path: Path) -> None:
    """It completes, and what is too large for a diagnostic is said."""
    pages = every_page(made(many_studies(), tmp_path / "data"))
    assert "200" in text_of(pages["event"])
    told = text_of(pages["event-robustness"])
    for what in ("not computed for more than 40 studies", "not computed for more than 20 studies"):
        assert what.casefold() in told.casefold()
