"""The tables and sentences of a robustness page, and its record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onearm.analysis import Pool
from onearm.evidence import Protocol
from onearm.evidence.frames import rows_of
from onearm.figures import Drawing
from onearm.report.kit.html import Cell, Html, bullets, joined, prose, table
from onearm.robustness import CheckResult, coverage_percent, gates
from onearm.words import interval, number, p_value, percent, with_interval

Results = Mapping[str, Mapping[str, CheckResult]]  # evidence set, then check

QUESTIONS = {
    "agreement": "Do the methods' limits agree within the plan's margin?",
    "calibration": "Does the plan's own interval hold its level for studies of these sizes?",
    "specifications": "Do all defensible analyses put the estimate on one side of the threshold?",
    "influence": "Is every study without undue influence?",
    "overlap_choices": "Does the estimate stay on its side under every choice without overlap?",
    "fragility": "Does it take more than one event to move the interval to another side?",
    "unseen": "Does it take more than one unseen study to move the estimate across?",
}
ANSWERS = {True: "yes", False: "no", None: "–"}
#: Of a record: what is long and can be had again from the data in no time.
BULKY = ("frame", "funnel")


def in_short(pools: Mapping[str, Pool], results: Results, curve: CheckResult) -> Html:
    """Return one question a line and its answer for every evidence set."""
    lines: list[list[Cell]] = []
    for check, question in QUESTIONS.items():
        found = (
            [curve] * len(results)
            if check == "specifications"
            else [of_set[check] for of_set in results.values()]
        )
        lines.append([question, *(ANSWERS[result.verdict] for result in found)])
    told = table(
        "In short: what each check says (– where it cannot say)",
        ["Question", *(pool.label for pool in pools.values())], lines, name="in-short",
    )  # fmt: skip
    meanings = list(_meanings(pools, results, curve))
    return joined(told, prose(*meanings, kind="muted")) if meanings else told


def _meanings(pools: Mapping[str, Pool], results: Results, curve: CheckResult) -> Iterator[str]:
    """Say what an answer means that would mislead by itself."""
    told: dict[str, list[str]] = {}
    for name, of_set in results.items():
        told.setdefault(of_set["calibration"].data.get("trade_off", ""), []).append(
            pools[name].label
        )
    for said, labels in told.items():
        if said:
            yield f"{'; '.join(labels)}: the plan's own interval. {said}"
    moved = any(of_set["overlap_choices"].verdict is False for of_set in results.values())
    if moved and curve.verdict and curve.data.get("single"):
        yield (
            "All analyses on one side, and yet not every choice without overlap: where such a "
            "choice leaves one study, that study's own proportion stands for it below, while the "
            "first answer is of analyses that pool two or more."
        )


def section(
    pools: Mapping[str, Pool],
    results: Results,
    check: str,
    tabulate: Callable[[str, CheckResult], Html] | None = None,
) -> Html:
    """Return what a check found: a sentence and a table an evidence set.

    Parameters
    ----------
    pools, results : mapping
        By evidence set.
    check : str
        Its name.
    tabulate : callable, optional
        Makes the table of a result that has one, from the pool's label and the result.
    """
    found = {pools[name].label: of_set[check] for name, of_set in results.items()}
    told: dict[str, list[str]] = {}
    for name, one in found.items():
        told.setdefault(one.sentence, []).append(name)
    pieces = [
        # of a closed gate say whose it is, unless all are closed alike
        prose(f"{names[0]}. {said}" if _is_closed(found[names[0]]) and len(told) > 1 else said,
              kind=_kind(found[names[0]]))
        for said, names in told.items()
    ]  # fmt: skip
    if tabulate:
        pieces += [tabulate(name, one) for name, one in found.items() if not one.table.empty]
    return joined(*pieces)


def _is_closed(result: CheckResult) -> bool:
    return result.data.get("gate") == "closed"


def _kind(result: CheckResult) -> str:
    if _is_closed(result):
        return "muted"
    return "caution" if result.verdict is False else ""


def gates_table(pools: Mapping[str, Pool], protocol: Protocol) -> Html:
    """Return what so many studies can carry: each diagnostic, what it needs, and why."""
    by_pool = [gates(pool.selection.studies, protocol) for pool in pools.values()]
    lines = [
        [of_one[0].label, str(of_one[0].needs),
         *("shown" if gate.is_open else "not shown" for gate in of_one), of_one[0].why]
        for of_one in zip(*by_pool, strict=True)
    ]  # fmt: skip
    headers = [f"{pool.label} ({pool.selection.studies})" for pool in pools.values()]
    return table(
        "What so many studies can carry", ["Diagnostic", "Needs", *headers, "Because otherwise"],
        lines, name="gates", numeric=["Needs"],
    )  # fmt: skip


def agreement_table(label: str, result: CheckResult) -> Html:
    """Return the interval of every method, the lowest lower limit first, and which count."""
    return table(
        f"{label}: the interval of every method",
        ["Method", "Estimate", "Interval", "Counts for the signal"],
        [[str(r["method"]), percent(r["estimate"]), interval(r["ci_low"], r["ci_high"]),
          ANSWERS[bool(r["counts"])]]
         for r in rows_of(result.table)], numeric=["Estimate", "Interval"],
    )  # fmt: skip


def calibration_table(label: str, result: CheckResult) -> Html:
    """Return how often every method is right for studies of these sizes, and on which side not."""
    columns = ["Least coverage", "Median coverage", "Mean width", "Truth below, at most",
               "Truth above, at most", "Prediction: least", "Prediction: median"]  # fmt: skip
    covers = coverage_percent
    told = table(
        f"{label}: how often each method's interval is right for studies of these sizes",
        ["Method", columns[0], "where (median, tau)", *columns[1:], "Holds its level"],
        [[str(r["method"]), covers(r["least"]), f"{percent(r['p'])}, {r['tau']:g}",
          covers(r["median"]), f"{100 * r['mean_width']:.1f} points", percent(r["missed_below"]),
          percent(r["missed_above"]), covers(r["prediction_least"]),
          covers(r["prediction_median"]), _holds(r, result)]
         for r in rows_of(result.table)],
        numeric=columns,
    )  # fmt: skip
    return joined(prose(result.data["prediction"]), told)


def _holds(row: Mapping[str, Any], result: CheckResult) -> str:
    unsure = row["method"] in result.data.get("unsure", ())
    return "too few draws" if unsure else ANSWERS[bool(row["holds"])]


def curve_tables(curve: CheckResult) -> Html:
    """Return which choice moves the answer most, and both ends of the curve."""
    if curve.table.empty:
        return prose("No table.", kind="muted")
    return joined(axes_table(curve), curve_ends(curve))


def axes_table(curve: CheckResult) -> Html:
    """Return which choice moves the answer most."""
    columns = ["Comparisons", "Median change", "Largest change", "Median change of a limit"]
    return table(
        "Which choice moves the estimate, all others being equal",
        ["Choice", "Settings", *columns],
        [[axis["label"].capitalize(), "; ".join(axis["settings"]), str(axis["pairs"]),
          *(_points(axis[name]) if axis["pairs"] else "–"
            for name in ("median_change", "largest_change", "median_limit_change"))]
         for axis in curve.data["axes"]],
        name="axes", numeric=columns,
    )  # fmt: skip


def curve_ends(curve: CheckResult, each: int = 5) -> Html:
    """Return the lowest and the highest analyses, with the protocol's own between them."""
    frame = curve.table
    shown = frame[frame["in_plan"] | (frame.index < each) | (frame.index >= len(frame) - each)]
    lines = [
        [f"{place + 1} of {len(frame)}", ("the protocol's own: " if row["in_plan"] else "")
         + _analysis(row), str(row["k"]), with_interval(row["estimate"],
                                                        (row["ci_low"], row["ci_high"]))]
        for place, row in zip(shown.index, rows_of(shown), strict=True)
    ]  # fmt: skip
    return table(
        "Both ends of the curve, and the protocol's own analyses",
        ["Place", "Analysis", "Rows", "Estimate (interval)"], lines,
        numeric=["Rows", "Estimate (interval)"],
    )  # fmt: skip


def _analysis(row: Mapping[str, Any]) -> str:
    """Name an analysis by its settings; of several that lead to it, the first."""
    axes = ("evidence", "denominator", "definition", "minimum_n", "design", "source", "overlap",
            "model", "transform", "tau2", "interval")  # fmt: skip
    return ", ".join(row[axis][0] for axis in axes if row[axis])


def overlap_table(label: str, result: CheckResult) -> Html:
    """Return the estimate under every choice without overlap."""
    return table(
        f"{label}: every choice in which no two studies possibly share patients",
        ["Choice", "Rows", "Patients", "Estimate (interval)"],
        [[str(r["choice"]), str(r["k"]), str(r["patients"]),
          with_interval(r["estimate"], (r["ci_low"], r["ci_high"]))]
         for r in rows_of(result.table)],
        numeric=["Rows", "Patients", "Estimate (interval)"],
    )  # fmt: skip


def pairs_list(results: Results) -> Html:
    """Return the pairs that possibly share patients, with the bound from their counts."""
    pairs = [
        pair["sentence"]
        for of_set in results.values()
        for pair in of_set["overlap_choices"].data.get("pairs", ())
    ]
    return bullets(dict.fromkeys(pairs), none="No pair of studies possibly shares patients.")


def fragility_table(label: str, result: CheckResult) -> Html:
    """Return the nearest tables of counts that change the side of the interval."""
    return table(
        f"{label}: the nearest counts with the interval on another side"
        + (f" (the first {len(result.table)} of {result.data['solutions']})"
           if result.data["solutions"] > len(result.table) else ""),
        ["Change", "Events added", "Events removed", "Interval"],
        [[str(r["change"]), str(r["added"]), str(r["removed"]),
          interval(r["ci_low"], r["ci_high"])] for r in rows_of(result.table)],
        numeric=["Events added", "Events removed", "Interval"],
    )  # fmt: skip


def small_study_table(label: str, result: CheckResult) -> Html:
    """Return the regressions on size, and the LFK index with its warning."""
    return table(
        f"{label}: results against study size, exploratory. LFK index "
        f"{number(result.data['lfk'])}. {result.data['warning']}",
        ["Scale", "Slope on 1/n", "Standard error", "t", "df", "p"],
        [[str(r["scale"]), number(r["slope"]), number(r["se"]), number(r["statistic"]),
          str(r["df"]), p_value(r["pvalue"])] for r in rows_of(result.table)],
        numeric=["Slope on 1/n", "Standard error", "t", "df", "p"],
    )  # fmt: skip


def unseen_table(label: str, result: CheckResult) -> Html:
    """Return how many unseen studies of each size it takes."""
    return table(
        f"{label}: unseen studies that would move the estimate across the threshold",
        ["Size", "Each of them", "Needed", "Estimate with them"],
        [[f"{r['which']} of the pool", f"{r['events']}/{r['n']}",
          f"more than {result.data['cap']}" if r["needed"] is None else str(r["needed"]),
          percent(r["estimate"])] for r in rows_of(result.table)],
        numeric=["Each of them", "Needed", "Estimate with them"],
    )  # fmt: skip


def when_open(result: CheckResult, draw: Callable[[], Drawing]) -> Drawing | Html:
    """Draw the figure of a check that has one; its sentence has said why there is none."""
    return prose("No figure.", kind="muted") if result.table.empty else draw()


def robustness_record(outcome: str, results: Results, curve: CheckResult) -> dict[str, Any]:
    """Return everything that the checks found, JSON-safe, without what is bulky.

    Of the specification curve the table stays out: its counts, shares and axes are kept.
    """
    return {
        "outcome": outcome,
        "specifications": CheckResult(
            curve.name, curve.verdict, curve.sentence, data=_slim(curve.data)
        ).to_dict(),
        "checks": {
            name: {
                check: CheckResult(
                    result.name, result.verdict, result.sentence, result.table, _slim(result.data)
                ).to_dict()
                for check, result in of_set.items()
            }
            for name, of_set in results.items()
        },
    }


def _slim(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in BULKY}


def _points(change: float) -> str:
    return f"{100 * change:.1f} points"
