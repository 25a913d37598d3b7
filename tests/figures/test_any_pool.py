"""Whatever the counts and the names: it is drawn, all of it, and its numbers are the pool's."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onearm import subsets
from onearm.figures import forest, funnel, gosh, influence_plot, overview, shrinkage
from onearm.robustness import influence, small_study_effects

MODELS = ("inverse-variance", "bayes")
printable = st.characters(exclude_categories=("C", "Zs", "Zl", "Zp")) | st.sampled_from(
    list(" $_\\{}^%<>&漢字😀\u0301\u0336دمשØß𝕏")
)
label = st.text(printable, min_size=1, max_size=200).filter(
    lambda text: text.isprintable() and bool(text.strip())
)
# Letters whose height the font knows; how tall a letter of another font is, nobody can tell.
known = st.text(
    st.characters(max_codepoint=0x17F, categories=("L", "N", "P", "S")), min_size=1, max_size=200
)
study = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
any_k = st.integers(1, 60).flatmap(
    lambda k: st.tuples(
        st.lists(study, min_size=k, max_size=k), st.lists(label, min_size=1, max_size=4)
    )
)
SOME = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SOME
@given(any_k, st.sampled_from(MODELS), label)
def test_a_forest_is_drawn_and_has_the_numbers_of_its_pool(made, found, model, title):
    counts, some = found
    names = [some[place % len(some)] for place in range(len(counts))]
    pool = made(counts, names, label=title, model=model)
    drawing = forest(pool, name="f", title=title)
    rows = [row for row in drawing.numbers if row["kind"] == "study"]
    assert [row["name"] for row in rows] == names
    assert [(row["events"], row["n"]) for row in rows] == counts
    for row, own in zip(rows, pool.pooled.studies, strict=True):
        assert row["proportion"] == pytest.approx(own.proportion, rel=1e-11)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(own.ci, rel=1e-11)
    pooled = [row for row in drawing.numbers if row["kind"] == "pooled"]
    assert len(pooled) == pool.is_pooled
    for row in pooled:
        assert row["proportion"] == pytest.approx(pool.pooled.estimate, rel=1e-11)
        known = [math.nan if row[end] is None else row[end] for end in ("ci_low", "ci_high")]
        assert known == pytest.approx(list(pool.pooled.ci), rel=1e-11, nan_ok=True)
    ahead = [row for row in drawing.numbers if row["kind"] == "prediction"]
    for row in ahead:
        limits = row["ci_low"], row["ci_high"]
        known = tuple(None if math.isnan(limit) else limit for limit in pool.prediction)
        assert limits == known or limits == pytest.approx(known, rel=1e-11)
    assert all(name in drawing.alt for name in names)


@settings(SOME, max_examples=5)  # an image takes a second
@given(st.lists(st.tuples(study, known), min_size=1, max_size=6))
def test_any_label_of_the_font_is_drawn_apart(made, complaints, found):
    counts, names = zip(*found, strict=True)
    drawing = forest(made(list(counts), list(names)), name="f", title="T")
    assert complaints(drawing.figure) == []


@settings(SOME, max_examples=5)
@given(st.lists(st.tuples(study, label), min_size=1, max_size=4))
def test_any_label_is_drawn_in_every_form(made, found):
    counts, names = zip(*found, strict=True)
    pool = made(list(counts), list(names))
    drawing = forest(pool, name="f", title="T")
    assert drawing.pdf.startswith(b"%PDF-")
    assert drawing.png.startswith(b"\x89PNG")
    assert all(name in shrinkage(pool, name="s", title="T").alt for name in names)


@pytest.fixture(scope="module")
def large(made):
    random = np.random.default_rng(1)
    n = random.integers(5, 3000, 200)
    events = random.binomial(n, random.beta(2, 5, 200))
    names = [f"Author {place} and others, {2000 + place % 25} é" for place in range(200)]
    return made(
        list(zip(events.tolist(), n.tolist(), strict=True)), names, model="inverse-variance"
    )


def test_subgroups_of_a_large_review_are_drawn_apart(made, complaints, large):
    studies = large.pooled.studies
    parts = [
        made(
            [(each.events, each.n) for each in studies[place::5]],
            [each.study for each in studies[place::5]],
            label=f"Subgroup {place}",
            model="inverse-variance",
        )
        for place in range(5)
    ]
    drawing = forest(large, name="f", title="T", blocks=parts)
    assert complaints(drawing.figure) == []
    assert sum(row["kind"] == "study" for row in drawing.numbers) == 200


def test_other_figures_of_a_large_review_are_drawn_apart(review, large, drawn, complaints):
    rows = large.selection
    sizes = small_study_effects(large, review)
    _, figure = drawn("funnel", lambda: funnel(large, sizes, name="u", title="T"))
    assert complaints(figure) == []
    result = influence(rows.events, rows.n, study=rows.labels)
    _, figure = drawn("influence_plot", lambda: influence_plot(result, name="i", title="T"))
    assert complaints(figure) == []
    _, figure = drawn("shrinkage", lambda: shrinkage(large, name="s", title="T"))
    assert complaints(figure) == []


def test_the_subsets_of_many_studies_are_drawn(large, drawn, complaints):
    rows = large.selection
    frame = subsets(rows.events[:60], rows.n[:60])
    names = ["漢" * 200, *rows.labels[1:60]]
    _, figure = drawn("gosh", lambda: gosh(frame, names, name="g", title="T"))
    assert complaints(figure) == []


def test_one_evidence_set_is_drawn_and_never_named(review, drawn, complaints):
    outcome = review.outcome("pcr")
    alone = SimpleNamespace(plan=outcome.plan, code="pcr", pools={"all": outcome.widest})
    drawing, figure = drawn("overview", lambda: overview([alone], name="o", title="T"))
    assert complaints(figure) == []
    assert outcome.widest.label not in drawing.alt + drawing.svg
    assert drawing.alt.startswith(f"T. Pathological complete response: {outcome.widest.cohorts}")
