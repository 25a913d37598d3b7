"""What the explorer carries is what Python prints, for every subset and every model."""

import base64
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup

from onearm.analysis import OutcomeAnalysis
from onearm.report.explorer import choices
from onearm.report.explorer.choices import allowed_out, kept_studies
from onearm.report.explorer.data import COLUMNS, FACTS, codes
from onearm.report.explorer.explorer import explorer
from onearm.words import interval, percent


def in_order(analysis):
    """The pools that have a study, in the order of the choice."""
    return [
        pool
        for name, whole in sorted(
            analysis.pools.items(), key=lambda pair: pair[0] != analysis.review.protocol.widest.name
        )
        for pool in (whole, *(part for split in analysis.strata[name].values() for part in split))
        if pool.selection.k
    ]


def with_pools(analysis, pools, strata):
    """The same outcome with other pools."""
    other = OutcomeAnalysis(analysis.review, analysis.plan)
    other.__dict__.update(pools=pools, strata=strata)
    return other


def carried(fragment):
    return json.loads(BeautifulSoup(fragment.html, "html.parser").find(id="explorer-data").string)


def table(text, width, names):
    """Unpack a table as the page's script does."""
    numbers = np.frombuffer(base64.urlsafe_b64decode(text), dtype=f"<u{width}")
    return dict(zip(names, numbers.reshape(len(names), -1).tolist(), strict=True))


def digits(data, code):
    return data["special"].get(str(code)) or f"{code // 10}.{code % 10}"


def in_percent(data, code):
    shown = digits(data, code)
    return shown if shown == data["special"]["1003"] else f"{shown} %"


def between(data, low, high):
    shown = [digits(data, low), digits(data, high)]
    unknown = data["special"]["1003"]
    return unknown if unknown in shown else " to ".join(shown)


def apart(row):
    """A row as of a study of its own."""
    return replace(
        row,
        count=replace(row.count, study_id=row.row_id),
        study=replace(row.study, study_id=row.row_id),
    )


def the_pool(review, whole, bits, model):
    """The pool of a subset, as Python makes it without any of the explorer.

    Its interval is the one that is quick: the exact one of a subset would take seconds. For the
    same reason rows of one study are taken as independent, as the page says.
    """
    rows = tuple(r for r, bit in zip(whole.selection.rows, bits, strict=True) if bit == "1")
    some = replace(whole.selection, rows=rows)
    pool = review.fit(some, whole.label, model.quicker())
    alone = replace(some, rows=tuple(map(apart, rows)))
    return replace(pool, pooled=review.fit(alone, whole.label, model.quicker()).pooled)


def agree(review, data, position, whole, places=None, every=1):
    """Compare every number of every subset of one pool, or of each so many-th and the last.

    For some models or all. What is said to be the interval must be what it is.
    """
    protocol = review.protocol
    its = data["pools"][position]
    facts = table(its["facts"], 2, data["facts"])
    for place, model in enumerate((protocol.primary, *protocol.companions)):
        if places is not None and place not in places:
            continue
        numbers = table(its["numbers"][place], 2, data["columns"])
        last = len(its["subsets"]) - 1
        for j in sorted({*range(0, last, every), last}):
            pool = the_pool(review, whole, its["subsets"][j], model)
            if pool.is_pooled:
                assert data["models"][place]["kind"] == pool.pooled.interval_kind
            one = {name: column[j] for name, column in (facts | numbers).items()}
            assert data["standings"][one["standing"]] == pool.standing
            assert its["met"][one["met"]][0] == pool.cohorts
            assert (one["events"], one["people"]) == (pool.pooled.events, pool.people)
            shown(data, one, pool)


def shown(data, one, pool):
    hidden, pooled = data["notShown"], pool.pooled
    estimate = (one["estimate"], one["ci_low"], one["ci_high"])
    if pool.is_pooled or pool.standing == "single":
        assert in_percent(data, one["estimate"]) == percent(pooled.estimate)
        assert between(data, *estimate[1:]) == interval(*pooled.ci)
        assert one["bound"] == hidden
    else:
        assert estimate == (hidden,) * 3
        assert f" {in_percent(data, one['bound'])} (exact" in pool.extreme()
    if pool.is_pooled:
        assert in_percent(data, one["mean_proportion"]) == percent(pooled.mean_proportion)
    else:
        assert one["mean_proportion"] == hidden
    ahead = (one["prediction_low"], one["prediction_high"])
    if pool.is_pooled and pooled.k >= pool.prediction_k:
        assert between(data, *ahead) == interval(*pool.prediction)
    else:
        assert ahead == (hidden, hidden)


@pytest.mark.parametrize(
    ("tables", "outcome"),
    [
        ("first_review", "r0"),
        ("first_review", "mortality_30d"),
        ("first_review", "complication_major"),
        ("review", "complication_any"),
        ("review", "complication_major"),
        ("review", "mortality_30d"),
        ("review", "mortality_90d"),
    ],
)
def test_every_subset_of_every_pool_by_every_model(request, tables, outcome):
    review = request.getfixturevalue(tables)
    analysis = review.outcome(outcome)
    data = carried(explorer(analysis))
    offered = in_order(analysis)
    assert len(data["pools"]) == len(offered)
    for position, whole in enumerate(offered):
        assert len(data["pools"][position]["subsets"]) == 2**whole.selection.k - 1
        agree(review, data, position, whole)


@pytest.mark.slow
def test_of_larger_pools_some_subsets_by_every_model(review):
    """Each 40th subset: of 21 studies two can be left out, of 11 any."""
    analysis = review.outcome("r0")
    data = carried(explorer(analysis))
    offered = in_order(analysis)
    assert len(data["pools"]) == len(offered)
    assert max(pool.selection.k for pool in offered) == 21
    for position, whole in enumerate(offered):
        agree(review, data, position, whole, every=40)


@pytest.fixture(scope="module")
def pcr(review):
    analysis = review.outcome("pcr")
    return in_order(analysis), carried(explorer(analysis))


def of_nine(offered):
    """The place of the first pool of nine studies, none with two rows."""
    return next(
        i for i, pool in enumerate(offered) if pool.selection.k == pool.selection.studies == 9
    )


def of_shared(offered):
    """The place of the first small pool in which rows share a study."""
    return next(
        i for i, pool in enumerate(offered) if pool.selection.studies < pool.selection.k <= 12
    )


@pytest.mark.slow
def test_every_subset_of_nine_studies(review, pcr):
    offered, data = pcr
    position = of_nine(offered)
    assert len(data["pools"][position]["subsets"]) == 511
    agree(review, data, position, offered[position], places=(0, 1, 2))


def test_every_subset_where_rows_share_a_study(review, pcr):
    """They are taken as independent there, and the page says so."""
    offered, data = pcr
    position = of_shared(offered)
    assert "cohorts of one study are taken as independent" in data["pools"][position]["limit"]
    agree(review, data, position, offered[position])


def test_cohorts_of_one_study_are_no_headline(evidence, pcr):
    offered, data = pcr
    position = of_shared(offered)
    whole, its = offered[position], data["pools"][position]
    owners = [row.study_id for row in whole.selection.rows]
    arms = [owners.count(owner) > 1 for owner in owners]
    bits = "".join("01"[here] for here in arms)
    facts = table(its["facts"], 2, data["facts"])
    words, worth = its["met"][facts["met"][its["subsets"].index(bits)]]
    assert words == f"{sum(arms)} cohorts of 1 study"
    assert "provisional" in worth


def test_above_twelve_studies_two_can_be_left_out_and_the_page_says_so(pcr):
    offered, data = pcr
    for pool, its in zip(offered, data["pools"], strict=True):
        k = pool.selection.k
        assert ("can be left out here" in its["limit"]) == (k > 12)
        assert ("taken as independent" in its["limit"]) == (pool.selection.studies < k)
        if k > 12:
            assert f"With {pool.cohorts} at most 2 studies can be left out" in its["limit"]
            assert len(its["subsets"]) == 1 + k + k * (k - 1) // 2
            assert min(bits.count("1") for bits in its["subsets"]) == k - 2


@pytest.mark.parametrize("which", [of_nine, of_shared])
def test_the_change_is_that_of_the_estimates_before_rounding(review, pcr, which):
    """Measured from the plan's own model of all studies, whichever model is chosen."""
    offered, data = pcr
    position = which(offered)
    whole, its = offered[position], data["pools"][position]
    for place, model in ((0, review.protocol.primary), (2, review.protocol.companions[1])):
        changes = table(its["numbers"][place], 2, data["columns"])["change"]
        for j in (0, 6, len(its["subsets"]) - 1):
            pool = the_pool(review, whole, its["subsets"][j], model)
            tenths = changes[j] - data["zero"]
            if pool.standing == "single":
                assert tenths == data["notShown"]
                continue
            every = the_pool(review, whole, "1" * whole.selection.k, review.protocol.primary)
            expected = 100 * (pool.pooled.estimate - every.pooled.estimate)
            assert f"{tenths / 10:.1f}".replace("-0.0", "0.0") == f"{expected:.1f}".replace(
                "-0.0", "0.0"
            )


def test_codes_are_read_off_the_words():
    values = np.array([0.0, 1e-5, 0.123456, 0.99999, 1.0, math.nan, 0.5])
    shown_ = np.array([True] * 6 + [False])
    assert codes(values, shown_).tolist() == [0, 1001, 123, 1002, 1000, 1003, 1004]


def test_the_fragment_is_of_bounded_size(first_review):
    """Of ten studies; beyond, by what a subset and a line may take (the next test)."""
    fragment = explorer(first_review.outcome("mpr"))
    assert len(fragment.html) < 300_000
    studies = first_review.outcome("mpr").widest.pooled.studies
    assert all(f"{s.study} {s.events}/{s.n} " in fragment.text for s in studies)


@pytest.mark.parametrize("outcome", ["r0", "pcr", "mpr", "complication_any"])
def test_the_fragment_takes_two_bytes_a_number_and_little_a_line(review, outcome):
    analysis = review.outcome(outcome)
    fragment = explorer(analysis)
    data = carried(fragment)
    cells = sum(len(bits) for its in data["pools"] for bits in its["subsets"])
    assert cells <= choices.OF_PAGE
    models = 1 + len(review.protocol.companions)
    subsets = sum(len(its["subsets"]) for its in data["pools"])
    tables = sum(len(text) for its in data["pools"] for text in (its["facts"], *its["numbers"]))
    packing = 4 * len(data["pools"]) * (models + 1)  # base64 fills up to whole fours
    assert tables <= 4 / 3 * 2 * subsets * (models * len(COLUMNS) + len(FACTS)) + packing
    lines = sum(len(its["studies"]) for its in data["pools"])
    assert len(fragment.html) - tables - cells - 3 * subsets < 1_000 * lines + 10_000
    studies = analysis.widest.pooled.studies
    assert all(f"{s.study} {s.events}/{s.n} " in fragment.text for s in studies)


def test_two_runs_give_the_same_bytes(review):
    analysis = review.outcome("complication_any")
    assert explorer(analysis) == explorer(analysis)


def test_no_study_no_controls(first_review):
    assert not first_review.outcome("mortality_90d").widest.selection.k
    assert explorer(first_review.outcome("mortality_90d")) is None


HOSTILE = '</script><script>alert("x")</script><img src=x onerror=alert(1)>&amp;{who}'


def hostile(review, outcome="complication_any"):
    """An outcome whose studies have names that try to run."""
    analysis = review.outcome(outcome)

    def spoilt(pool):
        rows = tuple(
            replace(row, label=f"{HOSTILE}{i}", study=replace(row.study, label=HOSTILE))
            for i, row in enumerate(pool.selection.rows)
        )
        return review.fit(replace(pool.selection, rows=rows), HOSTILE)

    pools = {name: spoilt(pool) for name, pool in analysis.pools.items()}
    other = {name: replace(pool, label=f"{HOSTILE}{name}") for name, pool in pools.items()}
    return with_pools(analysis, other, {name: {"setting": (pool,)} for name, pool in pools.items()})


def test_a_hostile_name_is_a_strange_name(review):
    fragment = explorer(hostile(review))
    soup = BeautifulSoup(fragment.html, "html.parser")
    assert len(soup.find_all("script")) == 1
    assert not soup.find_all("img")
    assert soup.optgroup["label"] == f"{HOSTILE}core+extended"
    inside = soup.find(id="explorer-data").string
    assert not re.search("[<>&]", inside)
    assert json.loads(inside)["pools"][0]["studies"][0]["label"] == f"{HOSTILE}0"


def test_keys_tell_pools_and_models_apart(pcr):
    _, data = pcr
    for name in ("pools", "models"):
        keys = [its["key"] for its in data[name]]
        assert len(set(keys)) == len(keys)
        assert all(re.fullmatch("[0-9a-f]{8}", key) for key in keys)


def test_a_plan_that_asks_for_more_studies_pools_fewer(review):
    pooling = review.protocol.pooling.model_copy(update={"provisional_k": 3, "headline_k": 4})
    whole = review.outcome("r0").pools["core+extended"]
    protocol = review.protocol.model_copy(update={"pooling": pooling})
    stricter = replace(whole, selection=replace(whole.selection, protocol=protocol))
    alone = with_pools(review.outcome("r0"), {"core+extended": stricter}, {"core+extended": {}})
    data = carried(explorer(alone))
    its = data["pools"][0]
    numbers = table(its["numbers"][0], 2, data["columns"])
    facts = table(its["facts"], 2, data["facts"])
    for j, bits in enumerate(its["subsets"]):
        standing, k = data["standings"][facts["standing"][j]], bits.count("1")
        if standing not in ("no-event", "only-events"):
            assert standing == {1: "single", 2: "single", 3: "provisional"}.get(k, "headline")
            assert (numbers["estimate"][j] == data["notShown"]) == (k == 2)


def test_of_many_studies_fewer_can_be_left_out_and_a_page_stays_within_its_allowance():
    assert allowed_out([1, 2, 12]) == [0, 1, 11]
    assert allowed_out([13, 39]) == [2, 2]
    assert allowed_out([12, 12, 3]) == [2, 11, 2]
    assert allowed_out([100]) == [1]
    assert allowed_out([200, 3]) == [None, 2]
    for sizes in ([12] * 40, [200, *[40] * 20], list(range(1, 60))):
        spent = [
            kept_studies(k, out).size
            for k, out in zip(sizes, allowed_out(sizes), strict=True)
            if out is not None
        ]
        assert sum(spent) <= choices.OF_PAGE


def test_choices_leave_out_so_many_at_most_and_each_is_there_once():
    kept = kept_studies(5, 2)
    assert kept.shape == (5, 1 + 5 + 10)
    assert kept.sum(axis=0).min() == 3
    assert len({tuple(column) for column in kept.T.tolist()}) == kept.shape[1]
    assert kept_studies(4, 3).shape == (4, 15)


def test_what_is_too_large_is_named_and_not_tried(review, monkeypatch):
    monkeypatch.setattr(choices, "OF_PAGE", 40)
    fragment = explorer(review.outcome("r0"))
    soup = BeautifulSoup(fragment.html, "html.parser")
    offered = len(carried(fragment)["pools"])
    assert 0 < offered < len(in_order(review.outcome("r0")))
    assert "Not offered here, because of the number of studies: " in soup.get_text()
