"""The words that stand for a figure: there for each, and with the numbers of results.json."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from onearm import words
from onearm.robustness.calibration.words import coverage_percent

REPORTS = Path(__file__).resolve().parent.parent.parent / "reports"
PAGES = sorted(REPORTS.glob("*.html"))
RESULTS = json.loads((REPORTS / "results.json").read_text(encoding="utf-8"))
CODES = sorted(RESULTS["outcomes"])
SETS = {"forest-core": "core", "forest-core-extended": "core+extended"}
STRATA = {
    "subgroups-setting": "setting",
    "subgroups-agent-group": "agent_group",
    "subgroups-immunotherapy": "immunotherapy",
    "subgroups-combined": "combined",
}

by_outcome = pytest.mark.parametrize("code", CODES)


def alternatives(page):
    """Return the description of each figure of a page, by its id."""
    soup = BeautifulSoup((REPORTS / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    return {
        figure["id"]: " ".join(figure.svg.desc.get_text().split())
        for figure in soup.find_all("figure")
        if figure.svg
    }


def study_line(study):
    shown = words.with_interval(study["proportion"], study["ci"])
    return f"{study['study']}: {study['events']} of {study['n']}, {shown}"


def pooled_words(pool):
    """Return what must be said of a pool, whatever else is."""
    pooled = pool["pooled"]
    if pool["standing"] == "none":
        return []
    if pool["standing"] in ("no-event", "only-events"):  # one-sided 95 %: Clopper and Pearson's
        bound = 0.05 ** (1 / pooled["n"])
        said = ("at most", 1 - bound) if pool["standing"] == "no-event" else ("at least", bound)
        return [f"{pooled['events']} of {pooled['n']}; {said[0]} {words.percent(said[1])}"]
    if pool["standing"] == "single":
        return [words.with_interval(pooled["estimate"], pooled["ci"])]
    said = [words.percent(pooled["estimate"]), words.interval(*pooled["ci"])]
    if pool["standing"] == "headline":
        said.append(f"prediction interval {words.interval(*pooled['prediction_interval'])}")
    return said


def missing(pool, alternative):
    """Return what a description of a pool leaves out: rows, counts, intervals, the estimate."""
    studies = pool["pooled"]["studies"]
    wanted = [study_line(study) for study in studies] + pooled_words(pool)
    if studies:
        wanted.append(f"{pool['patients']} patients")
    return [text for text in wanted if text not in alternative]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_figure_has_a_name_a_role_and_a_description(path):
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for figure in soup.find_all("figure"):
        drawing = figure.svg
        assert drawing["role"] == "img"
        named = [soup.find(id=place) for place in drawing["aria-labelledby"].split()]
        assert all(named), drawing["aria-labelledby"]
        assert drawing.title in named or drawing.title.get_text().strip()
        assert len(drawing.desc.get_text().split()) > 8
        assert figure.figcaption.get_text().strip()


@by_outcome
def test_a_forest_says_every_number_of_its_pool(code):
    found = alternatives(f"{code}-appendix")
    for figure, evidence_set in SETS.items():
        pool = RESULTS["outcomes"][code]["pools"][evidence_set]
        # with no row that may be pooled there is a sentence, and nothing to draw
        assert (figure in found) == bool(pool["k"])
        if figure in found:
            assert missing(pool, found[figure]) == []


@by_outcome
def test_a_forest_of_strata_says_every_number_of_each(code):
    found = alternatives(f"{code}-appendix")
    strata = RESULTS["outcomes"][code]["strata"]["core+extended"]
    assert set(strata) == set(STRATA.values())
    for figure, field in STRATA.items():
        assert (figure in found) == bool(strata[field])
        if figure in found:
            said = [missing(pool, found[figure]) for pool in strata[field]]
            assert said == [[]] * len(strata[field])


def test_the_overview_says_the_estimate_of_every_outcome():
    found = alternatives("findings")["overview"]
    for code in CODES:
        for pool in RESULTS["outcomes"][code]["pools"].values():
            assert [text for text in pooled_words(pool) if text not in found] == []


def soup(page):
    return BeautifulSoup((REPORTS / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


def worded(tag):
    return " ".join(tag.get_text(" ").split())


def plotted(code):
    """Return the lines of the forest plot of an answer in words: those of studies, and below."""
    plot = soup(code).find(id="explorer")
    return [
        [worded(line) for line in part.select("span.line:not(.axis)")]
        for part in (plot.fieldset, plot.find(class_="explorer-chart"))
    ]


def below(pool):
    """Return what must stand below the studies of a plot of words: a list of texts a line."""
    pooled = pool["pooled"]
    counts = f"{pooled['events']}/{pooled['n']}"
    if pool["standing"] in ("no-event", "only-events"):
        lines = [[counts, pooled_words(pool)[0].split("; ")[1]]]
        assert pooled["options"]["ci"] == "exact"
        assert pooled["details"]["drawn"] in (0, 1)  # or it is no exact interval
        return [*lines, [counts, words.interval(*pooled["ci"])]]
    if pool["standing"] not in ("headline", "provisional"):
        return []
    lines = [["Pooled", counts, words.with_interval(pooled["estimate"], pooled["ci"])]]
    if pool["standing"] == "headline":
        lines.append(["Prediction", words.interval(*pooled["prediction_interval"])])
    return lines


@by_outcome
def test_the_plot_of_an_answer_says_every_number_of_its_pool(code):
    """It is a list of words, and its drawings are hidden from who listens."""
    pool = RESULTS["outcomes"][code]["pools"]["core+extended"]
    studies, pooled = plotted(code)
    assert len(studies) == len(pool["pooled"]["studies"]) > 0
    for line, study in zip(studies, pool["pooled"]["studies"], strict=True):
        shown = words.with_interval(study["proportion"], study["ci"])
        assert line.startswith(f"{study['study']} {study['events']}/{study['n']} {shown}")
    for line, wanted in zip(pooled, below(pool), strict=True):
        assert [text for text in wanted if text not in line] == []
    for drawing in soup(code).find(id="explorer")("svg"):
        assert drawing["aria-hidden"] == "true"


def test_the_first_page_says_the_answer_of_every_outcome():
    """Its first sentences are of the widest evidence; each leads to the page of its outcome."""
    said = {
        link["href"]: worded(item)
        for item in soup("index").main.ul("li")
        for link in item("a", limit=1)
    }
    assert set(said) == {f"{code}.html" for code in CODES}
    for code in CODES:
        pool = RESULTS["outcomes"][code]["pools"]["core+extended"]
        pooled = pool["pooled"]
        wanted = pooled_words(pool)
        if pool["standing"] == "single":
            wanted = [f"{pooled['events']} of {pooled['n']} in one study"]
        elif pool["standing"] == "headline":
            wanted = wanted[:2]  # the prediction stands in the table
        wanted.append(f"{pool['patients']} patients")
        assert [text for text in wanted if text not in said[f"{code}.html"]] == []


def numbers(value):
    """Yield every number of a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def percents(text):
    """Return the percentages in a text, as written: those of "31.6 %" and of "(17.5 to 48.7)"."""
    pairs = re.findall(r"\((\S+) to (\S+)\)", text)
    alone = re.findall(r"(?<![\w.])([<>]?\d+\.\d) %", text)
    return {*alone, *(limit for pair in pairs for limit in pair)}


def behind(page, figure):
    """Return the numbers that a figure gives to take away, where it does."""
    path = REPORTS / "files" / f"{page}-{figure}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def mapped(page, figure):
    """Return what a map of coverage may print: it has too many cells for results.json."""
    found = behind(page, figure)
    rows = found["rows"] if found else []
    assert rows or not found
    return {coverage_percent(row["coverage"]).removesuffix(" %") for row in rows} | {
        words.percent(row["p"]).removesuffix(" %") for row in rows
    }


def drawn(code, figure, check):
    """Return the description of the figure of a check: it is there if the check has a table."""
    found = alternatives(f"{code}-robustness").get(figure)
    checks = RESULTS[f"robustness_{code}"]["checks"]["core+extended"]
    assert (found is not None) == bool(check in checks and checks[check]["table"])
    return found


def sentences(code):
    """Return what the checks of an outcome say, by their names and sets of evidence."""
    return {
        (kind, check["name"]): check["sentence"]
        for kind, checks in RESULTS[f"robustness_{code}"]["checks"].items()
        for check in checks.values()
    }


@by_outcome
def test_the_figures_of_robustness_show_no_percentage_that_is_not_in_the_results(code):
    page, robustness = f"{code}-robustness", RESULTS[f"robustness_{code}"]
    analyses = robustness["specifications"]["data"]
    shares = [count / analyses["distinct"] for name, count in analyses.items()
              if name.startswith(("estimate_", "interval_"))]  # fmt: skip
    recorded = (robustness, RESULTS["outcomes"][code], shares)
    told = percents(" ".join(sentences(code).values()))
    for figure, alternative in alternatives(page).items():
        if figure.startswith("coverage"):
            shown = mapped(page, figure)
        else:
            shown = {words.percent(number).removesuffix(" %") for number in numbers(recorded)
                     if 0 <= number <= 1}  # fmt: skip
        assert percents(alternative) - shown - told == set(), figure


@by_outcome
def test_the_picture_of_all_subsets_says_what_their_sentence_says(code):
    """The sentence has the same extremes and the same strongest pull, of as many subsets."""
    found = drawn(code, "subsets-plot", "subsets")
    if found is not None:
        sentence = sentences(code)["core+extended", "subsets"]
        assert percents(found) == percents(sentence)
        assert re.search(r"(\d+) subsets", found)[1] == re.search(r"(\d+) subsets", sentence)[1]


@by_outcome
def test_the_picture_of_influence_says_every_row_of_its_table(code):
    found = drawn(code, "influence-plot", "influence")
    if found is not None:
        for row in RESULTS[f"robustness_{code}"]["checks"]["core+extended"]["influence"]["table"]:
            limits = words.with_interval(row["estimate"], (row["ci_low"], row["ci_high"]))
            assert f"Without {row['study']}: {limits}" in found


@by_outcome
def test_the_funnel_says_every_study(code):
    found = drawn(code, "funnel", "small_study_effects")
    if found is not None:
        pool = RESULTS["outcomes"][code]["pools"]["core+extended"]["pooled"]
        for study in pool["studies"]:
            said = f"{study['study']}: {words.percent(study['proportion'])} of {study['n']}"
            assert said in found
