"""The specification curve in words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from onearm.robustness.base import CheckResult, Line, Sheet, sheet
from onearm.robustness.specifications.axes import AXIS_LABELS
from onearm.words import count, percent, with_interval

__all__ = ["curve_sentence", "curve_sheets"]

SIDE_WORDS = {"above": "at or above", "below": "below"}
ENDS = 5  # analyses that a table shows of each end of the curve


def curve_sentence(data: Mapping[str, Any]) -> str:
    """Say what the analyses of a curve come to, which are not on it, and what moves them most.

    Parameters
    ----------
    data : mapping
        Of the result of `onearm.robustness.specifications`.
    """
    said = (
        f"{data['combinations']:,} combinations of choices, {data['admissible']:,} of them "
        f"admissible, come to {count(data['distinct'], 'distinct analysis', 'distinct analyses')} "
        f"({count(data['row_sets'], 'set')} of rows, {count(data['models'], 'model')})."
    )
    runs = (
        f"Estimates run from {percent(data['lowest'])} to {percent(data['highest'])}, with median "
        f"{percent(data['median'])}."
    )
    note = [data["note"]] if "note" in data else []
    parts = [said, *_sides(data), runs, *_not_pooled(data), *_moves_most(data["axes"]), *note]
    return " ".join(parts)


def _sides(data: Mapping[str, Any]) -> Iterator[str]:
    """Say how many analyses lie on each side of the threshold, where there is one."""
    if data["threshold"] is not None:
        total = data["distinct"]
        yield (
            f"{percent(data['estimate_above'] / total)} of them put the estimate at or above the "
            f"decision threshold of {percent(data['threshold'])}; the whole interval is above it "
            f"in {percent(data['interval_above'] / total)}, below it in "
            f"{percent(data['interval_below'] / total)}."
        )


def _not_pooled(data: Mapping[str, Any]) -> Iterator[str]:
    """Say which choices are not on the curve, for they leave nothing to pool."""
    single = data["single"]
    if single:
        among = f" (so of overlap: {'; '.join(single['overlap'])})" if single["overlap"] else ""
        yield (
            f"Choices that leave fewer than {single['needs']} studies are not on the curve: "
            f"they pool nothing{among}; the proportions counted there run from "
            f"{percent(single['lowest'])} to {percent(single['highest'])}{_lie(single['sides'])}."
        )


def _lie(sides: Sequence[str]) -> str:
    if not sides:
        return ""
    if len(sides) > 1:
        return ", on both sides of the threshold"
    return f", all {SIDE_WORDS[sides[0]]} the threshold"


def _moves_most(axes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if axes and axes[0]["median_change"] > 0:
        most = axes[0]
        yield (
            f"The choice that moves the estimate most is the {most['label']}: by "
            f"{100 * most['median_change']:.1f} points in the median of "
            f"{count(most['pairs'], 'comparison')}, by {100 * most['largest_change']:.1f} at most."
        )


def curve_sheets(curve: CheckResult) -> Iterator[Sheet]:
    """Lay out which choice moves the answer most, and both ends of the curve."""

    def points(name: str, axis: Line) -> str:
        return f"{100 * axis[name]:.1f} points" if axis["pairs"] else "–"

    columns = {
        "Choice": lambda r: r["label"][:1].upper() + r["label"][1:],
        "Settings": lambda r: "; ".join(r["settings"]),
        "Comparisons": lambda r: str(r["pairs"]),
        "Median change": lambda r: points("median_change", r),
        "Largest change": lambda r: points("largest_change", r),
        "Median change of a limit": lambda r: points("median_limit_change", r),
    }
    several = [axis for axis in curve.data["axes"] if len(axis["settings"]) > 1]
    title = "Which choice moves the estimate, all others being equal"
    yield sheet(title, several, columns, words=("Settings",))
    total = len(curve.table)
    lines = [
        {**row, "place": place + 1}
        for place, row in enumerate(curve.rows)
        if row["in_plan"] or place < ENDS or place >= total - ENDS
    ]
    columns = {
        "Place": lambda r: f"{r['place']} of {total}",
        "Analysis": lambda r: _analysis(r, several),
        "Rows": lambda r: str(r["k"]),
        "Estimate (interval)": lambda r: with_interval(r["estimate"], (r["ci_low"], r["ci_high"])),
    }
    title = "Both ends of the curve, and the plan's own analyses"
    yield sheet(title, lines, columns, words=("Analysis",))


def _analysis(row: Line, axes: Sequence[Line]) -> str:
    """Name an analysis by its settings where there is a choice; of several to it, the first."""
    differ = {axis["axis"] for axis in axes}
    said = ", ".join(row[axis][0] for axis in AXIS_LABELS if axis in differ and row[axis])
    return f"the plan's own: {said}" if row["in_plan"] else said
