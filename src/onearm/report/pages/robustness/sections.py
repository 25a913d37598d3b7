"""The robustness page of an outcome: what each part of it shows, check by check.

Nothing here knows a check: its question, sentence and tables are its own, and a check that is
registered is shown. Only its figure, where it has one, is named in `FIGURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from markupsafe import Markup

from onearm import figures
from onearm.analysis import OutcomeAnalysis, Pool
from onearm.figures import Drawing
from onearm.report.kit.html import (
    Cell,
    Html,
    Shown,
    bullets,
    folded,
    joined,
    prose,
    shown,
    slug,
    table,
)
from onearm.report.kit.sentences import within
from onearm.robustness import (
    CHECKS,
    CheckResult,
    Sheet,
    curve_sheets,
    examine,
    gates,
    specifications,
)
from onearm.words import count

__all__ = [
    "check_figures",
    "check_section",
    "curve_figure",
    "curve_section",
    "every_check",
    "gates_table",
    "robustness_in_short",
    "robustness_record",
]

ANSWERS = {True: "yes", False: "no", None: "–"}
CURVE_QUESTION = "Do all analyses put the estimate on one side of the decision threshold?"
#: Of a record: what is long and can be had again from the data in no time.
BULKY = ("frame", "funnel")


def _results(analysis: OutcomeAnalysis) -> dict[str, dict[str, CheckResult]]:
    """What every check says, by evidence set and check; each is computed once a review."""
    return {name: examine(pool, analysis.review) for name, pool in analysis.pools.items()}


def _curve(analysis: OutcomeAnalysis) -> CheckResult:
    return specifications(analysis.review, analysis.code)


def robustness_in_short(analysis: OutcomeAnalysis) -> Html:
    """Return one question a line and its answer for every evidence set."""
    results, curve = _results(analysis), _curve(analysis)
    questions = {
        check.question: [ANSWERS[of_set[name].verdict] for of_set in results.values()]
        for name, check in CHECKS.items()
        if check.asks(analysis.plan)
    }
    if analysis.plan.threshold is not None:
        questions[CURVE_QUESTION] = [ANSWERS[curve.verdict]] * len(results)
    lines: list[list[Cell]] = [[question, *answers] for question, answers in questions.items()]
    several = analysis.review.protocol.has_several_sets
    headers = [pool.label for pool in analysis.pools.values()] if several else ["Answer"]
    caption = "What each check says (– where it cannot say)"
    told = table(caption, ["Question", *headers], lines, name="in-short")
    meanings = list(_meanings(analysis, results, curve))
    return joined(told, prose(*meanings, kind="muted")) if meanings else told


def _meanings(
    analysis: OutcomeAnalysis, results: Mapping[str, Mapping[str, CheckResult]], curve: CheckResult
) -> Iterator[str]:
    """Say what an answer means that would mislead by itself."""
    told: dict[str, list[str]] = {}
    for name, of_set in results.items():
        for result in of_set.values():
            told.setdefault(result.data.get("trade_off", ""), []).append(analysis.pools[name].label)
    for said, labels in told.items():
        if said:
            yield f"{_lead(analysis, '; '.join(labels))}{said}"
    found = (of_set.get("overlap_choices") for of_set in results.values())
    moved = any(result is not None and result.verdict is False for result in found)
    if moved and curve.verdict and curve.data.get("single"):
        yield (
            "A choice without overlap that leaves one study is judged by that study's own "
            "proportion. The analyses of the specification curve pool two studies or more, so the "
            "two answers can differ."
        )


def gates_table(analysis: OutcomeAnalysis) -> Html:
    """Return which analyses this many studies allow: what each needs, and why."""
    protocol, pools = analysis.review.protocol, analysis.pools.values()
    several = protocol.has_several_sets
    by_pool = [gates(pool.selection.studies, protocol) for pool in pools]
    lines = [
        [
            of_one[0].label,
            str(of_one[0].needs),
            *("shown" if gate.is_open else "not shown" for gate in of_one),
            of_one[0].why,
        ]
        for of_one in zip(*by_pool, strict=True)
    ]
    headers = [
        f"{pool.label} ({pool.selection.studies})"
        if several
        else f"With {count(pool.selection.studies, 'study', 'studies')}"
        for pool in pools
    ]
    return table(
        "Which analyses this many studies allow",
        ["Diagnostic", "Needs", *headers, "Why"],
        lines,
        name="gates",
        numeric=["Needs"],
    )


def check_section(analysis: OutcomeAnalysis, name: str) -> Html | None:
    """Return what a check found: a sentence and its tables for every evidence set.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of one outcome.
    name : str
        The check. None is returned where it cannot be asked of the outcome.
    """
    check = CHECKS[name]
    if not check.applies(analysis.plan):
        return None
    found = {pool.label: check(pool, analysis.review) for pool in analysis.pools.values()}
    by_sentence: dict[str, list[str]] = {}
    for label, result in found.items():
        by_sentence.setdefault(result.sentence, []).append(label)
    pieces = []
    for said, labels in by_sentence.items():
        first = found[labels[0]]
        # of a check that is not shown, say of which evidence, unless it is not shown of any
        of_whom = first.is_closed and len(by_sentence) > 1
        pieces.append(prose(f"{labels[0]}. {said}" if of_whom else said, kind=_kind(first)))
    for label, result in found.items():
        if not result.table.empty:
            pieces += _tables(_lead(analysis, label), check.sheets(result))
    pairs = [pair["sentence"] for result in found.values() for pair in result.data.get("pairs", ())]
    return joined(*pieces, *([bullets(dict.fromkeys(pairs), none="")] if pairs else []))


def _kind(result: CheckResult) -> str:
    if result.is_closed:
        return "muted"
    return "caution" if result.verdict is False else ""


def _lead(analysis: OutcomeAnalysis, label: str) -> str:
    """What stands before the title of a table of one evidence set, where there are several."""
    return f"{label}: " if analysis.review.protocol.has_several_sets else ""


def _tables(lead: str, sheets: Iterable[Sheet]) -> list[Html]:
    """Turn the tables of a check into those of a page; one without a line is left out."""
    pieces = []
    for sheet in sheets:
        if not sheet.lines:
            continue
        shown_table = table(
            f"{lead}{sheet.title}", sheet.columns, sheet.lines, numeric=sheet.numeric
        )
        if sheet.note:
            pieces.append(prose(sheet.note))
        pieces.append(folded(f"{lead}{sheet.title}", shown_table) if sheet.folded else shown_table)
    return pieces


def curve_section(analysis: OutcomeAnalysis) -> Html:
    """Return what the analyses of the specification curve come to, and what moves them."""
    curve = _curve(analysis)
    tables = [] if curve.table.empty else _tables("", curve_sheets(curve))
    return joined(prose(curve.sentence, kind="muted" if curve.is_closed else ""), *tables)


def curve_figure(analysis: OutcomeAnalysis) -> Drawing | None:
    """Return the specification curve; None where there is no analysis on it."""
    curve = _curve(analysis)
    if curve.table.empty:
        return None
    title = f"{analysis.plan.label}: every admissible analysis"
    return figures.specification_curve(curve, name="specification-curve", title=title)


def _coverage(analysis: OutcomeAnalysis, pool: Pool, result: CheckResult) -> Drawing:
    return figures.coverage_map(
        result.data["frame"],
        name=_named(analysis, "coverage", pool),
        title=_titled(analysis, f"Coverage and width for the sizes of {analysis.plan.label}", pool),
        level=analysis.review.protocol.pooling.level,
    )


def _influence(analysis: OutcomeAnalysis, pool: Pool, result: CheckResult) -> Drawing:
    title = _titled(analysis, f"{analysis.plan.label}: leave-one-out", pool)
    return figures.influence_plot(result, name="influence-plot", title=title)


def _gosh(analysis: OutcomeAnalysis, pool: Pool, result: CheckResult) -> Drawing:
    title = _titled(analysis, f"{analysis.plan.label}: subsets of its studies", pool)
    return figures.gosh(
        result.data["frame"], pool.selection.labels, name="subsets-plot", title=title
    )


def _funnel(analysis: OutcomeAnalysis, pool: Pool, result: CheckResult) -> Drawing:
    title = _titled(analysis, f"{analysis.plan.label} against study size", pool)
    return figures.funnel(pool, result, name="funnel", title=title)


#: The figure of a check that has one; a check without one has its tables.
FIGURES: dict[str, Callable[[OutcomeAnalysis, Pool, CheckResult], Drawing]] = {
    "calibration": _coverage,
    "influence": _influence,
    "subsets": _gosh,
    "small_study_effects": _funnel,
}
#: Checks whose figure is drawn for every evidence set, and not for the widest alone.
OF_EVERY_SET = ("calibration",)


def check_figures(analysis: OutcomeAnalysis, name: str) -> Shown | None:
    """Return the figures of a check, None where it has none to show.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of one outcome.
    name : str
        The check.
    """
    check = CHECKS[name]
    if name not in FIGURES or not check.applies(analysis.plan):
        return None
    pools = analysis.pools.values() if name in OF_EVERY_SET else (analysis.widest,)
    found = [(pool, check(pool, analysis.review)) for pool in pools]
    drawn = (FIGURES[name](analysis, *one) for one in found if not one[1].table.empty)
    return shown(*drawn)


def every_check(analysis: OutcomeAnalysis) -> Shown | None:
    """Return each check under its heading, in the order of the registry."""
    parts: list[Html | Shown | None] = []
    for name, check in CHECKS.items():
        section = check_section(analysis, name)
        if section is not None:
            heading = Markup('<h2 id="{}">{}</h2>').format(name, check.heading or check.label)
            parts.append(Html(str(heading), check.heading or check.label))
            parts += [prose(check.intro)] if check.intro else []
            parts += [section, check_figures(analysis, name)]
    return shown(*parts)


def _named(analysis: OutcomeAnalysis, figure: str, pool: Pool) -> str:
    several = analysis.review.protocol.has_several_sets
    return f"{figure}-{slug(pool.selection.evidence_set)}" if several else figure


def _titled(analysis: OutcomeAnalysis, title: str, pool: Pool) -> str:
    """Add the evidence set to a title; one alone is not named."""
    several = analysis.review.protocol.has_several_sets
    return f"{title}, {within(pool.label)}" if several else title


def robustness_record(analysis: OutcomeAnalysis) -> dict[str, Any]:
    """Return everything that the checks found, JSON-safe, without what is bulky.

    Of the specification curve the table stays out: its counts, shares and axes are kept.
    """
    curve = _curve(analysis)
    alone = CheckResult(curve.name, curve.verdict, curve.sentence, data=curve.data)
    return {
        "outcome": analysis.code,
        "specifications": _slim(alone).to_dict(),
        "checks": {
            name: {check: _slim(result).to_dict() for check, result in of_set.items()}
            for name, of_set in _results(analysis).items()
        },
    }


def _slim(result: CheckResult) -> CheckResult:
    data = {name: value for name, value in result.data.items() if name not in BULKY}
    return CheckResult(result.name, result.verdict, result.sentence, result.table, data)
