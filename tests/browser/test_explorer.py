"""The explorer, driven by its real controls: it shows what Python says, and nothing else."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Page, expect

from onearm.analysis import Review
from onearm.report.build.pages import page
from onearm.report.build.runs import plan
from onearm.report.explorer.explorer import explorer
from onearm.report.kit.html import Html
from onearm.words import interval, percent, with_interval

pytestmark = pytest.mark.browser


def _beside() -> ModuleType:
    """The tests of the Python side, whose pools and hostile names are used here too."""
    path = Path(__file__).parents[1] / "report" / "test_explorer.py"
    spec = importlib.util.spec_from_file_location("python_side", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SIDE = _beside()


def written(review: Review, fragment: Html, outcome: str, folder: Path) -> str:
    """Make a page around the fragment, by the template of the report."""
    cell = nbformat.v4.new_code_cell(
        "analysis.explorer()",
        outputs=[nbformat.v4.new_output("execute_result", {"text/html": fragment.html})],
    )
    after = nbformat.v4.new_markdown_cell("## Rows\n\n" + "Below.\n\n" * 60)
    heading = nbformat.v4.new_markdown_cell("## Untick a study")
    runs = plan(review.protocol)
    run = next(run for run in runs if run.name == outcome)
    notebook = nbformat.v4.new_notebook(cells=[heading, cell, after])
    path = folder / f"{outcome}.html"
    path.write_text(page(notebook, run, runs, report="Report"), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def review(first_review: Review) -> Review:
    """Of few studies, so that every subset can be ticked."""
    return first_review


@pytest.fixture(scope="module")
def made(review: Review, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that makes a page once, and gives its address, pools and data."""
    known: dict[str, Any] = {}

    def make(outcome: str) -> Any:
        if outcome not in known:
            analysis = review.outcome(outcome)
            fragment = explorer(analysis)
            assert fragment is not None
            address = written(review, fragment, outcome, tmp_path_factory.mktemp(outcome))
            known[outcome] = address, SIDE.in_order(analysis), SIDE.carried(fragment)
        return known[outcome]

    return make


def said(tab: Page, name: str) -> str:
    return tab.locator(f".explorer-{name}").inner_text()


def tick(tab: Page, place: int) -> None:
    tab.locator("#explorer fieldset input").nth(place).click()


WALK = """([subsets]) => subsets.map((bits) => {
  const box = (i) => document.querySelectorAll('#explorer fieldset input')[i];
  [...bits].forEach((bit, i) => { if (box(i).checked !== (bit === '1')) box(i).click(); });
  const text = (name) => document.querySelector(`.explorer-${name}`).textContent;
  return { ticked: [...bits].map((_, i) => box(i).checked ? '1' : '0').join(''),
    result: text('result'), change: text('change'), note: text('note'), left: text('left-out'),
    chart: document.querySelector('.line.selection .explorer-study-own').textContent,
    protocol: text('protocol'), banner: !document.querySelector('.explorer-banner').hidden };
})"""


@pytest.mark.parametrize(
    ("outcome", "k", "models"),
    [
        ("r0", 6, (0, 1, 2, 4)),
        pytest.param("pcr", 8, (0, 1, 3), marks=pytest.mark.slow),
        ("complication_major", 3, (0, 1, 2, 3)),
    ],
)
def test_ticking_every_subset_shows_what_python_says(
    tab: Page, made: Any, review: Review, outcome: str, k: int, models: tuple[int, ...]
) -> None:
    address, offered, data = made(outcome)
    position = next(i for i, pool in enumerate(offered) if pool.selection.k == k)
    whole, subsets = offered[position], data["pools"][position]["subsets"]
    assert len(subsets) == 2**k - 1
    every = SIDE.the_pool(review, whole, "1" * k, review.protocol.primary).pooled.estimate
    tab.goto(address)
    tab.select_option("#explorer-pool", str(position))
    for place in models:
        plan_ = (review.protocol.primary, *review.protocol.companions)[place]
        tab.select_option("#explorer-model", str(place))
        for bits, shown in zip(subsets, tab.evaluate(WALK, [subsets]), strict=True):
            assert shown["ticked"] == bits
            expected(SIDE.the_pool(review, whole, bits, plan_), whole, every, shown, bits, place)
    assert tab.complaints == []  # type: ignore[attr-defined]
    assert tab.refused == []  # type: ignore[attr-defined]


def expected(
    pool: Any, whole: Any, every: float, shown: dict[str, Any], bits: str, place: int
) -> None:
    """Compare with Python; a change is that from `every`, the same fit of all studies."""
    sentence = pool.headline().removeprefix(f"{whole.label}: ")
    assert shown["result"] == f"Your selection. {sentence}"
    assert shown["protocol"].endswith(whole.headline())
    is_protocol = place == 0 and "0" not in bits
    assert shown["banner"] is not is_protocol
    pooled, words = pool.pooled, ""
    if pool.is_pooled:
        words = f"Marginal mean {percent(pooled.mean_proportion)}."
        assert shown["chart"] == with_interval(pooled.estimate, pooled.ci)
        if whole.is_pooled and not is_protocol:
            points = re.search(r"([+-]\d+\.\d) points", shown["change"])
            assert points
            assert abs(float(points[1]) - 100 * (pooled.estimate - every)) < 0.0501
    elif pool.standing == "single":
        assert shown["chart"].endswith(f"({interval(*pooled.ci)}), not pooled")
    assert shown["change"].startswith(words)
    few = pool.standing in ("single", "provisional")
    assert shown["note"].startswith(pool.selection.gate.sentence if few else "")
    for label, bit in zip(whole.selection.labels, bits, strict=True):
        assert (label in shown["left"]) == (bit == "0")


def test_nothing_ticked_is_a_message_and_no_number(tab: Page, made: Any) -> None:
    tab.goto(made("r0")[0])
    for place in range(tab.locator("#explorer fieldset input").count()):
        tick(tab, place)
    assert said(tab, "result") == "Your selection. No study is ticked."
    assert "NaN" not in tab.locator("#explorer").inner_text()
    marks = tab.locator(".explorer-selection-marks > *[visibility=visible]")
    assert marks.count() == 0
    assert tab.locator(".line.plan polygon:visible").count() == 1
    tab.reload()
    assert "No study is ticked" in said(tab, "result")


def test_the_diamond_lies_where_the_numbers_are(tab: Page, made: Any, review: Review) -> None:
    address, offered, _ = made("r0")
    position = max(range(len(offered)), key=lambda i: offered[i].selection.k)
    whole = offered[position]
    pool = SIDE.the_pool(review, whole, "1" * whole.selection.k, review.protocol.primary)
    tab.goto(address)
    tab.select_option("#explorer-pool", str(position))
    points = tab.locator(".explorer-selection-marks polygon").get_attribute("points")
    assert points
    x = [float(corner.split(",")[0]) / 1000 for corner in points.split()]
    for drawn, number in zip(
        x, (pool.pooled.ci[0], pool.pooled.estimate, pool.pooled.ci[1]), strict=False
    ):
        assert abs(drawn - number) <= 0.0005001
    bar = tab.locator(".explorer-selection-marks rect")
    left, width = (float(bar.get_attribute(name) or "nan") for name in ("x", "width"))
    assert abs(left / 1000 - pool.prediction[0]) <= 0.0005001
    assert abs((left + width) / 1000 - pool.prediction[1]) <= 0.0010001


def test_the_state_is_in_the_address_and_comes_back(tab: Page, new_tab: Any, made: Any) -> None:
    address, offered, _ = made("r0")
    position = max(range(len(offered)), key=lambda i: offered[i].selection.k)
    tab.goto(address)
    assert tab.url == address
    tab.select_option("#explorer-pool", str(position))
    tick(tab, 2)
    tab.select_option("#explorer-model", "3")
    shared, result = tab.url, said(tab, "result")
    assert re.fullmatch(r".*#try=[0-9a-f]{8}\.[0-9a-f]{8}\.110111", shared)
    other = new_tab()
    other.goto(shared)
    assert said(other, "result") == result
    assert other.input_value("#explorer-model") == "3"
    assert not other.locator("#explorer fieldset input").nth(2).is_checked()
    assert other.locator("#explorer").bounding_box()["y"] < 50
    other.click("#explorer-reset")
    expect(other).to_have_url(address)
    assert said(other, "left-out") == "No study is left out."
    assert not other.locator(".explorer-banner").is_visible()
    other.evaluate("hash => { location.hash = hash; }", shared.split("#")[1])
    assert said(other, "result") == result
    other.go_back()
    expect(other).to_have_url(address)
    assert said(other, "left-out") == "No study is left out."
    assert other.complaints == []


@pytest.mark.parametrize(
    "hash_",
    [
        "#try=",
        "#try=00000000.00000000.111111",
        "#try=<img src=x onerror=alert(1)>",
        "#try=__proto__.constructor.1",
        "#try=" + "1" * 5000,
        "#try={key}.{model}.111",
        "#try={key}.{model}.0000002",
        "#try={key}.99999999.11",
    ],
)
def test_a_stale_or_hostile_address_shows_the_protocol(tab: Page, made: Any, hash_: str) -> None:
    address, _, data = made("r0")
    named = hash_.replace("{key}", data["pools"][0]["key"])
    tab.goto(address + named.replace("{model}", data["models"][0]["key"]))
    assert tab.locator(".explorer-stale").is_visible()
    assert not tab.locator(".explorer-banner").is_visible()
    assert said(tab, "left-out") == "No study is left out."
    assert tab.complaints == []  # type: ignore[attr-defined]
    tick(tab, 0)
    assert not tab.locator(".explorer-stale").is_visible()


def test_other_anchors_are_left_alone(tab: Page, made: Any) -> None:
    address, _, _ = made("r0")
    tab.goto(f"{address}#Rows")
    assert tab.evaluate("scrollY") > 100
    assert tab.url.endswith("#Rows")
    tab.click("#explorer-reset")
    assert tab.url.endswith("#Rows")
    tick(tab, 0)
    result = said(tab, "result")
    tab.evaluate("location.hash = '#Rows'")
    assert said(tab, "result") == result


def test_the_keyboard_reaches_and_works_every_control(tab: Page, made: Any) -> None:
    address, offered, _ = made("r0")
    tab.goto(address)
    tab.evaluate("document.querySelector('h2').setAttribute('tabindex', '-1')")
    tab.evaluate("document.querySelector('h2').focus()")
    active = "document.activeElement"
    here = f"{active}.id || {active}.type || {active}.localName"
    tab.keyboard.press("Tab")
    assert tab.evaluate(here) == "explorer-pool"
    largest = max(range(len(offered)), key=lambda i: offered[i].selection.k)
    for _ in range(largest):
        tab.keyboard.press("ArrowDown")
    assert tab.input_value("#explorer-pool") == str(largest)
    tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowDown")
    assert tab.input_value("#explorer-model") == "1"
    assert tab.locator(".explorer-banner").is_visible()
    tab.keyboard.press("Tab")
    assert tab.evaluate(here) == "explorer-sort"
    reached = []
    for _ in range(2 + 2 * offered[largest].selection.k):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate(here))
        outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        if reached[-1] == "checkbox":
            hidden = tab.evaluate(
                """() => { const b = document.activeElement.getBoundingClientRect();
                const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);
                return top !== document.activeElement; }"""
            )
            assert not hidden
            tab.keyboard.press("Space")
    assert reached == ["explorer-all", "explorer-reset", *["checkbox", "a"] * 6]
    assert "No study is ticked" in said(tab, "result")
    for _ in range(1 + 2 * offered[largest].selection.k):
        tab.keyboard.press("Shift+Tab")
    assert tab.evaluate(here) == "explorer-all"
    tab.keyboard.press("Enter")
    assert said(tab, "left-out") == "No study is left out."
    assert tab.input_value("#explorer-model") == "1"
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    expect(tab).to_have_url(address)


def test_the_last_state_is_announced_once(tab: Page, made: Any) -> None:
    tab.goto(made("r0")[0])
    status = tab.locator(".explorer-said")
    assert status.get_attribute("aria-live") == "polite"
    assert status.text_content() == ""
    tab.evaluate(
        """() => { window.heard = [];
        new MutationObserver(() => heard.push(document.querySelector('.explorer-said').textContent))
        .observe(document.querySelector('.explorer-said'), { childList: true }); }"""
    )
    tick(tab, 0)
    tick(tab, 1)
    tick(tab, 1)
    expect(status).not_to_be_empty()
    tab.wait_for_timeout(800)
    (heard,) = tab.evaluate("heard")
    assert heard.startswith("Exploratory: 5 of 6 ticked, by the plan's model. 5 studies, ")
    assert said(tab, "result").removeprefix("Your selection. ") in heard


def test_a_third_study_cannot_be_left_out_of_thirteen(tab: Page, made: Any) -> None:
    address, offered, data = made("pcr")
    position = next(i for i, pool in enumerate(offered) if pool.selection.k == 13)
    tab.goto(address)
    tab.select_option("#explorer-pool", str(position))
    tick(tab, 0)
    assert tab.locator("#explorer input[aria-disabled]").count() == 0
    tick(tab, 5)
    assert tab.locator("#explorer input[aria-disabled]").count() == 11
    assert tab.locator("#explorer fieldset input:visible").count() == 13
    result = said(tab, "result")
    tab.locator("#explorer fieldset input").nth(7).focus()
    tab.keyboard.press("Space")
    assert said(tab, "result") == result
    assert tab.locator("#explorer fieldset input").nth(7).is_checked()
    limit = data["pools"][position]["limit"]
    expect(tab.locator(".explorer-said")).to_have_text(limit)
    assert tab.locator("#explorer-limit").inner_text() == limit
    assert tab.locator("#explorer fieldset").get_attribute("aria-describedby") == "explorer-limit"
    tick(tab, 5)
    assert tab.locator("#explorer input[aria-disabled]").count() == 0


def test_print_lists_what_was_left_out(tab: Page, made: Any) -> None:
    address, offered, _ = made("r0")
    tab.goto(address)
    tick(tab, 1)
    label = offered[0].selection.labels[1]
    tab.emulate_media(media="print")
    assert tab.locator(".explorer-left-out").is_visible()
    assert said(tab, "left-out") == f"Left out: {label}."
    assert tab.locator(".explorer-banner").is_visible()
    assert tab.locator(".explorer-protocol").is_visible()
    assert not tab.locator("#explorer-all").is_visible()


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_it_fits_and_its_targets_are_large_enough(tab: Page, made: Any, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(made("r0")[0])
    tick(tab, 0)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for control in tab.locator("#explorer :is(select, button, input)").all():
        box = control.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24


def test_names_that_try_to_run_do_not(tab: Page, review: Review, tmp_path: Path) -> None:
    fragment = explorer(SIDE.hostile(review))
    assert fragment is not None
    tab.goto(written(review, fragment, "complication_any", tmp_path))
    tick(tab, 0)
    assert SIDE.HOSTILE in said(tab, "left-out")
    assert tab.locator("#explorer img").count() == 0
    assert tab.complaints == []  # type: ignore[attr-defined]


def test_without_scripts_the_plot_stands_there_and_no_dead_control(new_tab: Any, made: Any) -> None:
    address, offered, _ = made("r0")
    tab = new_tab(java_script_enabled=False)
    tab.goto(address)
    pool = offered[0]
    assert tab.locator("#explorer .line.study:visible").count() == pool.selection.k
    shown = tab.locator("#explorer .line.plan").inner_text()
    assert with_interval(pool.pooled.estimate, pool.pooled.ci) in shown
    assert tab.locator("#explorer :is(select, button, input):visible").count() == 0


@pytest.mark.parametrize("sort", ["plan", "size", "rate"])
def test_studies_are_sorted_and_stay_ticked(tab: Page, made: Any, sort: str) -> None:
    address, offered, _ = made("r0")
    pool = offered[0]
    tab.goto(address)
    tick(tab, 1)
    tab.select_option("#explorer-sort", sort)
    studies = pool.pooled.studies
    keys = {"plan": lambda s: 0, "size": lambda s: -s.n, "rate": lambda s: s.proportion}
    expected_ = [study.study for study in sorted(studies, key=keys[sort])]
    shown = tab.locator("#explorer fieldset .explorer-study-label").all_inner_texts()
    assert shown == expected_
    (unticked,) = tab.locator("#explorer fieldset li:has(input:not(:checked))").all()
    assert studies[1].study in unticked.inner_text()


@pytest.mark.parametrize("sort", ["plan", "size"])
def test_counts_lead_to_their_rows_however_the_studies_are_listed(
    tab: Page, made: Any, sort: str
) -> None:
    address, offered, _ = made("r0")
    tab.goto(address)
    tab.select_option("#explorer-sort", sort)
    lines = tab.locator("#explorer fieldset .line")
    found = {
        line.locator(".explorer-study-label").inner_text(): line.locator("a").get_attribute("href")
        for line in lines.all()
    }
    assert found == {
        study.study: f"r0-appendix.html#row-{row.row_id}"
        for study, row in zip(offered[0].pooled.studies, offered[0].selection.rows, strict=True)
    }


def test_what_is_known_and_not_pooled_stands_beside_the_pool(tab: Page, made: Any) -> None:
    tab.goto(made("pcr")[0])
    lines = tab.locator(".explorer-known .line.known").all_text_contents()
    (itt,) = [line for line in lines if "4/33" in line]
    assert "if counted" in itt
    assert "counted per enrolled patient" in itt
    tab.set_viewport_size({"width": 375, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375


def test_only_the_script_with_the_right_hash_runs(tab: Page, made: Any, tmp_path: Path) -> None:
    address, _, _ = made("r0")
    text = Path(address.removeprefix("file://")).read_text(encoding="utf-8")
    changed = tmp_path / "changed.html"
    changed.write_text(text.replace('"use strict";', '"use strict"; ', 1), encoding="utf-8")
    tab.goto(changed.as_uri())
    assert tab.locator("#explorer :is(select, button, input):visible").count() == 0
    assert any("Content Security Policy" in word for word in tab.complaints)  # type: ignore[attr-defined]


def test_the_script_computes_no_statistic() -> None:
    from onearm.report.build.pages import TEMPLATES

    code = (TEMPLATES / "onearm" / "explorer.js").read_text(encoding="utf-8")
    for word in ("innerHTML", "eval(", "Math.exp", "Math.log", "Math.sqrt", "fetch(", "toFixed"):
        assert word not in code
    assert json.dumps(sorted(set(re.findall(r"Math\.\w+", code)))) == '["Math.abs", "Math.floor"]'
