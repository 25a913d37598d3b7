"""A second review, on another question, in the small form: its numbers, words and report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.question.in_process import every_page, text_of
from tests.question.test_topic_words import FIELD

import onearm
from onearm.evidence import check


def test_nothing_is_wrong_with_it_but_three_settings_that_are_not_known(foreign: Path) -> None:
    found = [(f.code, f.column) for f in check(foreign) if f.severity != "note"]
    assert found == [("subgroup-missing", "setting")] * 3


def test_it_pools_to_metafor(foreign_review: onearm.Review) -> None:
    """metafor::rma, logit, REML, test = "knha": to the four digits that were kept."""
    pooled = foreign_review.outcome("depression").widest.pooled
    assert pooled.k == 39
    assert pooled.estimate == pytest.approx(0.3462, abs=5e-5)
    assert pooled.ci == pytest.approx((0.2875, 0.4099), abs=5e-5)
    assert pooled.prediction_interval == pytest.approx((0.0884, 0.7429), abs=5e-5)
    assert pooled.tau2 == pytest.approx(0.6847, abs=5e-5)


def test_it_is_split_by_region_and_setting(foreign_review: onearm.Review) -> None:
    strata = foreign_review.outcome("depression").strata["all"]
    assert {pool.label: pool.selection.k for pool in strata["region"]} == {
        "Africa": 11,
        "Asia": 22,
        "Europe": 2,
        "North America": 4,
    }
    assert [pool.label for pool in strata["setting"]] == ["Hospital", "Community"]


@pytest.fixture(scope="session")
def pages(foreign_review: onearm.Review) -> dict[str, str]:
    return {name: text_of(shown) for name, shown in every_page(foreign_review).items()}


def test_its_pages_name_participants_and_regions(pages: dict[str, str]) -> None:
    for name in ("index", "depression"):
        assert "participants" in pages[name]
        assert "North America" in pages[name]


def test_its_pages_have_no_word_of_the_shipped_topic(pages: dict[str, str]) -> None:
    words = re.compile("|".join((*FIELD, r"\bdrug", r"\bpatients? who\b", "core evidence")), re.I)
    found = {name: words.findall(text) for name, text in pages.items()}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_one_evidence_set_is_never_mentioned(pages: dict[str, str]) -> None:
    assert [name for name, text in pages.items() if "vidence set" in text] == []


def test_what_was_not_supplied_is_said_once(pages: dict[str, str]) -> None:
    assert "Not supplied" in pages["methods"]
    assert not any("Not supplied" in text for name, text in pages.items() if name != "methods")


@pytest.mark.slow
def test_its_report_is_built(foreign: Path, tmp_path: Path) -> None:
    """The whole way: kernels, pages, results; nothing is beside the data but the tables."""
    from onearm.report.build.build import build

    out = tmp_path / "report"
    built = build(foreign, out, None, jobs=2)
    assert built.failures == ()
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    pooled = results["outcomes"]["depression"]["pools"]["all"]["pooled"]
    assert pooled["estimate"] == pytest.approx(0.3462, abs=5e-5)
    page = (out / "depression.html").read_text(encoding="utf-8")
    assert "participants" in page
    assert not re.search("|".join(FIELD), re.sub(r"(?s)<(script|style).*?</\1>", "", page), re.I)
