"""What the cells of the first page and of an outcome's page show, for a plan of few words."""

import pytest
from bs4 import BeautifulSoup

import onearm
from onearm.figures import Drawing
from onearm.report.kit.html import Shown, prose, shown
from onearm.report.kit.sentences import plan_sentence, when_pooled
from onearm.report.pages.outcome.page import OutcomePage
from onearm.report.pages.synopsis.page import Synopsis


@pytest.fixture(scope="module")
def small(project):
    """A review with one evidence set, two strata, and neither threshold nor appraisal."""
    return onearm.Review(project / "examples" / "depression-in-diabetes")


@pytest.fixture(scope="module")
def page(small):
    return OutcomePage(small, small.protocol.outcome[0])


def test_what_has_no_data_is_left_out(page):
    assert page.certainty_table() is None
    assert page.appraisal() is None
    assert page.excluded() is None
    assert page.sensitivity() is None
    assert "gives no rates of single studies" in page.shrinkage().text


def test_one_evidence_set_is_not_named(small, page):
    titles = [part.title for part in page.forest_plots().parts]
    assert titles == [page.plan.label]
    text = page.subgroups().text + Synopsis(small).answers().text
    assert "evidence" not in text.lower()
    heads = [
        th.get_text()
        for th in BeautifulSoup(Synopsis(small).answers().html, "html.parser").thead("th")
    ]
    assert heads[:2] == ["Outcome", "0 to 100 %"]
    assert not {"Evidence", "Certainty"} & set(heads)


def test_every_stratum_has_a_table_and_a_forest(page):
    parts = page.subgroups().parts
    assert [part.name for part in parts if isinstance(part, Drawing)] == [
        "subgroups-region",
        "subgroups-setting",
    ]
    captions = [part.text.split("\n")[0] for part in parts if not isinstance(part, Drawing)]
    assert captions[-2:] == ["By region", "By setting"]


def test_every_set_has_a_forest_of_its_own_name(review):
    analysis = OutcomePage(review, review.protocol.plan("pcr"))
    names = [part.name for part in analysis.forest_plots().parts]
    assert names == ["forest-core", "forest-core-extended"]
    across = [part.alt for part in analysis.subgroups().parts if isinstance(part, Drawing)]
    tested = ["Test for subgroup differences" in alt for alt in across]
    assert tested == [True, False, True, False], "groups that share people are not tested"


def test_every_part_of_a_cell_is_an_output_of_its_own(monkeypatch):
    seen = []
    monkeypatch.setattr("IPython.display.display", seen.append)
    first, second = prose("one"), prose("two")
    both = shown(first, None, shown(second))
    assert isinstance(both, Shown)
    both._ipython_display_()
    assert seen == [first, second]
    assert both.text == "one\n\ntwo"
    assert shown(None, None) is None


def test_the_plan_is_said_with_its_own_nouns(small, evidence):
    said = plan_sentence(small.protocol.outcome[0], small.protocol)
    assert said == (
        "Counted per participant; counts over fewer than 5 participants are left out. "
        "A pooled result needs 3 studies; with 2 it is provisional; a single study is shown and "
        "not pooled."
    )
    said = plan_sentence(evidence.protocol.plan("pcr"), evidence.protocol)
    assert said.startswith("Counted per operated patient; ")
    assert "Decision threshold: 10.0 % (higher is better). Several times" in said


@pytest.mark.parametrize(
    ("few", "many", "said"),
    [
        (2, 2, "A pooled result needs 2 studies; a single study is shown and not pooled."),
        (
            3,
            5,
            "A pooled result needs 5 studies; from 3 on it is provisional; fewer are shown "
            "and not pooled.",
        ),
    ],
)
def test_how_many_studies_a_result_needs(evidence, few, many, said):
    pooling = evidence.protocol.pooling.model_copy(
        update={"provisional_k": few, "headline_k": many}
    )
    assert when_pooled(pooling) == said
